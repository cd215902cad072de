import type { Appended } from '../audit/append/append-queue.ts'
import { NotRecordedError, QueueFullError } from '../audit/append/append-queue.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { Entry, RandomBytes } from '../audit/format/entry.ts'
import type { Receipt } from '../audit/format/receipt.ts'
import type { Caller } from '../identity/principal.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Refusal, type Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { type Answer, toAnswer } from './answer.ts'
import { type Asked, decideOn, type Grounds, knowledgeOf, nowOn, overriddenBy, reliedOn, requestOf } from './decide.ts'
import { evaluatedEntry, refusedEntry, settingsOf } from './decision-entry.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import type { PermitPolicy } from './evaluation/expiry.ts'
import type { OneOffUse } from './one-off.service.ts'
import type { PolicyService } from './policy/policy.service.ts'
import type { PolicyAgreement } from './policy/policy.ts'
import type { PolicyIndex } from './policy/policy-index.ts'
import { isRemediable, remedies } from './remedies/remedies.ts'
import type { SpareTime } from './remedies/spare-time.ts'
import { type DecisionBody, namedIn } from './request-body.ts'
import type { Trace } from './trace.ts'

/**
 * The hot path, after the contract was checked: `validate`, `evaluateNow`, `append`, `answered`.
 * It may never answer what was not appended first, answer on a revision that has moved, read agreements from their tables,
 * or keep an answer for another call.
 */
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
  /** Whether a word is one of the contract's: others are a caller's own, and no record of a refused call keeps them. */
  readonly isName: (word: string) => boolean
  /** Makes the receipt of a record. */
  readonly receipt: (receipt: Receipt) => string
  /** Time that may be spent on courtesies such as remedies. */
  readonly spare: SpareTime
  /** Is told of each answer once it may be given (metrics). */
  readonly onAnswer?: (answer: Answer) => void
  /** Is told of each call that was recorded and refused (metrics). */
  readonly onRefused?: (found: RefusedCall, simulated: boolean) => void
}

/** One call, as the edge hands it over. */
export interface DecisionCall {
  readonly caller: Caller
  readonly body: DecisionBody
  readonly simulated: boolean
  /** The caller's trace; null: a new one. */
  readonly trace: Trace | null
}

/** An answer, also as it is recorded and sent (JSON), and the receipt of its record (a header's line). */
export interface Given {
  readonly answer: Answer
  readonly text: string
  readonly receipt: string
}

/** What a call is given before it is decided, and keeps however often that happens. */
interface CallIds {
  readonly id: string
  readonly traceId: string
  readonly parentSpanId?: string
}

/** What a call that can be answered asks about. */
interface Validated {
  /** The past revision; null: that of the moment it is answered. */
  readonly past: PolicyIndex | null
  /** How often this node had lost its policy history before. */
  readonly losses: number
}

/** An entry ready to be appended, and the answer in it. */
interface Evaluated {
  readonly entry: Entry
  readonly value: { readonly answer: Answer; readonly text: string; readonly outcome: Outcome }
}

/** Why a call cannot be answered. */
export type RefusedCall = Pick<Refusal, 'code' | 'detail'> & Partial<Pick<Refusal, 'errors'>>

const REFRESHES_MAX = 20
const UNKNOWN_REVISION = refusal('UNPROCESSABLE', 'There is no such policy revision.', [
  { pointer: '/as_of_revision', detail: 'no policy revision has this number yet' },
])

export type DecisionsService = ReturnType<typeof decisionsService>

