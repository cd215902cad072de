import type { Answer } from '../answer.ts'
import type { Obligation } from '../evaluation/obligations.ts'
import type { DecisionBody } from '../request-body.ts'
import type { ReasonCode } from '../rules/reason.ts'

// An answer in the words of AuthZEN. Pure: it says what the answer says, and nothing that its caller may not know.

/** A Decision (Authorization API 1.0, 5.5) with a context of ours. */
export interface AuthzenDecision {
  readonly decision: boolean
  readonly context: Readonly<Record<string, unknown>> & {
    readonly evaluation_id: string
    readonly evaluated_at: string
    readonly policy_revision: number
  }
}

/** An obligation as the draft profile of AuthZEN for obligations has it: `custom`, since no registered type says what ours say. */
interface AuthzenObligation {
  readonly type: 'custom'
  /** Its name within the answer; a code that stands twice is numbered. */
  readonly id: string
  readonly code: string
  readonly mandatory: boolean
  readonly properties: Obligation['parameters']
}

/** How many days a denial may be asked to be changed by naming it; later the question is asked anew. */
const ASKABLE_DAYS = 30
const DAY_MS = 86_400_000
/** What no agreement between the two can change: who they are, how it was asked, what they ruled out, and what a person has said. */
const NOT_ASKABLE: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  ...(['INVALID_REQUEST', 'UNKNOWN_PARTY', 'UNKNOWN_CODE', 'SAME_CONTROLLER', 'PARTY_INACTIVE', 'CALLER_NOT_PARTY'] as const),
  ...(['PROHIBITED_BY_AGREEMENT', 'SUBJECT_OBJECTION', 'SUBJECT_RESTRICTION'] as const),
])

/** Whether somebody of the caller's organisation may ask for what was denied: one of the two, where an agreement could permit it. */
export function isAskable({ decision, reasons }: Answer, { provider, recipient }: DecisionBody, org: string): boolean {
  return decision === 'DENY' && (org === provider || org === recipient) && !reasons.some(({ code }) => NOT_ASKABLE.has(code))
}

/** Until when a denial of that instant may be named by whoever asks for the share. */
export function askableUntil(evaluatedAt: string): string {
  return new Date(Date.parse(evaluatedAt) + ASKABLE_DAYS * DAY_MS).toISOString()
}

/** The answer to one question; `endpoint`: where its denial may be asked to be changed, null where it may not. A permit carries what must be done; what is only good to know is apart, so that no cautious client trips over it. */
export function decisionOf(answer: Answer, endpoint: string | null): AuthzenDecision {
  const { decision_id: evaluation_id, evaluated_at, policy_revision, expires_at } = answer
  const common = { evaluation_id, evaluated_at, policy_revision }
  if (answer.decision !== 'PERMIT')
    return { decision: false, context: { ...common, ...whyNot(answer), ...accessRequest(answer, endpoint) } }
  const all = obligationsOf(answer)
  const advice = all.filter(({ mandatory }) => !mandatory)
  const obligations = all.filter(({ mandatory }) => mandatory)
  return { decision: true, context: { ...common, expires_at, obligations, ...(advice.length > 0 ? { advice } : {}) } }
}

/** The answer to one of several that was not evaluated, and why. */
export function refusedDecision(answer: Answer, error: { readonly status: number; readonly message: string }): AuthzenDecision {
  const decision = decisionOf(answer, null)
  return { ...decision, context: { ...decision.context, error } }
}

function accessRequest({ evaluated_at }: Answer, endpoint: string | null): Readonly<Record<string, unknown>> {
  return endpoint === null ? {} : { access_request: { endpoint, expires_at: askableUntil(evaluated_at) } }
}

function obligationsOf({ obligations }: Answer): AuthzenObligation[] {
  const seen = new Map<string, number>()
  return obligations.map(({ code, mandatory, parameters }) => {
    const count = (seen.get(code) ?? 0) + 1
    seen.set(code, count)
    return { type: 'custom', id: count === 1 ? code : `${code}.${count}`, code, mandatory, properties: parameters }
  })
}

/** One text a code for whoever shares, one for officers where the caller may know what they are told. */
function whyNot({ reasons, primary_reason }: Answer): Readonly<Record<string, unknown>> {
  const user: Record<string, string> = {}
  const admin: Record<string, string> = {}
  for (const { code, text, detail, officer_text } of reasons) {
    user[code] = text
    if (officer_text !== null) admin[code] = `${detail} ${officer_text}`
  }
  return {
    ...(primary_reason === null ? {} : { reason: primary_reason }),
    reason_user: user,
    ...(Object.keys(admin).length === 0 ? {} : { reason_admin: admin }),
  }
}
