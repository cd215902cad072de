import type { Flow, JointControllerArrangement, ProcessorContract } from '../../agreements/agreement.ts'
import type { LifecycleFacts, VersionFacts } from '../../agreements/model/lifecycle-facts.ts'
import type { Organisation } from '../../parties/organisation.ts'
import type { Interval } from '../../platform/kernel/instant.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { ApprovalCondition } from '../../workflow/model/sign-off.ts'

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

/** An agreement, compiled: the facts of its lifecycle, and what the other rules ask. */
export interface PolicyAgreement extends LifecycleFacts<PolicyVersion> {
  readonly id: string
  readonly isProcessorContract: boolean
  readonly isJointController: boolean
  /** Conditions that a party's appropriate policy documents cover. */
  readonly policyDocuments: ReadonlyMap<string, ReadonlySet<string>>
}

export interface PolicyVersion extends VersionFacts {
  /** Prohibited purposes, narrower ones included. */
  readonly prohibited: readonly string[]
  /** null: not recorded (case files only), taken as in place. */
  readonly agents: readonly PolicyAgent[] | null
  readonly processorContract: ProcessorContract | null
  readonly jointControllerArrangement: JointControllerArrangement | null
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
  /** What it was approved on. */
  readonly conditions: readonly ApprovalCondition[]
  /** The rest of the form, recorded and not compared. */
  readonly form: Readonly<Record<string, unknown>>
}
