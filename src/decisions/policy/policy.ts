import type { Agreement, Commencement, Flow, JointControllerArrangement, ProcessorContract } from '../../agreements/agreement.ts'
import type { Organisation } from '../../parties/organisation.ts'
import type { CodeLists } from '../../reference/code-lists.ts'

/**
 * What a decision stands on: one policy revision, compiled so that a rule asks and never parses.
 *
 * Instants are milliseconds since the epoch, days are London local dates. Everything is immutable: a change makes a
 * new snapshot, so a decision never sees half of one.
 */
export interface Snapshot {
  /** Number of the policy revision; moves with every act that changes what is permitted. */
  readonly revision: number
  readonly codes: CodeLists
  organisation(code: string): Organisation | undefined
  /** Every agreement that lists both among its parties, in any order. */
  between(a: string, b: string): readonly PolicyAgreement[]
  /** Every agreement in which `agent` acts for somebody. */
  whereAgent(agent: string): readonly PolicyAgreement[]
  disclosureDecision(id: string): DisclosureDecision | undefined
  /** One-off decisions for exactly this provider, recipient and purpose. */
  disclosureDecisionsFor(provider: string, recipient: string, purpose: string): readonly DisclosureDecision[]
}

/** A half-open interval of instants [from, to); `to` is Infinity while open. */
export interface Interval {
  readonly from: number
  readonly to: number
}

export function holdsAt(intervals: readonly Interval[], at: number): boolean {
  return intervals.some((interval) => interval.from <= at && at < interval.to)
}

/** An agreement, compiled. `source` is the record it was compiled from. */
export interface PolicyAgreement {
  readonly id: string
  readonly source: Agreement
  readonly isProcessorContract: boolean
  readonly isJointController: boolean
  readonly parties: ReadonlyMap<string, PolicyParty>
  /** APPROVED versions, earliest `effective_from` first, equal dates by number. */
  readonly approved: readonly PolicyVersion[]
  readonly suspensions: readonly Interval[]
  /** Infinity while not terminated. */
  readonly terminatedAt: number
  readonly reviewDue: string | null
  /** Last day on which an overdue review still permits; null when it never denies. */
  readonly lastDayOfReview: string | null
  readonly dpia: PolicyDpia
  /** Conditions that a party's appropriate policy documents cover. */
  readonly policyDocuments: ReadonlyMap<string, ReadonlySet<string>>
}

export interface PolicyParty {
  readonly isController: boolean
  /** Infinity while it takes part. */
  readonly leftAt: number
  readonly suspensions: readonly Interval[]
}

export interface PolicyVersion {
  readonly version: number
  readonly hash: string | null
  readonly effectiveFrom: string
  readonly effectiveTo: string | null
  readonly commencement: Commencement
  /** Parties that were invited after it was frozen: ALL_SIGNED does not wait for them. */
  readonly invitedSince: ReadonlySet<string>
  /** Prohibited purposes, narrower ones included. */
  readonly prohibited: readonly string[]
  /** null: not recorded (case files only), taken as in place. */
  readonly agents: readonly PolicyAgent[] | null
  readonly processorContract: ProcessorContract | null
  readonly jointControllerArrangement: JointControllerArrangement | null
  /** First signature of each party on this version. */
  readonly signedAt: ReadonlyMap<string, number>
  /** When a party's approval chain was complete; Infinity while it is not; absent: complete. */
  readonly approvedAt: ReadonlyMap<string, number>
  readonly flows: readonly PolicyFlow[]
}

export interface PolicyAgent {
  readonly org: string
  readonly for: string
  readonly from: string | null
  readonly to: string | null
}

export interface PolicyFlow {
  readonly id: string
  readonly source: Flow
  readonly providers: ReadonlySet<string>
  readonly recipients: ReadonlySet<string>
  readonly items: ReadonlySet<string>
  readonly grants: ReadonlySet<string>
  readonly methods: ReadonlySet<string>
  readonly countries: ReadonlySet<string>
  /** Ground on which restricted data still goes; null: none, or one recorded without a reason. Whether it is in its list is for the day. */
  readonly restrictionGround: string | null
  readonly suspensions: readonly Interval[]
}

export interface PolicyDpia {
  readonly required: boolean
  readonly initialState: string
  /** Earliest first. */
  readonly changes: readonly { readonly at: number; readonly state: string }[]
  readonly residual: string | null
  readonly priorConsultation: string | null
  readonly reviewDue: string | null
}

/** A one-off disclosure decision (6.7), as the rules read it. */
export interface DisclosureDecision {
  readonly id: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly dataItems: ReadonlySet<string>
  /** null: no limit. */
  readonly subjectCount: number | null
  readonly recordCount: number | null
  readonly isApproved: boolean
  readonly validFrom: number
  readonly validTo: number
  readonly singleUse: boolean
  readonly consumed: boolean
  /** The rest of the form, recorded and not compared. */
  readonly form: Readonly<Record<string, unknown>>
}
