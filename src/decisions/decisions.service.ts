import type { Appended } from '../audit/append/append-queue.ts'
import { NotRecordedError, QueueFullError } from '../audit/append/append-queue.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { Entry } from '../audit/format/entry.ts'
import type { Receipt } from '../audit/format/receipt.ts'
import type { Caller } from '../identity/principal.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import type { RandomBytes } from '../platform/kernel/ids.ts'
import { type Refusal, Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import { type Answer, toAnswer } from './answer.ts'
import { decideOn, knowledgeOf, nowOn, type PolicyGrounds, type Question, requestOf } from './decide.ts'
import {
  type DecisionCall,
  eachByItself,
  newestDemanded,
  pointerTo,
  unknownRevision,
  whyNotAmongOthers,
  whyNotTogether,
} from './decision-call.ts'
import { type Evaluation, evaluatedEntry, evaluationId, refusedEntry, settingsOf } from './decision-entry.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import type { PermitPolicy } from './evaluation/expiry.ts'
import type { OneOffUse } from './one-off.service.ts'
import type { PolicyService } from './policy/policy.service.ts'
import type { PolicyAgreement } from './policy/policy.ts'
import type { PolicyIndex } from './policy/policy-index.ts'
import { isRemediable, remedies } from './remedies/remedies.ts'
import type { SpareTime } from './remedies/spare-time.ts'
import { type DecisionBody, namedIn } from './request-body.ts'

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
  /** Called with each answer once it may be given (metrics). */
  readonly onAnswer?: (answer: Answer) => void
  /** Called for each call that was recorded and refused (metrics). */
  readonly onRefused?: (found: RefusedCall, simulated: boolean) => void
}

/** The answers to a call in the order of its bodies, each also as it is recorded and sent (JSON), and the receipt of the one record (a header's line). */
export interface AnsweredCall {
  readonly evaluations: readonly Pick<Evaluation, 'request' | 'answer' | 'text'>[]
  readonly receipt: string
}

/** What a call is given before it is decided, and keeps however often that happens. */
interface CallIds {
  readonly id: string
  readonly traceId: string
  readonly parentSpanId?: string
  readonly references?: NonNullable<DecisionCall['references']>
  readonly isBatch?: true
}

/** What a call that can be answered asks about. */
interface Validated {
  /** The call, with what cannot be answered of a batch put aside. */
  readonly call: DecisionCall
  /** The past revision; null: that of the moment it is answered. */
  readonly past: PolicyIndex | null
  /** How often this node had lost its policy history before. */
  readonly losses: number
  /** The revision that the caller demands; null: none. */
  readonly wanted: number | null
}

/** An entry ready to be appended, and what is in it. */
interface Evaluated {
  readonly entry: Entry
  readonly value: { readonly evaluations: readonly Evaluation[]; readonly now: number }
}

/** Why a call cannot be answered. */
export type RefusedCall = Pick<Refusal, 'code' | 'detail'> & Partial<Pick<Refusal, 'errors'>>

const REFRESHES_MAX = 20

export type DecisionsService = ReturnType<typeof decisionsService>

