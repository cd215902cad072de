import type { Agreement, AgreementVersion } from '../../agreements/agreement.ts'
import { type Advice, inOrder } from '../../agreements/model/advice.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { atOnce } from '../../platform/kernel/turns.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import { RULES } from '../evaluation/candidates.ts'
import { stageZero } from '../evaluation/stage-zero.ts'
import type { PolicyFlow, Snapshot } from '../policy/policy.ts'
import { uncovered } from '../rules/coverage.ts'
import { type Facts, requestedItems } from '../rules/facts.ts'
import type { Reason, ReasonCode } from '../rules/reason.ts'
import { approvalChecks } from './approval-checks.ts'
import { asInForce, type Drafted, type Pair, pairsOf, requestForAll } from './drafted.ts'
import { askedByKind, kindsIn } from './kinds.ts'

/** What the legal rules look a version up in: the code lists and the register of organisations. */
export type LawLists = Pick<Snapshot, 'codes' | 'organisation'>

/** What a decision answers and an approval must not stumble over: the assessment has a task of its own, consent is per request. */
const TOLD_ONLY: ReadonlySet<ReasonCode> = new Set([
  'DPIA_REQUIRED_NOT_APPROVED',
  'DPIA_REVIEW_OVERDUE',
  'PRIOR_CONSULTATION_OUTSTANDING',
  'CONSENT_NOT_RECORDED',
])
const EXAMPLES_MAX = 3

/** Advice with all whom it is about, of whom its words name three: for a page that says what each has to do. */
export interface AdviceInFull extends Advice {
  /** What was found of which bodies; absent where it is not about one side. */
  readonly of?: readonly { readonly org: string; readonly detail: string }[]
}

/**
 * Whether a version is lawful as it stands: the rules that decide, asked about every provider and recipient of every flow
 * for all it holds, on the day it takes effect, and besides the checks that only an approval makes. A fault that many
 * pairs share is told once, with examples.
 *
 * @param now Unix milliseconds; a version whose first day has passed is judged for today
 */
export function legalConsistency(agreement: Agreement, version: AgreementVersion, now: number, register: LawLists): AdviceInFull[] {
  return atOnce(consistencyInSteps(agreement, version, now, register))
}

/** The same, a pair of bodies a step: a text may name 40,000 of them in each flow. */
export function* consistencyInSteps(
  agreement: Agreement,
  version: AgreementVersion,
  now: number,
  register: LawLists,
): Generator<undefined, AdviceInFull[]> {
  const drafted = asInForce(agreement, version, now, register.organisation)
  // A code that has ended by the day that the text is looked at for is in no list.
  const onDay = { codes: register.codes.on(londonDay(drafted.at)), organisation: register.organisation }
  const found: Advice[] = []
  for (const [index, flow] of drafted.version.flows.entries()) found.push(...(yield* flowAdvice(drafted, flow, index, onDay)))
  return inOrder([...found, ...approvalChecks({ source: agreement, version, drafted, ...onDay })])
}

/** One fault of a flow, with all pairs that share it. */
interface Fault {
  readonly reason: Reason
  /** The first of the pairs. */
  readonly pair: Pair
  pairCount: number
  readonly details: Set<string>
  /** Whom it is about, each with what was found of it last. */
  readonly of: Map<string, string>
}

function* flowAdvice(drafted: Drafted, flow: PolicyFlow, index: number, register: LawLists): Generator<undefined, AdviceInFull[]> {
  const pairs = pairsOf(flow)
  const faults = new Map<string, Fault>()
  /** The fault that a reason is of: many pairs are answered with the same reasons. */
  const known = new Map<Reason, Fault>()
  const reasonsFor = askedByKind(kindsIn(drafted, flow, register), reasonsBetween(drafted, flow, register))
  for (const pair of pairs) {
    yield
    for (const reason of reasonsFor(pair)) {
      const fault = known.get(reason) ?? faultOf(faults, reason, pair)
      known.set(reason, fault)
      fault.pairCount += 1
      if (reason.side) fault.of.set(reason.side === 'PROVIDER' ? pair.provider : pair.recipient, reason.detail)
    }
  }
  return [...faults.values()].map((found) => toAdvice(found, pairs.length, flow, index, register.codes))
}

function faultOf(faults: Map<string, Fault>, reason: Reason, pair: Pair): Fault {
  const key = `${reason.code}\n${reason.side ?? ''}\n${isPerCountry(reason) ? (reason.items ?? []).join() : ''}`
  const fault = faults.get(key) ?? { reason, pair, pairCount: 0, details: new Set(), of: new Map() }
  faults.set(key, fault)
  fault.details.add(reason.detail)
  return fault
}

