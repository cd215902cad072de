import type { AssessmentContent, Measure, Risk } from '../made/content.ts'
import type { MemberForm } from './member-form.ts'
import { choice, day, html, joined, step, words } from './member-forms.ts'
import { parted } from './parted-text.ts'
import { QUESTIONS, RISKS, riskQuestion, type Scale } from './standard.ts'

/** Which risk and which measure here stand for an item of the tool: ids by number of the item. Made once, when a file comes in. */
export interface Links {
  readonly risks: Readonly<Record<string, string>>
  readonly measures: Readonly<Record<string, string>>
}

/** Where a member stands in a file: in the assessment itself, or in the first record of a list that is about `reference`. */
export type Address =
  | { readonly list: 'pia'; readonly path: readonly string[] }
  | { readonly list: 'answers' | 'evaluations'; readonly reference: string; readonly path: readonly string[] }

/**
 * Something that both know: where it stands there, in one member or several, and what it says here. `read` and `write` undo one another
 * where they can; where they cannot (HTML, four steps on three) the member there is carried beside.
 */
export interface Place extends MemberForm {
  readonly id: string
  readonly members: readonly Address[]
  /** What an assessment here says; null: nothing. */
  get(content: AssessmentContent, links: Links): string | null
}

const ofAnswer = (reference: string, member: string): Address => ({ list: 'answers', reference, path: ['data', member] })
const ofPia = (member: string): Address => ({ list: 'pia', path: [member] })
const orNull = (said: string | null | undefined) => (said === undefined || said === '' ? null : said)

/** The question here about the people concerned: the tool keeps whether and what with the assessment itself. */
const PEOPLE = 'consultation.people'

/** What the tool asks of a risk, as one description. */
const RISK_TEXT = parted(
  [
    { heading: 'Impacts on people:', kind: 'list' },
    { heading: 'Threats:', kind: 'list' },
    { heading: 'Measures that the estimate counts:', kind: 'list' },
    { heading: 'Why this severity:', kind: 'text' },
    { heading: 'Why this likelihood:', kind: 'text' },
  ],
  3,
)

/** Every place, by its id: `answers.KEY`, `choices.KEY`, `risks.ITEM.FIELD`, `measures.ITEM.FIELD`. */
export const PLACES: readonly Place[] = [
  ...[...new Set(QUESTIONS.flatMap(({ answers }) => answers ?? []))].map(answerPlace),
  ...peoplePlaces(),
  ...RISKS.flatMap(({ item }) => riskPlaces(item)),
  ...RISKS.flatMap(({ item }) => measurePlaces(item)),
]

function answerPlace(key: string): Place {
  const questions = QUESTIONS.filter(({ answers }) => answers === key)
  const form = questions.length === 1 ? html : parted(questions.map(({ label }) => ({ heading: `${label}:`, kind: 'text' })))
  const members = questions.map(({ reference }) => ofAnswer(reference, 'text'))
  return { id: `answers.${key}`, members, ...form, get: ({ answers }) => orNull(answers[key]?.text) }
}

function peoplePlaces(): Place[] {
  const headings = ['Who was asked:', 'What they said:', 'Why nobody was asked:'].map((heading) => ({ heading, kind: 'text' as const }))
  const members = ['people_names', 'concerned_people_opinion', 'concerned_people_searched_content'].map(ofPia)
  const asked = choice({ PEOPLE: true, REPRESENTATIVES: true, NOT_ASKED: false })
  const whether = [ofPia('concerned_people_searched_opinion')]
  return [
    { id: `answers.${PEOPLE}`, members, ...parted(headings, 1), get: ({ answers }) => orNull(answers[PEOPLE]?.text) },
    { id: `choices.${PEOPLE}`, members: whether, ...asked, get: ({ answers }) => orNull(answers[PEOPLE]?.choice) },
  ]
}

function riskPlaces(item: string): Place[] {
  const question = (asked: Parameters<typeof riskQuestion>[1], member: string) => ofAnswer(riskQuestion(item, asked), member)
  const place = (field: 'source' | 'description' | Scale, members: readonly Address[], form: MemberForm): Place => ({
    id: `risks.${item}.${field}`,
    members,
    ...form,
    get: ({ risks }, links) => orNull(linked(risks, links.risks[item])?.[field]),
  })
  const parts = [
    ...(['impacts', 'threats', 'measures'] as const).map((asked) => question(asked, 'list')),
    ...(['severity', 'likelihood'] as const).map((asked) => question(asked, 'text')),
  ]
  return [
    place('severity', [question('severity', 'gauge')], step('severity')),
    place('likelihood', [question('likelihood', 'gauge')], step('likelihood')),
    place('source', [question('sources', 'list')], joined),
    place('description', parts, RISK_TEXT),
  ]
}

function measurePlaces(item: string): Place[] {
  const place = (field: string, path: readonly string[], form: MemberForm, said: (one: Measure) => string | undefined): Place => ({
    id: `measures.${item}.${field}`,
    members: [{ list: 'evaluations', reference: item, path }],
    ...form,
    get: ({ measures }, links) => {
      const one = linked(measures, links.measures[item])
      return one === undefined ? null : orNull(said(one))
    },
  })
  return [
    place('measure', ['action_plan_comment'], html, ({ measure }) => measure),
    place('post', ['person_in_charge'], words, ({ owner }) => owner.post),
    place('due', ['estimated_implementation_date'], day, ({ due }) => due),
    place('severity', ['gauges', 'x'], step('severity'), ({ left }) => left?.severity),
    place('likelihood', ['gauges', 'y'], step('likelihood'), ({ left }) => left?.likelihood),
  ]
}

function linked<One extends Risk | Measure>(among: readonly One[], id: string | undefined): One | undefined {
  return among.find((one) => one.id === id)
}
