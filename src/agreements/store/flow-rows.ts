import { EMPTY_SIDE, type Flow, type LegalSide, type RestrictionOverride } from '../agreement.ts'

/** A flow as its row in table `flow`, without its legal sides. JSON columns are text. Pure. */
export function flowRow(key: { agreement_id: string; version: number }, flow: Flow, position: number) {
  return {
    ...key,
    id: flow.id,
    position,
    providers: [...flow.providers],
    recipients: [...flow.recipients],
    purpose: flow.purpose,
    data_items: [...flow.data_items],
    data_subjects: [...flow.data_subjects],
    category_grant: [...flow.category_grant],
    data_form: flow.data_form,
    methods: [...flow.methods],
    countries: [...flow.countries],
    transfers: JSON.stringify(flow.transfers),
    compatibility: flow.compatibility && JSON.stringify(flow.compatibility),
    confidentiality: flow.confidentiality,
    exemptions: [...flow.exemptions],
    retention_days: flow.retention_days,
    retention_rule: flow.retention_rule,
    onward: flow.onward,
    frequency: flow.frequency,
    volume_subjects: flow.volume_limit?.subjects ?? null,
    volume_records: flow.volume_limit?.records ?? null,
    honours_objection: flow.honours_objection,
    consent_required: flow.consent_required,
    restriction_override: flow.restriction_override ? JSON.stringify(flow.restriction_override) : null,
    standing_request_ref: flow.standing_request_ref ?? null,
  }
}

/** The legal sides of a flow as rows of table `flow_side`: the provider's, and the recipient's unless it is a processor. */
export function sideRows(key: { agreement_id: string; version: number }, flow: Flow) {
  const row = (side: 'PROVIDER' | 'RECIPIENT', legal: LegalSide) => ({
    ...key,
    flow_id: flow.id,
    side,
    regime: legal.regime,
    performing_task: legal.performing_task,
    art6: [...legal.art6],
    annex1: [...legal.annex1],
    gateways: [...legal.gateways],
    art9: [...legal.art9],
    sch1: [...legal.sch1],
    criminal: [...legal.criminal],
    sch8: [...legal.part3.sch8],
    strictly_necessary: legal.part3.strictly_necessary,
    reuse_authority: legal.part3.reuse_authority,
  })
  const { provider, recipient } = flow.legal
  return recipient ? [row('PROVIDER', provider), row('RECIPIENT', recipient)] : [row('PROVIDER', provider)]
}

/** Columns of `flow` and `flow_side` as they come from the database. */
type JsonColumn = 'transfers' | 'compatibility' | 'restriction_override'
export type FlowRow = Omit<ReturnType<typeof flowRow>, JsonColumn> & Record<JsonColumn, unknown>
export type SideRow = Omit<ReturnType<typeof sideRows>[number], 'side' | 'regime'> & { side: string; regime: string }

/** The flow of a row and its sides; the inverse of `flowRow` and `sideRows`. */
export function flowFromRow(row: FlowRow, sides: readonly SideRow[]): Flow {
  const provider = sides.find((side) => side.side === 'PROVIDER')
  const recipient = sides.find((side) => side.side === 'RECIPIENT')
  return {
    id: row.id,
    providers: row.providers,
    recipients: row.recipients,
    purpose: row.purpose,
    data_items: row.data_items,
    data_subjects: row.data_subjects,
    category_grant: row.category_grant,
    data_form: row.data_form,
    methods: row.methods,
    countries: row.countries,
    transfers: row.transfers as Flow['transfers'],
    // A draft may not have its law yet: an empty side is one that no rule accepts.
    legal: { provider: provider ? toSide(provider) : EMPTY_SIDE, recipient: recipient ? toSide(recipient) : null },
    compatibility: row.compatibility as Flow['compatibility'],
    confidentiality: row.confidentiality,
    exemptions: row.exemptions,
    retention_days: row.retention_days,
    retention_rule: row.retention_rule,
    onward: row.onward,
    frequency: row.frequency,
    volume_limit:
      row.volume_subjects === null && row.volume_records === null ? null : { subjects: row.volume_subjects, records: row.volume_records },
    honours_objection: row.honours_objection,
    consent_required: row.consent_required,
    restriction_override: row.restriction_override as RestrictionOverride | null,
    standing_request_ref: row.standing_request_ref,
  }
}

function toSide(row: SideRow): LegalSide {
  return {
    regime: row.regime === 'PART_3' ? 'PART_3' : 'UK_GDPR',
    performing_task: row.performing_task,
    art6: row.art6,
    annex1: row.annex1,
    gateways: row.gateways,
    art9: row.art9,
    sch1: row.sch1,
    criminal: row.criminal,
    part3: { sch8: row.sch8, strictly_necessary: row.strictly_necessary, reuse_authority: row.reuse_authority },
  }
}
