import { inWords } from './answers.ts'
import { unsorted } from './choices.ts'
import { hrefOf } from './drafting.pages.ts'
import { flowLawSteps } from './flow-law-steps.pages.ts'
import { flowSteps } from './flow-steps.pages.ts'
import { listSections } from './list-steps.pages.ts'
import type { DraftContext, Step } from './steps.pages.ts'
import { textSteps } from './text-steps.pages.ts'

interface Row {
  readonly label: string
  readonly words: readonly string[]
}

/** What a section of a draft answers. */
export interface Answered {
  readonly title: string
  readonly href: string
  /** In a line or two. */
  readonly short: string
  /** Each answer; none where the short line says them all. */
  readonly rows: readonly Row[]
}

/** Steps of which a flow is made, without the one that adds a flow. */
const FLOW_STEPS = [...flowSteps, ...flowLawSteps].filter(({ path }) => path.startsWith('flows/:flow/'))
/** A draft with no more than these is short enough to be read whole. */
const FEW_FLOWS = 3
const FEW_PARTIES = 10
const NAMED_MAX = 3
const SHORT_MAX = 140

/** What the draft answers, section by section; what says nothing is left out. `isOpen`: the draft is small, and its answers stand open. */
export function answeredIn(of: DraftContext) {
  const context = { ...of, choices: unsorted(of.choices) }
  const { flows } = context.draft.terms
  const { parties } = context.view
  const sections = textSteps.map((step) => inShort(step.title(context), hrefOf(context, step.path), rowsOf(step, context)))
  const lists = listSections.flatMap((section) =>
    section.entries(context).map((entry, index) => {
      const rows = section.fields(context).map((one) => ({ label: one.label, words: inWords(one, entry[one.name]) }))
      const given = rows.filter(({ words }) => words.length > 0)
      return inShort(`${section.title}, ${index + 1}`, hrefOf(context, `${section.path}/${index + 1}`), given)
    }),
  )
  return {
    partyNames: named(
      parties.map(({ org }) => org),
      context.nameOf,
    ),
    answered: [...sections, ...flows.map((flow) => flowIn(context, flow)), ...lists].filter(({ short }) => short !== ''),
    isOpen: flows.length <= FEW_FLOWS && parties.length <= FEW_PARTIES,
  }
}

function rowsOf(step: Step, context: DraftContext): Row[] {
  const answers = step.answers(context)
  return step.fields(context).flatMap((one) => {
    const words = inWords(one, answers[one.name])
    return words.length === 0 || (one.kind === 'box' && words[0] === 'No') ? [] : [{ label: one.label, words }]
  })
}

function flowIn(
  context: DraftContext,
  { id, providers, recipients, data_items, purpose }: DraftContext['draft']['terms']['flows'][number],
) {
  const of = { ...context, params: { ...context.params, flow: id } }
  const what = context.choices('PURPOSE').find(({ value }) => value === purpose)?.text ?? purpose
  const kinds = `${data_items.length} ${data_items.length === 1 ? 'kind' : 'kinds'} of data`
  return {
    ...{ title: `Flow ${id}`, href: hrefOf(context, `flows/${id}`) },
    short: `${what}: ${named(providers, context.nameOf)} to ${named(recipients, context.nameOf)}, ${kinds}`,
    rows: FLOW_STEPS.flatMap((step) => rowsOf(step, of).map((row) => ofSide(step, row))),
  }
}

/** A row of the law of one side says of which: both sides answer the same questions. */
function ofSide({ path }: Step, row: Row): Row {
  if (path.endsWith('law-provider')) return { ...row, label: `Those who send: ${row.label}` }
  return path.endsWith('law-recipient') ? { ...row, label: `Those who receive: ${row.label}` } : row
}

function inShort(title: string, href: string, rows: readonly Row[]): Answered {
  const said = rows.map(({ label, words }) => {
    const answer = words.join(', ')
    return label.endsWith('?') ? (/^(Yes|No)$/.test(answer) ? `${label} ${answer}` : answer) : `${label}: ${answer}`
  })
  const whole = said.join('; ').replaceAll(/\s+/g, ' ')
  const isWhole = whole.length <= SHORT_MAX && rows.length <= 2
  const cut = whole.length > SHORT_MAX ? `${whole.slice(0, SHORT_MAX).replace(/\s\S*$/, '')} …` : whole
  return { title, href, short: cut, rows: isWhole ? [] : rows }
}

/** The first organisations by name, and how many more there are. */
function named(orgs: readonly string[], nameOf: DraftContext['nameOf']): string {
  const first = orgs.slice(0, NAMED_MAX).map(nameOf).join(', ')
  return orgs.length > NAMED_MAX ? `${first} and ${orgs.length - NAMED_MAX} more` : first
}
