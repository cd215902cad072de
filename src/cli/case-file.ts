import type { Agreement } from '../agreements/agreement.ts'
import type { DisclosureRecord } from '../disclosures/disclosure-record.ts'
import type { Organisation } from '../parties/organisation.ts'
import type { CodeList, CodeListEntry } from '../reference/code-list.ts'
import { toAgreement } from './case-agreement.ts'
import { asObject, filled, type Json, numberOrNull, objects, textOrNull, texts } from './case-json.ts'

/**
 * Reads a decision case file: fixtures in short form, mapped to the one model. The only place that knows those names.
 *
 * A member that the fixtures lack is taken as in place (domain reference, 6.10): no agents recorded, approvals complete.
 */
export interface CaseFile {
  readonly cases: readonly DecisionCase[]
  readonly organisations: readonly Organisation[]
  readonly agreements: readonly Agreement[]
  readonly disclosureDecisions: readonly DisclosureRecord[]
  /** Lists of the file that stand in for ours; the others stay as they are. */
  replaceLists(ours: readonly CodeList[]): CodeList[]
}

/** A question with its exact expected answer. */
export interface DecisionCase {
  readonly id: string
  readonly title: string
  readonly request: Readonly<Record<string, unknown>>
  readonly expect: {
    readonly decision: string
    readonly reasons: readonly string[]
    readonly agreement?: string | null
    readonly obligations_include?: readonly string[]
    readonly obligations_exclude?: readonly string[]
  }
}

/** @throws Error when the text is not a case file; the message says why */
export function readCaseFile(text: string): CaseFile {
  const file = asObject(JSON.parse(text), 'the file')
  if (!Array.isArray(file['cases'])) throw new Error('there are no cases in it')
  const lists = file['code_lists'] === undefined ? {} : asObject(file['code_lists'], 'code_lists')
  return {
    cases: objects(file['cases']) as unknown as DecisionCase[],
    organisations: objects(file['organisations']).map(toOrganisation),
    agreements: objects(file['agreements']).map(toAgreement),
    disclosureDecisions: objects(file['adhoc_decisions']).map(toDisclosureDecision),
    replaceLists: (ours) => ours.map((list) => replaced(list, lists, file['gateways'])),
  }
}

function replaced(ours: CodeList, lists: Json, gateways: unknown): CodeList {
  const entriesOf = (found: unknown): CodeListEntry[] => objects(found).map(toEntry)
  if (ours.list === 'PURPOSE' && lists['purposes']) return { ...ours, entries: entriesOf(lists['purposes']) }
  if (ours.list === 'DATA_SUBJECT' && lists['data_subjects']) return { ...ours, entries: entriesOf(lists['data_subjects']) }
  if (ours.list === 'DATA_ITEM' && lists['data_items']) return { ...ours, entries: entriesOf(lists['data_items']) }
  if (ours.list === 'GATEWAY' && gateways) return { ...ours, entries: entriesOf(gateways) }
  if (ours.list === 'COUNTRY' && lists['adequacy']) return withAdequacy(ours, asObject(lists['adequacy'], 'adequacy'))
  return ours
}

function withAdequacy(ours: CodeList, adequacy: Json): CodeList {
  const full = texts(adequacy['FULL'])
  const partial = texts(adequacy['PARTIAL'])
  const part3 = texts(adequacy['PART3'])
  const kind = (code: string) => (full.includes(code) ? 'FULL' : partial.includes(code) ? 'PARTIAL' : null)
  return {
    ...ours,
    entries: ours.entries.map((entry) => ({
      ...entry,
      attributes: {
        ...entry.attributes,
        adequacy: kind(entry.code),
        adequacy_from: null,
        adequacy_part3: part3.includes(entry.code),
        adequacy_part3_from: null,
      },
    })),
  }
}

function toEntry(source: Json): CodeListEntry {
  const { code, broader, citation, local, ...attributes } = source
  return {
    code: String(code),
    label: String(code),
    citation: textOrNull(citation),
    valid_from: null,
    valid_to: null,
    verified: false,
    source: null,
    replaced_by: null,
    broader: textOrNull(broader),
    ...(local === true ? { local } : {}),
    attributes,
  }
}

const ORGANISATION = {
  ...{ code: '', type: '', active_from: null, active_to: null },
  ...{ public_authority: false, health_or_social_care_authority: false, accepts_attested_since: null },
}

function toOrganisation(source: Json): Organisation {
  const competent = source['competent_authority']
  return {
    ...filled(ORGANISATION, source),
    legal_name: String(source['name'] ?? source['legal_name'] ?? source['code']),
    short_name: String(source['short_name'] ?? source['name'] ?? source['code']),
    gss: null,
    ods: null,
    ico_registration_no: null,
    competent_authority: competent === 'SCHEDULE_7' || competent === 'STATUTORY_FUNCTIONS' ? competent : 'NONE',
    successor_of: [],
    aliases: [],
    verified: false,
  }
}

function toDisclosureDecision(source: Json): DisclosureRecord {
  const {
    id,
    provider,
    recipient,
    purpose,
    data_items,
    subject_count,
    record_count,
    status,
    valid_from,
    valid_to,
    single_use,
    consumed,
    ...form
  } = source
  return {
    id: String(id),
    provider: String(provider),
    recipient: String(recipient),
    purpose: String(purpose),
    data_items: texts(data_items),
    subject_count: numberOrNull(subject_count),
    record_count: numberOrNull(record_count),
    status: String(status),
    valid_from: String(valid_from),
    // No end recorded: open.
    valid_to: textOrNull(valid_to) ?? '9999-12-31T00:00:00Z',
    single_use: single_use !== false,
    consumed_at: consumed === true ? String(valid_from) : null,
    form,
  }
}
