import { type Entry, entryOf, entryOfText } from '../audit/format/entry.ts'
import type { DecisionLeaf } from '../audit/format/leaf.ts'
import { urnOfAgreement } from '../audit/format/leaf-codes.ts'
import type { Caller } from '../identity/principal.ts'
import type { RandomBytes } from '../platform/kernel/ids.ts'
import { type Refusal, withoutCallersWords } from '../platform/kernel/refusal.ts'
import type { Answer } from './answer.ts'
import { overriddenBy, reliedOn } from './decide.ts'
import type { CallReferences } from './decision-call.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import type { PermitPolicy } from './evaluation/expiry.ts'
import type { PolicyHead } from './policy/policy-index.ts'
import type { DecisionBody } from './request-body.ts'
import { reasonNumber } from './rules/reason.ts'

// What stands in the log of one call. It may never put into a leaf what is about a person, or what the caller may not know:
// leaves stay for ever, and are shown.

/** Settings that an answer depends on, as they are recorded with it. */
export interface RecordedSettings {
  readonly permit_ttl_seconds: number
  readonly restricted_purposes: readonly string[]
}

/** The settings of a permit policy, in one order. Pure. */
export function settingsOf({ permitTtlSeconds, restrictedPurposes }: PermitPolicy): RecordedSettings {
  return { permit_ttl_seconds: permitTtlSeconds, restricted_purposes: [...restrictedPurposes].sort() }
}

/** The event of the log that a kind of call is. */
export type CallEvent = DecisionLeaf['t']

/** What a decision call is recorded with, besides what was evaluated. */
export interface CallFacts {
  readonly id: string
  readonly caller: Caller
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly engine: string
  readonly head: PolicyHead
  readonly traceId: string
  /** The caller's span, 16 hex digits; absent where the call began the trace. */
  readonly parentSpanId?: string
  readonly settings: RecordedSettings
  /** Version of the code lists of that moment. */
  readonly codeLists: string
  /** By what else the caller knows the call. */
  readonly references?: CallReferences
  /** What kind of call it was, where it was not one for one evaluation; one for several stays one, however many there were. */
  readonly event?: CallEvent
  /** The revision that says who the caller is, where it is not the one decided on (a past text was asked). */
  readonly callersRevision?: number
}

/** One evaluation of a call: what was asked, what was answered, and what the answer stands on. */
export interface Evaluation {
  /** The body as the contract let it through. */
  readonly request: DecisionBody
  readonly answer: Answer
  /** The answer as the caller gets it, in JSON: what is recorded is what was said, to the byte. */
  readonly text: string
  readonly outcome: Outcome
}

/** The id of one evaluation: that of the call's one record, with its index behind a dot where there are several. */
export function evaluationId(callId: string, index: number, count: number): string {
  return count === 1 ? callId : `${callId}.${index}`
}

/**
 * The leaf and payload of one call with one or more evaluations (R1): codes and digests in the leaf, requests, answers and caller
 * in the payload. The caller is shown its leaf, so the leaf names the agreement only where the answer does, and where several
 * were given only one that all name. See docs/decisions/0018-a-call-with-evaluations.md.
 */
export function evaluatedEntry(evaluations: readonly Evaluation[], facts: CallFacts, random: RandomBytes): Entry {
  const [first] = evaluations
  if (!first) throw new RangeError('a call has at least one evaluation')
  return evaluations.length === 1 ? oneEvaluation(first, facts, random) : severalEvaluations(evaluations, first.answer, facts, random)
}

function oneEvaluation({ request, answer, text, outcome }: Evaluation, facts: CallFacts, random: RandomBytes): Entry {
  return entryOfText(
    {
      ...leafOf(facts, random),
      t: eventOf(facts),
      ...(answer.agreement === null ? {} : { ctr: urnOfAgreement(answer.agreement) }),
      d: answer.decision === 'PERMIT',
      n: 1,
      rc: answer.reasons.map((reason) => reason.code),
      st: 'Ok',
      ...(answer.simulated ? { sim: true as const } : {}),
    },
    objectOf([
      ['caller', textOf(facts.caller, callerText)],
      ['request', JSON.stringify(request)],
      ['relied_on', JSON.stringify(reliedOn(outcome))],
      ['callers_revision', JSON.stringify(facts.callersRevision)],
      ['prohibited_by', JSON.stringify(overriddenBy(outcome) ?? undefined)],
      ['settings', textOf(facts.settings, JSON.stringify)],
      ['parent_span_id', JSON.stringify(facts.parentSpanId)],
      ['references', JSON.stringify(facts.references)],
      // Last: what the search reads stands before it, so that it need not read the answer.
      ['response', text],
    ]),
    random,
  )
}

