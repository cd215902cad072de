import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandContext, CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { Refused, refusal, refused } from '../../platform/kernel/refusal.ts'
import { ok, refuse } from '../../platform/kernel/result.ts'
import type { Sender } from '../../platform/outbound/sender.ts'
import { deliveriesRepository } from './deliveries.repository.ts'
import { newSecret, type SecretSeal } from './secrets.ts'
import { destinationRefused, kindsRefused, OVERLAP_HOURS, urlRefused, WEBHOOKS_MAX, type Webhook, type WebhookTerms } from './webhook.ts'
import { webhooksRepository } from './webhooks.repository.ts'

export interface WebhooksOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly sender: Pick<Sender, 'destinationOf' | 'allowPrivate'>
  readonly seal: SecretSeal
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

/** What of a webhook is to be sent again: exactly one of these. */
export interface Replay {
  readonly event?: string | undefined
  readonly since?: string | undefined
  readonly from_sequence?: string | undefined
}

/** A webhook, and which of its secrets was made for whoever asks. */
interface WithSecret {
  readonly webhook: Webhook
  readonly generation: number
}

interface WebhookDone<Outcome> extends WorkDone<Outcome> {
  readonly isDeleted?: boolean
}

const REPLAYED_MAX = 1_000
const HOUR = 3_600_000

export type WebhooksService = ReturnType<typeof webhooksService>

