import { canonicalJson } from '../../audit/format/canonical-json.ts'
import { plainTerm } from '../../reference/vocabulary.ts'
import type { Field } from '../model/register-columns.ts'
import { DATASET_MEMBERS, type Dataset, type RegisterRow } from './row.ts'

/**
 * One agreement over several lines: a register with a line a dataset, or split over files. What is about the agreement stands once,
 * what is shared once a line. Pure.
 */

/** Cells about what is shared; all others are about the agreement. */
export const DATASET_FIELDS: ReadonlySet<Field> = new Set<Field>([
  ...(['title', 'purpose', 'data', 'subjects', 'special', 'legal_basis', 'power', 'direction', 'method', 'frequency'] as const),
  ...(['retention', 'notes'] as const),
])
/** Cells whose parts are lost where a new line no longer names them. */
const SHARED_FIELDS: readonly Field[] = ['title', 'purpose', 'data', 'direction']

/** What the lines of a record say of what is shared, one entry a line. */
export function datasetsOf(row: RegisterRow): Dataset[] {
  const own = Object.fromEntries(DATASET_MEMBERS.map((member) => [member, row[member]])) as unknown as Dataset
  return [{ ...own, words: wordsOf(row, true) }, ...(row.datasets ?? [])]
}

/** The record with these datasets, each once, in their order. */
export function withDatasets(row: RegisterRow, datasets: readonly Dataset[]): RegisterRow {
  const [first, ...others] = [...new Map(datasets.map((dataset) => [datasetKey(dataset), dataset])).values()]
  const { datasets: _, ...record } = row
  if (first === undefined) return record
  const merged = { ...record, ...first, words: { ...wordsOf(row, false), ...first.words } }
  return others.length === 0 ? merged : { ...merged, datasets: others }
}

/** The cells of all lines of a record as one: what is shared stands in it once, apart by semicolons. */
export function registerCells(row: RegisterRow): RegisterRow['words'] {
  const datasets = datasetsOf(row)
  if (datasets.length === 1) return row.words
  const fields = [...DATASET_FIELDS].filter((field) => field !== 'title')
  const shared = fields.map((field) => [field, [...new Set(datasets.flatMap(({ words }) => words[field] ?? []))].join('; ')])
  return { ...row.words, ...Object.fromEntries(shared.filter(([, text]) => text !== '')) }
}

/** What tells datasets apart: what they say, not how it is written. */
export function datasetKey({ words, ...codes }: Dataset): string {
  const said = Object.entries(words).map(([field, text]) => [field, text.replaceAll(/\s+/g, ' ')])
  return canonicalJson({ ...codes, words: Object.fromEntries(said) })
}

/** What is about the agreement and not about what is shared; its reference and title are compared apart. */
const AGREEMENT_MEMBERS = [
  ...(['partners', 'instrument_type', 'role', 'standing', 'start', 'expiry', 'signed_on', 'review', 'dpia'] as const),
] as const
/** Cells about the agreement that are kept in words. */
const AGREEMENT_WORDS: readonly Field[] = ['service', 'lead', 'dpia_ref', 'dpia_date', 'signed_by', 'location']

/** The fields about the agreement in which two lines contradict each other; a blank contradicts nothing. */
export function contradictions(a: RegisterRow, b: RegisterRow): string[] {
  const members = AGREEMENT_MEMBERS.filter(
    (member) => !isEmpty(a[member]) && !isEmpty(b[member]) && JSON.stringify(a[member]) !== JSON.stringify(b[member]),
  )
  const words = AGREEMENT_WORDS.filter((field) => {
    const [one, other] = [a.words[field], b.words[field]]
    return one !== undefined && other !== undefined && plainTerm(one) !== plainTerm(other)
  })
  return [...members, ...words]
}

/** The first line with what the next one says about the agreement wherever the first is blank. */
export function completed(row: RegisterRow, next: RegisterRow): RegisterRow {
  const said = AGREEMENT_MEMBERS.filter((member) => isEmpty(row[member])).map((member) => [member, next[member]])
  return { ...row, ...Object.fromEntries(said), words: { ...wordsOf(next, false), ...row.words } }
}

/** Parts of what was shared that a new line no longer names, in the words of the earlier one. */
export function lostParts(earlier: RegisterRow, row: RegisterRow): string[] {
  const datasets = datasetsOf(earlier)
  // A title names a dataset where the lines of a record have several.
  const areNamed = datasets.some(({ words }) => words.title !== datasets[0]?.words.title)
  const fields = SHARED_FIELDS.filter((field) => field !== 'title' || areNamed)
  const parts = (of: RegisterRow) =>
    new Map(
      datasetsOf(of).flatMap(({ words }) =>
        fields.flatMap((field) =>
          (words[field] ?? '').split(/[;,\r\n]+/).map((part) => [`${field}|${plainTerm(part)}`, part.trim()] as const),
        ),
      ),
    )
  const kept = parts(row)
  return [...parts(earlier)].flatMap(([key, part]) => (part === '' || kept.has(key) ? [] : [part]))
}

function wordsOf({ words }: RegisterRow, isOfDataset: boolean): RegisterRow['words'] {
  return Object.fromEntries(Object.entries(words).filter(([field]) => DATASET_FIELDS.has(field as Field) === isOfDataset))
}

/** Whether a member of a row says nothing. */
export function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}
