import { canonicalJson } from '../../audit/format/canonical-json.ts'
import { addDays, londonMidnight } from '../../platform/kernel/london-day.ts'
import type { Agreement, Flow, LegalSide, Terms } from '../agreement.ts'
import { EMPTY_FLOW, EMPTY_SIDE, EMPTY_TERMS, UNTOUCHED } from '../empty-text.ts'
import type { Field } from '../model/register-columns.ts'
import { datasetsOf } from './datasets.ts'
import type { Dataset, RegisterRow } from './row.ts'

/** A record made elsewhere, and the signatures that its register claims; none counts before a person confirms it. */
export interface ImportedRecord {
  readonly agreement: Agreement
  /** Unconfirmed: who signed, and when; null where the register does not say. ISO 8601. */
  readonly claimed: readonly { readonly org: string; readonly signed_at: string | null; readonly signatory_name: string | null }[]
}

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
  const { standing, instrument_type: type } = row
  if (standing === null || type === null || row.role === null || row.dpia === null) throw new Error('not stated, and not answered either')
  const ownRole = row.role
  const isProcessing = type === 'CONTROLLER_TO_PROCESSOR'
  const orgs = [own, ...row.partners]
  const ended = row.expiry !== null && row.expiry < today ? row.expiry : null
  const terms: Terms = {
    ...{ ...EMPTY_TERMS, flows: flows(row, own), commencement: { rule: 'PAIRWISE' }, narrative: narrative(row) },
    processor_contract: isProcessing ? { art28_complete: false, missing: [], approved_sub_processors: [] } : null,
  }
  const days = { effective_from: row.start, effective_to: row.expiry }
  const agreement: Agreement = {
    ...{ ...UNTOUCHED, id, title: row.title, instrument_type: type, owner_org: own, status: standing, origin: 'ELSEWHERE' },
    parties: orgs.map((org) => ({ org, role: org === own ? ownRole : partnerRole(row, org), capacities: [], left_at: null })),
    versions: [{ version: 1, status: standing === 'DRAFT' ? 'DRAFT' : 'APPROVED', ...days, hash: null, terms }],
    // The last day is included, so it is over at the midnight after it.
    terminated_at: standing === 'TERMINATED' && ended !== null ? new Date(londonMidnight(addDays(ended, 1))).toISOString() : null,
    review_due: row.review,
    // An assessment made elsewhere is named in the words of the record; its outcome is recorded here by a person.
    dpia: { ...UNTOUCHED.dpia, required: row.dpia || datasetsOf(row).some(({ special }) => special === true) },
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

/** @throws Error where nobody said which role a partner has */
function partnerRole({ partner_roles }: RegisterRow, org: string): string {
  const found = partner_roles?.find((one) => one.org === org)
  if (!found) throw new Error(`nobody said which role ${org} has`)
  return found.role
}

/** The whole cell stands in the provenance of the record. */
function atMost(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - CUT.length)}${CUT}` : text
}

function narrative(row: RegisterRow): Readonly<Record<string, string>> {
  const said = datasetsOf(row)
  /** What the lines say in a column, each once. */
  const all = (field: Field) => [...new Set(said.flatMap(({ words }) => words[field] ?? []))].join('\n')
  const joined = (...parts: readonly (readonly [string, string])[]) =>
    parts.flatMap(([label, text]) => (text === '' ? [] : [label === '' ? text : `${label}: ${text}`])).join('\n')
  const titles = said.length > 1 && said.some(({ words }) => words.title !== row.title) ? all('title') : ''
  const sections = {
    purpose: joined(['', all('purpose')]),
    necessity_proportionality: joined(
      ['Datasets', titles],
      ['Data shared', all('data')],
      ['People', all('subjects')],
      ['Legal basis', all('legal_basis')],
      ['Power', all('power')],
    ),
    security: joined(['Method', all('method')], ['Frequency', all('frequency')]),
    retention_disposal: joined(['', all('retention')]),
  }
  return Object.fromEntries(Object.entries(sections).flatMap(([name, text]) => (text === '' ? [] : [[name, atMost(text, SECTION_MAX)]])))
}

/** One flow a direction for each dataset; those that differ in their items alone are one. */
function flows(row: RegisterRow, own: string): Flow[] {
  const groups = new Map<string, Dataset>()
  for (const { words, data_items, ...terms } of datasetsOf(row)) {
    const key = canonicalJson({ ...terms, special: null, retention: words.retention ?? null })
    const data = [...new Set([...(groups.get(key)?.data_items ?? []), ...data_items])]
    groups.set(key, { ...terms, words, data_items: data })
  }
  return [...groups.values()].flatMap((dataset, index) =>
    datasetFlows({ ...row, ...dataset }, own).map((flow) => (index === 0 ? flow : { ...flow, id: `${flow.id}-${index + 1}` })),
  )
}

/** The law in the register is the importing body's own; that of its partners is not known. */
function datasetFlows(row: RegisterRow, own: string): Flow[] {
  const { purpose, direction } = row
  if (purpose === null || row.data_items.length === 0 || direction === null) return []
  const isProcessing = row.instrument_type === 'CONTROLLER_TO_PROCESSOR'
  const law: LegalSide = { ...EMPTY_SIDE, art6: row.art6, gateways: row.gateways, art9: row.art9 }
  // A processor has no law of its own (LB-5), whichever side it stands on.
  const isOwnProcessor = isProcessing && row.role === 'PROCESSOR'
  const mine: LegalSide = isOwnProcessor ? EMPTY_SIDE : law
  const flow = (id: string, isOut: boolean): Flow => ({
    ...{ ...EMPTY_FLOW, id, providers: isOut ? [own] : row.partners, recipients: isOut ? row.partners : [own], purpose },
    ...{ data_items: row.data_items, data_subjects: row.data_subjects, methods: row.methods, countries: ['GB'], frequency: row.frequency },
    legal: {
      provider: isOut ? mine : EMPTY_SIDE,
      recipient: isOut ? (isProcessing && !isOwnProcessor ? null : EMPTY_SIDE) : isOwnProcessor ? null : mine,
    },
    retention_rule: row.words.retention === undefined ? null : atMost(row.words.retention, RULE_MAX),
  })
  return [...(direction === 'IN' ? [] : [flow('OUT', true)]), ...(direction === 'OUT' ? [] : [flow('IN', false)])]
}