export function decisionsService(options: DecisionsOptions) {
  const { audit, policy, clock, random } = options
  const settings = settingsOf(options.permits)
  /** What a record says it stands on, besides the call. */
  const standing = ({ head, codeListVersion }: PolicyIndex) => ({ head, codeLists: codeListVersion, engine: options.engine, settings })

  /** Evaluates on the policy of this moment and makes the entry; called again whenever the policy moved before the append. */
  function evaluateNow(call: DecisionCall, made: CallIds, { past, losses }: Validated): Evaluated {
    const callers = policy.current()
    const { caller, simulated } = call
    mustNotBeRevoked(caller)
    // What was read before acts were lost may be of them.
    mustHaveReached(call.body.min_revision ?? null, caller)
    if (past && policy.losses() !== losses) throw notReady('The policy was loaded anew.')
    const index = past ?? callers
    const body = namedIn(index, call.body)
    const now = clock().getTime()
    const askedAt = nowOn(callers, now)
    const at = simulated && body.at ? Date.parse(body.at) : askedAt
    const asked: Asked = { caller, body, simulated, at, askedAt }
    const grounds = { index, callers }
    const outcome = decideOn(asked, grounds)
    const mayKnow = knowledgeOf(asked, grounds)
    const answer = toAnswer(outcome, {
      decisionId: made.id,
      at,
      evaluatedAt: now,
      simulated,
      index,
      policy: options.permits,
      mayKnow,
      remedies: remediesFor(asked, outcome, grounds, mayKnow),
    })
    const facts = { ...made, ...standing(index), caller, request: body, now, prohibitedBy: overriddenBy(outcome) }
    const text = JSON.stringify(answer)
    const entry = evaluatedEntry(answer, text, reliedOn(outcome), past ? { ...facts, callersRevision: callers.revision } : facts, random)
    return { entry, value: { answer, text, outcome } }
  }

  /**
   * Remedies are a courtesy: none for whoever may not know the agreement, none while the service is busy. Where no agreement was
   * weighed, only a reference or a one-off decision that was named can be put right.
   */
  function remediesFor(asked: Asked, outcome: Outcome, grounds: Grounds, mayKnow: (agreement: PolicyAgreement) => boolean) {
    if (outcome.decision !== 'DENY') return null
    const { index, callers } = grounds
    const { at, askedAt, body } = asked
    if (outcome.agreement ? !mayKnow(outcome.agreement) : !isRemediable(outcome, body.agreement_ref ?? null)) return null
    return options.spare(() =>
      remedies({ request: requestOf(asked, grounds), at, askedAt, isPastText: index !== callers, index, outcome }, mayKnow),
    )
  }

  return {
    /**
     * Decides, records, answers. A DENY is an answer like a PERMIT.
     * @throws Refused 400 for a live `at` that is not now and 422 for an unknown `as_of_revision`, both recorded;
     * 503 when the answer could not be recorded in time
     */
    async decide(call: DecisionCall): Promise<Given> {
      const validated = await validate(call)
      const made = idsOf(call)
      const appended = await append(call, () => evaluateNow(call, made, validated))
      return answered(appended)
    },

    /** Records a call that does not fit the contract: one leaf, no answer in it. Answers what to refuse it with. */
    recordRefused,
  }

  /** Whether the call can be answered at all, and on what. */
  async function validate(call: DecisionCall): Promise<Validated> {
    const { body, simulated } = call
    mustNotBeRevoked(call.caller)
    const notNow = simulated ? null : whyNotNow(body.at ?? null)
    if (notNow) throw await recordRefused(call, notNow)
    const wanted = body.min_revision ?? null
    await reachRevision(wanted)
    mustHaveReached(wanted, call.caller)
    const asOf = simulated ? (body.as_of_revision ?? null) : null
    const losses = policy.losses()
    const past = asOf === null ? null : ((await policy.at(asOf)) ?? null)
    if (asOf !== null && past === null) throw await recordRefused(call, UNKNOWN_REVISION)
    return { past, losses }
  }

  /** A one-off permit is used up by giving it, and that changes the policy: it takes a transaction of its own. */
  function append({ body, simulated }: DecisionCall, build: () => Evaluated): Promise<Appended<Evaluated['value']>> {
    const isUse = body.mode === 'AD_HOC' && !simulated
    return withinDeadline(isUse ? options.oneOffUse(build) : audit.record(build))
  }

  function answered({ origin, index, entry, value: { answer, text } }: Appended<Evaluated['value']>): Given {
    options.onAnswer?.(answer)
    const receipt = options.receipt({ origin, index, leafHash: entry.leafHash, at: Date.parse(answer.evaluated_at) })
    return { answer, text, receipt }
  }

  function idsOf({ trace }: Pick<DecisionCall, 'trace'>): CallIds {
    return { id: options.newId(), ...(trace ?? { traceId: Buffer.from(random(16)).toString('hex') }) }
  }

  /** The refusal with the id of its record and the receipt. @throws Refused 401 for a revoked client, 503 when it could not be recorded */
  async function recordRefused(call: Pick<DecisionCall, 'caller' | 'simulated' | 'trace'>, found: RefusedCall): Promise<Refused> {
    const { caller, simulated } = call
    const made = idsOf(call)
    const { origin, index, entry, value } = await withinDeadline(
      audit.record(() => {
        mustNotBeRevoked(caller)
        const now = clock().getTime()
        const facts = { ...made, ...standing(policy.current()), caller, request: null, now }
        return { entry: refusedEntry(found, { simulated, isName: options.isName }, facts, random), value: now }
      }),
    )
    options.onRefused?.(found, simulated)
    const receipt = options.receipt({ origin, index, leafHash: entry.leafHash, at: value })
    return refused(found.code, found.detail, found.errors, { decisionId: made.id, receipt })
  }

  function mustNotBeRevoked({ clientId }: Caller): void {
    if (clientId !== null && policy.current().isRevoked(clientId)) throw revoked()
  }

  function whyNotNow(at: string | null): Refusal | null {
    if (at === null || Math.abs(Date.parse(at) - clock().getTime()) <= options.liveToleranceMs) return null
    const detail = `a live decision is for now: within ${options.liveToleranceMs / 1000} seconds of the server's time`
    return refusal('AT_OUT_OF_RANGE', 'The instant is not now. Ask the simulation about other times.', [{ pointer: '/at', detail }])
  }

  /** A caller that saw a revision elsewhere may demand an answer at least as new. */
  async function reachRevision(wanted: number | null): Promise<void> {
    if (wanted === null) return
    for (let attempt = 0; policy.current().revision < wanted && attempt < REFRESHES_MAX; attempt++) {
      const before = policy.current().revision
      await policy.refresh()
      if (policy.current().revision === before) break
    }
  }

  function mustHaveReached(wanted: number | null, caller: Caller): void {
    if (wanted === null || policy.current().revision >= wanted) return
    mustNotBeRevoked(caller)
    throw notReady(`Revision ${wanted} is not known here yet.`)
  }

  /** The caller is told 503 at its deadline; the append goes on, since a leaf without an answer is allowed (R18). */
  function withinDeadline<T>(recorded: Promise<Appended<T>>): Promise<Appended<T>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(unrecorded(new NotRecordedError('not recorded in time'))), options.deadlineMs)
      recorded.then(
        (appended) => {
          clearTimeout(timer)
          resolve(appended)
        },
        (cause: unknown) => {
          clearTimeout(timer)
          reject(unrecorded(cause))
        },
      )
    })
  }
}

/** What a caller is told where its answer was not recorded; a refusal, or a fault of ours, stays what it is. */
function unrecorded(cause: unknown): unknown {
  if (cause instanceof QueueFullError) return unavailable('OVERLOADED', cause)
  return cause instanceof NotRecordedError ? unavailable('LOG_UNAVAILABLE', cause) : cause
}

function unavailable(code: 'OVERLOADED' | 'LOG_UNAVAILABLE', cause: Error): Refused {
  return refused(code, 'There is no answer, because it could not be recorded. Treat it as no permission.', [], { cause })
}

function notReady(detail: string): Refused {
  return refused('NOT_READY', detail)
}

/** A revoked client is a stranger from that moment on: no answer, and no leaf that it could fill the log with. */
function revoked(): Refused {
  return refused('UNAUTHENTICATED', 'A valid bearer token is needed.')
}
