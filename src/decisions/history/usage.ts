/** What recorded decisions say of the register: what of it is used, and what is missing in it. Codes and counts, no person. */

/** Instants, ISO 8601; `to` not included. */
export interface DecisionPeriod {
  readonly from: string
  readonly to: string
}

/** When an agreement last permitted something. */
export interface LastPermit {
  readonly agreement: string
  readonly at: string
}

/** A share that was asked for although nothing on the register covers it. */
export interface UnmetShare {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  /** How often, within the period. */
  readonly asked: number
  readonly first_asked_at: string
  readonly last_asked_at: string
}
