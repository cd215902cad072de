import type { AuditService, GovernanceAct } from '../../audit/audit.service.ts'
import { idempotencyKeys } from '../../commands/idempotency.service.ts'
import type { KeyTurns } from '../../commands/key-turns.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Organisation, RegisteredOrganisation } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { keeperOf, presentParties } from '../model/standing.ts'
import type { ActReply, IdempotencyKey } from './act.ts'
import { refusalForRecord } from './act-shell.service.ts'
import { noticesRepository } from './notices.repository.ts'
import { standingRepository } from './standing.repository.ts'

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
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly audit: AuditService
  readonly parties: PartiesService
  readonly turns: KeyTurns
  readonly agreements: AgreementsService
  readonly policy: {
    /** Publishes both bodies and the agreements that changed hands as the next revision. */
    publishSuccession(
      tx: Transaction,
      changed: { readonly organisations: readonly RegisteredOrganisation[]; readonly agreements: readonly Agreement[] },
      instant: string,
    ): Promise<number>
    head(tx: Transaction): Promise<{ readonly revision: number; readonly instant: string }>
  }
  /** Whether a word is one of the contract's, not a caller's own. */
  readonly isName: (word: string) => boolean
}

const EVENT = { event: 'organisation.succeeded', act: 'succeed' } as const
const RECORDED_REFUSALS = new Set([403, 409, 422])

/**
 * One body ends and another follows it. Signatures do not carry over: whoever takes over signs for itself, and until then
 * decisions about the predecessor say PARTY_INACTIVE.
 */
