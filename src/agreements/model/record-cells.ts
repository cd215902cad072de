import { londonDay } from '../../platform/kernel/london-day.ts'
import type { Agreement } from '../agreement.ts'
import type { Field } from './register-columns.ts'

/** The cells of a line of a register, by field; a field that is absent is not stated. */
export type Cells = Readonly<Partial<Record<Field, string>>>

/** A record that stands here, with what its provenance holds of the register that it came from. */
export interface StandingRecord {
  readonly agreement: Agreement
  /** The reference in the register of the organisation that imported it; null: made here, or imported by another. */
  readonly reference: string | null
  /** The cells of that register's line. */
  readonly register: Cells
}

/** Cells that no part of a record holds: what the register said goes on standing. */
const ONLY_IN_PROVENANCE: readonly Field[] = [
  ...(['service', 'lead', 'personal', 'special', 'dpia_ref', 'dpia_date', 'signed_on', 'signed_by', 'location', 'notes'] as const),
]
/** Cells that a record holds in codes and in part: the register's own words stand for them until the text is amended here. */
const IN_FIRST_TEXT: readonly Field[] = [
  ...(['purpose', 'data', 'subjects', 'legal_basis', 'power', 'direction', 'method', 'frequency', 'retention'] as const),
]

/**
 * The line that a register says of a record, seen from one organisation: what an export writes, and what an import of it is held
 * against. Codes as they are, lists apart by semicolons, days as `yyyy-mm-dd`. Of several versions the last approved one, else the
 * last. Pure.
 */
export function recordCells({ agreement, reference, register }: StandingRecord, own: string): Cells {
  const version = agreement.versions.findLast(({ status }) => status === 'APPROVED') ?? agreement.versions.at(-1)
  const flows = version?.terms.flows ?? []
  const ours = flows.flatMap(({ providers, recipients, legal }) => [
    ...(providers.includes(own) ? [legal.provider] : []),
    ...(recipients.includes(own) && legal.recipient !== null ? [legal.recipient] : []),
  ])
  const [isOut, isIn] = [flows.some(({ providers }) => providers.includes(own)), flows.some(({ recipients }) => recipients.includes(own))]
  const frequencies = new Set(flows.map(({ frequency }) => frequency))
  const signature = agreement.signatures.findLast(({ org, version: of }) => org === own && of === version?.version)
  const isFirst = agreement.origin === 'ELSEWHERE' && version?.version === 1
  const words = (fields: readonly Field[]) =>
    Object.fromEntries(fields.flatMap((field) => (register[field] ? [[field, register[field]]] : [])))
  const cells: Cells = {
    accord_ref: agreement.id,
    ref: reference ?? '',
    title: agreement.title,
    partners: list(agreement.parties.filter(({ org, left_at }) => org !== own && left_at === null).map(({ org }) => org)),
    role: agreement.parties.find(({ org }) => org === own)?.role ?? '',
    type: agreement.instrument_type ?? '',
    status: agreement.status,
    start: version?.effective_from ?? '',
    expiry: version?.effective_to ?? '',
    review: agreement.review_due ?? '',
    signed_on: signature ? londonDay(Date.parse(signature.signed_at)) : '',
    purpose: list(flows.map(({ purpose }) => purpose)),
    data: list(flows.flatMap(({ data_items }) => data_items)),
    subjects: list(flows.flatMap(({ data_subjects }) => data_subjects)),
    legal_basis: list(ours.flatMap(({ art6, art9 }) => [...art6, ...art9])),
    power: list(ours.flatMap(({ gateways }) => gateways)),
    direction: isOut && isIn ? 'BOTH' : isOut ? 'OUT' : isIn ? 'IN' : '',
    method: list(flows.flatMap(({ methods }) => methods)),
    frequency: frequencies.size === 1 ? (flows[0]?.frequency ?? '') : '',
    retention: list(flows.map(({ retention_rule }) => retention_rule ?? '')),
    dpia_ref: agreement.origin === 'ACCORD' ? (agreement.dpia.required ? 'YES' : 'NO') : '',
  }
  const all = { ...cells, ...words(ONLY_IN_PROVENANCE), ...(isFirst ? words(IN_FIRST_TEXT) : {}) }
  return Object.fromEntries(Object.entries(all).filter(([, cell]) => cell !== ''))
}

function list(parts: readonly string[]): string {
  return [...new Set(parts)].filter((part) => part !== '').join('; ')
}
