import type { Role } from '../../identity/permissions.ts'
import type { Identity } from '../../identity/principal.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Fact, Route, RouteStep } from './route.ts'

/**
 * A sign-off: the approval of one text, or of one decision, by the people of every party. It knows what it approves by type, key
 * and content hash, and never looks behind them. The state is made of its events alone (`evolve.ts`). Instants are ISO 8601.
 */

/** What is approved; opaque here. */
export interface Subject {
  readonly type: string
  readonly id: string
  /** Of the text; 0 where it has none. */
  readonly version: number
  /** SHA-256 of exactly this content, hex. */
  readonly hash: string
}

/** What was signed earlier, and holds for another content too. */
export type SignedContent = Pick<Subject, 'version' | 'hash'>

/** A person with the organisation that they act for. */
export interface Person extends Identity {
  readonly org: string
}

/**
 * OPEN: at work. HELD: everything stands still (a suspension). COMPLETE: every chain has ended and at least one was signed or
 * decided. The others end it: REFUSED by a quorum that can no longer be reached, WITHDRAWN by whoever opened it, SUPERSEDED by
 * another content.
 */
export type SignOffStatus = 'OPEN' | 'HELD' | 'COMPLETE' | 'REFUSED' | 'WITHDRAWN' | 'SUPERSEDED'

/**
 * OPEN: steps are at work. RETURNED: somebody asked for changes, and nobody approves this content until they take it back.
 * DPO_REFUSED: waits for the SIRO, who may overrule. READY: only the signature is missing. SIGNED (of a decision: decided). The
 * others end it: REFUSED, DECLINED to sign, LEFT, LAPSED without an answer, OVER where what it is for can be signed no more.
 */
export type ChainStatus = 'OPEN' | 'RETURNED' | 'DPO_REFUSED' | 'READY' | 'SIGNED' | 'REFUSED' | 'DECLINED' | 'LEFT' | 'LAPSED' | 'OVER'

/** WAITING for other steps. NOT_NEEDED: its condition does not hold. CLOSED: ended with its chain, or its sign-off, undone. */
export type StepState = 'WAITING' | 'NOT_NEEDED' | 'OPEN' | 'DONE' | 'RETURNED' | 'REFUSED' | 'CLOSED'

export type Outcome = 'APPROVED' | 'APPROVED_WITH_CONDITIONS'

/** What whoever approves asks for; it becomes an obligation of every permit that rests on the approval (6.5 APPROVAL_CONDITION). */
export interface ApprovalCondition {
  readonly text: string
  /** Who must keep it. */
  readonly bearer: 'PROVIDER' | 'RECIPIENT' | 'BOTH'
  readonly due: Day | null
}

/** A deputy, from the first to the last London day, both included. */
export interface Delegation {
  readonly from: Person
  readonly to: Person
  readonly first: Day
  readonly last: Day
  readonly reason: string
}

/** What became of a task, and through whom. */
export interface TaskResult {
  readonly outcome: Outcome
  readonly by: Person
  /** Whom the deputy stood in for; null: they acted for themselves. */
  readonly deputyFor: Person | null
  readonly at: string
  readonly comment: string | null
  readonly conditions: readonly ApprovalCondition[]
  /** The party whose review was adopted, with the reason; null: it was made here. */
  readonly adopted: { readonly org: string; readonly reason: string } | null
}

/** One person's part of a step. */
export interface Task {
  /** From 1, within its step. */
  readonly number: number
  readonly org: string
  readonly assignee: Person | null
  readonly delegation: Delegation | null
  /** CLOSED: the quorum was reached without it, or the step ended. */
  readonly state: 'OPEN' | 'DONE' | 'CLOSED'
  readonly result: TaskResult | null
}

export interface Step {
  readonly id: string
  readonly state: StepState
  /** How often it was opened: once, and once more each time its chain was opened again at or before it. */
  readonly round: number
  readonly openedAt: string | null
  readonly due: Day | null
  /** Working days of this round in which everything stood still: they do not count. */
  readonly heldDays: number
  readonly tasks: readonly Task[]
  /** When whoever has it was reminded of it last in this round, by the clock or by hand; null: not yet. */
  readonly remindedAt: string | null
  /** Keys of the timers that have fired in this round. */
  readonly fired: readonly string[]
}