function severalEvaluations(evaluations: readonly Evaluation[], first: Answer, facts: CallFacts, random: RandomBytes): Entry {
  const answers = evaluations.map(({ answer }) => answer)
  const { agreement } = first
  const codes = new Set(answers.flatMap(({ reasons }) => reasons.map(({ code }) => code)))
  const items = evaluations.map(({ request, text, outcome }) =>
    objectOf([
      ['request', JSON.stringify(request)],
      ['relied_on', JSON.stringify(reliedOn(outcome))],
      ['prohibited_by', JSON.stringify(overriddenBy(outcome) ?? undefined)],
      ['response', text],
    ]),
  )
  return entryOfText(
    {
      ...leafOf(facts, random),
      t: 'adl.access_evaluations',
      ...(agreement !== null && answers.every((one) => one.agreement === agreement) ? { ctr: urnOfAgreement(agreement) } : {}),
      d: answers.every(({ decision }) => decision === 'PERMIT'),
      n: evaluations.length,
      rc: [...codes].sort((a, b) => reasonNumber(a) - reasonNumber(b)),
      st: 'Ok',
      ...(first.simulated ? { sim: true as const } : {}),
    },
    objectOf([
      ['caller', textOf(facts.caller, callerText)],
      ['callers_revision', JSON.stringify(facts.callersRevision)],
      ['settings', textOf(facts.settings, JSON.stringify)],
      ['parent_span_id', JSON.stringify(facts.parentSpanId)],
      ['references', JSON.stringify(facts.references)],
      ['evaluations', `[${items.join(',')}]`],
    ]),
    random,
  )
}

/** What of a search is recorded: the question, without what was looked for. */
export type RecordedSearch = Partial<DecisionBody> & Pick<DecisionBody, 'mode'>

/**
 * The leaf and payload of a search (R1): in the leaf how many results there were, in the payload which, as they were sent. It decides
 * nothing, so it has no `d`.
 */
export function searchedEntry(
  { request, count, text }: { readonly request: RecordedSearch; readonly count: number; readonly text: string },
  facts: CallFacts,
  random: RandomBytes,
): Entry {
  return entryOfText(
    { ...leafOf(facts, random), t: eventOf(facts), n: count, rc: [], st: 'Ok' },
    objectOf([
      ['caller', textOf(facts.caller, callerText)],
      ['request', JSON.stringify(request)],
      ['settings', textOf(facts.settings, JSON.stringify)],
      ['code_list_version', JSON.stringify(facts.codeLists)],
      ['parent_span_id', JSON.stringify(facts.parentSpanId)],
      ['references', JSON.stringify(facts.references)],
      ['response', text],
    ]),
    random,
  )
}

/**
 * The leaf and payload of a call that was not evaluated: what was wrong with it, never what it said (it may hold personal data),
 * in values or in names.
 *
 * @param isName whether a word is one of the contract's, not the caller's own
 */
export function refusedEntry(
  { code, errors = [] }: Pick<Refusal, 'code'> & Partial<Pick<Refusal, 'errors'>>,
  { simulated, isName }: { readonly simulated: boolean; readonly isName: (word: string) => boolean },
  facts: CallFacts,
  random: RandomBytes,
): Entry {
  return entryOf(
    {
      ...leafOf(facts, random),
      t: eventOf(facts),
      n: 0,
      rc: [code],
      st: 'Error',
      ...(simulated ? { sim: true as const } : {}),
    },
    {
      caller: callerOf(facts.caller),
      errors: withoutCallersWords(errors, isName).map(({ pointer, detail }) => ({ pointer, detail })),
      settings: facts.settings,
      code_list_version: facts.codeLists,
      parent_span_id: facts.parentSpanId,
      references: facts.references,
    },
    random,
  )
}

function eventOf({ event = 'adl.access_evaluation' }: CallFacts): CallEvent {
  return event
}

function leafOf({ id, now, engine, head, traceId }: CallFacts, random: RandomBytes) {
  return {
    id,
    ts: now,
    v: 1 as const,
    cfg: engine,
    pol: `sha256:${head.digest}`,
    rev: head.revision,
    trace: traceId,
    span: Buffer.from(random(8)).toString('hex'),
  }
}

function callerOf({ sub, org, roles, clientId }: Caller) {
  return { sub, org, roles, client_id: clientId }
}

const texts = new WeakMap<object, string>()

/** The JSON of what many calls have in common, made once for each object: a machine's principal, the settings. */
function textOf<T extends object>(shared: T, text: (shared: T) => string): string {
  const known = texts.get(shared)
  if (known !== undefined) return known
  const made = text(shared)
  texts.set(shared, made)
  return made
}

function callerText(caller: Caller): string {
  return JSON.stringify(callerOf(caller))
}

/** A JSON object of members whose values are JSON already; those that are undefined are left out. */
function objectOf(members: readonly (readonly [name: string, json: string | undefined])[]): string {
  let text = ''
  for (const [name, json] of members) if (json !== undefined) text += `${text === '' ? '{' : ','}"${name}":${json}`
  return `${text}}`
}
