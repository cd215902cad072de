import REGISTER_FIELDS from '../../agreements/model/register-fields.json' with { type: 'json' }
import type { ImportView } from '../../agreements/register-import/import-view.ts'

export type FieldName = keyof typeof REGISTER_FIELDS
type Row = ImportView['rows'][number]

/** Fields of a register and what each is called, in the order of an export. */
export const FIELD_NAMES: readonly (readonly [field: FieldName, words: string])[] = (
  Object.entries(REGISTER_FIELDS) as [FieldName, { readonly header: string }][]
).map(([field, { header }]) => [field, header])

/** What a field is called; of what is about whole lines, what it is about. */
export function fieldName(field: string): string {
  return FIELD_NAMES.find(([name]) => name === field)?.[1] ?? 'The lines of this file'
}

/** What is asked of all lines that do not say it. */
export const UNSTATED: Readonly<Record<string, string>> = {
  status: 'How do agreements stand whose line does not say it?',
  type: 'Of which type are agreements whose line does not say it?',
  role: 'Which role has your organisation where a line does not say it?',
  expiry: 'Have agreements a last day whose line names none?',
  dpia_ref: 'Does an agreement need a data protection impact assessment (DPIA) where its line does not say it?',
  lines: 'What are the lines of agreements that are here, or stand in the file, already?',
}

/** Answers that are in no code list. */
export const ANSWER_WORDS: Readonly<Record<string, string>> = {
  ...{ ACTIVE: 'Agreed', DRAFT: 'Being drafted', EXPIRED: 'Past its last day', TERMINATED: 'Ended early' },
  ...{ OUT: 'Your organisation discloses', IN: 'Your organisation receives', BOTH: 'Both ways', YES: 'Yes', NO: 'No' },
  ...{ OPEN: 'It has no last day', ADD: 'They add to their records', REPLACE: 'They are the whole of their records' },
}

/** Lists whose codes answer for a field. */
export const ANSWER_LISTS: Readonly<Record<string, readonly string[]>> = {
  type: ['INSTRUMENT_TYPE'],
  role: ['PARTY_ROLE'],
  frequency: ['FREQUENCY'],
  legal_basis: ['LAWFUL_BASIS', 'ART9_CONDITION'],
}

/** What of a record a field of the register became: codes of a list, organisations, days or words. */
export interface ReadField {
  readonly field: string
  readonly name: string
  /** The cell as the register has it; empty: it says nothing. */
  readonly cell: string
  readonly kind: 'codes' | 'orgs' | 'day' | 'words'
  readonly list?: string
  readonly values: readonly string[]
}

/** A line as it stands in the file, field by field, beside what it was read as. Pure. */
export function readFields({ cells, record, title, reference, parties }: Row): ReadField[] {
  const one = (value: string | null) => (value === null ? [] : [value])
  const yes = (value: boolean | null) => (value === null ? [] : [value ? 'YES' : 'NO'])
  const codes = (list: string, values: readonly string[]) => ({ kind: 'codes', list, values }) as const
  const day = (value: string | null) => ({ kind: 'day', values: one(value) }) as const
  const read: Readonly<Partial<Record<FieldName, Pick<ReadField, 'kind' | 'list' | 'values'>>>> = {
    ref: { kind: 'words', values: one(reference) },
    title: { kind: 'words', values: one(title) },
    partners: { kind: 'orgs', values: parties },
    role: codes('PARTY_ROLE', one(record.role)),
    type: codes('INSTRUMENT_TYPE', one(record.instrument_type)),
    status: codes('', one(record.status)),
    direction: codes('', one(record.direction)),
    purpose: codes('PURPOSE', one(record.purpose)),
    data: codes('DATA_ITEM', record.data_items),
    subjects: codes('DATA_SUBJECT', record.data_subjects),
    special: codes('', yes(record.special_category)),
    legal_basis: codes('', [...record.art6, ...record.art9]),
    power: codes('GATEWAY', record.gateways),
    method: codes('METHOD', record.methods),
    frequency: codes('FREQUENCY', one(record.frequency)),
    dpia_ref: codes('', yes(record.dpia_required)),
    signed_on: day(record.signed_on),
    start: day(record.effective_from),
    expiry: day(record.effective_to),
    review: day(record.review_due),
  }
  return FIELD_NAMES.flatMap(([field, name]) => {
    const cell = cells[field] ?? ''
    const became = read[field] ?? { kind: 'words', values: one(cell || null) }
    return cell === '' && became.values.length === 0 ? [] : [{ field, name, cell, ...became }]
  })
}
