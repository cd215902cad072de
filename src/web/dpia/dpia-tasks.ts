import type { AssessmentSheet } from '../../assessments/made/sheet.service.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'

/** The tasks of an assessment: its screening and the seven steps of the ICO template, each with what it still lacks. Pure. */

type Sheet = Pick<AssessmentSheet, 'view' | 'faults' | 'questions' | 'sections' | 'isOpen'>

/** One line of the list of tasks. */
export interface DpiaTask {
  readonly title: string
  /** Within the address of the assessment. */
  readonly path: string
  readonly status: { readonly state: 'COMPLETED' | 'INCOMPLETE' | 'NOT_STARTED' | ''; readonly details: readonly string[] }
}

/** What is missing, with the page on which it is given. */
export interface MissingHere {
  readonly title: string
  readonly lines: readonly { readonly text: string; readonly path: string; readonly citation: string | null }[]
}

/** The address of a step, as its code is written there. */
export const stepPath = (code: string): string => `/steps/${code.toLowerCase().replaceAll('_', '-')}`
/** The step of a word of an address; undefined: there is none. */
export const stepIn = (word: string, { sections }: Pick<Sheet, 'sections'>) =>
  sections.find(({ code }) => stepPath(code) === `/steps/${word}`)

/** The tasks in their order. What is not written now has no status. */
export function dpiaTasks(sheet: Sheet): readonly DpiaTask[] {
  const screening = faultsOf(sheet, null)
  return [
    {
      ...{ title: 'Say whether an assessment is needed', path: '/screening' },
      status: statusOf(sheet, screening, sheet.view.content.screening !== null),
    },
    ...sheet.sections.map(({ code, step, title }) => ({
      ...{ title: `${step}. ${title}`, path: stepPath(code) },
      status: statusOf(sheet, faultsOf(sheet, code), isBegun(sheet, code)),
    })),
  ]
}

/** Everything that is missing before it can be sent, under the step that it is of. */
export function missingHere(sheet: Sheet): readonly MissingHere[] {
  const lines = (faults: readonly Fault[]) =>
    faults.map((fault) => ({ text: fault.detail, path: pageOf(fault, sheet), citation: fault.citation ?? null }))
  return [
    { title: 'Whether an assessment is needed', lines: lines(faultsOf(sheet, null)) },
    ...sheet.sections.map(({ code, step, title }) => ({ title: `${step}. ${title}`, lines: lines(faultsOf(sheet, code)) })),
  ].filter((one) => one.lines.length > 0)
}

/** What is wrong in a step; null: in the screening, and whatever is of no step. */
function faultsOf(sheet: Sheet, code: string | null): readonly Fault[] {
  return sheet.faults.filter((fault) => stepOf(fault, sheet) === code)
}

function stepOf({ pointer, code }: Fault, { questions }: Sheet): string | null {
  const [, part = '', key = ''] = pointer.split('/')
  if (part === 'answers') return questions.find((one) => one.key === key)?.section ?? null
  if (part === 'measures' || code === 'MEASURE_MISSING') return 'MEASURES'
  if (part === 'risks') return 'RISKS'
  return part === 'review' ? 'SIGN_OFF' : null
}

/** The page on which that is mended, and the field of it. */
function pageOf(fault: Fault, sheet: Sheet): string {
  const [, part = '', key = '', member = ''] = fault.pointer.split('/')
  const step = stepOf(fault, sheet)
  if (part === 'answers' && step !== null) return `${stepPath(step)}#${key}${member === 'choice' ? '-choice' : ''}`
  if (fault.code === 'MEASURE_MISSING') return `/measures/new?risk=${key}`
  if (part === 'risks' || part === 'measures') return key === '' ? `/${part}/new` : `/${part}/${key}`
  return part === 'review' ? '/next-review' : '/screening'
}

function isBegun({ view: { content }, questions }: Sheet, code: string): boolean {
  if (code === 'RISKS' && content.risks.length > 0) return true
  if (code === 'MEASURES' && content.measures.length > 0) return true
  if (code === 'SIGN_OFF' && content.review !== null) return true
  return questions.some(({ key, section }) => section === code && content.answers[key] !== undefined)
}

function statusOf({ isOpen }: Sheet, faults: readonly Fault[], isStarted: boolean): DpiaTask['status'] {
  if (!isOpen) return { state: '', details: [] }
  if (faults.length === 0 && isStarted) return { state: 'COMPLETED', details: [] }
  return isStarted
    ? { state: 'INCOMPLETE', details: [`${faults.length === 1 ? '1 thing is' : `${faults.length} things are`} missing`] }
    : { state: 'NOT_STARTED', details: [] }
}
