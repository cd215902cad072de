import type { Principal } from '../../identity/principal.ts'
import type { ProblemCode, ProblemDetail } from '../../platform/kernel/problem.ts'
import type { Result } from '../../platform/kernel/result.ts'
import type { AgreementStatus } from '../agreement.ts'

/**
 * Commands on an agreement, what they change, and why not. Types only: the table is `lifecycle.ts`.
 */

/** What is asked, with the facts that the agreement itself does not hold. Instants are ISO 8601. */
export type Command =
  | { readonly type: 'freeze'; readonly advice: readonly ProblemDetail[] }
  | {
      readonly type: 'sign'
      readonly version: number
      readonly hash: string
      /** Whether this person drafted or froze the version for the same party (SD-1). */
      readonly hasDrafted: boolean
      /** Whether this person has signed this agreement for another party (SD-6). */
      readonly hasSignedForAnother: boolean
      /** Whether a signature recorded elsewhere waits to be confirmed. */
      readonly isRecordedElsewhere: boolean
    }
  | { readonly type: 'confirm'; readonly version: number; readonly recorded: 'NONE' | 'UNCONFIRMED' | 'CONFIRMED' }
  | { readonly type: 'amend' }
  | { readonly type: 'abandon' }
  | {
      readonly type: 'suspend'
      readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
      readonly party: string | null
      readonly flow: string | null
      readonly until: string | null
      /** Whether the actor is among those ALL_SIGNED_BOROUGHS stands for (LC-4). */
      readonly isBorough: boolean
    }
  | { readonly type: 'lift'; readonly suspension: HeldSuspension; readonly isBorough: boolean }
  | { readonly type: 'leave'; readonly at: string | null }
  | { readonly type: 'invite'; readonly org: string; readonly isActive: boolean }
  | { readonly type: 'terminate'; readonly at: string | null }
  | { readonly type: 'renew' }
  | { readonly type: 'confirm_review'; readonly cycleMonths: number }
  | { readonly type: 'withdraw_draft' }
  | { readonly type: 'reject' }
export type CommandType = Command['type']

/** A suspension as it is stored. */
export interface HeldSuspension {
  readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
  readonly party: string | null
  readonly flow: string | null
  readonly from: string
  readonly to: string | null
  /** Token subject of whoever suspended; null: recorded elsewhere. */
  readonly suspendedBy: string | null
}

/** What changes. `to` is the stored status afterwards. */
export type Change =
  | {
      readonly type: 'freeze'
      readonly to: AgreementStatus
      readonly version: number
      /** Versions replaced before they began (LC-2a). */
      readonly supersedes: readonly number[]
    }
  | { readonly type: 'sign' | 'confirm'; readonly to: AgreementStatus; readonly version: number; readonly hasCommenced: boolean }
  | { readonly type: 'amend' | 'renew'; readonly to: AgreementStatus; readonly copyOf: number; readonly version: number }
  | { readonly type: 'abandon'; readonly to: AgreementStatus; readonly version: number }
  | { readonly type: 'suspend' | 'lift' | 'invite'; readonly to: AgreementStatus }
  | { readonly type: 'leave' | 'terminate'; readonly to: AgreementStatus; readonly at: string }
  | { readonly type: 'confirm_review'; readonly to: AgreementStatus; readonly reviewDue: string }
  | {
      readonly type: 'withdraw_draft' | 'reject'
      readonly to: AgreementStatus
      /** Versions that will never govern. */
      readonly abandons: readonly number[]
      /** For a rejection that ends only the actor's own part: from when. */
      readonly leavesAt: string | null
    }

/** Why not. `code` is the problem, `rule` the rule of the domain reference or the word that names the test. */
export interface Refusal {
  readonly code: Extract<ProblemCode, 'FORBIDDEN' | 'ILLEGAL_STATE' | 'CONFLICT' | 'UNPROCESSABLE'>
  readonly rule: string
  readonly detail: string
  readonly errors?: readonly ProblemDetail[]
}

export type Actor = Pick<Principal, 'sub' | 'org' | 'roles'>
export type Decided = Result<Change, Refusal>
