import type { Role } from '../../identity/permissions.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Fact, Route } from './route.ts'
import type {
  ChainStatus,
  Delegation,
  MarkValue,
  Person,
  Requester,
  SignedContent,
  SignOffStatus,
  Subject,
  TaskResult,
} from './sign-off.ts'

/** A party as whoever opens a sign-off names it. */
export interface PartyToSignOff {
  readonly org: string
  readonly facts: readonly Fact[]
  readonly requesters: readonly Requester[]
  /** Key of the route of its chain. */
  readonly route: string
}

/** Names a step: of a party, or of the whole (`org` null). */
export interface StepName {
  readonly org: string | null
  readonly step: string
}

/** Names a task of a step. */
export interface TaskName extends StepName {
  readonly task: number
}

/** Why a task is in other hands, or in nobody's. */
export type AssignReason = 'ASSIGNED' | 'CLAIMED' | 'RELEASED' | 'REPLACED' | 'ROLE_ENDED' | 'HANDED_OVER'

/** What happened. The state of a sign-off is its events, in order; nothing else is remembered. */
export type SignOffEvent =
  | {
      readonly type: 'STARTED'
      readonly id: string
      readonly subject: Subject
      readonly keeper: string
      readonly facts: readonly Fact[]
      /** Key of the main route; each party names its own. */
      readonly route: string
      readonly routes: Readonly<Record<string, Route>>
      readonly parties: readonly PartyToSignOff[]
      readonly signingOrder: readonly string[] | null
      readonly by: Person
      readonly at: string
    }
  | { readonly type: 'CHAIN_ADDED'; readonly party: PartyToSignOff; readonly route: Route; readonly at: string }
  /** What a party approved and signed of an earlier content holds for this one: it has nothing to do. */
  | { readonly type: 'CHAIN_CARRIED'; readonly org: string; readonly from: SignedContent; readonly at: string }
  /** `orgs`: one task for each. */
  | ({ readonly type: 'STEP_OPENED'; readonly at: string; readonly due: Day; readonly orgs: readonly string[] } & StepName)
  | ({ readonly type: 'STEP_NOT_NEEDED'; readonly at: string } & StepName)
  /** Done by a state, not by a person. */
  | ({ readonly type: 'STEP_MET'; readonly at: string } & StepName)
  | ({
      readonly type: 'TASK_ASSIGNED'
      readonly to: Person | null
      readonly by: Person | null
      readonly why: AssignReason
      readonly at: string
    } & TaskName)
  | ({ readonly type: 'TASK_DELEGATED'; readonly delegation: Delegation; readonly at: string } & TaskName)
  | ({ readonly type: 'TASK_DONE'; readonly result: TaskResult } & TaskName)
  /** `closed`: tasks that its quorum did not need. */
  | ({ readonly type: 'STEP_DONE'; readonly closed: readonly number[]; readonly at: string } & StepName)
  /** `voids`: steps that were done and hold no longer. */
  | ({
      readonly type: 'RETURNED'
      readonly by: Person
      /** Whom the deputy stood in for; null: they acted for themselves. */
      readonly deputyFor: Person | null
      readonly reasons: string
      readonly to: string
      readonly voids: readonly string[]
      readonly at: string
    } & StepName)
  | ({ readonly type: 'RETURN_TAKEN_BACK'; readonly by: Person; readonly reason: string; readonly at: string } & StepName)
  | ({
      readonly type: 'STEP_REFUSED'
      readonly by: Person
      readonly deputyFor: Person | null
      readonly reason: string
      readonly at: string
    } & StepName)
  | ({ readonly type: 'OVERRULED'; readonly by: Person; readonly reason: string; readonly at: string } & StepName)
  /** Somebody reminded a party by hand of these steps. */
  | { readonly type: 'CHASED'; readonly org: string; readonly steps: readonly string[]; readonly by: Person; readonly at: string }
  | { readonly type: 'CHAIN_READY'; readonly org: string; readonly at: string }
  | ({ readonly type: 'SIGNED'; readonly by: Person; readonly deputyFor: Person | null; readonly at: string } & TaskName)
  | {
      readonly type: 'CHAIN_ENDED'
      readonly org: string | null
      readonly how: Extract<ChainStatus, 'REFUSED' | 'DECLINED' | 'LEFT' | 'LAPSED' | 'OVER'>
      readonly by: Person | null
      readonly reason: string | null
      readonly at: string
    }
  /** `voids`: what was done by then and holds no longer, by chain. */
  | {
      readonly type: 'ENDED'
      readonly how: Extract<SignOffStatus, 'COMPLETE' | 'REFUSED' | 'WITHDRAWN' | 'SUPERSEDED'>
      readonly reason: string | null
      readonly voids: readonly StepName[]
      readonly at: string
    }
  | { readonly type: 'HELD'; readonly reason: string; readonly at: string }
  /** `due`: where the due days of open steps lie from now on; `days`: by how many working days they have moved. */
  | {
      readonly type: 'RELEASED'
      readonly reason: string
      readonly days: number
      readonly due: readonly (StepName & { readonly due: Day })[]
      readonly at: string
    }
  | {
      readonly type: 'COMMENTED'
      readonly thread: string
      readonly part: string
      readonly text: string
      readonly isShared: boolean
      readonly by: Person
      readonly at: string
    }
  | { readonly type: 'THREAD_RESOLVED' | 'THREAD_REOPENED'; readonly thread: string; readonly by: Person; readonly at: string }
  | {
      readonly type: 'MARKED'
      readonly part: string
      readonly mark: MarkValue
      readonly isShared: boolean
      readonly by: Person
      readonly at: string
    }
  /** A timer fired: it tells, and changes nothing but that it has. `to`: whom an escalation is shown to. */
  | ({
      readonly type: 'REMINDED' | 'OVERDUE' | 'ESCALATED'
      readonly timer: string
      readonly to: Role | null
      readonly due: Day
      readonly at: string
    } & StepName)
