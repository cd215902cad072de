import type { Role } from '../../identity/permissions.ts'

/**
 * A route: by which steps a text, or a decision, is approved. Data, never code: `routes/*.json` ships some, an organisation may
 * write its own, and every version that was ever used is kept.
 * Words: route, step, chain (the steps of one party, or of the whole), task (one person's part of a step), quorum.
 */

/** What whoever opens a sign-off may say of its subject, or of one party in it. Workflow knows their names and nothing behind them. */
export const FACTS = [
  'SPECIAL_DATA',
  'CRIMINAL_DATA',
  'RESTRICTED_CLASS_DATA',
  'HEALTH_OR_SOCIAL_CARE',
  'CHILDREN_OR_ADULTS_AT_RISK',
  'OVERSEAS',
  'PROCESSOR_CONTRACT',
  'JOINT_CONTROLLERS',
  'NEW_GATEWAY',
  'UNVERIFIED_LAW',
  'NEW_METHOD',
  'HIGH_VOLUME',
  'ASSESSMENT_REQUIRED',
  'ASSESSMENT_COMPLETE',
  'LEGAL_COMPULSION',
  'POLICE_URGENT',
  'STATUTORY_DEADLINE',
  'SAFEGUARDING',
  'CONTROLLER',
  'PROCESSOR',
  'PROVIDER',
  'RECIPIENT',
  'KEEPER',
] as const
export type Fact = (typeof FACTS)[number]

/** Whether something is to be done: a fact, or several joined. */
export type Condition =
  | { readonly fact: Fact }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }

/** What kind of act completes a step. */
export type StepKind =
  /** Completeness, law, security, confidentiality: approved, with conditions or without, returned, refused. */
  | 'REVIEW'
  /** An information asset owner says that the facts are right. */
  | 'CONFIRMATION'
  /** Met by the state of the assessment, which is made elsewhere. */
  | 'ASSESSMENT'
  /** The advice of the data protection officer (Art 39 UK GDPR): a refusal can only be overruled by the SIRO of the same party. */
  | 'DPO_REVIEW'
  /** The SIRO accepts the residual risk. */
  | 'RISK_ACCEPTANCE'
  /** Binds the party to the text. */
  | 'SIGNATURE'
  /** The last word on what is not signed: a one-off disclosure, an emergency. */
  | 'DECISION'

/** How many of the tasks of a step must be approved. */
export interface Quorum {
  readonly need: number | 'ALL'
  /** How many people are asked; of a step for the whole, absent: one of every party, or of those named in `core`. */
  readonly of?: number
  /** Parties that a step for the whole asks, by code. */
  readonly core?: readonly string[]
}

/** Whom an overdue step is shown to, so many working days after its due day. */
export interface Escalation {
  readonly after: number
  readonly to: Role
}

export interface RouteStep {
  /** For example `IG_REVIEW`; unique in the route. */
  readonly id: string
  readonly title: string
  readonly kind: StepKind
  /** Each party by its own people, or once for the whole. */
  readonly by: 'PARTY' | 'WHOLE'
  readonly role: Role
  /** Steps that are done, or not needed, before this one opens; those with the same ones open together. */
  readonly after: readonly string[]
  /** Absent: always. */
  readonly when?: Condition
  /** Absent: one person. */
  readonly quorum?: Quorum
  /** Working days from opening to the due day. */
  readonly due: number
  /** A shorter time where a fact says so; the first that holds. */
  readonly due_when?: readonly { readonly when: Condition; readonly due: number }[]
  /** Reminders, in working days before the due day. */
  readonly remind: readonly number[]
  readonly escalate: readonly Escalation[]
  /** Signature only: working days after which an open signature lapses. Silence is never consent. */
  readonly lapse?: number
  /** Where the party's chain opens again once what this step returned is put right. */
  readonly return_to: string
}

/** When signing opens for a party whose own steps are done. */
export type SignatureOpens =
  /** At once: each pair of parties counts for itself. */
  | { readonly rule: 'PAIRWISE' }
  /** When every party is ready; one refusal ends it for all. */
  | { readonly rule: 'ALL' }
  | { readonly rule: 'AT_LEAST'; readonly n: number }
  /** When each of these is ready; one refusal among them ends it for all. */
  | { readonly rule: 'CORE'; readonly parties: readonly string[] }

export interface Route {
  readonly code: string
  readonly version: number
  readonly title: string
  /** The organisation whose own chains may go by it; null: everybody's. */
  readonly owner: string | null
  /** What it is for, in plain words. */
  readonly purpose: string
  /** What it may be used for; absent: anything. */
  readonly when?: Condition
  /** The rule by which nobody approves what they asked for themselves. */
  readonly requester_rule: 'SD-1' | 'AH-3' | 'SD-5'
  readonly signature_opens: SignatureOpens
  readonly steps: readonly RouteStep[]
}

/** A route as an organisation writes it: whose it is and which version comes of itself. */
export type NewRoute = Omit<Route, 'owner' | 'version'>

/** A version as it stands in the register. */
export interface WrittenRoute extends Route {
  /** Since when it is in force. */
  readonly written_at: string
}

/** Names a version of a route: `STANDARD/1`, or `LBC_CAMDEN/OWN/2`. */
export function routeKey({ owner, code, version }: Pick<Route, 'owner' | 'code' | 'version'>): string {
  return [...(owner === null ? [] : [owner]), code, version].join('/')
}

/** Whether a condition holds on these facts; an absent one always does. */
export function holds(condition: Condition | undefined, facts: ReadonlySet<Fact>): boolean {
  if (condition === undefined) return true
  if ('fact' in condition) return facts.has(condition.fact)
  if ('all' in condition) return condition.all.every((one) => holds(one, facts))
  if ('any' in condition) return condition.any.some((one) => holds(one, facts))
  return !holds(condition.not, facts)
}

/** The step with this id. @throws RangeError where the route has none: a sign-off names no step that its route lacks */
export function routeStep(route: Route, id: string): RouteStep {
  const found = route.steps.find((step) => step.id === id)
  if (!found) throw new RangeError(`route ${routeKey(route)} has no step ${id}`)
  return found
}

/** The ids of a step and of all that come after it, directly or not. */
export function stepsFrom({ steps }: Pick<Route, 'steps'>, id: string): string[] {
  const found = [id]
  for (const one of found) for (const step of steps) if (step.after.includes(one) && !found.includes(step.id)) found.push(step.id)
  return found
}
