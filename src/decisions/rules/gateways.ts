import type { Organisation } from '../../parties/organisation.ts'
import { isValidOn } from '../../reference/code-list.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { Gateway } from '../../reference/gateway.ts'
import type { PolicyFlow } from '../policy/policy.ts'
import type { Candidate, Facts, Rule } from './facts.ts'
import { type Reason, reason } from './reason.ts'
import type { DecisionRequest } from './request.ts'

/** Kinds that permit nothing on their own (CK-20). */
const NEVER_ALONE = new Set(['RESTRICTION', 'CONFIDENTIALITY_LIFT'])

/** CK-8 (GW-1, GW-2): at least one gateway that the provider cites fits these bodies, this purpose, these items, this day. */
export const gateways: Rule = (facts, candidate) => {
  const cited = candidate.flow.source.legal.provider.gateways
  if (cited.length === 0 || usableGateways(facts, candidate).length > 0) return []
  const why = cited.map((code) => `${code}: ${unusableBecause(facts, candidate, facts.codes.gateways.get(code)) ?? 'fits'}`)
  return [reason('GATEWAY_NOT_AVAILABLE', `No cited gateway can carry this share. ${why.join('; ')}.`, { side: 'PROVIDER', items: cited })]
}

/** CK-9: consent where the gateway, the flow or the basis asks for it. */
export const consent: Rule = (facts, candidate) => {
  const { request } = facts
  if (hasConsent(request)) return []
  const { provider } = candidate.flow.source.legal
  const usable = usableGateways(facts, candidate)
  const bases = provider.regime === 'UK_GDPR' ? provider.art6.filter((code) => facts.codes.lawfulBases.has(code)) : []
  const why: string[] = []
  if (usable.length > 0 && usable.every((gateway) => gateway.requiresConsent))
    why.push(`${usable.map((g) => g.code).join(', ')} needs the person's consent`)
  if (candidate.flow.source.consent_required) why.push('the flow needs consent')
  if (bases.length > 0 && bases.every((basis) => basis === '6(1)(a)')) why.push('consent is the only recorded basis')
  if (request.lawful_basis === '6(1)(a)' && bases.includes('6(1)(a)')) why.push('consent is the asserted basis')
  if (why.length === 0) return []
  const found: Reason[] = [reason('CONSENT_NOT_RECORDED', `No consent in force: ${why.join('; ')}.`)]
  return found
}

/** CK-9: a consent is named, and not withdrawn. */
export function hasConsent({ consent_ref, subject_flags }: DecisionRequest): boolean {
  return consent_ref !== null && !subject_flags.includes('CONSENT_WITHDRAWN')
}

/** What was found for the flows of one question: rules, obligations and the law of an answer ask for the same. */
const known = new WeakMap<Facts, Map<PolicyFlow, readonly Gateway[]>>()

/** The gateways among those the provider cites that fit. */
export function usableGateways(facts: Facts, candidate: Candidate): readonly Gateway[] {
  const ofFacts = known.get(facts) ?? new Map<PolicyFlow, readonly Gateway[]>()
  known.set(facts, ofFacts)
  const found = ofFacts.get(candidate.flow) ?? fittingGateways(facts, candidate)
  ofFacts.set(candidate.flow, found)
  return found
}

function fittingGateways(facts: Facts, candidate: Candidate): Gateway[] {
  return candidate.flow.source.legal.provider.gateways.flatMap((code) => {
    const gateway = facts.codes.gateways.get(code)
    return gateway && unusableBecause(facts, candidate, gateway) === null ? [gateway] : []
  })
}

/** Why a gateway cannot carry this share, null when it can. Consent and request evidence are not part of this (CK-20). */
function unusableBecause(facts: Facts, { flow }: Candidate, gateway: Gateway | undefined): string | null {
  if (!gateway) return 'not in the list of gateways'
  const { request, requested, provider, recipient, codes, day } = facts
  if (NEVER_ALONE.has(gateway.kind)) return 'permits nothing on its own'
  if (!gateway.isCommenced) return 'not known to have commenced'
  if (!isValidOn(day, gateway.inForceFrom, gateway.inForceTo)) {
    const hasEnded = gateway.replacedBy !== null && gateway.inForceTo !== null && day > gateway.inForceTo
    return `not in force on ${day}${hasEnded ? `, replaced by ${gateway.replacedBy}` : ''}`
  }
  const notBetween = notForBodies(gateway, provider, recipient, codes)
  if (notBetween !== null && !(gateway.bothWays && notForBodies(gateway, recipient, provider, codes) === null)) return notBetween
  const fits = gateway.purposes.includes('*') || gateway.purposes.some((purpose) => codes.purposes.carries(purpose, request.purpose))
  if (!fits) return `not for ${request.purpose}`
  if (gateway.excludesPersonalData) return 'does not cover personal data'
  if (gateway.excludesPatientInformation && requested.patientInformation.length > 0) return 'does not cover patient information'
  if (gateway.excludesHealthInformation && requested.healthInformation.length > 0) return 'does not cover information on health or care'
  if (gateway.onlyItems.length > 0 && !request.data_items.every((item) => gateway.onlyItems.includes(item)))
    return 'covers other items only'
  const isProcessor = flow.source.legal.recipient === null
  const isSensitive = requested.special.length > 0 || requested.criminal.length > 0
  if (gateway.kind === 'ANCILLARY' && isSensitive && !isProcessor)
    return 'an ancillary power cannot carry special category or criminal offence data'
  return null
}

/** Why it does not run from one body to another: kinds of body first, then the bodies that the law names (GW-7). */
function notForBodies(gateway: Gateway, from: Organisation, to: Organisation, { orgTypes }: CodeLists): string | null {
  if (!isFor(gateway.providerTypes, from, orgTypes)) return `not for disclosure by ${from.type}`
  if (!isFor(gateway.recipientTypes, to, orgTypes)) return `not for disclosure to ${to.type}`
  if (!(gateway.providerOrgs?.includes(from.code) ?? true)) return `not for disclosure by ${from.code}`
  if (!(gateway.recipientOrgs?.includes(to.code) ?? true)) return `not for disclosure to ${to.code}`
  return null
}

/** A kind of body that is in no list is open to nothing but a law for any. */
function isFor(types: readonly string[], { type }: Organisation, orgTypes: ReadonlySet<string>): boolean {
  return types.includes('*') || (types.includes(type) && orgTypes.has(type))
}
