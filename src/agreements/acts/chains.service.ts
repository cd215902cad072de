import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'

/** A frozen version, for whoever must approve it: what it is of, and the hash of exactly this text. */
export interface ApprovalSubject {
  readonly type: 'agreement'
  readonly id: string
  readonly version: number
  /** SHA-256, hex. */
  readonly hash: string
}

/** The approvals that a frozen version still needs. */
export interface OpenedChains {
  readonly state: 'NOT_BUILT' | 'OPENED'
  /** In plain words, for whoever froze the version. */
  readonly note: string
  /** Parties whose approval chain is opened by the freeze; their pairs wait for it (CK-16). */
  readonly awaits: readonly string[]
}

/** Where the sign-off of each party's own officers plugs in (5.2): inside the transaction of the freeze, for whoever freezes. */
export type OpenChains = (tx: Transaction, subject: ApprovalSubject, actor: Principal) => Promise<OpenedChains>

/**
 * The sign-off of this release: none. Approvals inside each party are not recorded here yet, so none is waited for, and the
 * reply to a freeze says so.
 */
export const noChains: OpenChains = async () => ({
  state: 'NOT_BUILT',
  note: 'This service does not yet run the review inside each party. Nothing here shows that it took place: sign only once it has.',
  awaits: [],
})