export function successionService(options: SuccessionOptions) {
  const { db, clock, newId, audit, parties, agreements, policy, isName, turns } = options

  async function perform(call: SuccessionCall, body: SuccessionBody): Promise<ActReply<Succeeded>> {
    const { principal, predecessor, idempotency } = call
    return withTransaction(db, async (tx) => {
      // Every agreement that names the predecessor is affected, whoever keeps the register.
      await readAs(tx, { kind: 'system' })
      const keys = idempotencyKeys(tx)
      const started = clock().toISOString()
      const earlier = idempotency && (await keys.claimKey(principal, idempotency, started))
      if (earlier) return earlier as ActReply<Succeeded>
      const found = await parties.lock(tx, predecessor)
      if (!found) throw new ProblemError(problem('NOT_FOUND', 'There is no organisation with this code.'))
      const head = await policy.head(tx)
      const now = started > head.instant ? started : head.instant
      const at = body.at ? new Date(body.at).toISOString() : now
      if (found.status !== 'CONFIRMED')
        throw new ProblemError(problem('ILLEGAL_STATE', `${predecessor} is ${found.status}: only a confirmed body is succeeded.`))
      checkEnd(found, at, now)
      await nameSuccessor(tx, predecessor, body, at)
      const changed = await parties.succeed(tx, { predecessor, successor: body.successor, at })
      const detail = { predecessor, successor: body.successor, at }
      const affected = await standingRepository(tx).openAgreementsOf(predecessor, now)
      const kept = await passOn(tx, affected, { ...detail, now })
      const texts = kept.length > 0 ? await agreements.forPolicy(tx, kept) : []
      const revision = await policy.publishSuccession(tx, { organisations: changed, agreements: texts }, now)
      const payload = { ...actor(principal), ...detail, reason: body.reason, agreements: affected, keeps: kept }
      await audit.recordAct(tx, { ...EVENT, org: principal.org, revision, payload })
      const reply: ActReply<Succeeded> = {
        status: 201,
        body: { ...detail, agreements: affected.length, policy_revision: revision },
        etag: '',
      }
      if (idempotency) await keys.keepReply(principal, idempotency.key, reply)
      return reply
    })
  }

  /**
   * The keeping of a text passes to the successor; signatures do not. Told are those who take part, and the successor of what it
   * may open itself: it takes part already, or keeps the text from then on. Answers the agreements whose text it comes to keep.
   */
  async function passOn(
    tx: Transaction,
    affected: readonly string[],
    {
      predecessor,
      successor,
      at,
      now,
    }: { readonly predecessor: string; readonly successor: string; readonly at: string; readonly now: string },
  ): Promise<string[]> {
    const kept: string[] = []
    const detail = { predecessor, successor, at }
    for (const agreement of await agreements.read(tx, affected)) {
      const isKept = keeperOf(agreement, instantOf(now)) === predecessor
      if (isKept) {
        await standingRepository(tx).passKeeping(agreement.id, { from: predecessor, to: successor, at }, instantOf(at) <= instantOf(now))
        kept.push(agreement.id)
      }
      const present = presentParties(agreement, instantOf(now))
      const told = [...present, predecessor, ...(isKept ? [successor] : [])]
      await noticesRepository(tx).tell(told, { agreementId: agreement.id, kind: 'ORG_SUCCESSION', at: now, detail }, newId)
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
    if (successor === predecessor) throw refused('/successor', 'A body does not follow itself.')
    const known = await parties.lock(tx, successor)
    if (known && organisation)
      throw new ProblemError(problem('CONFLICT', `${successor} is in the register already; name it without describing it.`))
    if (!known && !organisation) throw refused('/organisation', `${successor} is not in the register: describe it.`)
    if (known && known.status !== 'CONFIRMED')
      throw refused(
        '/successor',
        known.merged_into ? `${successor} is ${known.merged_into}: name that one.` : `${successor} is not confirmed in the register.`,
      )
    if (known?.active_to && Date.parse(known.active_to) <= Date.parse(at))
      throw refused('/successor', `${successor} has ended itself by then.`)
    if (!organisation) return
    const begins = { active_from: at, active_to: null, successor_of: [], verified: false }
    await parties.store(tx, [{ ...organisation, code: successor, ...begins }])
  }

  async function recordRefusal({ principal, predecessor }: SuccessionCall, refusal: ProblemError): Promise<void> {
    await withTransaction(db, async (tx) => {
      const { revision } = await policy.head(tx)
      // A code of no body is a word of the caller's.
      const isKnown = (await parties.lock(tx, predecessor)) !== undefined
      const act: GovernanceAct = {
        ...EVENT,
        org: principal.org,
        revision,
        refused: true,
        payload: { ...actor(principal), ...(isKnown ? { predecessor } : {}), problem: refusalForRecord(refusal, isName) },
      }
      await audit.recordAct(tx, act)
    })
  }

  return {
    /** @throws ProblemError 404 unknown body, 409 it has ended, 422 an end in the past or a successor that cannot be one */
    async succeed(call: SuccessionCall, body: SuccessionBody): Promise<ActReply<Succeeded>> {
      try {
        return await turns(call.principal, call.idempotency, () => perform(call, body))
      } catch (error) {
        if (error instanceof ProblemError && RECORDED_REFUSALS.has(error.problem.status) && error.problem.code !== 'IDEMPOTENCY_KEY_IN_USE')
          await recordRefusal(call, error)
        throw error
      }
    },
  }
}

/** Who ends which body. */
export interface SuccessionCall {
  readonly principal: Principal
  readonly predecessor: string
  readonly idempotency: IdempotencyKey | null
}

function checkEnd(found: Organisation, at: string, now: string): void {
  if (found.active_to !== null) throw new ProblemError(problem('ILLEGAL_STATE', `${found.code} ends at ${found.active_to} already.`))
  if (Date.parse(at) < Date.parse(now)) throw refused('/at', 'An end lies now or later, never in the past.')
  if (found.active_from !== null && Date.parse(at) <= Date.parse(found.active_from))
    throw refused('/at', `${found.code} has not begun by then.`)
}

function actor({ sub, roles, org }: Principal) {
  return { actor: sub, roles, org }
}

function refused(pointer: string, detail: string): ProblemError {
  return new ProblemError(problem('UNPROCESSABLE', detail, [{ pointer, detail }]))
}
