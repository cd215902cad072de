import type { Role } from '../../identity/permissions.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'
import { apart } from '../../workflow/model/duties.ts'
import type { Condition, Fact, NewRoute, RouteStep, StepKind } from '../../workflow/model/route.ts'

/** Routes in the words of an officer. */

export type Label = (list: string, code: string) => string
/** What a step is asked about, each on a page of its own. */
export type StepPartName = 'what' | 'order' | 'when' | 'time'

/** A line about a step. */
export interface StepRow {
  readonly part: StepPartName
  readonly key: string
  readonly value: string
}

/** Facts as they are said behind "where", by what they are about. */
export const FACT_WORDS: Readonly<Record<Fact, readonly [about: string, words: string]>> = {
  CONTROLLER: ['Your part in it', 'your organisation is a controller'],
  PROCESSOR: ['Your part in it', 'your organisation is a processor'],
  PROVIDER: ['Your part in it', 'your organisation discloses'],
  RECIPIENT: ['Your part in it', 'your organisation receives'],
  KEEPER: ['Your part in it', 'your organisation keeps the text'],
  SPECIAL_DATA: ['The data', 'there are special category data'],
  CRIMINAL_DATA: ['The data', 'there are criminal offence data'],
  RESTRICTED_CLASS_DATA: ['The data', 'there are data whose disclosure a law restricts'],
  HEALTH_OR_SOCIAL_CARE: ['The data', 'there is health or social care information'],
  CHILDREN_OR_ADULTS_AT_RISK: ['The data', 'they are about children or adults at risk'],
  HIGH_VOLUME: ['The data', 'they are about very many people'],
  OVERSEAS: ['How they are shared', 'data leave the United Kingdom'],
  NEW_METHOD: ['How they are shared', 'the method is a new one'],
  PROCESSOR_CONTRACT: ['How they are shared', 'there is a processor'],
  JOINT_CONTROLLERS: ['How they are shared', 'there are joint controllers'],
  NEW_GATEWAY: ['The law and the DPIA', 'the legal gateway is a new one'],
  UNVERIFIED_LAW: ['The law and the DPIA', 'the law named was not checked yet'],
  LEGAL_COMPULSION: ['The law and the DPIA', 'the law compels the disclosure'],
  ASSESSMENT_REQUIRED: ['The law and the DPIA', 'an impact assessment is required'],
  ASSESSMENT_COMPLETE: ['The law and the DPIA', 'the impact assessment is complete'],
  STATUTORY_DEADLINE: ['Why it is urgent', 'a statute sets a deadline'],
  SAFEGUARDING: ['Why it is urgent', 'somebody is safeguarded'],
  POLICE_URGENT: ['Why it is urgent', 'the police ask urgently'],
}

/** What is done in a step of each kind. */
export const KIND_WORDS: Readonly<Record<StepKind, string>> = {
  REVIEW: 'Review',
  CONFIRMATION: 'Confirmation that the facts are right',
  ASSESSMENT: 'Impact assessment is made',
  DPO_REVIEW: 'Advice on data protection',
  RISK_ACCEPTANCE: 'Acceptance of the risk',
  SIGNATURE: 'Signature',
  DECISION: 'Decision',
}

/** When something is needed, as a part of a sentence. */
export function conditionWords(condition: Condition | undefined): string {
  return condition === undefined ? 'Always' : `Where ${clause(condition)}`
}

function clause(condition: Condition): string {
  if ('fact' in condition) return FACT_WORDS[condition.fact]?.[1] ?? condition.fact
  if ('all' in condition) return condition.all.map(clause).join(', and ')
  if ('any' in condition) return condition.any.map(clause).join(' or ')
  return `it is not so that ${clause(condition.not)}`
}

/** A step, line by line. */
export function stepRows({ steps }: NewRoute, step: RouteStep, label: Label): StepRow[] {
  return [
    { part: 'what', key: 'What and who', value: whatWords(step, label) },
    { part: 'order', key: 'Order', value: orderWords(steps, step) },
    { part: 'when', key: 'Needed', value: `${conditionWords(step.when)}.` },
    { part: 'time', key: 'Time', value: timeWords(step, label) },
  ]
}

function whatWords({ kind, role, quorum }: RouteStep, label: Label): string {
  const asked = quorum?.of ?? 1
  const people = quorum ? ` ${asked} are asked; ${quorum.need === 'ALL' ? 'all' : quorum.need} of them must approve.` : ''
  return `${KIND_WORDS[kind]}, by ${label('GOV_ROLE', role)}.${people}`
}

function orderWords(steps: readonly RouteStep[], { id, after, return_to }: RouteStep): string {
  const titles = after.map((one) => titleOf(steps, one))
  const opens = titles.length === 0 ? 'At the start.' : `After ${listed(titles)}.`
  return return_to === id ? opens : `${opens} If it is returned, the chain begins again at ${titleOf(steps, return_to)}.`
}

function timeWords({ due, due_when = [], remind, escalate, lapse }: RouteStep, label: Label): string {
  return [
    `${days(due)} to do it`,
    ...due_when.map(({ when, due: shorter }) => `${days(shorter)} where ${clause(when)}`),
    ...(remind.length > 0 ? [`reminder ${remind.map(String).join(' and ')} working days before`] : []),
    ...escalate.map(({ after, to }) => `shown to ${label('GOV_ROLE', to)} when ${days(after)} late`),
    ...(lapse === undefined ? [] : [`lapses unsigned after ${days(lapse)}`]),
  ]
    .join('; ')
    .concat('.')
}

/** The steps of the party that nobody does besides this one, by the rule that keeps them apart (SD-1 to SD-3). */
export function keptApartFrom({ steps }: NewRoute, step: RouteStep): { readonly title: string; readonly rule: string }[] {
  return steps.flatMap((other) => {
    const rule = other.id === step.id ? undefined : apart(step, other)
    return rule === undefined ? [] : [{ title: other.title, rule }]
  })
}

/** A finding of the checks with the titles of steps and the names of roles in it. */
export function faultWords({ detail, code = '' }: Fault, { steps }: NewRoute, label: Label): string {
  const said = detail.replaceAll(/\b[A-Z][A-Z0-9_]{2,63}\b/g, (word) => {
    if (steps.some(({ id }) => id === word)) return `“${titleOf(steps, word)}”`
    if (Object.hasOwn(KIND_WORDS, word)) return `“${KIND_WORDS[word as StepKind]}”`
    return label('GOV_ROLE', word as Role)
  })
  const sentence = `${said.charAt(0).toUpperCase()}${said.slice(1)}`
  return /^[A-Z]{2}-\d/.test(code) ? `${sentence} (${code})` : sentence
}

/** The step that a finding is of; undefined: it is of the whole route. */
export function stepAt({ steps }: NewRoute, pointer: string): RouteStep | undefined {
  const [, at] = /^\/steps\/(\d+)/.exec(pointer) ?? []
  return at === undefined ? undefined : steps[Number(at)]
}

export function titleOf(steps: readonly RouteStep[], id: string): string {
  return steps.find((step) => step.id === id)?.title ?? id
}

function listed(titles: readonly string[]): string {
  return titles.length < 2 ? titles.join('') : `${titles.slice(0, -1).join(', ')} and ${titles.at(-1)}`
}

export function days(count: number): string {
  return count === 0 ? 'the same working day' : `${count} working ${count === 1 ? 'day' : 'days'}`
}
