import type { AuditService, GovernanceAct } from '../audit/audit.service.ts'
import { type CommandReply, etagOf, type IdempotencyKey } from '../commands/command-reply.ts'
import { idempotencyKeys } from '../commands/idempotency.service.ts'
import type { KeyTurns } from '../commands/key-turns.ts'
import { checkPrecondition, refusalForRecord } from '../commands/refusals.ts'
import type { Principal } from '../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import { readAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import type { RegisteredOrganisation } from './organisation.ts'
import { registerActRepository, type SubjectKind } from './register-act.repository.ts'

export interface RegisterActOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly audit: AuditService
  readonly policy: RegisterPublication
  /** Whether a word is one of the contract's, not a caller's own. */
  readonly isName: (word: string) => boolean
  /** Lets calls with one key in one after the other, before any of them takes a connection. */
  readonly turns: KeyTurns
}

/** What the policy is told, inside the transaction; wired by the composition root, since policy stands to the right. */
export interface RegisterPublication {
  publishOrganisations(tx: Transaction, organisations: readonly RegisteredOrganisation[], instant: string): Promise<number>
  head(tx: Transaction): Promise<{ readonly revision: number; readonly instant: string }>
}

/** Who does what. */
export interface RegisterCall {
  readonly principal: Principal
  readonly idempotency: IdempotencyKey | null
  /** `If-Match`; undefined: this act does not need one; null: it needs one and none was sent. */
  readonly ifMatch?: string | null
}

interface RegisterAct extends RegisterCall {
  readonly kind: SubjectKind
  /** The subject; undefined: the work makes it. */
  readonly code?: string
  readonly act: string
  readonly event: GovernanceAct['event']
}

export interface RegisterContext {
  readonly tx: Transaction
  readonly principal: Principal
  /** The instant of the act: never before the latest governance instant. */
  readonly now: string
}

/** What an act did, once its rows are written. */
export interface RegisterDone<Body> {
  readonly code: string
  readonly status: 200 | 201
  /** Made once the subject's version has moved. */
  readonly body: () => Promise<Body>
  /** For the history and the payload of the leaf; no contacts and nothing about people. */
  readonly detail: Readonly<Record<string, unknown>>
  /** Organisations that decisions may know differently from now on. */
  readonly changed?: readonly RegisteredOrganisation[]
}

const NAMES = { ORGANISATION: 'organisation', GROUP: 'group' } as const
const RECORDED_REFUSALS = new Set([403, 409, 412, 422])

/** That the same request is still being answered says nothing about an act. */
function isRecorded({ problem: { status, code } }: ProblemError): boolean {
  return RECORDED_REFUSALS.has(status) && code !== 'IDEMPOTENCY_KEY_IN_USE'
}

export type RegisterActs = ReturnType<typeof registerActs>

/**
 * Every act on the register of organisations, always the same steps in one transaction: the key, the lock, the precondition,
 * the work, the history, the policy if decisions may answer differently, the leaf, the kept reply. A refusal changes nothing
 * and is recorded by itself.
 */
export function registerActs({ db, clock, newId, audit, policy, isName, turns }: RegisterActOptions) {
  async function perform<Body>(
    act: RegisterAct,
    work: (context: RegisterContext) => Promise<RegisterDone<Body>>,
  ): Promise<CommandReply<Body>> {
    const { principal, idempotency, kind } = act
    return withTransaction(db, async (tx) => {
      // The register is nobody's own: who may do what is the work's to say.
      await readAs(tx, { kind: 'system' })
      const at = clock().toISOString()
      const keys = idempotencyKeys(tx)
      const earlier = idempotency && (await keys.claimKey(principal, idempotency, at))
      if (earlier) return earlier as CommandReply<Body>
      const repository = registerActRepository(tx)
      if (act.code !== undefined) {
        const locked = await repository.lock(kind, act.code)
        if (!locked) throw new ProblemError(unknownSubject(kind))
        checkPrecondition(act.ifMatch, locked.rowVersion, NAMES[kind])
      }
      const head = await policy.head(tx)
      const now = at > head.instant ? at : head.instant
      const done = await work({ tx, principal, now })
      const { rowVersion, sequence } = await repository.touch(kind, done.code)
      const leafId = newId()
      await repository.add({ kind, code: done.code, sequence, at: now, act: act.act, principal, detail: done.detail, leafId })
      // Of a body that nobody confirmed decisions know nothing.
      const known = (done.changed ?? []).filter(({ status }) => status !== 'UNCONFIRMED')
      const revision = known.length > 0 ? await policy.publishOrganisations(tx, known, now) : head.revision
      const body = await done.body()
      await audit.recordAct(tx, {
        ...leafOf(act),
        id: leafId,
        revision,
        payload: { ...actorOf(principal), at: now, [NAMES[kind]]: done.code, detail: done.detail },
      })
      const reply = { status: done.status, body, etag: etagOf(rowVersion) }
      if (idempotency) await keys.keepReply(principal, idempotency.key, reply)
      return reply
    })
  }

  async function recordRefusal(act: RegisterAct, refusal: ProblemError): Promise<void> {
    await withTransaction(db, async (tx) => {
      const { revision } = await policy.head(tx)
      // A code of nothing is a word of the caller's.
      const isKnown = act.code !== undefined && (await registerActRepository(tx).lock(act.kind, act.code)) !== undefined
      const about = isKnown ? { [NAMES[act.kind]]: act.code } : {}
      const payload = { ...actorOf(act.principal), ...about, problem: refusalForRecord(refusal, isName) }
      await audit.recordAct(tx, { ...leafOf(act), revision, refused: true, payload })
    })
  }

  return {
    /** @throws ProblemError 404 for a subject that is not there, 412 and 428 for `If-Match`, and what the work refuses */
    async perform<Body>(act: RegisterAct, work: (context: RegisterContext) => Promise<RegisterDone<Body>>): Promise<CommandReply<Body>> {
      try {
        return await turns(act.principal, act.idempotency, () => perform(act, work))
      } catch (error) {
        if (error instanceof ProblemError && isRecorded(error)) await recordRefusal(act, error)
        throw error
      }
    },
  }
}

function leafOf({ event, act, principal }: RegisterAct): Pick<GovernanceAct, 'event' | 'act' | 'org'> {
  return { event, act, org: principal.org }
}

function actorOf({ sub, roles, org }: Principal) {
  return { actor: sub, roles, org }
}

function unknownSubject(kind: SubjectKind) {
  return problem('NOT_FOUND', `There is no ${NAMES[kind]} with this code.`)
}
