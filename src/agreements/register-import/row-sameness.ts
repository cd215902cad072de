import { canonicalJson, sha256Hex } from '../../audit/format/canonical-json.ts'
import { plainTerm } from '../../reference/vocabulary.ts'
import { FIELDS, type Field } from '../model/register-columns.ts'
import { DATASET_FIELDS, datasetKey, datasetsOf, isEmpty } from './datasets.ts'
import { DATASET_MEMBERS, type RegisterRow } from './row.ts'

/** Cells whose words are part of what a line says; those of the others are read into codes and days. */
const SAID_IN_WORDS: readonly Field[] = [
  ...(['service', 'lead', 'purpose', 'data', 'subjects', 'legal_basis', 'power', 'method', 'dpia_ref', 'dpia_date'] as const),
  ...(['signed_by', 'retention', 'location', 'notes'] as const),
]

/** The hash by which a line is known again: of what it says, not of how it is written. */
export function rowHash(read: RegisterRow): string {
  const { ref, words, datasets, not_stated: _, ...row } = read
  const isOne = datasets === undefined
  const fields = SAID_IN_WORDS.filter((field) => words[field] !== undefined && (isOne || !DATASET_FIELDS.has(field)))
  const said = Object.fromEntries(fields.map((field) => [field, words[field]?.replaceAll(/\s+/g, ' ')]))
  const plain = { ...row, words: said, ref: ref === null ? null : plainReference(ref) }
  if (isOne) return sha256Hex(canonicalJson(plain))
  // In whatever order its lines stand.
  const none = Object.fromEntries(DATASET_MEMBERS.map((member) => [member, null]))
  return sha256Hex(canonicalJson({ ...plain, ...none, datasets: datasetsOf(read).map(datasetKey).toSorted() }))
}

/** The cell that each member of a row is read from. */
export const CELL_OF: Readonly<Partial<Record<keyof RegisterRow, Field>>> = {
  ...{ instrument_type: 'type', role: 'role', standing: 'status', purpose: 'purpose', data_items: 'data', data_subjects: 'subjects' },
  ...{ art6: 'legal_basis', art9: 'legal_basis', gateways: 'power', direction: 'direction', methods: 'method', frequency: 'frequency' },
  ...{ special: 'special', dpia: 'dpia_ref', signed_on: 'signed_on', start: 'start', expiry: 'expiry', review: 'review' },
}

/**
 * The line with what an earlier one said wherever it says nothing now: a blank, or words for "not known", takes nothing back. Of what
 * is shared only where both are one line: else nobody knows which line is meant.
 * @param saysNothing whether a cell with words in it says no more than a blank
 * @param isNamed whether the line is that record as it stands but for what it says: then also what was answered for it
 */
export function withoutBlanks(
  row: RegisterRow,
  earlier: RegisterRow,
  saysNothing: (field: Field, text: string) => boolean,
  isNamed = false,
): RegisterRow {
  const says = ({ words }: RegisterRow, field: Field) => words[field] !== undefined && !saysNothing(field, words[field])
  const isRead = (field: Field) =>
    Object.entries(CELL_OF).some(([member, cell]) => cell === field && !isEmpty(row[member as keyof RegisterRow]))
  const isSaid = (field: Field) => says(row, field) || isRead(field)
  const saysShared =
    row.datasets !== undefined ||
    FIELDS.some((field) => field !== 'title' && DATASET_FIELDS.has(field) && row.words[field] !== undefined && isSaid(field))
  const isOneLine = (row.datasets === undefined && earlier.datasets === undefined) || !saysShared
  const isKept = (field: Field) => isOneLine || !DATASET_FIELDS.has(field)
  const kept = Object.entries(CELL_OF).filter(
    ([member, field]) =>
      // What somebody answered for lines that do not state it was not stated by the earlier one either.
      isKept(field) && (isNamed || isStated(field)) && !says(row, field) && isEmpty(row[member as keyof RegisterRow]),
  )
  const said = Object.fromEntries(kept.flatMap(([member]) => (member in earlier ? [[member, earlier[member as keyof RegisterRow]]] : [])))
  const words = Object.entries(earlier.words).filter(([field]) => isKept(field as Field))
  const others = !saysShared && earlier.datasets !== undefined ? { datasets: earlier.datasets } : {}
  const own = Object.entries(row.words).filter(([field]) => isSaid(field as Field) || earlier.words[field as Field] === undefined)
  return { ...row, ...said, ...others, words: { ...Object.fromEntries(words), ...Object.fromEntries(own) } }

  function isStated(field: Field): boolean {
    return says(earlier, field) || (field === 'dpia_ref' && says(earlier, 'dpia_date'))
  }
}

/** The members of a row that differ, by the names of their cells. */
export function changedCells(row: RegisterRow, earlier: RegisterRow): string[] {
  const members = ['title', 'partners', ...Object.keys(CELL_OF)] as (keyof RegisterRow)[]
  const changed = members.filter((member) => JSON.stringify(row[member]) !== JSON.stringify(earlier[member]))
  const words = SAID_IN_WORDS.filter((field) => row.words[field] !== earlier.words[field])
  const keys = (of: RegisterRow) => datasetsOf(of).map(datasetKey).toSorted()
  const isOther = (row.datasets ?? earlier.datasets) !== undefined && JSON.stringify(keys(row)) !== JSON.stringify(keys(earlier))
  return [...new Set([...changed.map((member) => CELL_OF[member] ?? member), ...words, ...(isOther ? ['data'] : [])])]
}

/** By what a record is known from one import to the next: its reference, else its title and partners. SHA-256, hex. */
export function sourceKey({ ref, title, partners }: Pick<RegisterRow, 'ref' | 'title' | 'partners'>): string {
  return sha256Hex(ref === null ? `title:${plainTerm(title)}|${partners.join(',')}` : `ref:${plainReference(ref)}`)
}

/** A reference as it is compared: the same in capitals and small letters, in every Unicode form, with any dash and with marks unseen. */
export function plainReference(ref: string): string {
  const letters = ref
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\p{Pd}\u2212]/gu, '-')
  return letters.toLowerCase().normalize('NFC').replaceAll(/\s+/g, ' ').trim()
}
