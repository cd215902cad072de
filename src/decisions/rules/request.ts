/**
 * The question: may P disclose items D about subjects S to R for purpose U under basis L at time T by method M for
 * processing in country C? (domain reference, 6.1)
 *
 * Codes and counts only: a request never holds personal data about an individual. Absent members are null.
 */
export interface DecisionRequest {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  /** null: left open (simulations, and a preview); then not tested and limited by an obligation instead. */
  readonly data_subjects: readonly string[] | null
  readonly lawful_basis: string | null
  /** null: left open, as above. */
  readonly method: string | null
  /** ISO 3166-1 alpha-2; null: left open, as above. */
  readonly country: string | null
  readonly mode: DecisionMode
  readonly data_form: string | null
  readonly agreement_ref: string | null
  readonly consent_ref: string | null
  readonly subject_flags: readonly string[]
  readonly subject_count: number | null
  readonly record_count: number | null
  readonly disclosure_decision_id: string | null
  readonly emergency: EmergencyClaim | null
  readonly provider_agent: string | null
  readonly recipient_agent: string | null
  /** The organisation that asks, where it is neither P nor R: it must be an agent of one of them under the agreement itself. */
  readonly calling_agent?: string
}

/** SYSTEMATIC asks the agreements, AD_HOC a one-off decision (6.7), EMERGENCY the agreements first and then 6.6. */
export type DecisionMode = 'SYSTEMATIC' | 'AD_HOC' | 'EMERGENCY'

/** What a duty manager states when breaking the glass (6.6, EM-2). */
export interface EmergencyClaim {
  readonly ground: string | null
  /** The named human; live: the token's subject, never taken from the body. */
  readonly actor: string | null
  readonly justification: string | null
  readonly art9: string | null
  readonly subject_incapable: boolean | null
  readonly sch1: readonly string[]
  readonly sch8: readonly string[]
  /** Transfer mechanism, or ART49_F, for a country that is not adequate. */
  readonly transfer: string | null
}