/** All reasons against one pair of a flow: what stops every question (stage 0), else what any rule finds, for every country listed. */
export function reasonsBetween(
  { agreement, version, at }: Drafted,
  bare: PolicyFlow,
  { codes, organisation }: LawLists,
): (pair: Pair) => readonly Reason[] {
  const flow = withGrantedItems(bare, codes)
  const candidate = { agreement, version, flow }
  const [day, requested] = [londonDay(at), requestedItems(flow.source.data_items, codes)]
  const run = (variant: Facts) => RULES.flatMap((rule) => rule(variant, candidate))
  return (pair) => {
    const request = requestForAll(flow, pair)
    const start = stageZero(request, at, { codes, organisation })
    // An empty list of items or people is a field to fill in, not a fault of law.
    if (!start.passed) return start.reason.code === 'INVALID_REQUEST' ? [] : [start.reason]
    const facts: Facts = { request, at, day, codes, provider: start.provider, recipient: start.recipient, requested }
    const found = [...run(facts)]
    const known = new Set(found.map(({ code }) => code))
    const more = (variants: readonly Partial<Facts['request']>[]) =>
      variants.flatMap((variant) => run({ ...facts, request: { ...request, ...variant } }).filter(({ code }) => !known.has(code)))
    return [...found, ...more([...flow.source.countries].map((country) => ({ country }))), ...more([{ consent_ref: null }])]
  }
}

/** The flow with every item that its category grants stand for spelt out (CK-17). */
function withGrantedItems(flow: PolicyFlow, codes: CodeLists): PolicyFlow {
  if (flow.grants.size === 0) return flow
  const all = [...codes.items.keys()]
  const request = { ...requestForAll(flow, { provider: '', recipient: '' }), data_items: all }
  const outside = new Set(uncovered({ request, codes }, flow).items)
  const items = [...new Set([...flow.source.data_items, ...all.filter((item) => !outside.has(item))])]
  return { ...flow, source: { ...flow.source, data_items: items }, items: new Set(items) }
}

function toAdvice(
  { reason, pair, pairCount, ...found }: Fault,
  allPairs: number,
  flow: PolicyFlow,
  index: number,
  codes: CodeLists,
): AdviceInFull {
  const { code } = reason
  const words = codes.reasonTexts.get(code)
  const details = [...found.details]
  const shown = details.slice(0, EXAMPLES_MAX).join(' ')
  const rest = details.length > EXAMPLES_MAX ? ` And ${details.length - EXAMPLES_MAX} more like it.` : ''
  const where = pairCount === allPairs ? '' : ` For ${pairCount} of ${allPairs} pairs, ${pair.provider} to ${pair.recipient} among them.`
  return {
    code,
    pointer: pointerOf(reason, index),
    severity: TOLD_ONLY.has(code) ? 'WARNING' : 'ERROR',
    detail: `Flow ${flow.id}: ${shown}${rest}${where}`,
    citation: words?.citation ?? null,
    remedy_role: words?.remedyRole ?? null,
    of: [...found.of].map(([org, detail]) => ({ org, detail })),
  }
}

function isPerCountry({ code }: Reason): boolean {
  return code === 'TRANSFER_NOT_ALLOWED'
}

/** Where in the text the fault is put right. `{flow}` and `{side}` are filled in. */
const PLACES: Readonly<Partial<Record<ReasonCode, string>>> = {
  UNKNOWN_PARTY: '{flow}/{parties}',
  UNKNOWN_CODE: '{flow}',
  PARTY_INACTIVE: '{flow}/{parties}',
  LAWFUL_BASIS_MISSING: '{flow}/legal/{side}/art6',
  LAWFUL_BASIS_NOT_AVAILABLE: '{flow}/legal/{side}/art6',
  BASIS_IN_LAW_MISSING: '{flow}/legal/{side}/gateways',
  GATEWAY_NOT_AVAILABLE: '{flow}/legal/provider/gateways',
  CONSENT_NOT_RECORDED: '{flow}/consent_required',
  PURPOSE_INCOMPATIBLE: '{flow}/compatibility',
  SPECIAL_CATEGORY_CONDITION_MISSING: '{flow}/legal/{side}/art9',
  SCHEDULE_1_CONDITION_MISSING: '{flow}/legal/{side}/sch1',
  APPROPRIATE_POLICY_MISSING: '/apd',
  CRIMINAL_OFFENCE_CONDITION_MISSING: '{flow}/legal/{side}/criminal',
  LED_CONDITION_MISSING: '{flow}/legal/{side}/part3',
  LED_REUSE_NOT_AUTHORISED: '{flow}/legal/provider/part3/reuse_authority',
  CONFIDENTIALITY_BASIS_MISSING: '{flow}/confidentiality',
  TRANSFER_NOT_ALLOWED: '{flow}/transfers/{item}',
  PROCESSOR_CONTRACT_INCOMPLETE: '/terms/processor_contract',
  JOINT_CONTROLLER_ARRANGEMENT_MISSING: '/terms/joint_controller_arrangement',
  DPIA_REQUIRED_NOT_APPROVED: '/dpia',
  DPIA_REVIEW_OVERDUE: '/dpia/review_due',
  PRIOR_CONSULTATION_OUTSTANDING: '/dpia/prior_consultation',
  DATA_FORM_NOT_ALLOWED: '{flow}/data_form',
}

function pointerOf({ code, side, items }: Reason, index: number): string {
  return (PLACES[code] ?? '{flow}')
    .replace('{flow}', `/terms/flows/${index}`)
    .replace('{side}', side === 'RECIPIENT' ? 'recipient' : 'provider')
    .replace('{parties}', side === 'RECIPIENT' ? 'recipients' : 'providers')
    .replace('{item}', items?.[0] ?? '')
}
