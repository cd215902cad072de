import type { AssessedFacts, AssessedFlow, AssessedLaw } from '../assessments/made/assessed-facts.ts'
import { changedFacts } from '../assessments/made/changes.ts'
import { type AssessmentCodes, assessmentCodes } from '../assessments/made/codes.ts'
import { answerDue } from '../assessments/made/consultation.ts'
import type { Measure, Risk } from '../assessments/made/content.ts'
import { REOPENING_REASONS, reopens } from '../assessments/made/reopening.ts'
import { overallOf, residualOf, residualOfRisk } from '../assessments/made/risks.ts'
import { type AssessmentCommand, type AssessmentProgress, type AssessmentState, nextState } from '../assessments/made/states.ts'
import { derivedCriteria, derivedTriggers, screeningFaults, speaksForAssessment } from '../assessments/made/triggers.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'
import { shippedCodeLists } from '../reference/reference.service.ts'
import { asObject, filled, type Json, objects, textOrNull, texts } from './case-json.ts'

/** A case of a table about assessments: what a rule is asked, and its exact answer. The rules are pure, so no service is needed. */
export interface AssessmentCase {
  readonly id: string
  readonly title: string
  /** Which rule; a name of `RULES`. */
  readonly asks: string
  readonly given: Json
  readonly expect: Json
}

/** The day on which the cases are judged. */
const DAY = '2026-11-30'

/** The cases of a table about assessments; undefined for a table about decisions. @throws Error where a case asks for no known rule */
export function readAssessmentCases(text: string): readonly AssessmentCase[] | undefined {
  const file = asObject(JSON.parse(text), 'the file')
  if (file['about'] !== 'assessments') return undefined
  const cases = objects(file['cases']) as unknown as AssessmentCase[]
  const unknown = cases.find(({ asks }) => !(asks in RULES))
  if (unknown) throw new Error(`${unknown.id} asks for "${unknown.asks}": one of ${Object.keys(RULES).join(', ')} is known`)
  return cases
}

/** What differs from what a case expects, in words; null: nothing. */
export function assessmentCaseFault({ asks, given, expect }: AssessmentCase): string | null {
  const answer = RULES[asks]?.(given, shippedCodes()) ?? {}
  const differing = Object.keys(expect).filter((name) => stableJson(answer[name]) !== stableJson(expect[name]))
  if (Object.keys(expect).length === 0) return 'nothing is expected'
  if (differing.length === 0) return null
  return differing.map((name) => `${name}: expected ${JSON.stringify(expect[name])} got ${JSON.stringify(answer[name])}`).join('; ')
}

let compiled: AssessmentCodes | undefined
function shippedCodes(): AssessmentCodes {
  compiled ??= assessmentCodes(shippedCodeLists(), DAY)
  return compiled
}

/** The rules by name: what is given, as answers by name. */
const RULES: Readonly<Record<string, (given: Json, codes: AssessmentCodes) => Json>> = {
  screening: (given, codes) => {
    const facts = toFacts(given)
    const triggers = derivedTriggers(facts, codes)
    return {
      triggers: triggers.filter(({ counts }) => counts).map(({ code }) => code),
      not_alone: triggers.filter(({ counts }) => !counts).map(({ code }) => code),
      criteria: derivedCriteria(facts, codes).map(({ code }) => code),
      flows: Object.fromEntries(triggers.map(({ code, flows }) => [code, flows])),
      needed: speaksForAssessment(facts, codes),
    }
  },
  outcome: (given, codes) => {
    const facts = toFacts(given)
    const derived = derivedTriggers(facts, codes)
    const triggers = given['triggers'] === undefined ? derived.map(({ code }) => code) : texts(given['triggers'])
    const outcome = { required: given['required'] === true, reasons: textOrNull(given['reasons']), triggers }
    return { faults: screeningFaults(outcome, derived, facts).map(({ code }) => code) }
  },
  matrix: ({ likelihood, severity }, codes) => ({ overall: overallOf(String(likelihood), String(severity), codes) }),
  residual: (given, codes) => {
    const risks = objects(given['risks']).map((risk) => ({ ...RISK, ...risk }))
    const measures = objects(given['measures']).map(toMeasure)
    return {
      before: Object.fromEntries(risks.map(({ id, likelihood, severity }) => [id, overallOf(likelihood, severity, codes)])),
      after: Object.fromEntries(risks.map((risk) => [risk.id, residualOfRisk(risk, measures, codes).overall])),
      residual: residualOf({ risks, measures }, codes),
    }
  },
  state: (given) => {
    const progress = { ...PROGRESS, ...(given['progress'] as Partial<AssessmentProgress> | undefined) }
    const next = nextState(given['state'] as AssessmentState, given['command'] as AssessmentCommand, progress)
    return next.ok ? { state: next.value } : { refused: next.refusal.errors[0]?.code ?? null }
  },
  reopening: ({ reason }) => {
    const known = REOPENING_REASONS.find((one) => one === reason)
    if (!known) throw new Error(`no reason to open an assessment again: ${String(reason)}`)
    const { stops_sharing, keeps_approval } = reopens(known)
    return { stops_sharing, keeps_approval }
  },
  regulator: ({ submitted_on, extended_on }) => ({ due: answerDue(String(submitted_on), textOrNull(extended_on)) }),
  changes: ({ before, after }) => ({
    changes: changedFacts(toFacts(before as Json), toFacts(after as Json)).map(({ kind, what }) => `${kind} ${what}`),
  }),
}

