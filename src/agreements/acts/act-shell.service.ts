import type { AuditService, GovernanceAct } from '../../audit/audit.service.ts'
import { etagOf } from '../../commands/command-reply.ts'
import { idempotencyKeys } from '../../commands/idempotency.service.ts'
import type { KeyTurns } from '../../commands/key-turns.ts'
import { checkPrecondition, refusalForRecord } from '../../commands/refusals.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import { ProblemError } from '../../platform/kernel/problem.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { indexForSearch } from '../finding/search.repository.ts'
import { noSuchAgreement, seenBy, writerFor } from '../visibility.ts'
import type { ActDone, ActReply, IdempotencyKey } from './act.ts'
import { actsRepository } from './acts.repository.ts'

/**
 * Every act on an agreement goes through here, always the same steps in one transaction: say for whom we read, load and
 * lock, let the act do its work, save with the version check, write history, publish the policy if it changed, append the
 * leaf. A refused act changes nothing and is recorded in a transaction of its own.
 */
export interface ActShellOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly audit: AuditService
  readonly agreements: AgreementsService
  readonly policy: PolicyPublication
  /** Whether a word is one of the contract's: others are a caller's own, and no record of a refusal keeps them. */
  readonly isName: (word: string) => boolean
  readonly turns: KeyTurns
  /** @throws ProblemError 403 where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

/** What the policy is told, inside the transaction; wired in app.ts, since policy stands to the right of agreements. */
export interface PolicyPublication {
  /** Publishes these agreements as the next revision and answers its number. Call it last but for the log. */
  publishAgreements(tx: Transaction, agreements: readonly Agreement[], instant: string): Promise<number>
  /** The newest revision, and the latest governance instant (ISO) that no act may precede. */
  head(tx: Transaction): Promise<{ readonly revision: number; readonly instant: string }>
}

export type { ActDone, ActReply, IdempotencyKey } from './act.ts'

/** Who does what to which agreement. */
export interface ActRequest {
  readonly principal: Principal
  readonly agreementId: string
  /** The command, for example `sign`; the leaf's `act`. */
  readonly act: string
  /** What the log calls it, past tense, for example `agreement.signed`. */
  readonly event: GovernanceAct['event']
  /** `If-Match` of the call; undefined: this act does not need one; null: it needs one and none was sent. */
  readonly ifMatch?: string | null
  readonly idempotency: IdempotencyKey | null
}

/** Who creates an agreement; the reference is the work's to choose. */
export type CreateRequest = Omit<ActRequest, 'agreementId' | 'ifMatch'>

/** What creating an agreement may use. */
export type CreateContext = Omit<ActContext, 'agreement'>

/** What was created. */
export interface Created<Body> extends ActDone<Body> {
  readonly agreementId: string
}

/** What an act may use. `agreement` is the state before it. */
export interface ActContext {
  readonly tx: Transaction
  readonly agreement: Agreement
  readonly principal: Principal
  /** The instant of the act: never before the latest governance instant, whatever this node's clock says. */
  readonly at: Instant
  /** The same, as it is written. */
  readonly now: string
  /** The number this act will have among those on the agreement. */
  readonly sequence: number
  readonly newId: () => string
}

const RECORDED_REFUSALS = new Set([403, 409, 412, 422])

/** That the same request is still being answered says nothing about an act. */
function isRecorded({ problem: { status, code } }: ProblemError): boolean {
  return RECORDED_REFUSALS.has(status) && code !== 'IDEMPOTENCY_KEY_IN_USE'
}

export type ActShell = ReturnType<typeof actShell>

export { etagOf, refusalForRecord }

