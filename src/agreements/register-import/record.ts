import { londonMidnight } from '../../platform/kernel/london-day.ts'
import type { Agreement, Flow, LegalSide } from '../agreement.ts'
import { EMPTY_SIDE } from '../empty-side.ts'
import type { RegisterRow } from './row.ts'

/** A record made elsewhere, and the signatures that its register claims; none counts before a person confirms it. */
export interface ImportedRecord {
  readonly agreement: Agreement
  /** Unconfirmed: who signed, and when as far as the register says. ISO 8601. */
  readonly claimed: readonly { readonly org: string; readonly signed_at: string; readonly signatory_name: string | null }[]
}

/** Days after a missed review on which sharing stops (5.6, Policy). */
const REVIEW_GRACE_DAYS = 60

/**
 * The record that a line makes: recorded elsewhere, so that it permits nothing until its signatures are confirmed. What
 * the register says only in words becomes narrative and permits nothing either: a flow is made of it only where purpose,
 * data and direction are named in our codes.
 *
 * @param today London local date; the start where the register names none
 */
export function toRecord(
  row: RegisterRow,
  { id, own, today }: { readonly id: string; readonly own: string; readonly today: string },
): ImportedRecord {
  const known = row.start ?? row.signed_on ?? today
  const start = row.expiry !== null && row.expiry < known ? row.expiry : known
  const isProcessor = row.instrument_type === 'CONTROLLER_TO_PROCESSOR'
  const orgs = [own, ...row.partners]
  const isOver = row.standing === 'TERMINATED'
  const ended = row.expiry !== null && row.expiry < today ? row.expiry : today
  const agreement: Agreement = {
    id,
    title: row.title,
    instrument_type: row.instrument_type,
    owner_org: own,
    status: row.standing,
    origin: 'ELSEWHERE',
    sample: false,
    parties: orgs.map((org) => ({ org, role: isProcessor && org !== own ? 'PROCESSOR' : 'CONTROLLER', capacities: [], left_at: null })),
    versions: [
      {
        version: 1,
        status: row.standing === 'DRAFT' ? 'DRAFT' : 'APPROVED',
        effective_from: start,
        effective_to: row.expiry,
        hash: null,
        terms: {
          flows: flows(row, own),
          commencement: { rule: 'PAIRWISE' },
          prohibitions: [],
          agents: [],
          processor_contract: isProcessor ? { art28_complete: false, missing: [], approved_sub_processors: [] } : null,
          joint_controller_arrangement: null,
          narrative: narrative(row),
        },
      },
    ],
    signatures: [],
    approvals: [],
    suspensions: [],
    terminated_at: isOver ? new Date(londonMidnight(ended)).toISOString() : null,
    review_due: row.review,
    review_policy: 'BLOCK_AFTER_GRACE',
    review_grace_days: REVIEW_GRACE_DAYS,
    // An assessment made elsewhere is named in the words of the record; its outcome is recorded here by a person.
    dpia: {
      required: row.dpia || row.special === true,
      status: 'DRAFT',
      status_changes: [],
      residual: null,
      prior_consultation: null,
      review_due: null,
    },
    apd: [],
  }
  const signedAt = new Date(londonMidnight(row.signed_on ?? start)).toISOString()
  const claimed =
    row.standing === 'DRAFT'
      ? []
      : orgs.map((org) => ({ org, signed_at: signedAt, signatory_name: org === own ? (row.words.signed_by ?? null) : null }))
  return { agreement, claimed }
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
  return Object.fromEntries(Object.entries(sections).filter(([, text]) => text !== ''))
}

/** One flow a direction. The law in the register is the importing body's own; that of its partners is not known. */
function flows(row: RegisterRow, own: string): Flow[] {
  const { purpose, direction } = row
  if (purpose === null || row.data_items.length === 0 || direction === null) return []
  const isProcessor = row.instrument_type === 'CONTROLLER_TO_PROCESSOR'
  const mine: LegalSide = { ...EMPTY_SIDE, art6: row.art6, gateways: row.gateways, art9: row.art9 }
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
    legal: { provider: isOut ? mine : EMPTY_SIDE, recipient: isOut ? (isProcessor ? null : EMPTY_SIDE) : mine },
    compatibility: null,
    confidentiality: null,
    exemptions: [],
    retention_days: null,
    retention_rule: row.words.retention ?? null,
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