/** Where an organisation has what it is told sent to: kept by its own people, each act a command with a leaf. */
export function webhooksService({ db, clock, commands, sender, seal, mustBeConfirmed }: WebhooksOptions) {
  const kind: SubjectKind<Webhook, WebhookDone<unknown>> = {
    type: 'webhook',
    unknown: 'There is no such webhook here.',
    readerFor: writerFor,
    async lock(tx, id, { org }) {
      const found = await webhooksRepository(tx).lock(id)
      return found?.webhook.org === org ? { state: found.webhook, version: found.version, actCount: found.actCount } : undefined
    },
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: async (tx, { id, done }) => (done.isDeleted ? '0' : webhooksRepository(tx).addAct(id)),
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, webhook: id, detail: done.detail } }),
    known: async (_tx, id) => ({ payload: { webhook: id } }),
  }

  const reading = <T>({ org }: Principal, work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, writerFor({ org }), work)
  const perform = <Outcome>(
    call: Call,
    id: string,
    [act, event]: readonly [string, `webhook.${string}`],
    work: (context: CommandContext<Webhook>) => Promise<WebhookDone<Outcome>>,
  ) => commands.perform<Webhook, Outcome, WebhookDone<Outcome>>(kind as never, { ...call, id, act, event }, work)

  /** Where the URL leads is looked at before the transaction, which waits for nobody outside. */
  async function termsRefused({ url, kinds }: WebhookTerms) {
    const wrong = urlRefused(url, sender.allowPrivate) ?? kindsRefused(kinds)
    if (wrong) return wrong
    const destination = await sender.destinationOf(new URL(url))
    return 'failure' in destination ? destinationRefused(destination.failure) : undefined
  }
  /** The secret that was made; null: its time is over, which only a repeated call can meet. What the call's key keeps does not hold it. */
  const secretOf = ({ webhook: { id, org }, generation }: WithSecret): Promise<string | null> =>
    withTransactionAs(db, writerFor({ org }), async (tx) => {
      const found = (await webhooksRepository(tx).secrets(id, clock().toISOString())).find((one) => one.generation === generation)
      return (found && seal.open(found.sealed, id, generation)) ?? null
    })
  async function withSecret(result: CommandResult<WithSecret>) {
    if (!result.ok) return result
    const { outcome, version } = result.value
    return ok({ outcome: { webhook: outcome.webhook, secret: await secretOf(outcome) }, version })
  }
  const find = async (tx: Transaction, id: string, { org }: Principal) => {
    const found = await webhooksRepository(tx).find(id)
    return found?.webhook.org === org ? found : undefined
  }

  return {
    /** Subscribes; the secret is told here and by no other call but a rotation. */
    async subscribe(call: Call, terms: Omit<WebhookTerms, 'state'>) {
      const asked: WebhookTerms = { ...terms, state: 'ACTIVE' }
      const no = await termsRefused(asked)
      return withSecret(
        await commands.create<WithSecret, WebhookDone<WithSecret>>(
          kind as never,
          { ...call, act: 'subscribe', event: 'webhook.subscribed' },
          async ({ tx, principal: { org }, now, newId }) => {
            if (no) throw new Refused(no)
            const repository = webhooksRepository(tx)
            if ((await repository.countLocked(org)) >= WEBHOOKS_MAX)
              throw refused('CONFLICT', `An organisation has at most ${WEBHOOKS_MAX} webhooks.`)
            const webhook: Webhook = { ...asked, id: newId(), org, failing_since: null, created_at: now }
            await repository.insert(webhook)
            await repository.addSecret(webhook.id, 1, seal.seal(newSecret(), webhook.id, 1))
            return { id: webhook.id, detail: detailOf(webhook), outcome: { webhook, generation: 1 } }
          },
        ),
      )
    },

    /** Changes where to, what of, and whether at all; what waits is sent as soon as it is ACTIVE. */
    async change(call: Call, id: string, terms: WebhookTerms): Promise<CommandResult<Webhook>> {
      const no = await termsRefused(terms)
      return perform<Webhook>(call, id, ['change', 'webhook.changed'], async ({ tx, state }) => {
        if (no) throw new Refused(no)
        const webhook: Webhook = { ...state, ...terms, failing_since: terms.state === 'ACTIVE' ? null : state.failing_since }
        await webhooksRepository(tx).change(webhook)
        if (webhook.state === 'ACTIVE') await deliveriesRepository(tx).wake()
        return { detail: detailOf(webhook), outcome: webhook }
      })
    },

    /** Deletes a webhook with its secrets and all that waits. */
    delete: (call: Call, id: string): Promise<CommandResult<Webhook>> =>
      perform<Webhook>(call, id, ['delete', 'webhook.deleted'], async ({ tx, state }) => {
        await webhooksRepository(tx).delete(id)
        return { detail: detailOf(state), outcome: state, isDeleted: true }
      }),

    /** Makes a new secret; those there are sign besides it for so many hours, none of them where that is 0. */
    rotate: async (call: Call, id: string, { overlap_hours = OVERLAP_HOURS }: { readonly overlap_hours?: number | undefined }) =>
      withSecret(
        await perform<WithSecret>(call, id, ['rotate', 'webhook.secret_rotated'], async ({ tx, state, now }) => {
          const repository = webhooksRepository(tx)
          const [newest] = await repository.secrets(id, now)
          const generation = (newest?.generation ?? 0) + 1
          const until = new Date(Date.parse(now) + overlap_hours * HOUR).toISOString()
          await repository.endSecrets(id, until, now)
          await repository.addSecret(id, generation, seal.seal(newSecret(), id, generation))
          return { detail: { generation, former_until: until }, outcome: { webhook: state, generation } }
        }),
      ),

    /** Queues an event that tells nothing; one at a time. */
    test: (call: Call, id: string): Promise<CommandResult<{ readonly event: string }>> =>
      perform<{ readonly event: string }>(call, id, ['test', 'webhook.tested'], async ({ tx, now, newId }) => {
        const deliveries = deliveriesRepository(tx)
        if (await deliveries.hasTestWaiting(id)) throw refused('ILLEGAL_STATE', 'A test is on its way already.')
        const event = newId()
        await deliveries.addTest(id, event, now)
        return { detail: { event }, outcome: { event } }
      }),

    /** Has events sent again, with their identifiers and in their order; the oldest thousand at a time. */
    replay: (call: Call, id: string, which: Replay): Promise<CommandResult<{ readonly replayed: number }>> =>
      perform<{ readonly replayed: number }>(call, id, ['replay', 'webhook.replayed'], async ({ tx }) => {
        const replayed = await deliveriesRepository(tx).again(id, which, REPLAYED_MAX)
        if (which.event !== undefined && replayed === 0)
          throw new Refused(
            refusal('UNPROCESSABLE', 'There is nothing to send again.', [{ pointer: '/event', detail: 'is not an event that is over' }]),
          )
        return { detail: { ...which, replayed }, outcome: { replayed } }
      }),

    /** The webhooks of the caller's organisation. */
    list: (principal: Principal): Promise<readonly Webhook[]> => reading(principal, (tx) => webhooksRepository(tx).of(principal.org)),

    read: (principal: Principal, id: string): Promise<CommandResult<Webhook>> =>
      reading(principal, async (tx) => {
        const found = await find(tx, id, principal)
        return found ? ok({ outcome: found.webhook, version: found.version }) : refuse(refusal('NOT_FOUND', kind.unknown))
      }),

    /** What was and is to be sent to one, the last queued first. @throws Refused where there is none */
    deliveries: (
      principal: Principal,
      id: string,
      {
        state = null,
        before = null,
        limit = 50,
      }: { readonly state?: string | null | undefined; readonly before?: string | null | undefined; readonly limit?: number | undefined },
    ) =>
      reading(principal, async (tx) => {
        if (!(await find(tx, id, principal))) throw refused('NOT_FOUND', kind.unknown)
        const found = await deliveriesRepository(tx).of(id, state, before, limit + 1)
        const deliveries = found.slice(0, limit)
        return { deliveries, next_before: found.length > limit ? (deliveries.at(-1)?.sequence ?? null) : null }
      }),
  }
}

/** What the log keeps: where to only as far as whose host it is, since a path can be a secret. */
function detailOf({ url, kinds, state }: Webhook) {
  return { host: new URL(url).host, kinds, state }
}
