import type { Appended } from '../audit/append-queue.ts'
import { NotRecordedError, QueueFullError } from '../audit/append-queue.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { Entry, RandomBytes } from '../audit/entry.ts'
import type { Principal } from '../identity/principal.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type ProblemDetail, ProblemError, problem } from '../platform/kernel/problem.ts'
import { type Answer, toAnswer } from './answer.ts'
import { mayAsk, mayKnow } from './caller.ts'
import { evaluatedEntry, malformedEntry } from './decision-entry.ts'
import { evaluate, type Outcome } from './evaluate.ts'
import type { PermitPolicy } from './expiry.ts'
import type { OneOffUse } from './one-off.service.ts'
import type { PolicyService } from './policy.service.ts'
import { reason } from './reason.ts'
import { type DecisionBody, toDecisionRequest } from './request-body.ts'

/** The hot path: validate, evaluate, append, answer. Nothing answers here that was not appended first. */
export interface DecisionsOptions {
  readonly audit: AuditService
  readonly policy: PolicyService
  readonly oneOffUse: OneOffUse
  readonly permits: PermitPolicy
  readonly clock: Clock
  readonly random: RandomBytes
  readonly newId: () => string
  /** Digest of this build of the rules, `sha256:<hex>`. */
  readonly engine: string
  readonly deadlineMs: number
  readonly liveToleranceMs: number
}

/** One call, as the edge hands it over. */
export interface DecisionCall {
  readonly caller: Principal
  readonly body: DecisionBody
  readonly simulated: boolean
  /** W3C trace id of the caller, 32 hex digits; null: a new one. */
  readonly traceId: string | null
}

const RETRY_AFTER_SECONDS = 1
const REFRESHES_MAX = 20

export type DecisionsService = ReturnType<typeof decisionsService>

export function decisionsService(options: DecisionsOptions) {
  const { audit, policy, clock, random } = options

  /** Evaluates on the policy of this moment and makes the entry; called again whenever the policy moved before the append. */
  function decideNow(call: DecisionCall, id: string, traceId: string): { entry: Entry; value: { answer: Answer; outcome: Outcome } } {
    const index = policy.current()
    const now = clock().getTime()
    const { caller, body, simulated } = call
    const at = simulated && body.at ? Date.parse(body.at) : Math.max(now, index.head.instant)
    const actor = caller.clientId === null && caller.roles.includes('DUTY_MANAGER') ? caller.sub : null
    const request = toDecisionRequest(body, simulated ? { live: false } : { live: true, sub: actor })
    const outcome: Outcome = mayAsk(caller.org, request, at, index)
      ? evaluate(request, at, index)
      : {
          decision: 'DENY',
          reasons: [reason('CALLER_NOT_PARTY', 'The caller is neither party nor agent of one.')],
          agreement: null,
          nearest: null,
        }
    const answer = toAnswer(outcome, {
      decisionId: id,
      at,
      evaluatedAt: now,
      simulated,
      index,
      policy: options.permits,
      mayKnow: (agreement) => mayKnow(caller.org, agreement, at),
    })
    const facts = { id, caller, request: body, now, engine: options.engine, head: index.head, traceId }
    return { entry: evaluatedEntry(answer, reliedOn(outcome), facts, random), value: { answer, outcome } }
  }

  return {
    /**
     * Decides, records, answers. A DENY is an answer like a PERMIT.
     * @throws ProblemError 400 for a live `at` that is not now, 503 when the answer could not be recorded in time
     */
    async decide(call: DecisionCall): Promise<Answer> {
      const { body, simulated } = call
      if (!simulated) mustBeNow(body.at ?? null)
      await reachRevision(body.min_revision ?? null)
      const id = options.newId()
      const traceId = call.traceId ?? Buffer.from(random(16)).toString('hex')
      const build = () => decideNow(call, id, traceId)
      // A one-off permit is used up by giving it, and that changes the policy: it takes a transaction of its own.
      const isUse = body.mode === 'AD_HOC' && !simulated
      const answered = isUse ? options.oneOffUse(build, () => audit.record(build)) : audit.record(build)
      return (await withinDeadline(answered)).value.answer
    },

    /** Records a call that does not fit the contract: one leaf, no answer in it. */
    async recordMalformed(caller: Principal, errors: readonly ProblemDetail[], simulated: boolean): Promise<void> {
      const id = options.newId()
      const traceId = Buffer.from(random(16)).toString('hex')
      await withinDeadline(
        audit.record(() => {
          const facts = { id, caller, request: null, now: clock().getTime(), engine: options.engine, head: policy.current().head, traceId }
          return {
            entry: malformedEntry(
              errors.map(({ pointer, detail }) => ({ pointer, detail })),
              simulated,
              facts,
              random,
            ),
            value: null,
          }
        }),
      )
    },
  }

  function mustBeNow(at: string | null): void {
    if (at === null || Math.abs(Date.parse(at) - clock().getTime()) <= options.liveToleranceMs) return
    const detail = `a live decision is for now: within ${options.liveToleranceMs / 1000} seconds of the server's time`
    throw new ProblemError(
      problem('AT_OUT_OF_RANGE', 'The instant is not now. Ask the simulation about other times.', [{ pointer: '/at', detail }]),
    )
  }

  /** A caller that saw a revision elsewhere may demand an answer at least as new. */
  async function reachRevision(wanted: number | null): Promise<void> {
    if (wanted === null) return
    for (let attempt = 0; policy.current().revision < wanted && attempt < REFRESHES_MAX; attempt++) {
      const before = policy.current().revision
      await policy.refresh()
      if (policy.current().revision === before) break
    }
    if (policy.current().revision >= wanted) return
    throw new ProblemError(problem('NOT_READY', `Revision ${wanted} is not known here yet.`), { retryAfterSeconds: RETRY_AFTER_SECONDS })
  }

  /** The caller is told 503 at its deadline; the append goes on, since a leaf without an answer is allowed (R18). */
  async function withinDeadline<T>(recorded: Promise<Appended<T>>): Promise<Appended<T>> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new NotRecordedError('not recorded in time')), options.deadlineMs)
    })
    recorded.catch(() => {})
    try {
      return await Promise.race([recorded, late])
    } catch (cause) {
      if (cause instanceof QueueFullError) throw unavailable('OVERLOADED', cause)
      if (cause instanceof NotRecordedError) throw unavailable('LOG_UNAVAILABLE', cause)
      throw cause
    } finally {
      clearTimeout(timer)
    }
  }
}

function unavailable(code: 'OVERLOADED' | 'LOG_UNAVAILABLE', cause: Error): ProblemError {
  return new ProblemError(problem(code, 'There is no answer, because it could not be recorded. Treat it as no permission.'), {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}

/** The agreement that the leaf names: the one a permit rides on, or the one a refusal names. */
function reliedOn(outcome: Outcome): string | null {
  if (outcome.decision === 'DENY') return outcome.agreement?.id ?? null
  return outcome.via === 'AGREEMENT' ? outcome.finding.agreement.id : null
}
