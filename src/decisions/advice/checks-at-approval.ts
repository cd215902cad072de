import type { Flow } from '../../agreements/agreement.ts'
import type { Advice } from '../../agreements/model/advice.ts'
import { isLondonAuthority } from '../../parties/organisation.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { isValidOn } from '../../reference/code-list.ts'
import { transferBasis } from '../rules/transfers.ts'
import { flowRestsOn, notVerified, sideRestsOn } from '../unverified-law.ts'
import { type ApprovalCheck, type ApprovalQuestion, error, isRegular, warning } from './approval-question.ts'

/** Kinds of gateway that oblige to disclose: they alone support a legal obligation (Art 6(1)(c) UK GDPR). */
const OBLIGING = new Set(['DUTY', 'DUTY_ON_REQUEST'])
/** Purposes that can be ones of law enforcement, narrower ones included (DPA 2018 s31). Our reading, not confirmed. */
const LAW_ENFORCEMENT = [
  'CRIME_INVESTIGATION',
  'COMMUNITY_SAFETY',
  'SERIOUS_VIOLENCE',
  'OFFENDER_MANAGEMENT',
  'FRAUD',
  'REGULATORY_ENFORCEMENT',
  'MODERN_SLAVERY',
  'DOMESTIC_ABUSE',
]
const IMMIGRATION_EXEMPTION = 'SCH2_4'
/** The department of the Secretary of State, whose alone the immigration exemption is. */
const HOME_OFFICE = 'GOV_HOME_OFFICE'
const COMMON_LAW = 'POLICE_COMMON_LAW'

const sidesOf = ({ legal }: Flow) => [
  { name: 'provider' as const, side: legal.provider },
  ...(legal.recipient ? [{ name: 'recipient' as const, side: legal.recipient }] : []),
]

/** AC-1: a power or a function is no obligation. Whoever records 6(1)(c) cites a duty in force, or a court order. */
const obligation: ApprovalCheck = ({ codes, drafted }, { flow, at }) => {
  const day = londonDay(drafted.at)
  return sidesOf(flow).flatMap(({ name, side }) => {
    const obliges = side.gateways.some((code) => {
      const gateway = codes.laws.has(code) ? codes.gateways.get(code) : undefined
      return gateway && OBLIGING.has(gateway.kind) && isValidOn(day, gateway.inForceFrom, gateway.inForceTo)
    })
    if (!side.art6.includes('6(1)(c)') || obliges) return []
    const detail = `Flow ${flow.id}: the ${name} relies on a legal obligation (6(1)(c)) and cites no duty to disclose and no court order; a power or a function is no obligation.`
    return [error('OBLIGATION_NOT_CITED', `${at}/legal/${name}/art6`, detail, 'UK GDPR Art 6(1)(c) and (3)', 'LEGAL')]
  })
}

/** AC-2: a feed is no answer to a request, unless it answers a standing one. */
const standingRequest: ApprovalCheck = ({ codes }, { flow, at }) => {
  const onRequest = flow.legal.provider.gateways.filter((code) => codes.gateways.get(code)?.requiresRequest)
  if (!isRegular(flow) || onRequest.length === 0 || flow.standing_request_ref?.trim()) return []
  const citation = onRequest.flatMap((code) => codes.gateways.get(code)?.citation ?? []).join('; ')
  const detail = `Flow ${flow.id}: ${onRequest.join(', ')} discloses on request only, and a regular flow answers none: record the standing request (text, date, function relied on).`
  return [error('STANDING_REQUEST_MISSING', `${at}/standing_request_ref`, detail, citation || null, 'LEGAL')]
}

/** AC-3: Part 3 is for law enforcement. Whether this purpose is one is for whoever approves to say. */
const lawEnforcementPurpose: ApprovalCheck = ({ codes }, { flow, at }) => {
  if (LAW_ENFORCEMENT.some((purpose) => codes.purposes.isWithin(flow.purpose, purpose))) return []
  return sidesOf(flow).flatMap(({ name, side }) => {
    if (side.regime !== 'PART_3') return []
    const detail = `Flow ${flow.id}: the ${name} processes under Part 3, and ${flow.purpose} is not among the purposes of law enforcement.`
    return [warning('PURPOSE_NOT_LAW_ENFORCEMENT', `${at}/legal/${name}/regime`, detail, 'DPA 2018 s31', 'LEGAL')]
  })
}

