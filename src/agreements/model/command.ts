import type { Identity, Principal } from '../../identity/principal.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { Fault, RefusalCode } from '../../platform/kernel/refusal.ts'
import { type Result, refuse } from '../../platform/kernel/result.ts'
import type { AgreementStatus } from '../agreement.ts'
import type { NamedDays } from './dates.ts'

/** Commands on an agreement, what they change, and why not. The table is `lifecycle.ts`. Pure. */

/** What is asked, with the facts that the agreement itself does not hold. */
export type LifecycleCommand =
  | { readonly type: 'freeze'; readonly advice: readonly Fault[] }
  | {
      readonly type: 'sign'
      readonly version: number
      readonly hash: string
      /** Whether this person drafted or froze the text of the version, for whichever party (SD-1). */
      readonly hasDrafted: boolean
      /** Whether this person has signed this agreement for another party (SD-6). */
      readonly hasSignedForAnother: boolean
      /** Whether a signature recorded elsewhere waits to be confirmed. */
      readonly isRecordedElsewhere: boolean
      /** Whether the party, a controller, has accepted the risk of the assessment that the text names; absent: it names none that is made here, or the party is a processor. */
      readonly hasAccepted?: boolean
    }
  | {
      readonly type: 'confirm'
      readonly version: number
      readonly recorded: 'NONE' | 'UNCONFIRMED' | 'CONFIRMED'
      /** Whether this person brought the record here that claims the signature. */
      readonly hasRecorded: boolean
      /** Whether this person has signed or confirmed for another party (SD-6). */
      readonly hasSignedForAnother: boolean
    }
  | { readonly type: 'amend'; readonly days: NamedDays }
  | { readonly type: 'renew'; readonly days: NamedDays }
  | { readonly type: 'abandon' }
  | {
      readonly type: 'suspend'
      readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
      readonly party: string | null
      readonly flow: string | null
      readonly until: Instant | null
      /** Those ALL_SIGNED_BOROUGHS stands for (LC-4). */
      readonly boroughs: ReadonlySet<string>
    }
  | { readonly type: 'lift'; readonly suspension: HeldSuspension; readonly boroughs: ReadonlySet<string> }
  | {
      readonly type: 'leave'
      readonly at: Instant | null /** Who keeps the text from now on, where the leaving party does. */
      readonly keeper: string | null
    }
  | { readonly type: 'stay' }
  | { readonly type: 'invite'; readonly org: string; readonly isActive: boolean }
  | { readonly type: 'uninvite'; readonly org: string }
  | { readonly type: 'hand_over'; readonly org: string }
  | { readonly type: 'terminate'; readonly at: Instant | null }
  | { readonly type: 'go_on' /** Who set the end; null: nobody knows. */; readonly setBy: string | null }
  | { readonly type: 'confirm_review'; readonly cycleMonths: number }
  | { readonly type: 'withdraw_draft' }
  | { readonly type: 'reject' }
  | { readonly type: 'attach' }
  | {
      readonly type: 'state'
      readonly org: string
      readonly version: number
      readonly hash: string
      /** London day. */
      readonly signedOn: string
      /** Whether whoever states it is the person named as signatory. */
      readonly isSignatory: boolean
      /** What was stated of this signature before. */
      readonly stated: readonly StatedSignature[]
    }
  | { readonly type: 'attest'; readonly statement: StatedSignature; readonly isSignatory: boolean }
  | { readonly type: 'dispute'; readonly statement: StatedSignature }
  | Dispose<'dispose'>
  /** The same by whoever follows a body that has ended, in its place: the actor is that body. */
  | Dispose<'dispose_in_place'>
interface Dispose<Type extends string> {
  readonly type: Type
  readonly how: 'RETURNED' | 'DELETED' | 'RETAINED_BY_LAW'
  /** Of what was received under these; null: all that is open. */
  readonly flows: readonly string[] | null
  /** London day on which it was done. */
  readonly on: string
  /** The law that makes the party keep it, and the last London day of that. */
  readonly law: string | null
  readonly keepUntil: string | null
  /** What was last confirmed of the party, by flow. */
  readonly confirmed: ReadonlyMap<string, 'RETURNED' | 'DELETED' | 'RETAINED_BY_LAW'>
  readonly boroughs: ReadonlySet<string>
}

/** The commands of some types. */
export type CommandOf<T extends LifecycleCommand['type']> = Extract<LifecycleCommand, { readonly type: T }>

