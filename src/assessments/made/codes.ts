import type { Day } from '../../platform/kernel/london-day.ts'
import { type CodeList, type CodeListEntry, isValidOn } from '../../reference/code-list.ts'
import { type CodeLists, compileCodeLists } from '../../reference/code-lists.ts'

/** What the screening asks of the code lists: small enough for whoever has them compiled already. */
export interface ScreeningCodes extends Pick<CodeLists, 'purposes' | 'subjects' | 'items'> {
  /** What people read for a code; the code itself where no list has it. */
  labelOf(list: string, code: string): string
}

/** OVERALL_RISK codes. */
export type OverallRisk = 'LOW' | 'MEDIUM' | 'HIGH'

/** The code lists as assessments that are made here ask them. Immutable. */
export interface AssessmentCodes extends ScreeningCodes {
  /** Whether a code is in its list on the day. */
  has(list: string, code: string): boolean
  /** The law or guidance that an entry cites; null: none. */
  citationOf(list: string, code: string): string | null
  /** What rules read of an entry; empty: there is none. */
  attributesOf(list: string, code: string): CodeListEntry['attributes']
  /** Codes of LIKELIHOOD or SEVERITY, lowest first. */
  scale(list: 'LIKELIHOOD' | 'SEVERITY'): readonly string[]
  /** What the matrix of 4.3 makes of the two; HIGH where it knows one of them not, so that nothing unread passes as small. */
  overall(likelihood: string, severity: string): OverallRisk
}

/** The lists that screening and texts read by their structure; the others are read by code alone. */
const COMPILED = new Set(['PURPOSE', 'DATA_SUBJECT', 'DATA_ITEM'])
const OVERALL: readonly OverallRisk[] = ['LOW', 'MEDIUM', 'HIGH']

/** The code lists for assessments, as they stand on a London day. Labels and the matrix are also those of codes that have ended. Pure. */
export function assessmentCodes(lists: readonly CodeList[], day: Day): AssessmentCodes {
  const compiled = compileCodeLists(new Map(lists.filter(({ list }) => COMPILED.has(list)).map((list) => [list.list, list]))).on(day)
  const entries = new Map(lists.map(({ list, entries: all }) => [list, new Map(all.map((entry) => [entry.code, entry]))]))
  const find = (list: string, code: string): CodeListEntry | undefined => entries.get(list)?.get(code)
  const matrix = new Map(OVERALL.flatMap((overall) => cellsOf(find('OVERALL_RISK', overall)).map((cell) => [cell, overall] as const)))
  return {
    purposes: compiled.purposes,
    subjects: compiled.subjects,
    items: compiled.items,
    labelOf: (list, code) => find(list, code)?.label ?? code,
    has: (list, code) => {
      const found = find(list, code)
      return found !== undefined && isValidOn(day, found.valid_from, found.valid_to)
    },
    citationOf: (list, code) => find(list, code)?.citation ?? null,
    attributesOf: (list, code) => find(list, code)?.attributes ?? {},
    scale: (list) => [...(entries.get(list)?.values() ?? [])].toSorted((a, b) => rankOf(a) - rankOf(b)).map(({ code }) => code),
    overall: (likelihood, severity) => matrix.get(cellName(likelihood, severity)) ?? 'HIGH',
  }
}

function rankOf({ attributes }: CodeListEntry): number {
  return Number(attributes['rank'] ?? 0)
}

function cellName(likelihood: string, severity: string): string {
  return `${severity} ${likelihood}`
}

/** The cells of the matrix that an entry of OVERALL_RISK names. */
function cellsOf(entry: CodeListEntry | undefined): string[] {
  const cells = entry?.attributes['matrix']
  return Array.isArray(cells)
    ? cells.map(({ likelihood, severity }: { likelihood?: unknown; severity?: unknown }) => cellName(String(likelihood), String(severity)))
    : []
}
