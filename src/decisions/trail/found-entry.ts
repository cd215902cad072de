/** Words of the trail: what was done to which record and by whom, and who read which part of the log. */

/** What to look for; absent members do not narrow. Instants are ISO, `from` included and `to` not. */
export interface TrailFilter {
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Subject of whoever acted or read, as their issuer calls them. */
  readonly person?: string | undefined
  /** Organisation acted for. */
  readonly org?: string | undefined
  /** What was done, `agreement.signed` for example. */
  readonly event?: string | undefined
  /** Kind of record: the first word of what was done to it. */
  readonly record_type?: string | undefined
  readonly record?: string | undefined
  readonly outcome?: 'DONE' | 'REFUSED' | undefined
}

/** Where a page begins: after this entry, newest first. */
export interface TrailPosition {
  readonly logId: number
  readonly index: number
}

interface Found {
  /** The leaf in the log of acts. */
  readonly leaf_id: string
  readonly at: string
  /** For whom it was done; null: the service by itself, or whoever runs it. */
  readonly org: string | null
  /** Subject and issuer of who did it; null: erased, or nobody. */
  readonly actor: string | null
  readonly issuer: string | null
  /** Where it stands. */
  readonly log: string
  readonly index: number
}

/** One act, done or refused. */
export interface FoundAct extends Found {
  readonly event: string
  readonly act: string | null
  readonly record_type: string | null
  readonly record: string | null
  /** Number of the act among those on its agreement. */
  readonly sequence: number | null
  readonly from: string | null
  readonly to: string | null
  readonly refused: boolean
}

/** One read of a log: which part was shown, told by its oldest entry and its length. */
export interface FoundRead extends Found {
  readonly what: string | null
  readonly of_log: string | null
  readonly first: number | null
  readonly entries: number | null
}