/** Somebody asked for changes. */
export interface Return {
  readonly step: string
  readonly by: Person
  readonly at: string
  readonly reasons: string
  /** Where the chain opens again. */
  readonly to: string
}

/** Somebody who asked for it, or drafted it; `org`: for which organisation, where that is known. */
export interface Requester extends Identity {
  readonly org?: string
}

/** The steps of one party; `org` null: those for the whole. */
export interface Chain {
  readonly org: string | null
  readonly route: string
  readonly facts: readonly Fact[]
  /** People who asked for or drafted it for this party: they approve nothing of it. */
  readonly requesters: readonly Requester[]
  readonly status: ChainStatus
  readonly steps: readonly Step[]
  readonly returned: Return | null
  /** The refusal of the data protection officer, also after it was overruled: it is shown for ever. */
  readonly dpoRefusal: { readonly by: Person; readonly at: string; readonly reason: string } | null
  readonly overruled: { readonly by: Person; readonly at: string; readonly reason: string } | null
  readonly signed: { readonly by: Person; readonly deputyFor: Person | null; readonly at: string } | null
  /** Signed without a new signature: the earlier content whose signature holds for this one too; null: it signs for itself. */
  readonly carriedFrom: (SignedContent & { readonly at: string }) | null
  /** When somebody reminded the party by hand last; null: nobody did. */
  readonly chasedAt: string | null
  /** Why it ended undone. */
  readonly endReason: string | null
}

export type MarkValue = 'ACCEPTABLE' | 'IMPROVE' | 'TO_CORRECT'

/** What somebody thinks of a part of the subject; `part` is a JSON pointer, or empty for the whole. */
export interface Mark {
  readonly part: string
  readonly mark: MarkValue
  readonly by: Person
  readonly at: string
  /** Whether the reviewers of other parties see it. */
  readonly isShared: boolean
}

/** Comments on a part, in order. */
export interface Thread {
  readonly id: string
  readonly part: string
  readonly org: string
  readonly isShared: boolean
  readonly resolved: { readonly by: Person; readonly at: string } | null
  readonly comments: readonly { readonly by: Person; readonly at: string; readonly text: string }[]
}

export interface SignOff {
  readonly id: string
  readonly subject: Subject
  /** The organisation that keeps the text. */
  readonly keeper: string
  readonly facts: readonly Fact[]
  /** Key of its own route; parties may have theirs. */
  readonly route: string
  /** The routes that it began with, by key: it keeps them whatever is published later. */
  readonly routes: Readonly<Record<string, Route>>
  /** Parties in the order in which they sign; null: in any order. */
  readonly signingOrder: readonly string[] | null
  readonly status: SignOffStatus
  /** Since when everything stands still; null: it does not. */
  readonly heldAt: string | null
  readonly startedAt: string
  readonly startedBy: Person
  /** The one for the whole first, where its route has any such step; then by party. */
  readonly chains: readonly Chain[]
  readonly marks: readonly Mark[]
  readonly threads: readonly Thread[]
  readonly eventCount: number
}

/** The route of a chain. */
export function routeOf({ routes }: Pick<SignOff, 'routes'>, chain: Pick<Chain, 'route'>): Route {
  const found = routes[chain.route]
  if (!found) throw new RangeError(`the sign-off does not hold route ${chain.route}`)
  return found
}

export function chainOf({ chains }: Pick<SignOff, 'chains'>, org: string | null): Chain | undefined {
  return chains.find((chain) => chain.org === org)
}

export function stepOf({ steps }: Pick<Chain, 'steps'>, id: string): Step | undefined {
  return steps.find((step) => step.id === id)
}

/** The steps of a route that a chain has: those for the whole stand in a chain of their own. */
export function stepsFor(route: Route, org: string | null): readonly RouteStep[] {
  return route.steps.filter(({ by }) => (by === 'WHOLE') === (org === null))
}

/** Whether something can still happen in a chain. */
export function isOpenChain({ status }: Pick<Chain, 'status'>): boolean {
  return status === 'OPEN' || status === 'RETURNED' || status === 'DPO_REFUSED' || status === 'READY'
}

/** The role that a step asks for. */
export function roleOf(signOff: SignOff, chain: Chain, step: string): Role | undefined {
  return routeOf(signOff, chain).steps.find(({ id }) => id === step)?.role
}
