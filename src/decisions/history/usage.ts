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

/** How often checks that concern an organisation were refused for a reason, in one week and in the week before. */
export interface WeekOfRefusals {
  readonly org: string
  readonly reason: string
  readonly refusals: number
  readonly week_before: number
}

/** Fewer refusals in a week are no matter for a mail, however few there were before. */
const REFUSALS_MIN = 10
/** So many times as many as in the week before are a rise. */
const RISE = 2

/** Of each organisation the reason that rose most, and how many others did; in the order of their codes. Pure. */
export function risesOf(weeks: readonly WeekOfRefusals[]): (WeekOfRefusals & { readonly other_reasons: number })[] {
  const isRise = ({ refusals, week_before }: WeekOfRefusals) => refusals >= REFUSALS_MIN && refusals >= RISE * week_before
  const risen = weeks.filter(isRise).toSorted((one, other) => riseOf(other) - riseOf(one) || (one.reason < other.reason ? -1 : 1))
  return [...new Set(risen.map(({ org }) => org))].toSorted().flatMap((org) => {
    const [most, ...others] = risen.filter((one) => one.org === org)
    return most ? [{ ...most, other_reasons: others.length }] : []
  })
}

function riseOf({ refusals, week_before }: WeekOfRefusals): number {
  return refusals - week_before
}