/** AC-4: the immigration exemption is the Secretary of State's alone, never a borough's. */
const immigrationExemption: ApprovalCheck = (question, { flow, compiled, at }) => {
  const boroughs = (orgs: Iterable<string>) => [...orgs].filter((code) => isBorough(question, code))
  const no = (pointer: string, whose: readonly string[]): Advice[] => {
    if (whose.length === 0) return []
    const detail = `Flow ${flow.id}: the immigration exemption is the Secretary of State's and not open to ${shortened(whose)}.`
    return [error('IMMIGRATION_EXEMPTION_NOT_OPEN', pointer, detail, 'DPA 2018 Sch 2 paras 4 and 4A (SI 2024/342)', 'LEGAL')]
  }
  const named = [...compiled.providers, ...compiled.recipients]
  // The list of exemptions does not say whose it is: it may be that of the Home Office where that takes part.
  const ofSomebody = flow.exemptions.includes(IMMIGRATION_EXEMPTION) && !named.includes(HOME_OFFICE) ? boroughs(new Set(named)) : []
  return [
    ...no(`${at}/exemptions`, ofSomebody),
    ...sidesOf(flow).flatMap(({ name, side }) => {
      const lists = [side.art6, side.annex1, side.gateways, side.art9, side.sch1, side.criminal]
      const relies = lists.some((codes) => codes.includes(IMMIGRATION_EXEMPTION))
      return no(`${at}/legal/${name}`, relies ? boroughs(compiled[name === 'provider' ? 'providers' : 'recipients']) : [])
    }),
  ]
}

/** AC-5: a pressing social need is judged case by case. */
const commonLaw: ApprovalCheck = ({ codes }, { flow, at }) => {
  if (!isRegular(flow) || !flow.legal.provider.gateways.includes(COMMON_LAW)) return []
  const detail = `Flow ${flow.id}: ${COMMON_LAW} needs a pressing social need in each case and cannot carry a regular flow.`
  const citation = codes.gateways.get(COMMON_LAW)?.citation ?? 'Common law policing powers'
  return [error('COMMON_LAW_ON_REGULAR_FLOW', `${at}/legal/provider/gateways`, detail, citation, 'LEGAL')]
}

/** Entries besides the provider's gateways that the draft rests on and that were not checked against a source. */
const unverifiedEntries: ApprovalCheck = ({ codes, drafted, organisation }, { flow, compiled, at, items }) => {
  const day = londonDay(drafted.at)
  const bodies = { provider: compiled.providers, recipient: compiled.recipients }
  const ofSides = sidesOf(flow).flatMap(({ name, side }) =>
    [...bodies[name]].flatMap((code) => {
      const body = organisation(code)
      return body ? sideRestsOn(side, items, body) : []
    }),
  )
  const abroad = flow.countries.filter((country) => country !== 'GB')
  const found = notVerified(
    [
      ...ofSides,
      ...flowRestsOn(flow, items),
      ...abroad.flatMap((country) => transferBasis({ codes, day }, country, flow).restsOn),
      ['PURPOSE', [flow.purpose]],
      ['DATA_ITEM', flow.data_items],
      ['DATA_SUBJECT', flow.data_subjects],
      ['RESTRICTION_GROUND', [compiled.restrictionGround]],
      ['EXEMPTION', flow.exemptions],
    ],
    codes,
  ).filter((code) => !flow.legal.provider.gateways.includes(code))
  if (found.length === 0) return []
  const detail = `Flow ${flow.id}: ${found.join(', ')} ${found.length === 1 ? 'was' : 'were'} not checked against a source: confirm before you rely on it.`
  return [warning('ENTRY_NOT_VERIFIED', at, detail, null, 'LEGAL')]
}

/** Besides what the rules that decide find: what is asked when a version is approved, and of no decision (AC-1 to AC-5). */
export const CHECKS_AT_APPROVAL: readonly ApprovalCheck[] = [
  obligation,
  standingRequest,
  lawEnforcementPurpose,
  immigrationExemption,
  commonLaw,
  unverifiedEntries,
]

function isBorough({ organisation }: ApprovalQuestion, code: string): boolean {
  const found = organisation(code)
  return found !== undefined && isLondonAuthority(found)
}

function shortened(codes: readonly string[]): string {
  return codes.length > 3 ? `${codes.slice(0, 3).join(', ')} and ${codes.length - 3} more` : codes.join(', ')
}
