import { stableJson } from '../../platform/kernel/stable-json.ts'
import type { AssessedFacts, AssessedFlow, AssessedLaw } from './assessed-facts.ts'
import { isAboutMany, isRegular } from './assessed-flows.ts'
import type { AssessmentContent } from './content.ts'
import { type QuestionSet, questionOf } from './questions.ts'

/** What changed: of what is assessed, so that it is assessed anew (DP-6, LC-7), and of what is written, for whoever reviews it. Pure. */

/** What an assessment is about, as far as a change of it matters. */
type Aspect =
  | ('FLOW' | 'PURPOSE' | 'ITEM' | 'SUBJECT' | 'PARTY' | 'PROCESSOR' | 'PROVIDER' | 'RECIPIENT')
  | ('COUNTRY' | 'TECHNOLOGY' | 'FORM' | 'SCALE' | 'LAW' | 'RETENTION' | 'ONWARD')

/** One thing that is new, or no longer there. TECHNOLOGY is a METHOD; SCALE is REGULAR or MANY. */
export interface ChangedFact {
  readonly kind: `NEW_${Aspect}` | `GONE_${Aspect}`
  /** A code, or the id of a flow. */
  readonly what: string
  /** In which flow; null: in the agreement. */
  readonly flow: string | null
}

/** What is new or gone between two states of an agreement, in the order of the later one. Wording and the order of lists say nothing. */
export function changedFacts(before: AssessedFacts, after: AssessedFacts): ChangedFact[] {
  const was = aspectsOf(before)
  const is = aspectsOf(after)
  return [
    ...[...is].flatMap(([flow, aspects]) => (was.has(flow) ? between('NEW', flow, was.get(flow), aspects) : whole('NEW', flow))),
    ...[...was].flatMap(([flow, aspects]) => (is.has(flow) ? between('GONE', flow, is.get(flow), aspects) : whole('GONE', flow))),
  ]
}

/** One of them as people read it. */
export function changeInWords({ kind, what, flow }: ChangedFact): string {
  const [change, ...aspect] = kind.toLowerCase().split('_')
  return `${change === 'new' ? 'new' : 'no longer there'}: ${aspect.join(' ')} ${what}${flow === null || flow === what ? '' : ` (${flow})`}`
}

/** One change of what is written. */
export interface ChangedPart {
  /** `/answers/<key>`, `/risks/<id>`, `/measures/<id>`, `/screening`, `/review`. */
  readonly pointer: string
  /** The question, or what the risk or measure is called. */
  readonly label: string
  /** Absent then or now: null. */
  readonly before: unknown
  readonly after: unknown
}

/** What was written anew, changed or taken out between two versions, in the order of the later one. Labels are those of `questions`. */
export function changedAnswers(before: AssessmentContent, after: AssessmentContent, questions: QuestionSet): ChangedPart[] {
  const answers = union(Object.keys(before.answers), Object.keys(after.answers)).toSorted(
    (a, b) => orderOf(a, questions) - orderOf(b, questions),
  )
  return [
    ...changed('/screening', 'Screening', before.screening, after.screening),
    ...answers.flatMap((key) =>
      changed(`/answers/${key}`, questionOf(questions, key)?.text ?? key, before.answers[key] ?? null, after.answers[key] ?? null),
    ),
    ...changedMembers('/risks', before.risks, after.risks, ({ description }) => description),
    ...changedMembers('/measures', before.measures, after.measures, ({ measure }) => measure),
    ...changed('/review', 'Review', before.review, after.review),
  ]
}

/** By flow (null: the agreement itself): what of it matters, each as `ASPECT code`. */
function aspectsOf({ parties, agents, flows }: AssessedFacts): Map<string | null, ReadonlySet<string>> {
  const taking = [
    ...parties.map(({ org, role }) => `PARTY ${org} ${role}`),
    ...agents.map((agent) => `PROCESSOR ${agent.org} ${agent.for}`),
  ]
  return new Map<string | null, ReadonlySet<string>>([
    [null, new Set(taking)],
    ...flows.map((flow) => [flow.id, new Set(aspectsOfFlow(flow))] as const),
  ])
}

function aspectsOfFlow(flow: AssessedFlow): string[] {
  const { legal } = flow
  return [
    `PURPOSE ${flow.purpose}`,
    ...flow.data_items.map((code) => `ITEM ${code}`),
    ...flow.category_grant.map((code) => `ITEM ${code}.*`),
    ...flow.data_subjects.map((code) => `SUBJECT ${code}`),
    ...flow.providers.map((org) => `PROVIDER ${org}`),
    ...flow.recipients.map((org) => `RECIPIENT ${org}`),
    ...flow.countries.map((code) => `COUNTRY ${code}`),
    ...flow.methods.map((code) => `TECHNOLOGY ${code}`),
    `FORM ${flow.data_form}`,
    ...(isRegular(flow) ? ['SCALE REGULAR'] : []),
    ...(isAboutMany(flow) ? ['SCALE MANY'] : []),
    ...lawOf('provider', legal.provider),
    ...lawOf('recipient', legal.recipient),
    `RETENTION ${flow.retention_days ?? flow.retention_rule ?? ''}`,
    `ONWARD ${flow.onward}`,
  ]
}

function lawOf(side: string, law: AssessedLaw | null): string[] {
  if (law === null) return []
  return [...law.art6, ...law.gateways, ...law.art9, ...law.sch1, ...law.criminal].map((code) => `LAW ${side} ${code}`)
}

/** Those of one place that the other one lacks. */
function between(
  change: 'NEW' | 'GONE',
  flow: string | null,
  other: ReadonlySet<string> | undefined,
  aspects: ReadonlySet<string>,
): ChangedFact[] {
  return [...aspects]
    .filter((aspect) => !other?.has(aspect))
    .map((aspect) => {
      const [name, ...what] = aspect.split(' ')
      return { kind: `${change}_${name as Aspect}` as const, what: what.join(' '), flow }
    })
}

function whole(change: 'NEW' | 'GONE', flow: string | null): ChangedFact[] {
  return [{ kind: `${change}_FLOW` as const, what: flow ?? '', flow }]
}

function changed(pointer: string, label: string, before: unknown, after: unknown): ChangedPart[] {
  return stableJson(before) === stableJson(after) ? [] : [{ pointer, label, before, after }]
}

function changedMembers<Member extends { readonly id: string }>(
  at: string,
  before: readonly Member[],
  after: readonly Member[],
  labelOf: (member: Member) => string,
): ChangedPart[] {
  const was = new Map(before.map((member) => [member.id, member]))
  const is = new Map(after.map((member) => [member.id, member]))
  return union([...was.keys()], [...is.keys()]).flatMap((id) => {
    const latest = is.get(id) ?? was.get(id)
    return changed(`${at}/${id}`, latest ? labelOf(latest) : id, was.get(id) ?? null, is.get(id) ?? null)
  })
}

/** The later ones in their order, then those that are gone. */
function union(before: readonly string[], after: readonly string[]): string[] {
  return [...new Set([...after, ...before])]
}

function orderOf(key: string, { questions }: QuestionSet): number {
  const at = questions.findIndex((question) => question.key === key)
  return at < 0 ? questions.length : at
}