export function decisionsService(options: DecisionsOptions) {
  const { audit, policy, clock, random } = options
  const settings = settingsOf(options.permits)
  /** What a record names as its basis, besides the call. */
  const basisOf = ({ head, codeListVersion }: PolicyIndex) => ({ head, codeLists: codeListVersion, engine: options.engine, settings })

  /** Evaluates on the policy of this moment and makes the entry; called again whenever the policy moved before the append. */
  function evaluateNow(made: CallIds, { call, past, losses, wanted }: Validated): Evaluated {
    const callers = policy.current()
    const { caller } = call
    mustNotBeRevoked(caller)
    // What was read before acts were lost may be of them.
    mustHaveReached(wanted, caller)
    if (past && policy.losses() !== losses) throw notReady('The policy was loaded anew.')
    const grounds = { index: past ?? callers, callers }
    const now = clock().getTime()
    const evaluations = evaluateAll(call, made.id, grounds, now)
    const facts = { ...made, ...basisOf(grounds.index), caller, now }
    const entry = evaluatedEntry(evaluations, past ? { ...facts, callersRevision: callers.revision } : facts, random)
    return { entry, value: { evaluations, now } }
  }

  /** Every body, or those up to the one that ends the call. */
  function evaluateAll(call: DecisionCall, id: string, grounds: PolicyGrounds, now: number): Evaluation[] {
    const { bodies, batch } = call
    const evaluations: Evaluation[] = []
    for (const body of bodies) {
      const one = evaluateOne(call, body, evaluationId(id, evaluations.length, bodies.length), grounds, now)
      evaluations.push(one)
      if (one.answer.decision === batch?.until) break
    }
    // One that stands alone is named by the record itself.
    const [first] = bodies
    return evaluations.length === 1 && bodies.length > 1 && first ? [evaluateOne(call, first, id, grounds, now)] : evaluations
  }

  function evaluateOne(
    { caller, simulated }: DecisionCall,
    body: DecisionBody,
    decisionId: string,
    grounds: PolicyGrounds,
    now: number,
  ): Evaluation {
    const { index, callers } = grounds
    const request = namedIn(index, body)
    const askedAt = nowOn(callers, now)
    const at = simulated && body.at ? Date.parse(body.at) : askedAt
    const asked: Question = { caller, body: request, simulated, at, askedAt }
    const outcome = decideOn(asked, grounds)
    const mayKnow = knowledgeOf(asked, grounds)
    const answer = toAnswer(outcome, {
      decisionId,
      at,
      evaluatedAt: now,
      simulated,
      index,
      policy: options.permits,
      mayKnow,
      remedies: remediesFor(asked, outcome, grounds, mayKnow),
    })
    return { request, answer, text: JSON.stringify(answer), outcome }
  }

  /**
   * Remedies are a courtesy: none for whoever may not know the agreement, none while the service is busy. Where no agreement was
   * weighed, only a reference or a one-off decision that was named can be put right.
   */
  function remediesFor(asked: Question, outcome: Outcome, grounds: PolicyGrounds, mayKnow: (agreement: PolicyAgreement) => boolean) {
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
     * Decides, records, answers. A DENY is an answer like a PERMIT. Refused where a live `at` is not now, where `as_of_revision` is
     * not known, where several bodies cannot be one call (all recorded), and where the answer could not be recorded in time.
     */
    async decide(call: DecisionCall): Promise<Result<AnsweredCall, Refusal>> {
      try {
        const validated = await validate(call)
        if ('code' in validated) return refuse(await recordRefused(call, validated))
        const made = idsOf(call)
        return ok(answered(await append(validated.call, () => evaluateNow(made, validated))))
      } catch (error) {
        return refuse(refusalOf(error))
      }
    },

    /** Records a call that does not fit the contract: one leaf, no answer in it. Answers what to refuse it with. */
    recordRefused,
  }

  /** On what the call can be answered, or why it cannot be. */
  async function validate(call: DecisionCall): Promise<Validated | Refusal> {
    mustNotBeRevoked(call.caller)
    if (call.batch) return validateEach(call)
    const { bodies, simulated, caller } = call
    const why = (simulated ? null : whyNotNow(bodies)) ?? whyNotTogether(bodies, simulated)
    if (why) return why
    const wanted = newestDemanded(bodies)
    await reachRevision(wanted)
    mustHaveReached(wanted, caller)
    const asOf = simulated ? (bodies[0]?.as_of_revision ?? null) : null
    const losses = policy.losses()
    const past = asOf === null ? null : ((await policy.at(asOf)) ?? null)
    return asOf !== null && past === null ? unknownRevision(bodies) : { call, past, losses, wanted }
  }

  /** Live questions of which none sinks the others. */
  async function validateEach(call: DecisionCall): Promise<Validated> {
    const isAmongOthers = call.bodies.length > 1
    const asked = eachByItself(call, (body) => whyNotNow([body]) ?? (isAmongOthers ? whyNotAmongOthers(body) : null))
    await reachRevision(newestDemanded(asked.bodies))
    const losses = policy.losses()
    const { revision } = policy.current()
    const reached = eachByItself(asked, ({ min_revision }) => (min_revision != null && min_revision > revision ? NOT_REACHED : null))
    return { call: reached, past: null, losses, wanted: newestDemanded(reached.bodies) }
  }

  /** A one-off permit is used up by giving it, and that changes the policy: it takes a transaction of its own. */
  function append({ bodies, simulated }: DecisionCall, build: () => Evaluated): Promise<Appended<Evaluated['value']>> {
    const isUse = !simulated && bodies[0]?.mode === 'AD_HOC'
    return withinDeadline(isUse ? options.oneOffUse(build) : audit.record(build))
  }

  function answered({ origin, index, entry, value: { evaluations, now } }: Appended<Evaluated['value']>): AnsweredCall {
    for (const { answer } of evaluations) options.onAnswer?.(answer)
    return { evaluations, receipt: options.receipt({ origin, index, leafHash: entry.leafHash, at: now }) }
  }

  function idsOf({ trace, references, batch }: Pick<DecisionCall, 'trace' | 'references' | 'batch'>): CallIds {
    const made: CallIds = { id: options.newId(), ...(trace ?? { traceId: Buffer.from(random(16)).toString('hex') }) }
    return references || batch ? { ...made, ...(references ? { references } : {}), ...(batch ? { isBatch: true } : {}) } : made
  }

  /** The refusal with the id of its record and the receipt; of a revoked client, or where it could not be recorded, that alone. */
  async function recordRefused(
    call: Pick<DecisionCall, 'caller' | 'simulated' | 'trace' | 'references' | 'batch'>,
    found: RefusedCall,
  ): Promise<Refusal> {
    try {
      const { caller, simulated } = call
      const made = idsOf(call)
      const { origin, index, entry, value } = await withinDeadline(
        audit.record(() => {
          mustNotBeRevoked(caller)
          const now = clock().getTime()
          const facts = { ...made, ...basisOf(policy.current()), caller, now }
          return { entry: refusedEntry(found, { simulated, isName: options.isName }, facts, random), value: now }
        }),
      )
      options.onRefused?.(found, simulated)
      const receipt = options.receipt({ origin, index, leafHash: entry.leafHash, at: value })
      return refusal(found.code, found.detail, found.errors, { decisionId: made.id, receipt })
    } catch (error) {
      return refusalOf(error)
    }
  }

  function mustNotBeRevoked({ clientId }: Caller): void {
    if (clientId !== null && policy.current().isRevoked(clientId)) throw revoked()
  }

  function whyNotNow(bodies: readonly DecisionBody[]): Refusal | null {
    const now = clock().getTime()
    const wrong = bodies.findIndex(({ at }) => at && Math.abs(Date.parse(at) - now) > options.liveToleranceMs)
    if (wrong < 0) return null
    const detail = `a live decision is for now: within ${options.liveToleranceMs / 1000} seconds of the server's time`
    return refusal('AT_OUT_OF_RANGE', 'The instant is not now. Ask the simulation about other times.', [
      { pointer: pointerTo(bodies, wrong, 'at'), detail },
    ])
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

const NOT_REACHED = refusal('NOT_READY', 'This revision is not known here yet.')

/** The refusal that an error carries. @throws the error where it carries none: a fault of ours */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal
  throw error
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
