import { dayFaults } from '../model/dates.ts'
import type { Field } from '../model/register-columns.ts'
import type { AnswerValue, AskedField } from './answers.ts'
import { completed, contradictions, datasetKey, datasetsOf, lostParts, withDatasets } from './datasets.ts'
import type { CellQuestion } from './questions.ts'
import type { CellRemark } from './remarks.ts'
import type { ReadRow, RegisterRow } from './row.ts'
import { CELL_OF, changedCells, rowHash, sourceKey, withoutBlanks } from './row-sameness.ts'
import type { NamedRecord } from './same-record.ts'
import { type CompletedRow, notStated } from './unstated.ts'

/**
 * NEW: not here yet. SAME: here as it is. CHANGED: here, and the register says something else now. JOINED: part of the record of an
 * earlier line. REFUSED: not imported.
 */
export type RowStatus = 'NEW' | 'SAME' | 'CHANGED' | 'JOINED' | 'REFUSED'

/** What an earlier import left of a record. */
export interface KnownRecord {
  readonly agreement: string
  readonly hash: string
  /** What its lines said. */
  readonly row: RegisterRow | null
  /** Whether anybody has acted on it since. */
  readonly isTouched: boolean
}

export interface PlannedRow extends Omit<ReadRow, 'inWords'> {
  readonly status: RowStatus
  /** null: refused before it was known what it is. */
  readonly key: string | null
  readonly hash: string | null
  /** The record it is, or would replace. */
  readonly agreement: string | null
}

/** What lines are held against. */
export interface PlanContext {
  readonly known: ReadonlyMap<string, KnownRecord>
  readonly headerOf: (field: Field) => string | null
  readonly answerTo: (field: AskedField, text: string) => AnswerValue | undefined
  readonly withUsualValues: (row: RegisterRow) => CompletedRow
  /** Whether a cell with words in it says no more than a blank. */
  readonly saysNothing: (field: Field, text: string) => boolean
}

type Line = Omit<ReadRow, 'inWords'>

/** Nothing is left to be said of a line that is the record as it stands. */
const NOTHING_TO_SAY = { errors: [], warnings: [], questions: [] } as const

/**
 * What an import would do with each line, in order. Lines of one agreement that differ only in what is shared become one record;
 * one that contradicts an earlier one is refused, and so is a change of a record that somebody has acted on: it is changed here.
 */