// What holds where a case says nothing: an ordinary share of which nothing speaks for an assessment.
const LAW: AssessedLaw = { art6: ['6(1)(e)'], gateways: ['HA1996_S208'], art9: [], sch1: [], criminal: [] }
const FLOW: AssessedFlow = {
  ...{ id: 'F1', providers: ['LBC_CAMDEN'], recipients: ['LBC_HACKNEY'], purpose: 'HOUSING_ENFORCEMENT' },
  ...{ data_items: ['IDENTITY.NAME'], category_grant: [], data_subjects: ['LANDLORD'], data_form: 'IDENTIFIABLE' },
  ...{ methods: ['API_MTLS'], countries: ['GB'], frequency: 'ONE_OFF', volume_limit: null },
  ...{ retention_days: 365, retention_rule: null, onward: 'PROHIBITED', legal: { provider: LAW, recipient: LAW } },
}
const RISK: Risk = {
  ...{ id: 'RISK1', source: 'A notice goes astray', description: 'Somebody learns the address', harm_type: 'PHYSICAL' },
  ...{ affected_subjects: ['VICTIM'], likelihood: 'POSSIBLE', severity: 'SIGNIFICANT' },
}
const PROGRESS: AssessmentProgress = {
  ...{ required: true, controllers: ['LBC_CAMDEN', 'LBC_HACKNEY'], advised: [], accepted: [], others_open: false },
  ...{ residual: 'LOW', prior_consultation: 'NOT_REQUIRED', reopened: false },
}

function toFacts(given: Json): AssessedFacts {
  const flows = objects(given['flows']).map(({ frequency, subjects, gateways, ...flow }): AssessedFlow => {
    const provider = gateways === undefined ? LAW : { ...LAW, gateways: texts(gateways) }
    return {
      ...FLOW,
      ...flow,
      frequency: frequency === undefined ? FLOW.frequency : textOrNull(frequency),
      volume_limit: typeof subjects === 'number' ? { subjects, records: null } : null,
      legal: { provider, recipient: LAW },
    }
  })
  const parties = texts(given['parties'] ?? ['LBC_CAMDEN', 'LBC_HACKNEY']).map((org) => ({ org, role: 'CONTROLLER' }))
  const agents = objects(given['agents']).map((agent) => filled({ org: '', for: '' }, agent))
  return {
    ...{ agreement: 'DSA', title: 'A share', instrument_type: 'CONTROLLER_TO_CONTROLLER', narrative: {} },
    ...{ parties, agents, flows: flows.length === 0 ? [FLOW] : flows },
  }
}

/** `left`: likelihood and severity in one text, for example "REMOTE SEVERE". */
function toMeasure({ risk, effect, left, approved }: Json, index: number): Measure {
  const [likelihood = '', severity = ''] = String(left ?? '').split(' ')
  return {
    ...{ id: `M${index + 1}`, risk_id: String(risk ?? 'RISK1'), measure: 'A measure', effect: String(effect) },
    left: left === undefined ? null : { likelihood, severity },
    approved: approved === false ? null : { by: 'SIRO', on: DAY },
    ...{ owner: { org: 'LBC_CAMDEN', post: 'Head of service' }, due: '2027-03-31', done_on: null, done_by: null },
  }
}
