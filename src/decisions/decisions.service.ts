import type { Appended } from '../audit/append/append-queue.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { Entry } from '../audit/format/entry.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import type { RandomBytes } from '../platform/kernel/ids.ts'
import { type Refusal, refusal } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import type { Answer } from './answer.ts'
import { type DecisionCall, eachByItself, newestDemanded, unknownRevision, whyNotAmongOthers, whyNotTogether } from './decision-call.ts'
import { type CallEvent, type Evaluation, evaluatedEntry } from './decision-entry.ts'
import { type Answering, evaluationsOf } from './evaluations.ts'
import { type LivePolicy, notReady } from './live-policy.service.ts'
import type { OneOffUse } from './one-off.service.ts'
import type { PolicyService } from './policy/policy.service.ts'
import type { PolicyIndex } from './policy/policy-index.ts'
import { type CallIds, type RecordedCaller, type Recorder, type RefusedCall, refusalOf } from './recorder.service.ts'

/**
 * The hot path, after the contract was checked: `validate`, `evaluateNow`, `append`, `answered`.
 * It may never answer what was not appended first, answer on a revision that has moved, read agreements from their tables,
 * or keep an answer for another call.
 */
export interface DecisionsOptions extends Answering {
  readonly audit: Pick<AuditService, 'record'>
  readonly recorder: Recorder
  readonly policy: PolicyService
  readonly live: LivePolicy
  readonly oneOffUse: OneOffUse
  readonly clock: Clock
  readonly random: RandomBytes
  /** Called with each answer once it may be given (metrics). */
  readonly onAnswer?: (answer: Answer) => void
}

/** The answers to a call in the order of its bodies, each also as it is recorded and sent (JSON), and the receipt of the one record (a header's line). */
export interface AnsweredCall {
  readonly evaluations: readonly Pick<Evaluation, 'request' | 'answer' | 'text'>[]
  readonly receipt: string
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

export type DecisionsService = ReturnType<typeof decisionsService>

export function decisionsService(options: DecisionsOptions) {
  const { audit, recorder, policy, live, clock, random } = options

  /** Evaluates on the policy of this moment and makes the entry; called again whenever the policy moved before the append. */
  function evaluateNow(made: CallIds, { call, past, losses, wanted }: Validated): Evaluated {
    const callers = policy.current()
    const { caller } = call
    live.mustNotBeRevoked(caller)
    // What was read before acts were lost may be of them.
    live.mustHaveReached(wanted, caller)
    if (past && policy.losses() !== losses) throw notReady('The policy was loaded anew.')
    const grounds = { index: past ?? callers, callers }
    const now = clock().getTime()
    const evaluations = evaluationsOf(call, made.id, grounds, now, options)
    const facts = { ...made, ...recorder.basisOf(grounds.index), caller, now }
    const entry = evaluatedEntry(evaluations, past ? { ...facts, callersRevision: callers.revision } : facts, random)
    return { entry, value: { evaluations, now } }
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
        const made = recorder.idsOf(recordedOf(call))
        return ok(answered(await append(validated.call, () => evaluateNow(made, validated))))
      } catch (error) {
        return refuse(refusalOf(error))
      }
    },

    /** Records a call that does not fit the contract: one leaf, no answer in it. Answers what to refuse it with. */
    recordRefused,
  }

  function recordRefused(call: Omit<DecisionCall, 'bodies'>, found: RefusedCall): Promise<Refusal> {
    return recorder.recordRefused(recordedOf(call), found)
  }

  /** On what the call can be answered, or why it cannot be. */
  async function validate(call: DecisionCall): Promise<Validated | Refusal> {
    live.mustNotBeRevoked(call.caller)
    if (call.batch) return validateEach(call)
    const { bodies, simulated, caller } = call
    const why = (simulated ? null : live.whyNotNow(bodies)) ?? whyNotTogether(bodies, simulated)
    if (why) return why
    const wanted = newestDemanded(bodies)
    await live.reachRevision(wanted)
    live.mustHaveReached(wanted, caller)
    const asOf = simulated ? (bodies[0]?.as_of_revision ?? null) : null
    const losses = policy.losses()
    const past = asOf === null ? null : ((await policy.at(asOf)) ?? null)
    return asOf !== null && past === null ? unknownRevision(bodies) : { call, past, losses, wanted }
  }

  /** Live questions of which none sinks the others. */
  async function validateEach(call: DecisionCall): Promise<Validated> {
    const isAmongOthers = call.bodies.length > 1
    const asked = eachByItself(call, (body) => live.whyNotNow([body]) ?? (isAmongOthers ? whyNotAmongOthers(body) : null))
    await live.reachRevision(newestDemanded(asked.bodies))
    const losses = policy.losses()
    const { revision } = policy.current()
    const reached = eachByItself(asked, ({ min_revision }) => (min_revision != null && min_revision > revision ? NOT_REACHED : null))
    return { call: reached, past: null, losses, wanted: newestDemanded(reached.bodies) }
  }

  /** A one-off permit is used up by giving it, and that changes the policy: it takes a transaction of its own. */
  function append({ bodies, simulated }: DecisionCall, build: () => Evaluated): Promise<Appended<Evaluated['value']>> {
    const isUse = !simulated && bodies[0]?.mode === 'AD_HOC'
    return recorder.withinDeadline(isUse ? options.oneOffUse(build) : audit.record(build))
  }

  function answered(appended: Appended<Evaluated['value']>): AnsweredCall {
    const { evaluations, now } = appended.value
    for (const { answer } of evaluations) options.onAnswer?.(answer)
    return { evaluations, receipt: recorder.receiptOf(appended, now) }
  }
}

const EVENT_OF_SEVERAL: CallEvent = 'adl.access_evaluations'

/** A call as its record is made: one for several stays one, however many there were. */
function recordedOf(call: Omit<DecisionCall, 'bodies'>): RecordedCaller {
  return call.batch ? { ...call, event: EVENT_OF_SEVERAL } : call
}

const NOT_REACHED = refusal('NOT_READY', 'This revision is not known here yet.')