export function planner({ known, headerOf, answerTo, withUsualValues, saysNothing }: PlanContext) {
  /** The first line of each record, with the lines that belong to it. */
  const seen = new Map<
    string,
    { readonly number: number; readonly row: RegisterRow; readonly lines: number[]; readonly keys: Set<string> }
  >()
  /** The first line that names a record here, and whether it is that record as it stands. */
  const namedBy = new Map<string, { readonly number: number; readonly isSame: boolean }>()
  const keyOf = new Map([...known].map(([key, { agreement }]) => [agreement, key]))
  /** ADD: these lines add to their records. REPLACE: they are the whole of them. */
  const choice = answerTo('lines', '')

  const remark = (detail: string, field: Field | null = null, cell: string | null = null): CellRemark => ({
    ...{ column: field === null ? null : headerOf(field), cell, detail },
  })
  const asksWhole = (line: Line) => ({
    ...line,
    questions: [...line.questions, { field: 'lines', text: '', takenFor: [] } as CellQuestion],
  })
  const refused = (line: Line, key: string | null, why: readonly CellRemark[], agreement: string | null = null): PlannedRow => ({
    ...{ ...line, errors: [...line.errors, ...why], row: null, status: 'REFUSED', key, hash: null, agreement },
  })
  const names = (fields: readonly string[]) =>
    fields
      .map((name) => CELL_OF[name as keyof RegisterRow] ?? (name as Field))
      .map((field) => headerOf(field) ?? field)
      .join(', ')

  /** A line by itself, as the file goes on. */
  function line(number: number, { inWords: _, ...read }: ReadRow, named: NamedRecord | null): PlannedRow {
    const ownKey = named === null ? undefined : keyOf.get(named.agreement)
    const before = named === null ? undefined : namedBy.get(named.agreement)
    if (named !== null && before === undefined) namedBy.set(named.agreement, { number, isSame: named.differs.length === 0 })
    if (named !== null && before !== undefined && before.isSame !== (named.differs.length === 0)) {
      const detail = `It repeats line ${before.number} with other contents: only one of them can be right.`
      return refused(read, ownKey ?? null, [remark(detail, 'accord_ref', named.agreement)], named.agreement)
    }
    if (named?.differs.length === 0) {
      const besides = named.beside.map((column) => ({
        column,
        cell: null,
        detail: `Not taken from a file: change ${named.agreement} here.`,
      }))
      const same = { ...NOTHING_TO_SAY, warnings: besides, row: read.read, key: ownKey ?? null, hash: null, agreement: named.agreement }
      return { ...read, ...same, status: 'SAME' }
    }
    if (named !== null && ownKey === undefined) {
      const detail = `${named.agreement} stands here and says otherwise in ${names(named.differs)}: change it here.`
      return refused(read, null, [remark(detail, 'accord_ref', named.agreement)], named.agreement)
    }
    // A line that is refused still says that its record has not gone from the register.
    if (read.row === null) return refused(read, ownKey ?? (read.read.ref === null ? null : sourceKey(read.read)), [])
    const key = ownKey ?? sourceKey(read.row)
    const first = seen.get(key)
    const shared = datasetsOf(read.row).map(datasetKey)
    if (!first) {
      seen.set(key, { number, row: read.row, lines: [number], keys: new Set(shared) })
      return record(key, [read], named !== null)
    }
    const against = contradictions(first.row, read.row)
    const isOtherTitle = first.row.title !== read.row.title && first.row.ref !== null
    if (against.length > 0 || (isOtherTitle && choice === 'REPLACE')) {
      const which = names(against.length > 0 ? against : ['title'])
      return refused(read, key, [remark(`It repeats line ${first.number} with other contents (${which}): only one of them can be right.`)])
    }
    if (isOtherTitle && choice !== 'ADD') {
      const detail = `It repeats line ${first.number} with other contents (${names(['title'])}): say whether the lines of a reference add to one record.`
      return refused(asksWhole(read), key, [remark(detail)])
    }
    if (shared.every((one) => first.keys.has(one))) {
      const warnings = [...read.warnings, remark(`It repeats line ${first.number}.`)]
      return { ...read, warnings, status: 'SAME', key, hash: null, agreement: known.get(key)?.agreement ?? null }
    }
    for (const one of shared) first.keys.add(one)
    first.lines.push(number)
    const warnings = [...read.warnings, remark(`It is part of the record of line ${first.number}.`)]
    return { ...read, warnings, status: 'JOINED', key, hash: null, agreement: known.get(key)?.agreement ?? null }
  }

  /**
   * The record that one line makes, or several of one agreement; the remarks are those of the first.
   * @param isNamed whether it is a record here by its reference: what is blank then stands as it is, whoever said it
   */
  function record(key: string, lines: readonly Line[], isNamed: boolean): PlannedRow {
    const [first] = lines
    const rows = lines.flatMap(({ row }) => row ?? [])
    if (first === undefined || rows[0] === undefined) throw new Error('a record is made of lines that were read')
    const before = known.get(key)
    const earlier = before?.row ?? null
    const said = withDatasets(rows.reduce(completed), rows.flatMap(datasetsOf))
    const full = earlier === null ? said : withoutBlanks(said, earlier, saysNothing, isNamed)
    const isAdded = choice === 'ADD' && earlier !== null
    const whole = isAdded ? { ...withDatasets(full, [...datasetsOf(earlier), ...datasetsOf(full)]), title: earlier.title } : full
    const { row, questions, warnings: usual, faults: unstated } = withUsualValues(whole)
    const days = dayFaults(row.start, row.expiry, '/expiry').map(({ detail }) => ({ field: 'expiry' as const, detail }))
    const faults = [...unstated, ...days]
    const hash = rowHash(row)
    const joined = lines.length > 1 ? [remark(`It stands in ${lines.length} lines, which make one record.`)] : []
    const warnings = [...first.warnings, ...[...usual, ...notStated(row)].map((detail) => remark(detail)), ...joined]
    const line = { ...first, questions: [...first.questions, ...questions], warnings, row, read: row }
    if (faults.length > 0)
      return refused(
        line,
        key,
        faults.map(({ field, detail }) => remark(detail, field, row.words[field] ?? null)),
        before?.agreement ?? null,
      )
    const planned = { ...line, key, hash, agreement: before?.agreement ?? null }
    if (!before) return { ...planned, status: 'NEW' }
    const kept = earlier && !isNamed ? changedCells(whole, said) : []
    const blank = kept.length > 0 && !isAdded ? [remark(`Blank here, so left as it was: ${names(kept)}.`)] : []
    if (before.hash === hash || (earlier !== null && rowHash(withUsualValues(earlier).row) === hash))
      return { ...planned, status: 'SAME', warnings: [...warnings, ...blank] }
    const lost = earlier ? lostParts(earlier, row) : []
    const shown = lost.slice(0, 5).join(', ').slice(0, 200)
    if (before.isTouched)
      return refused(
        line,
        key,
        [remark(`${before.agreement} has been worked on here since it was imported: change it here.`)],
        before.agreement,
      )
    if (lost.length > 0 && choice !== 'REPLACE') {
      const detail = `${before.agreement} also holds what this line does not name: ${shown}. Say whether the lines add to their records or are the whole of them.`
      return refused(asksWhole(line), key, [remark(detail)], before.agreement)
    }
    const changed = names(earlier ? changedCells(row, earlier) : []) || 'how it is read'
    const detail = isAdded
      ? `It adds to ${before.agreement}: ${changed}.`
      : `It replaces ${before.agreement}. Other than before: ${changed}.`
    const gone = lost.length > 0 ? [remark(`No longer in the record: ${shown}.`)] : []
    return { ...planned, status: 'CHANGED', warnings: [...warnings, ...blank, remark(detail), ...gone] }
  }

  return {
    line,
    /** Records that stand in several lines, with the numbers of these; to be planned anew once the file has ended. */
    several: (): { readonly key: string; readonly lines: readonly number[] }[] =>
      [...seen].flatMap(([key, { lines }]) => (lines.length > 1 ? [{ key, lines }] : [])),
    record,
  }
}
