import type { Answered, Call } from '../../commands/command.ts'
import type { CommandContext, CommandsService, PolicyPublication, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Organisation, RegisteredOrganisation } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { Agreement } from '../agreement.ts'
import { type AgreementsService, forPolicy } from '../agreements.service.ts'
import { keeperOf, presentParties } from '../model/standing.ts'
import { standingRepository } from '../store/standing.repository.ts'

/** Who follows, from when; `organisation` describes a body that is not in the register yet. */
export interface SuccessionBody {
  readonly at?: string | null
  readonly successor: string
  readonly organisation?: Omit<Organisation, 'code' | 'active_from' | 'active_to' | 'successor_of' | 'verified' | 'competent_authority'> & {
    readonly competent_authority: Organisation['competent_authority']
  }
  readonly reason: string
}

export interface Succeeded {
  readonly predecessor: string
  readonly successor: string
  /** From this instant on the predecessor takes part in nothing. */
  readonly at: string
  /** How many agreements name the predecessor; their parties are told. */
  readonly agreements: number
  readonly policy_revision: number
}

export interface SuccessionOptions {
  readonly commands: CommandsService
  readonly parties: PartiesService
  readonly agreements: AgreementsService
  readonly notifications: NotificationsService
  /** Publishes both bodies and the agreements that changed hands as the next revision. */
  readonly policy: PolicyPublication<Changed>
}

interface Changed {
  readonly organisations: readonly RegisteredOrganisation[]
  readonly agreements: readonly Agreement[]
}

/** A succession that is done: what it changed, and what its leaf says. */
interface SuccessionDone extends WorkDone<Succeeded> {
  readonly changed: Changed
}

/**
 * One body ends and another follows it. Signatures do not carry over: whoever takes over signs for itself, and until then
 * decisions about the predecessor say PARTY_INACTIVE.
 */
export function successionService({ commands, parties, agreements, notifications, policy }: SuccessionOptions) {
  const kind: SubjectKind<RegisteredOrganisation, SuccessionDone> = {
    type: 'organisation',
    unknown: 'There is no organisation with this code.',
    // Every agreement that names the predecessor is affected, whoever keeps the register.
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, code) {
      const state = await parties.lock(tx, code)
      return state && { state, version: '', actCount: 0 }
    },
    write: async () => '',
    publish: (tx, { done, now }) => policy.publish(tx, done.changed, now),
    record: ({ done }) => ({ payload: done.detail }),
    known: async (tx, code) => ((await parties.lock(tx, code)) ? { payload: { predecessor: code } } : undefined),
  }

  async function work(context: CommandContext<RegisteredOrganisation>, body: SuccessionBody): Promise<SuccessionDone> {
    const { tx, state: found, now } = context
    const { code: predecessor } = found
    const { successor, reason } = body
    const at = body.at ? new Date(body.at).toISOString() : now
    if (found.status !== 'CONFIRMED')
      throw refused('ILLEGAL_STATE', `${predecessor} is ${found.status}: only a confirmed body is succeeded.`)
    checkEnd(found, at, now)
    await nameSuccessor(tx, predecessor, body, at)
    const organisations = await parties.succeed(tx, { predecessor, successor, at })
    const affected = await standingRepository(tx).openAgreementsOf(predecessor, now)
    const succession = { predecessor, successor, at }
    const keeps = await passOn(context, affected, succession)
    const texts = keeps.length > 0 ? forPolicy(await agreements.read(tx, keeps)) : []
    return {
      changed: { organisations, agreements: texts },
      detail: { ...succession, reason, agreements: affected, keeps },
      outcome: async (policy_revision) => ({ ...succession, agreements: affected.length, policy_revision }),
    }
  }

  /**
   * The keeping of a text passes to the successor; signatures do not. Told are those who take part, and the successor of what it
   * may open itself: it takes part already, or keeps the text from then on. Answers the agreements whose text it comes to keep.
   */
  async function passOn(
    { tx, now }: Pick<CommandContext<unknown>, 'tx' | 'now'>,
    affected: readonly string[],
    succession: Pick<Succeeded, 'predecessor' | 'successor' | 'at'>,
  ): Promise<string[]> {
    const { predecessor, successor, at } = succession
    const kept: string[] = []
    for (const agreement of await agreements.read(tx, affected)) {
      const isKept = keeperOf(agreement, instantOf(now)) === predecessor
      if (isKept) {
        await standingRepository(tx).passKeeping(agreement.id, { from: predecessor, to: successor, at }, instantOf(at) <= instantOf(now))
        kept.push(agreement.id)
      }
      const present = presentParties(agreement, instantOf(now))
      const orgs = [...present, predecessor, ...(isKept ? [successor] : [])]
      const subject = { type: 'agreement', id: agreement.id } as const
      await notifications.tell(tx, orgs, { kind: 'ORG_SUCCESSION', subject, at: now, detail: { ...succession } })
    }
    return kept
  }

  /** The successor is a body of the register that exists then, or one that begins with the succession. */
  async function nameSuccessor(
    tx: Transaction,
    predecessor: string,
    { successor, organisation }: SuccessionBody,
    at: string,
  ): Promise<void> {
    if (successor === predecessor) throw no('/successor', 'A body does not follow itself.')
    const known = await parties.lock(tx, successor)
    if (known && organisation) throw refused('CONFLICT', `${successor} is in the register already; name it without describing it.`)
    if (!known && !organisation) throw no('/organisation', `${successor} is not in the register: describe it.`)
    if (known && known.status !== 'CONFIRMED')
      throw no(
        '/successor',
        known.merged_into ? `${successor} is ${known.merged_into}: name that one.` : `${successor} is not confirmed in the register.`,
      )
    if (known?.active_to && Date.parse(known.active_to) <= Date.parse(at)) throw no('/successor', `${successor} has ended itself by then.`)
    if (!organisation) return
    const begins = { active_from: at, active_to: null, successor_of: [], verified: false }
    await parties.store(tx, [{ ...organisation, code: successor, ...begins }])
  }

  return {
    /** Refused where it has ended, for an end in the past, and for a successor that cannot be one. */
    succeed: (call: Call, predecessor: string, body: SuccessionBody): Promise<Answered<Succeeded>> =>
      commands.perform(kind, { ...call, id: predecessor, act: 'succeed', event: 'organisation.succeeded' }, (context) =>
        work(context, body),
      ),
  }
}

function checkEnd(found: Organisation, at: string, now: string): void {
  if (found.active_to !== null) throw refused('ILLEGAL_STATE', `${found.code} ends at ${found.active_to} already.`)
  if (Date.parse(at) < Date.parse(now)) throw no('/at', 'An end lies now or later, never in the past.')
  if (found.active_from !== null && Date.parse(at) <= Date.parse(found.active_from)) throw no('/at', `${found.code} has not begun by then.`)
}

function no(pointer: string, detail: string): Refused {
  return refused('UNPROCESSABLE', detail, [{ pointer, detail }])
}
