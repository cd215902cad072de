import type { AuditService, GovernanceAct } from '../audit/audit.service.ts'
import { sha256Hex } from '../audit/canonical-json.ts'
import type { Principal } from '../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import { readAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import { actsRepository } from './acts.repository.ts'
import type { ActDone, ActReply, IdempotencyKey } from './act.ts'
import type { Agreement } from './agreement.ts'
import type { AgreementsService } from './agreements.service.ts'
import { readerFor } from './visibility.ts'

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

/** What an act may use. `agreement` is the state before it. */
export interface ActContext {
  readonly tx: Transaction
  readonly agreement: Agreement
  readonly principal: Principal
  /** The instant of the act: never before the latest governance instant, whatever this node's clock says. */
  readonly now: string
  readonly newId: () => string
}

const RECORDED_REFUSALS = new Set([403, 409, 412, 422])

export type ActShell = ReturnType<typeof actShell>

/** The `ETag` of a state of an agreement (RFC 9110, 8.8.3). */
export function etagOf(rowVersion: string | number | bigint): string {
  return `"${rowVersion}"`
}

export function actShell({ db, clock, newId, audit, agreements, policy }: ActShellOptions) {
  async function perform<Body>(request: ActRequest, work: (context: ActContext) => Promise<ActDone<Body>>): Promise<ActReply<Body>> {
    const { principal, agreementId, idempotency } = request
    return withTransaction(db, async (tx) => {
      await readAs(tx, readerFor(principal))
      const repository = actsRepository(tx)
      const at = clock().toISOString()
      const earlier = idempotency && (await repository.claimKey(principal, idempotency, at))
      if (earlier) return earlier as ActReply<Body>
      const locked = await repository.lock(agreementId)
      if (!locked) throw new ProblemError(problem('NOT_FOUND', 'There is no agreement with this reference.'))
      if (request.ifMatch === null) throw new ProblemError(problem('PRECONDITION_REQUIRED', 'Send If-Match with the ETag you read.'))
      if (request.ifMatch !== undefined && request.ifMatch !== '*' && request.ifMatch !== etagOf(locked.rowVersion)) {
        throw new ProblemError(problem('PRECONDITION_FAILED', 'The agreement has changed since you read it.'))
      }
      const [before] = await agreements.read(tx, [agreementId])
      if (!before) throw new ProblemError(problem('NOT_FOUND', 'There is no agreement with this reference.'))
      const [policyBefore] = await agreements.forPolicy(tx, [agreementId])
      const head = await policy.head(tx)
      const now = at > head.instant ? at : head.instant
      const done = await work({ tx, agreement: before, principal, now, newId })
      const sequence = locked.actCount + 1
      const rowVersion = await repository.touch(agreementId, sequence, now)
      await finish(tx, request, { done, before, policyBefore, sequence, now, revision: head.revision })
      const reply = { status: done.status, body: done.body, etag: etagOf(rowVersion) }
      if (idempotency) await repository.keepReply(principal, idempotency.key, reply)
      return reply
    })
  }

  /** History first, then the policy (its lock), then the log (its lock), which stays held until the commit. */
  async function finish(
    tx: Transaction,
    request: ActRequest,
    act: {
      readonly done: ActDone<unknown>
      readonly before: Agreement
      readonly policyBefore: Agreement | undefined
      readonly sequence: number
      readonly now: string
      readonly revision: number
    },
  ): Promise<void> {
    const { principal, agreementId } = request
    const { done, before, sequence, now } = act
    const [policyAfter] = await agreements.forPolicy(tx, [agreementId])
    const leafId = newId()
    await actsRepository(tx).addHistory({ agreementId, sequence, at: now, act: request.act, principal, from: before.status, done, leafId })
    const hasChanged = policyAfter !== undefined && JSON.stringify(policyAfter) !== JSON.stringify(act.policyBefore)
    const revision = hasChanged ? await policy.publishAgreements(tx, [policyAfter], now) : act.revision
    await audit.recordAct(tx, {
      id: leafId,
      event: request.event,
      act: request.act,
      org: principal.org,
      agreement: agreementId,
      sequence,
      from: before.status,
      to: done.to ?? before.status,
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
  }

  /** A refusal is an event too: who tried what, and why it was refused. It never fails the refusal itself. */
  async function recordRefusal(request: ActRequest, refusal: ProblemError): Promise<void> {
    const { principal, agreementId } = request
    await withTransaction(db, async (tx) => {
      await readAs(tx, readerFor(principal))
      // Whoever may not know the agreement leaves no trace of its name.
      const [known] = await agreements.read(tx, [agreementId])
      const head = await policy.head(tx)
      await audit.recordAct(tx, {
        event: request.event,
        act: request.act,
        org: principal.org,
        ...(known ? { agreement: agreementId, from: known.status } : {}),
        revision: head.revision,
        refused: true,
        payload: { actor: principal.sub, roles: principal.roles, org: principal.org, problem: refusal.problem },
      })
    })
  }

  return {
    /**
     * Performs one act. `work` writes its rows and answers what it did, or throws a ProblemError: then nothing is changed
     * and the refusal is recorded.
     * @throws ProblemError 404 for an agreement that is not there or may not be known, 412 and 428 for `If-Match`
     */
    async perform<Body>(request: ActRequest, work: (context: ActContext) => Promise<ActDone<Body>>): Promise<ActReply<Body>> {
      try {
        return await perform(request, work)
      } catch (error) {
        if (error instanceof ProblemError && RECORDED_REFUSALS.has(error.problem.status)) await recordRefusal(request, error)
        throw error
      }
    },
  }
}

/** The hash that an idempotency key stands for: the operation, what it is about, and the body. */
export function requestHash(operationId: string, target: string, body: unknown): string {
  return sha256Hex(`${operationId}\n${target}\n${JSON.stringify(body ?? null)}`)
}
