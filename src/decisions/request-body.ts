import type { RefusalCode } from '../platform/kernel/refusal.ts'
import type { PolicyIndex } from './policy/policy-index.ts'
import type { DecisionMode, DecisionRequest, EmergencyClaim } from './rules/request.ts'

/**
 * The body of a decision call as the contract lets it through: absent and null are the same. Nothing here may guess what was
 * left out, look anything up, or take from the body what only the token says.
 */
export interface DecisionBody {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  /** Null: left open, which a simulation alone may do; so are method and country. */
  readonly data_subjects?: readonly string[] | null
  readonly method?: string | null
  readonly country?: string | null
  readonly mode: DecisionMode
  readonly lawful_basis?: string | null
  readonly at?: string | null
  readonly data_form?: string | null
  readonly agreement_ref?: string | null
  readonly consent_ref?: string | null
  readonly subject_flags?: readonly string[] | null
  readonly subject_count?: number | null
  readonly record_count?: number | null
  readonly disclosure_decision_id?: string | null
  readonly emergency?: EmergencyBody | null
  readonly provider_agent?: string | null
  readonly recipient_agent?: string | null
  readonly correlation_id?: string | null
  readonly min_revision?: number | null
  /** Simulation only: ask the text of this policy revision. */
  readonly as_of_revision?: number | null
  /** What its caller stated about the processing (URIs of registers, what its own log needs): recorded, never read. */
  readonly stated?: Readonly<Record<string, unknown>>
  /** One of several that cannot be answered, and why: nothing else of it counts, and it is denied. */
  readonly refused?: RefusedItem
}

/** Why one of several questions is not evaluated. */
export interface RefusedItem {
  readonly code: RefusalCode
  readonly detail: string
}

/** In place of a question that cannot be answered among others that can: nothing of what was said. */
export function refusedBody(refused: RefusedItem): DecisionBody {
  return { provider: '', recipient: '', purpose: '', data_items: [], mode: 'SYSTEMATIC', refused }
}

interface EmergencyBody {
  readonly ground?: string | null
  readonly actor?: string | null
  readonly justification?: string | null
  readonly art9?: string | null
  readonly subject_incapable?: boolean | null
  readonly sch1?: readonly string[] | null
  readonly sch8?: readonly string[] | null
  readonly transfer?: string | null
}

/** A body that was merged is asked about, and recorded, as the one that it is in the policy that is asked. */
export function namedIn({ codeOf }: Pick<PolicyIndex, 'codeOf'>, body: DecisionBody): DecisionBody {
  const { provider, recipient, provider_agent, recipient_agent } = body
  if ([provider, recipient, provider_agent, recipient_agent].every((code) => !code || codeOf(code) === code)) return body
  return {
    ...body,
    provider: codeOf(provider),
    recipient: codeOf(recipient),
    ...(provider_agent ? { provider_agent: codeOf(provider_agent) } : {}),
    ...(recipient_agent ? { recipient_agent: codeOf(recipient_agent) } : {}),
  }
}

/**
 * The request of a body, absent members as null.
 *
 * @param actor the duty manager who calls, live; null: the body's `emergency.actor` stands, which only a simulation may send
 */
export function toDecisionRequest(
  body: DecisionBody,
  actor: { readonly live: true; readonly sub: string | null } | { readonly live: false },
): DecisionRequest {
  return {
    provider: body.provider,
    recipient: body.recipient,
    purpose: body.purpose,
    data_items: body.data_items,
    data_subjects: body.data_subjects ?? null,
    lawful_basis: body.lawful_basis ?? null,
    method: body.method ?? null,
    country: body.country ?? null,
    mode: body.mode,
    data_form: body.data_form ?? null,
    agreement_ref: body.agreement_ref ?? null,
    consent_ref: body.consent_ref ?? null,
    subject_flags: body.subject_flags ?? [],
    subject_count: body.subject_count ?? null,
    record_count: body.record_count ?? null,
    disclosure_decision_id: body.disclosure_decision_id ?? null,
    emergency: body.emergency ? toClaim(body.emergency, actor.live ? actor.sub : (body.emergency.actor ?? null)) : null,
    provider_agent: body.provider_agent ?? null,
    recipient_agent: body.recipient_agent ?? null,
  }
}

function toClaim(claim: EmergencyBody, actor: string | null): EmergencyClaim {
  return {
    ground: claim.ground ?? null,
    actor,
    justification: claim.justification ?? null,
    art9: claim.art9 ?? null,
    subject_incapable: claim.subject_incapable ?? null,
    sch1: claim.sch1 ?? [],
    sch8: claim.sch8 ?? [],
    transfer: claim.transfer ?? null,
  }
}
