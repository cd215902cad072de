import type { Finding } from '../evaluation/candidates.ts'
import type { PolicyAgreement } from '../policy/policy.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import type { Reason, ReasonCode } from '../rules/reason.ts'
import type { DecisionRequest } from '../rules/request.ts'

/** One change that somebody could make, in words and codes. */
export interface RemedyChange {
  /** What to do, for example SIGN or NARROW_REQUEST. */
  readonly kind: ChangeKind
  readonly text: string
  /** GOV_ROLE whose act it is. Who decides whether it ought to be done is the role of the reason. */
  readonly by: string
  /** The organisations whose people those are. */
  readonly organisations: readonly string[]
  /** Codes, counts or days it is about: items to leave out, methods to choose from, days to reach. */
  readonly values: readonly string[]
}

export type ChangeKind =
  | 'NARROW_REQUEST'
  | 'USE_METHOD'
  | 'USE_FORM'
  | 'STATE_COUNT'
  | 'CORRECT_BASIS'
  | 'RECORD_CONSENT'
  | 'USE_COUNTRY'
  | 'ASK_WITHOUT_REFERENCE'
  | 'WAIT'
  | 'SIGN'
  | 'COMPLETE_APPROVALS'
  | 'RENEW'
  | 'REVIEW'
  | 'LIFT_SUSPENSION'
  | 'APPROVE_DPIA'
  | 'REVIEW_DPIA'
  | 'COMPLETE_CONSULTATION'
  | 'ADD_POLICY_DOCUMENT'
  | 'AMEND_FLOW'
  | 'ADD_FLOW'
  | 'LIST_AGENT'
  | 'COMPLETE_CONTRACT'
  | 'COMPLETE_ARRANGEMENT'

/** A change, the reasons it may answer, and how to make it on a copy. Whether it helps is for the evaluation to say. */
export interface RemedyProposal {
  readonly change: RemedyChange
  readonly answers: readonly ReasonCode[]
  /** The member it changes: two that touch the same one are alternatives. */
  readonly touches: string
  apply(state: WhatIf): WhatIf
  /** The same change in other ways, each to be tried out before it is named. */
  readonly choices?: Choices
}

/** Values that a change may choose from, and how it reads with those that were found to permit. */
export interface Choices {
  readonly of: readonly { readonly value: string; apply(state: WhatIf): WhatIf }[]
  words(values: readonly string[]): RemedyChange
}

/** What proposals are made from. */
export interface ProposalFacts {
  readonly nearest: Finding
  readonly request: DecisionRequest
  readonly at: number
  /** The instant of the call, milliseconds. */
  readonly askedAt: number
  /** Whether the question is about the past: what the agreement lacked then nobody can make good for that time. */
  readonly isPast: boolean
  readonly index: PolicyIndex
  readonly reasons: readonly Reason[]
}

/** The state a proposal changes: the question, its instant and the nearest agreement. */
export interface WhatIf {
  readonly request: DecisionRequest
  readonly at: number
  readonly agreement: PolicyAgreement
}
