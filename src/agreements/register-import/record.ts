import { addDays, londonMidnight } from '../../platform/kernel/london-day.ts'
import type { Agreement, Flow, LegalSide } from '../agreement.ts'
import { EMPTY_SIDE } from '../empty-side.ts'
import type { RegisterRow } from './row.ts'

/** A record made elsewhere, and the signatures that its register claims; none counts before a person confirms it. */
export interface ImportedRecord {
  readonly agreement: Agreement
  /** Unconfirmed: who signed, and when; null where the register does not say. ISO 8601. */
  readonly claimed: readonly { readonly org: string; readonly signed_at: string | null; readonly signatory_name: string | null }[]
}

/** Days after a missed review on which sharing stops (5.6, Policy). */
const REVIEW_GRACE_DAYS = 60
/** As the contract limits them for drafts. */
const SECTION_MAX = 20_000
const RULE_MAX = 1000
const NAME_MAX = 200
const CUT = ' [cut here; the whole cell is in the provenance]'

/**
 * The record that a line makes: recorded elsewhere, so that it permits nothing until its signatures are confirmed. What
 * the register says only in words becomes narrative and permits nothing either: a flow is made of it only where purpose,
 * data and direction are named in our codes.
 *
 * What the register does not state stays unstated: a first day, the instant of a signature, the day of an end.
 *
 * @param today London local date
 */
export function toRecord(
  row: RegisterRow,
  { id, own, today }: { readonly id: string; readonly own: string; readonly today: string },
): ImportedRecord {
  const standing = row.standing ?? 'ACTIVE'
  const type = row.instrument_type ?? 'CONTROLLER_TO_CONTROLLER'
  const isProcessing = type === 'CONTROLLER_TO_PROCESSOR'
  const orgs = [own, ...row.partners]
  const ended = row.expiry !== null && row.expiry < today ? row.expiry : null
  const agreement: Agreement = {
    id,
    title: row.title,
    instrument_type: type,
    owner_org: own,
    status: standing,
    origin: 'ELSEWHERE',
    sample: false,
    parties: orgs.map((org) => ({ org, role: roleOf(row, org === own), capacities: [], left_at: null })),
    versions: [
      {
        version: 1,
        status: standing === 'DRAFT' ? 'DRAFT' : 'APPROVED',
        effective_from: row.start,
        effective_to: row.expiry,
        hash: null,
        terms: {
          flows: flows(row, own),
          commencement: { rule: 'PAIRWISE' },
          prohibitions: [],
          agents: [],
          processor_contract: isProcessing ? { art28_complete: false, missing: [], approved_sub_processors: [] } : null,
          joint_controller_arrangement: null,
          narrative: narrative(row),
        },
      },
    ],
    signatures: [],
    approvals: [],
    suspensions: [],
    // The last day is included, so it is over at the midnight after it.
    terminated_at: standing === 'TERMINATED' && ended !== null ? new Date(londonMidnight(addDays(ended, 1))).toISOString() : null,
    review_due: row.review,
    review_policy: 'BLOCK_AFTER_GRACE',
    review_grace_days: REVIEW_GRACE_DAYS,
    // An assessment made elsewhere is named in the words of the record; its outcome is recorded here by a person.
    dpia: {
      required: row.dpia === true || row.special === true,
      status: 'DRAFT',
      status_changes: [],
      residual: null,
      prior_consultation: null,
      review_due: null,
    },
    apd: [],
  }
  const signedAt = row.signed_on === null ? null : new Date(londonMidnight(row.signed_on)).toISOString()
  const claimed =
    standing === 'DRAFT'
      ? []
      : orgs.map((org) => ({
          org,
          signed_at: signedAt,
          signatory_name: org === own ? (row.words.signed_by?.slice(0, NAME_MAX) ?? null) : null,
        }))
  return { agreement, claimed }
}

/** The part of a party: as the register states the importer's own, and what follows from it for the others. */
function roleOf({ instrument_type, role }: RegisterRow, isOwn: boolean): string {
  if (isOwn && role !== null) return role
  if (instrument_type === 'JOINT_CONTROLLER') return 'JOINT_CONTROLLER'
  return instrument_type === 'CONTROLLER_TO_PROCESSOR' && !isOwn && role !== 'PROCESSOR' ? 'PROCESSOR' : 'CONTROLLER'
}

/** The whole cell stands in the provenance of the record. */
function atMost(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - CUT.length)}${CUT}` : text
}

function narrative({ words }: RegisterRow): Readonly<Record<string, string>> {
  const joined = (...parts: readonly (readonly [string, string | undefined])[]) =>
    parts.flatMap(([label, text]) => (text === undefined ? [] : [label === '' ? text : `${label}: ${text}`])).join('\n')
  const sections = {
    purpose: joined(['', words.purpose]),
    necessity_proportionality: joined(
      ['Data shared', words.data],
      ['People', words.subjects],
      ['Legal basis', words.legal_basis],
      ['Power', words.power],
    ),
    security: joined(['Method', words.method], ['Frequency', words.frequency]),
    retention_disposal: joined(['', words.retention]),
  }
  return Object.fromEntries(Object.entries(sections).flatMap(([name, text]) => (text === '' ? [] : [[name, atMost(text, SECTION_MAX)]])))
}

/** One flow a direction. The law in the register is the importing body's own; that of its partners is not known. */
function flows(row: RegisterRow, own: string): Flow[] {
  const { purpose, direction } = row
  if (purpose === null || row.data_items.length === 0 || direction === null) return []
  const isProcessing = row.instrument_type === 'CONTROLLER_TO_PROCESSOR'
  const law: LegalSide = { ...EMPTY_SIDE, art6: row.art6, gateways: row.gateways, art9: row.art9 }
  // A processor has no law of its own (LB-5), whichever side it stands on.
  const isOwnProcessor = isProcessing && row.role === 'PROCESSOR'
  const mine: LegalSide = isOwnProcessor ? EMPTY_SIDE : law
  const flow = (id: string, isOut: boolean): Flow => ({
    id,
    providers: isOut ? [own] : row.partners,
    recipients: isOut ? row.partners : [own],
    purpose,
    data_items: row.data_items,
    data_subjects: row.data_subjects,
    category_grant: [],
    data_form: 'IDENTIFIABLE',
    methods: row.methods,
    countries: ['GB'],
    transfers: {},
    legal: {
      provider: isOut ? mine : EMPTY_SIDE,
      recipient: isOut ? (isProcessing && !isOwnProcessor ? null : EMPTY_SIDE) : isOwnProcessor ? null : mine,
    },
    compatibility: null,
    confidentiality: null,
    exemptions: [],
    retention_days: null,
    retention_rule: row.words.retention === undefined ? null : atMost(row.words.retention, RULE_MAX),
    onward: 'PROHIBITED',
    frequency: row.frequency,
    volume_limit: null,
    honours_objection: false,
    consent_required: false,
    restriction_override: null,
    standing_request_ref: null,
  })
  return [...(direction === 'IN' ? [] : [flow('OUT', true)]), ...(direction === 'OUT' ? [] : [flow('IN', false)])]
}
