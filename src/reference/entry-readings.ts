import { type CodeListEntry, textsIn } from './code-list.ts'
import type { Relatives } from './local-code.ts'

/** What rules read of the attributes of an entry. What cannot be read is read as what protects most. Pure. */

/** What a rule needs to know of one data item (domain reference, 7.3). */
export interface DataItem {
  /** None: ordinary. One of the lists has one; a local item can be of both. */
  readonly classes: ReadonlySet<'SPECIAL' | 'CRIMINAL'>
  readonly confidential: boolean
  readonly patientInformation: boolean
  /** On health, care or treatment, whoever holds it: wider than patient information (7.3). Read, never derived. */
  readonly healthInformation: boolean
  /** SPECIAL_KIND codes. */
  readonly specialKinds: ReadonlySet<string>
  /** ITEM_ORIGIN codes: whose rules on reuse it carries. */
  readonly origins: ReadonlySet<string>
  /** The code or category that a local item was added under: only a flow that names it covers it. Null: shipped. */
  readonly localUnder: string | null
}

/** Whether processing under a Schedule 1 condition needs an appropriate policy document (1.5, column APD). */
export type PolicyDocumentNeed = 'REQUIRED' | 'NOT_REQUIRED' | 'EXCEPT_TO_COMPETENT_AUTHORITY'

/** What people are told about a reason code (6.4): to the caller, to an information governance officer, and who can remedy it. */
export interface ReasonText {
  readonly forCaller: string
  readonly forOfficer: string
  readonly citation: string | null
  /** GOV_ROLE code. */
  readonly remedyRole: string | null
  readonly remedy: string | null
}

/** Adequacy regulations for one country (3.7). */
export interface Adequacy {
  readonly kind: 'FULL' | 'PARTIAL'
  readonly from: string | null
}

export function readItem({ attributes }: CodeListEntry): DataItem {
  const kind = attributes['class']
  return {
    // An item whose class cannot be read is treated as the most protected one.
    classes: new Set(kind === 'ORDINARY' ? [] : [kind === 'CRIMINAL' ? 'CRIMINAL' : 'SPECIAL']),
    confidential: attributes['duty_of_confidence'] === true,
    patientInformation: attributes['patient_information'] === true,
    healthInformation: attributes['health_information'] === true,
    specialKinds: new Set(typeof attributes['special_kind'] === 'string' ? [attributes['special_kind']] : []),
    origins: new Set([typeof attributes['origin'] === 'string' ? attributes['origin'] : 'LOCAL']),
    localUnder: null,
  }
}

/**
 * A local item is whatever any of its relatives is, those that have ended among them: every class, every kind, every origin, and
 * each duty or limit that one of them has. Read anew whenever the lists are compiled, so that a later change of theirs reaches it.
 */
export function readLocalItem(entry: CodeListEntry, { parents, narrower }: Relatives = { parents: [], narrower: [] }): DataItem {
  const own = entry.attributes['class'] === undefined ? [] : [entry]
  const relatives = [...parents, ...narrower, ...own].map(readItem)
  const all = <T>(values: (item: DataItem) => ReadonlySet<T>) => new Set(relatives.flatMap((item) => [...values(item)]))
  return {
    classes: all(({ classes }) => classes),
    confidential: relatives.some(({ confidential }) => confidential),
    patientInformation: relatives.some(({ patientInformation }) => patientInformation),
    healthInformation: relatives.some(({ healthInformation }) => healthInformation),
    specialKinds: all(({ specialKinds }) => specialKinds),
    origins: all(({ origins }) => origins),
    localUnder: entry.broader,
  }
}

export function readSchedule1({ attributes }: CodeListEntry): ReadonlySet<string> | null {
  const needed = attributes['schedule_1']
  return Array.isArray(needed) ? new Set(textsIn(needed)) : null
}

export function readPolicyDocumentNeed({ attributes }: CodeListEntry): PolicyDocumentNeed {
  const need = attributes['appropriate_policy_document']
  return need === 'NOT_REQUIRED' || need === 'EXCEPT_TO_COMPETENT_AUTHORITY' ? need : 'REQUIRED'
}

export function readReasonText({ label, citation, attributes }: CodeListEntry): ReasonText {
  const text = (name: string) => (typeof attributes[name] === 'string' ? (attributes[name] as string) : null)
  return {
    forCaller: text('text_for_caller') ?? label,
    forOfficer: text('text_for_officer') ?? label,
    citation,
    remedyRole: text('remedy_role'),
    remedy: text('remedy'),
  }
}

export function encryptionOf({ code, attributes }: CodeListEntry): [string, string][] {
  const least = attributes['min_encryption']
  return typeof least === 'string' ? [[code, least]] : []
}

export function adequacyOf(entry: CodeListEntry): [string, Adequacy][] {
  const kind = entry.attributes['adequacy']
  if (kind !== 'FULL' && kind !== 'PARTIAL') return []
  const from = entry.attributes['adequacy_from']
  return [[entry.code, { kind, from: typeof from === 'string' ? from : null }]]
}

/** The country and the first day of its regulations under Part 3, null where no day is recorded. */
export function part3AdequacyOf({ code, attributes }: CodeListEntry): [string, string | null][] {
  if (attributes['adequacy_part3'] !== true) return []
  const from = attributes['adequacy_part3_from']
  return [[code, typeof from === 'string' ? from : null]]
}
