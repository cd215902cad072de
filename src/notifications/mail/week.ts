import type { Role } from '../../identity/permissions.ts'
import { type Day, spokenDay } from '../../platform/kernel/london-day.ts'
import { type DigestSection, type Foot, type Letter, summaryLetter } from './letter.ts'
import { ROLE_WORDS } from './mail-kinds.ts'
import { referenceOf } from './mail-values.ts'

/** The weekly summary of one reader's work (screens E23): references, roles, organisations and days, and nothing that people wrote. Pure. */

/** A step of a sign-off; who has it is said by its role, of an organisation. */
export interface StepOfWeek {
  readonly subject: { readonly type: string; readonly id: string }
  readonly signOff: string
  readonly org: string
  readonly role: string
  readonly due: Day | null
}

/** What somebody's week holds. */
export interface WeekOfWork {
  /** Theirs, or theirs to take. */
  readonly toDo: readonly StepOfWeek[]
  /** What others have to do first. */
  readonly waiting: readonly StepOfWeek[]
  /** Of action plans, theirs to do. */
  readonly measures: readonly { readonly assessment: string; readonly agreement: string; readonly due: Day }[]
  readonly due: readonly {
    readonly agreement: string
    readonly kind: 'AGREEMENT_REVIEW' | 'AGREEMENT_END' | 'ASSESSMENT_REVIEW'
    readonly day: Day
  }[]
}

/** Lines of each part; the rest is counted. */
const LINES_MAX = 20
const DUE = { AGREEMENT_REVIEW: 'review due', AGREEMENT_END: 'last day', ASSESSMENT_REVIEW: 'DPIA review due' } as const

/** The summary; undefined: there is nothing to say. `linkOf`: the address of a path here; `nameOf`: of an organisation. */
export function weeklyLetter(
  { toDo, measures, waiting, due }: WeekOfWork,
  { org, day, nameOf, linkOf }: { readonly org: string; readonly day: Day; nameOf(code: string): string; linkOf(path: string): string },
  foot: Foot,
): Letter | undefined {
  const byDay = (of: Day | null) => (of === null ? '' : `, ${of < day ? 'overdue since' : 'by'} ${spokenDay(of)}`)
  const whose = ({ role, org: of }: StepOfWeek) => `the ${ROLE_WORDS[role as Role] ?? 'reviewer'} of ${nameOf(of)}`
  const steps = (title: string, of: readonly StepOfWeek[]): DigestSection =>
    section(title, of, (one) => [`${referenceOf(one.subject)}: ${whose(one)}${byDay(one.due)}`, linkOf(`reviews/${one.signOff}`)])
  const sections = [
    steps('To do', toDo),
    section('Measures of assessments to do', measures, ({ assessment, agreement, due: on }) => [
      `${agreement}: a measure of its assessment${byDay(on)}`,
      linkOf(`assessments/${assessment}/map`),
    ]),
    steps('Waiting for others', waiting),
    section('Due in the next 90 days', due, ({ agreement, kind, day: on }) => [
      `${agreement}: ${DUE[kind]}, ${spokenDay(on)}${on < day ? ' (overdue)' : ''}`,
      linkOf(`agreements/${encodeURIComponent(agreement)}`),
    ]),
  ].filter(({ lines }) => lines.length > 0)
  return sections.length === 0 ? undefined : summaryLetter(`Weekly summary for ${nameOf(org)}, ${spokenDay(day)}`, sections, foot)
}

/** Codes of the organisations that a summary names. */
export function organisationsOfWeek(org: string, { toDo, waiting }: WeekOfWork): string[] {
  return [...new Set([org, ...toDo.map((one) => one.org), ...waiting.map((one) => one.org)])]
}

function section<One>(title: string, all: readonly One[], line: (one: One) => readonly [words: string, link: string]): DigestSection {
  const more = all.length - LINES_MAX
  const lines = all.slice(0, LINES_MAX).map((one) => line(one).join('\n   '))
  return { title: `${title} (${all.length})`, lines: more > 0 ? [...lines, `and ${more} more, in the service`] : lines }
}