/** What is stated of a signature that was given elsewhere. */
export interface StatedSignature {
  /** The party named, and the organisation that holds the evidence. */
  readonly org: string
  readonly heldBy: string
  readonly version: number
  readonly statedBy: Identity
  readonly isAttested: boolean
  readonly isDisputed: boolean
}

/** A suspension as it is stored. */
export interface HeldSuspension {
  readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
  readonly party: string | null
  readonly flow: string | null
  readonly from: string
  readonly to: string | null
  /** Whoever suspended, and for which party; null: recorded elsewhere. */
  readonly suspendedBy: Identity | null
  readonly suspendedOrg: string | null
  /** The first of the two who agree that a whole agreement goes on. */
  readonly agreed: { readonly by: Identity; readonly org: string } | null
}

/** What changes. `to` is the stored status afterwards. */
export type LifecycleChange =
  | {
      readonly type: 'freeze'
      readonly to: AgreementStatus
      readonly version: number
      /** Versions replaced before they began (LC-2a). */
      readonly supersedes: readonly number[]
    }
  | { readonly type: 'sign' | 'confirm'; readonly to: AgreementStatus; readonly version: number; readonly hasCommenced: boolean }
  | {
      readonly type: 'amend' | 'renew'
      readonly to: AgreementStatus
      readonly copyOf: number
      readonly version: number
      readonly effectiveFrom: string | null
      readonly effectiveTo: string | null
    }
  | { readonly type: 'abandon'; readonly to: AgreementStatus; readonly version: number }
  | { readonly type: 'suspend' | 'invite' | 'uninvite' | 'attach' | 'state' | 'attest' | 'dispute'; readonly to: AgreementStatus }
  | { readonly type: 'lift'; readonly to: AgreementStatus /** False: one of two has agreed. */; readonly isEnded: boolean }
  | {
      readonly type: 'leave'
      readonly to: AgreementStatus
      readonly at: Instant
      readonly keeper: string | null
      readonly abandons: readonly number[]
      readonly endsAll: boolean
    }
  | { readonly type: 'stay' | 'go_on'; readonly to: AgreementStatus /** The instant that is taken back. */; readonly was: string }
  | { readonly type: 'hand_over'; readonly to: AgreementStatus; readonly from: string | null }
  | { readonly type: 'terminate'; readonly to: AgreementStatus; readonly at: Instant }
  | { readonly type: 'confirm_review'; readonly to: AgreementStatus; readonly reviewDue: string }
  | {
      readonly type: 'withdraw_draft'
      readonly to: AgreementStatus
      /** Versions that will never govern. */
      readonly abandons: readonly number[]
    }
  | {
      readonly type: 'dispose' | 'dispose_in_place'
      readonly to: AgreementStatus
      /** What was confirmed for, and what of it is still held, by flow. */
      readonly flows: readonly string[]
      readonly remaining: readonly string[]
      /** ISO 8601; null: nobody stated it. */
      readonly endedAt: string | null
    }
  | {
      readonly type: 'reject'
      readonly to: AgreementStatus
      readonly abandons: readonly number[]
      /** Whether the whole agreement ends; else only the actor's own part does, or neither where it goes on under what it has signed. */
      readonly endsAll: boolean
      readonly leaves: boolean
      /** The version that its signature was carried over to and that it objects to; null: none. */
      readonly objectsTo: number | null
    }

/** Why not. `code` is that of the refusal, `rule` the rule of the domain reference or the word that names the test. */
export interface LifecycleRefusal {
  readonly code: Extract<RefusalCode, 'FORBIDDEN' | 'ILLEGAL_STATE' | 'CONFLICT' | 'UNPROCESSABLE'>
  readonly rule: string
  readonly detail: string
  readonly errors?: readonly Fault[]
}

export type ActingPerson = Pick<Principal, 'issuer' | 'sub' | 'org' | 'roles'>
export type Decided = Result<LifecycleChange, LifecycleRefusal>

/** A refusal; with a pointer, of that place in what was sent. */
export function notAllowed<Code extends LifecycleRefusal['code']>(
  code: Code,
  rule: string,
  detail: string,
  pointer?: string,
  what = detail,
) {
  return refuse({ code, rule, detail, ...(pointer === undefined ? {} : { errors: [{ pointer, code: rule, detail: what }] }) })
}
