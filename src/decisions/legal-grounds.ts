import type { LegalSide } from '../agreements/agreement.ts'
import { acceptedVersion, dpiaStateAt } from '../agreements/model/in-force.ts'
import { valueAt } from '../agreements/model/standing.ts'
import type { Finding } from './evaluation/candidates.ts'
import type { DisclosureDecision, PolicyAgreement } from './policy/policy.ts'
import { recordedBases } from './rules/basis.ts'
import type { Facts } from './rules/facts.ts'
import { usableGateways } from './rules/gateways.ts'

/** The law one side relies on in a permit. */
export interface LegalGround {
  readonly regime: LegalSide['regime']
  readonly lawful_basis: readonly string[]
  /** Of the provider: those that carry this share. Of the recipient: those recorded. */
  readonly gateways: readonly { readonly code: string; readonly citation: string | null }[]
  readonly art9: readonly string[]
  readonly sch1: readonly string[]
  readonly criminal: readonly string[]
  /** The assessment made here whose risk this controller has accepted, the version that it accepted, and its DPIA_STATE; absent: none is made here. */
  readonly assessment?: { readonly id: string; readonly version: number; readonly state: string }
}

/** The law of a permit by an agreement; no recipient: it is a processor. */
export interface LegalGrounds {
  readonly provider: LegalGround
  readonly recipient: LegalGround | null
}

/** The law in the form of a one-off decision (3.3): as it was recorded, null or empty where it was not. */
export interface DisclosureGround {
  readonly id: string
  readonly lawful_basis: string | null
  readonly conditions: readonly string[]
  readonly exemption: string | null
  readonly legal_compulsion: boolean | null
  readonly approved_by_role: string | null
}

/** The law that a duty manager asserted (6.6); the conditions where special category data is asked for. */
export interface AssertedLaw {
  readonly ground: string | null
  readonly lawful_basis: string | null
  readonly art9: string | null
  readonly sch1: readonly string[]
  readonly sch8: readonly string[]
  readonly transfer: string | null
}

/** The law of both sides for the items that were asked for. */
export function legalGrounds(facts: Facts, { agreement, version, flow }: Finding): LegalGrounds | null {
  if (!flow || !version) return null
  const usable = usableGateways(facts, { agreement, version, flow }).map((gateway) => gateway.code)
  const { provider, recipient } = flow.source.legal
  return {
    provider: { ...groundOf(provider, usable, facts), ...assessmentOf(agreement, facts.provider.code, facts.at) },
    recipient: recipient && {
      ...groundOf(recipient, recipient.gateways, facts),
      ...assessmentOf(agreement, facts.recipient.code, facts.at),
    },
  }
}

/** What a controller stands on of an assessment that is made here (DP-7). */
function assessmentOf({ dpia }: PolicyAgreement, org: string, at: number): Pick<LegalGround, 'assessment'> {
  if (!dpia.accepting || !valueAt(dpia.recorded, at).required) return {}
  const version = acceptedVersion(dpia, org, at)
  return version === null ? {} : { assessment: { id: dpia.accepting.id, version, state: dpiaStateAt(dpia, at) } }
}

function groundOf(side: LegalSide, gateways: readonly string[], { codes, requested }: Facts): LegalGround {
  return {
    regime: side.regime,
    lawful_basis: recordedBases(side),
    gateways: gateways.map((code) => ({ code, citation: codes.gateways.get(code)?.citation ?? null })),
    art9: requested.special.length > 0 ? side.art9 : [],
    sch1: requested.special.length > 0 ? side.sch1 : [],
    criminal: requested.criminal.length > 0 ? side.criminal : [],
  }
}

/** The one-off decision that a permit rides on, read from its form; what is not in it is not made up. */
export function disclosureGround({ id, form }: DisclosureDecision): DisclosureGround {
  const conditions: unknown = form['conditions']
  const compulsion = form['legal_compulsion']
  return {
    id,
    lawful_basis: text(form['lawful_basis']),
    conditions: Array.isArray(conditions) ? conditions.flatMap((code) => text(code) ?? []) : [],
    exemption: text(form['exemption']),
    legal_compulsion: typeof compulsion === 'boolean' ? compulsion : null,
    approved_by_role: text(form['approved_by_role']),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** What a duty manager asserted and the rules of an emergency read. */
export function assertedLaw({ request: { lawful_basis, emergency }, requested }: Facts): AssertedLaw {
  const isSpecial = requested.special.length > 0
  return {
    ground: emergency?.ground ?? null,
    lawful_basis,
    art9: isSpecial ? (emergency?.art9 ?? null) : null,
    sch1: isSpecial ? (emergency?.sch1 ?? []) : [],
    sch8: isSpecial ? (emergency?.sch8 ?? []) : [],
    transfer: emergency?.transfer ?? null,
  }
}
