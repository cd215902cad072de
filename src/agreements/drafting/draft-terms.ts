import type { Commencement, Flow, LegalSide, ProcessorContract, Terms } from '../agreement.ts'

/** What a person writes into a draft, brought into the form of the model. Pure. */

/** A flow as it is sent: what is absent is empty, false or not recorded. */
export type FlowBody = Pick<Flow, 'id' | 'providers' | 'recipients' | 'purpose'> &
  Given<Omit<Flow, 'id' | 'providers' | 'recipients' | 'purpose' | 'legal'>> & {
    readonly legal?: { readonly provider: SideBody; readonly recipient: SideBody | null } | undefined
  }
export type SideBody = Pick<LegalSide, 'regime'> & Given<Omit<LegalSide, 'regime'>>
type Given<T> = { readonly [Member in keyof T]?: T[Member] | undefined }

/** The terms of a text that nobody has begun to write. */
export const EMPTY_TERMS: Terms = {
  flows: [],
  commencement: { rule: 'ALL_SIGNED' },
  prohibitions: [],
  agents: [],
  processor_contract: null,
  joint_controller_arrangement: null,
  narrative: {},
}

/** The flow with every member. Where a side's law is not written yet it is empty, which no rule accepts. */
export function completeFlow(body: FlowBody): Flow {
  const { legal } = body
  return {
    id: body.id,
    providers: body.providers,
    recipients: body.recipients,
    purpose: body.purpose,
    data_items: body.data_items ?? [],
    data_subjects: body.data_subjects ?? [],
    category_grant: body.category_grant ?? [],
    data_form: body.data_form ?? 'IDENTIFIABLE',
    methods: body.methods ?? [],
    countries: body.countries ?? [],
    transfers: body.transfers ?? {},
    legal: {
      provider: completeSide(legal?.provider ?? { regime: 'UK_GDPR' }),
      recipient: legal === undefined ? completeSide({ regime: 'UK_GDPR' }) : legal.recipient && completeSide(legal.recipient),
    },
    compatibility: body.compatibility ?? null,
    confidentiality: body.confidentiality ?? null,
    exemptions: body.exemptions ?? [],
    retention_days: body.retention_days ?? null,
    retention_rule: body.retention_rule ?? null,
    onward: body.onward ?? 'PROHIBITED',
    frequency: body.frequency ?? null,
    volume_limit: body.volume_limit ?? null,
    honours_objection: body.honours_objection ?? false,
    consent_required: body.consent_required ?? false,
    restriction_override: body.restriction_override ?? null,
    standing_request_ref: body.standing_request_ref ?? null,
  }
}

function completeSide(body: SideBody): LegalSide {
  return {
    regime: body.regime,
    performing_task: body.performing_task ?? true,
    art6: body.art6 ?? [],
    annex1: body.annex1 ?? [],
    gateways: body.gateways ?? [],
    art9: body.art9 ?? [],
    sch1: body.sch1 ?? [],
    criminal: body.criminal ?? [],
    part3: body.part3 ?? { sch8: [], strictly_necessary: false, reuse_authority: null },
  }
}

/** The commencement rule; `n` is checked before and counts with THRESHOLD only. */
export function toCommencement(body: { readonly rule: Commencement['rule']; readonly n?: number | undefined }): Commencement {
  return body.rule === 'THRESHOLD' ? { rule: body.rule, n: body.n ?? 0 } : { rule: body.rule }
}

/** The Art 28 checklist out of the clauses that are there: complete when none of `allClauses` is missing. */
export function toProcessorContract(
  body: { readonly clauses: readonly string[]; readonly approved_sub_processors: readonly string[] },
  allClauses: Iterable<string>,
): ProcessorContract {
  const missing = [...allClauses].filter((clause) => !body.clauses.includes(clause))
  return { art28_complete: missing.length === 0, missing, approved_sub_processors: body.approved_sub_processors }
}

/** How an amendment policy is written in the text: the code, with its days in brackets where it has some. */
export function toAmendmentPolicy(body: { readonly amendment_policy: string; readonly notice_days?: number | undefined }): string {
  return body.amendment_policy === 'NOTICE_PERIOD' ? `NOTICE_PERIOD(${body.notice_days ?? 0})` : body.amendment_policy
}
