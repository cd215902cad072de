import type { Agreement } from '../agreement.ts'

/** The approvals a frozen version still needs: the place where the sign-off of each party's own officers plugs in (5.2). */
export interface ReviewRoute {
  readonly state: 'NOT_BUILT' | 'OPENED'
  /** In plain words, for whoever froze the version. */
  readonly note: string
  /** Parties whose approval chain is opened by the freeze; their pairs wait for it (CK-16). */
  readonly awaits: readonly string[]
}

/**
 * The route of this release: none. Approvals inside each party are not recorded here yet, so none is waited for, and the
 * reply to a freeze says so.
 */
export function noReviewRoute(_agreement: Agreement): ReviewRoute {
  return {
    state: 'NOT_BUILT',
    note: 'This service does not yet run the review inside each party. Nothing here shows that it took place: sign only once it has.',
    awaits: [],
  }
}
