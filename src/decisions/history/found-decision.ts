/** Words of a search in the decision log. */

/** What to look for; absent members do not narrow. Instants are ISO, `from` included and `to` not. */
export interface DecisionFilter {
  /** Of one call, by its key. */
  readonly id?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly provider?: string | undefined
  readonly recipient?: string | undefined
  /** Provider or recipient. */
  readonly party?: string | undefined
  readonly outcome?: string | undefined
  readonly reason?: string | undefined
  readonly agreement?: string | undefined
  readonly caller?: string | undefined
  readonly client?: string | undefined
  readonly mode?: string | undefined
  readonly via?: string | undefined
  readonly simulated?: boolean | undefined
}

/** Where a page begins: after this position, newest first. */
export interface Position {
  readonly logId: number
  readonly index: number
  readonly evaluation: number
}

/** One recorded evaluation in a list. `agreement` is what this reader may know. */
export interface FoundDecision {
  readonly decision_id: string
  readonly at: string
  readonly outcome: 'PERMIT' | 'DENY' | 'ERROR' | 'SEARCH'
  readonly simulated: boolean
  readonly reasons: readonly string[]
  readonly via: string | null
  readonly mode: string | null
  readonly provider: string | null
  readonly recipient: string | null
  readonly purpose: string | null
  readonly agreement: string | null
  readonly caller_org: string | null
  readonly caller_client: string | null
  readonly policy_revision: number
  readonly log: string
  readonly index: number
}
