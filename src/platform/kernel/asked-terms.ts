/** What a search looks for in records, whatever they are of. */

/** One thing that a record must hold to be found, or must not hold: a word or a phrase. */
export interface AskedTerm {
  readonly text: string
  readonly isExcluded: boolean
  /** Codes that it names: organisations, purposes, data. */
  readonly codes: readonly string[]
}

/** What is looked for, and which stretch of what is found, newest first. */
export interface SearchedTerms {
  readonly terms: readonly AskedTerm[]
  /** Only what comes after this one; null: from the newest on. */
  readonly before: string | null
  readonly limit: number
}