export function actShell({ db, clock, newId, audit, agreements, policy, isName, turns, mustBeConfirmed }: ActShellOptions) {
  /** What every act begins with: for whom it reads, and the reply where its key was used before. */
  async function begin(
    tx: Transaction,
    { principal, idempotency }: CreateRequest,
  ): Promise<{ at: string; earlier: ActReply<unknown> | null }> {
    await readAs(tx, writerFor(principal))
    const at = clock().toISOString()
    return { at, earlier: idempotency && (await idempotencyKeys(tx).claimKey(principal, idempotency, at)) }
  }

  /** The instant of an act, never before the latest governance instant, and the revision it finds. */
  async function momentOf(tx: Transaction, at: string): Promise<{ now: string; revision: number }> {
    const head = await policy.head(tx)
    return { now: at > head.instant ? at : head.instant, revision: head.revision }
  }

  async function perform<Body>(request: ActRequest, work: (context: ActContext) => Promise<ActDone<Body>>): Promise<ActReply<Body>> {
    const { principal, agreementId } = request
    return withTransaction(db, async (tx) => {
      const { at, earlier } = await begin(tx, request)
      if (earlier) return earlier as ActReply<Body>
      const locked = await actsRepository(tx).lock(agreementId, writerFor(principal))
      const [before] = locked ? await agreements.read(tx, [agreementId]) : []
      // Before anything that depends on its state, so that a stranger hears of nothing else.
      if (!locked || !before || !seenBy(writerFor(principal), before, instantOf(at))) throw new ProblemError(noSuchAgreement())
      checkPrecondition(request.ifMatch, locked.rowVersion, 'agreement')
      await mustBeConfirmed(tx, principal.org)
      const [policyBefore] = await agreements.forPolicy(tx, [agreementId])
      const { now, revision } = await momentOf(tx, at)
      const sequence = locked.actCount + 1
      const done = await work({ tx, agreement: before, principal, at: instantOf(now), now, sequence, newId })
      return finish(tx, request, { done, agreementId, before, policyBefore, sequence, now, revision })
    })
  }

  async function create<Body>(request: CreateRequest, work: (context: CreateContext) => Promise<Created<Body>>): Promise<ActReply<Body>> {
    const { principal } = request
    return withTransaction(db, async (tx) => {
      const { at, earlier } = await begin(tx, request)
      if (earlier) return earlier as ActReply<Body>
      await mustBeConfirmed(tx, principal.org)
      const { now, revision } = await momentOf(tx, at)
      const done = await work({ tx, principal, at: instantOf(now), now, sequence: 1, newId })
      const { agreementId } = done
      return finish(tx, request, { done, agreementId, before: undefined, policyBefore: undefined, sequence: 1, now, revision })
    })
  }

  /**
   * What every act ends with: the row's version and its words for the search, history, the policy (its lock), then the log
   * (its lock), which stays held until the commit; last the reply is kept under the key.
   */
  async function finish<Body>(
    tx: Transaction,
    request: CreateRequest,
    act: {
      readonly done: ActDone<Body>
      readonly agreementId: string
      readonly before: Agreement | undefined
      readonly policyBefore: Agreement | undefined
      readonly sequence: number
      readonly now: string
      readonly revision: number
    },
  ): Promise<ActReply<Body>> {
    const { principal, idempotency } = request
    const { done, agreementId, before, sequence, now } = act
    const repository = actsRepository(tx)
    // What is kept and published is the whole of it, whatever whoever acted may still see.
    await readAs(tx, { kind: 'system' })
    const rowVersion = await repository.touch(agreementId, sequence, now)
    await indexForSearch(tx, agreementId)
    const [policyAfter] = await agreements.forPolicy(tx, [agreementId])
    const leafId = newId()
    const from = before?.status ?? null
    await repository.addHistory({ agreementId, sequence, at: now, act: done.as?.act ?? request.act, principal, from, done, leafId })
    const hasChanged = policyAfter !== undefined && JSON.stringify(policyAfter) !== JSON.stringify(act.policyBefore)
    const revision = hasChanged ? await policy.publishAgreements(tx, [policyAfter], now) : act.revision
    const to = done.to ?? from
    await audit.recordAct(tx, {
      id: leafId,
      event: done.as?.event ?? request.event,
      act: done.as?.act ?? request.act,
      org: principal.org,
      agreement: agreementId,
      sequence,
      ...(from === null ? {} : { from }),
      ...(to === null ? {} : { to }),
      ...(done.versionHash === undefined ? {} : { textHash: done.versionHash }),
      revision,
      payload: {
        actor: principal.sub,
        roles: principal.roles,
        org: principal.org,
        at: now,
        version: done.version ?? null,
        detail: done.detail,
      },
    })
    const reply = { status: done.status, body: done.body, etag: etagOf(rowVersion) }
    if (idempotency) await idempotencyKeys(tx).keepReply(principal, idempotency.key, reply)
    return reply
  }

  /** A refusal is an event too: who tried what, and why it was refused. It never fails the refusal itself. */
  async function recordRefusal(request: CreateRequest & { readonly agreementId?: string }, refusal: ProblemError): Promise<void> {
    const { principal, agreementId } = request
    await withTransaction(db, async (tx) => {
      await readAs(tx, writerFor(principal))
      // Whoever may not know the agreement leaves no trace of its name.
      const head = await policy.head(tx)
      const known =
        agreementId === undefined ? undefined : await agreements.find(tx, writerFor(principal), agreementId, instantOf(head.instant))
      await audit.recordAct(tx, {
        event: request.event,
        act: request.act,
        org: principal.org,
        ...(known ? { agreement: known.id, from: known.status } : {}),
        revision: head.revision,
        refused: true,
        payload: { actor: principal.sub, roles: principal.roles, org: principal.org, problem: refusalForRecord(refusal, isName) },
      })
    })
  }

  /** Records the refusal of an act before it reaches the caller. */
  async function recordingRefusals<Reply>(request: CreateRequest, act: () => Promise<Reply>): Promise<Reply> {
    try {
      return await turns(request.principal, request.idempotency, act)
    } catch (error) {
      if (error instanceof ProblemError && isRecorded(error)) await recordRefusal(request, error)
      throw error
    }
  }

  return {
    /**
     * Performs one act. `work` writes its rows and answers what it did, or throws a ProblemError: then nothing is changed
     * and the refusal is recorded.
     * @throws ProblemError 404 for an agreement that is not there or may not be known, 412 and 428 for `If-Match`
     */
    perform: <Body>(request: ActRequest, work: (context: ActContext) => Promise<ActDone<Body>>): Promise<ActReply<Body>> =>
      recordingRefusals(request, () => perform(request, work)),
    /** Performs the act that creates an agreement: `work` inserts it and names it. Otherwise as `perform`. */
    create: <Body>(request: CreateRequest, work: (context: CreateContext) => Promise<Created<Body>>): Promise<ActReply<Body>> =>
      recordingRefusals(request, () => create(request, work)),
  }
}
