/**
 * What an assessment is about, as the agreement says it: handed over by whoever asks, since assessments read no agreement. The members are
 * those of the agreement's terms, by the same names.
 */
export interface AssessedFacts {
  readonly agreement: string
  readonly title: string
  /** INSTRUMENT_TYPE code. */
  readonly instrument_type: string
  /** Organisations that take part, and their PARTY_ROLE. */
  readonly parties: readonly { readonly org: string; readonly role: string }[]
  readonly flows: readonly AssessedFlow[]
  /** Who acts for whom: processors and sub-processors. */
  readonly agents: readonly { readonly org: string; readonly for: string }[]
  /** The sections in words, by name: purpose, benefits, alternatives, necessity_proportionality, security and so on; absent: not written. */
  readonly narrative: Readonly<Record<string, string | undefined>>
}

/** One flow, as far as an assessment is about it. */
export interface AssessedFlow {
  readonly id: string
  readonly providers: readonly string[]
  readonly recipients: readonly string[]
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly category_grant: readonly string[]
  readonly data_subjects: readonly string[]
  readonly data_form: string
  readonly methods: readonly string[]
  readonly countries: readonly string[]
  readonly frequency: string | null
  readonly volume_limit: { readonly subjects: number | null; readonly records: number | null } | null
  readonly retention_days: number | null
  readonly retention_rule: string | null
  readonly onward: string
  readonly legal: { readonly provider: AssessedLaw; readonly recipient: AssessedLaw | null }
}

/** The law that one side relies on. */
export interface AssessedLaw {
  readonly art6: readonly string[]
  readonly gateways: readonly string[]
  readonly art9: readonly string[]
  readonly sch1: readonly string[]
  readonly criminal: readonly string[]
}
