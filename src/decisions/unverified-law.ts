import type { Flow, LegalSide } from '../agreements/agreement.ts'
import type { Organisation } from '../parties/organisation.ts'
import type { CodeLists } from '../reference/code-lists.ts'
import type { Outcome } from './evaluation/evaluate.ts'
import { recordedBases } from './rules/basis.ts'
import type { Facts, RequestedItems } from './rules/facts.ts'
import { usableGateways } from './rules/gateways.ts'
import type { ReasonCode } from './rules/reason.ts'
import { appliedOverride } from './rules/subjects.ts'
import { transferBasis } from './rules/transfers.ts'

/** Entries of one list that something rests on. */
export type RestsOn = readonly [list: string, codes: readonly (string | null)[]]

/** Where the codes stand that a reason is about: a refusal may rest on an entry that nobody checked, too. */
const LISTS_OF_REASONS: Readonly<Partial<Record<ReasonCode, string>>> = {
  LAWFUL_BASIS_NOT_AVAILABLE: 'LAWFUL_BASIS',
  GATEWAY_NOT_AVAILABLE: 'GATEWAY',
  SCHEDULE_1_CONDITION_MISSING: 'ART9_CONDITION',
  APPROPRIATE_POLICY_MISSING: 'SCHEDULE_1_CONDITION',
  TRANSFER_NOT_ALLOWED: 'COUNTRY',
}
/** Lists from which the form of a one-off decision may name codes. */
const LISTS_OF_FORMS = ['LAWFUL_BASIS', 'ART9_CONDITION', 'SCHEDULE_1_CONDITION', 'CRIMINAL_CONDITION', 'SCHEDULE_8_CONDITION', 'EXEMPTION']

/**
 * Codes of the entries that an answer rests on and that were not checked against a source, each once, in order. Advisory: it
 * changes no outcome. Of a refusal, those that its reasons name.
 */
export function unverifiedLaw(outcome: Outcome, codes: CodeLists): string[] {
  if (outcome.decision === 'DENY') {
    return notVerified(
      outcome.reasons.map(({ code, items = [] }) => [LISTS_OF_REASONS[code] ?? '', items]),
      codes,
    )
  }
  const { facts } = outcome
  if (outcome.via === 'AGREEMENT') return notVerified([...askedFor(facts), ...agreementRestsOn(outcome)], facts.codes)
  if (outcome.via === 'BREAK_GLASS') return notVerified([...askedFor(facts), ...emergencyRestsOn(facts)], facts.codes)
  const { lawful_basis, conditions, exemption } = outcome.oneOff.form
  const named = [lawful_basis, exemption, ...(Array.isArray(conditions) ? conditions : [])].map((code) => String(code))
  return notVerified([...askedFor(facts), ...LISTS_OF_FORMS.map((list): RestsOn => [list, named])], facts.codes)
}

/** Those codes that their list holds as not verified. */
export function notVerified(rests: readonly RestsOn[], { unverified }: CodeLists): string[] {
  const found: string[] = []
  for (const [list, codes] of rests) {
    const doubtful = unverified.get(list)
    if (doubtful) for (const code of codes) if (code !== null && doubtful.has(code)) found.push(code)
  }
  return found.length === 0 ? found : [...new Set(found)].sort()
}

/** The entries on which one side of a flow rests for these items, besides its gateways. */
export function sideRestsOn(side: LegalSide, requested: RequestedItems, { competent_authority }: Organisation): RestsOn[] {
  const isSpecial = requested.special.length > 0
  if (side.regime === 'PART_3') {
    return [
      ['LAWFUL_BASIS', recordedBases(side)],
      ['COMPETENT_AUTHORITY', [competent_authority]],
      ['SCHEDULE_8_CONDITION', isSpecial ? side.part3.sch8 : []],
    ]
  }
  return [
    ['LAWFUL_BASIS', side.art6],
    ['ANNEX_1_CONDITION', side.art6.includes('6(1)(ea)') ? side.annex1 : []],
    ['ART9_CONDITION', isSpecial ? side.art9 : []],
    ['SCHEDULE_1_CONDITION', isSpecial ? side.sch1 : []],
    ['CRIMINAL_CONDITION', requested.criminal.length > 0 ? side.criminal : []],
  ]
}

/** The entries on which a flow rests for these items, besides those of its sides and of a transfer. */
export function flowRestsOn({ legal, compatibility, confidentiality }: Flow, requested: RequestedItems): RestsOn[] {
  const { provider, recipient } = legal
  const isReused = provider.regime === 'PART_3' && recipient !== null && recipient.regime !== 'PART_3'
  const isNew = compatibility?.new_purpose === true
  return [
    ['GATEWAY', [...(recipient?.gateways ?? []), isReused ? provider.part3.reuse_authority : null]],
    ['CONFIDENTIALITY_BASIS', requested.confidential.length > 0 && recipient !== null ? [confidentiality] : []],
    ['COMPATIBILITY', isNew ? [compatibility.ground] : []],
    ['ANNEX_2', isNew && compatibility.ground === 'ANNEX_2' ? [compatibility.annex2] : []],
  ]
}

/** What every answer rests on: the codes of the question itself. */
function askedFor({ request }: Facts): RestsOn[] {
  return [
    ['PURPOSE', [request.purpose]],
    ['DATA_ITEM', request.data_items],
    ['DATA_SUBJECT', request.data_subjects ?? []],
  ]
}

function agreementRestsOn({ facts, finding }: Extract<Outcome, { via: 'AGREEMENT' }>): RestsOn[] {
  const { agreement, version, flow } = finding
  if (!flow || !version) return []
  const { requested, request, provider, recipient } = facts
  const { legal } = flow.source
  const isAbroad = request.country !== null && request.country !== 'GB'
  return [
    ['GATEWAY', usableGateways(facts, { agreement, version, flow }).map(({ code }) => code)],
    ...sideRestsOn(legal.provider, requested, provider),
    ...(legal.recipient ? sideRestsOn(legal.recipient, requested, recipient) : []),
    ...flowRestsOn(flow.source, requested),
    ...(isAbroad ? transferBasis(facts, request.country, flow.source).restsOn : []),
    ['RESTRICTION_GROUND', request.subject_flags.includes('RESTRICTED') ? [appliedOverride(facts, flow)] : []],
  ]
}

function emergencyRestsOn({ request, requested }: Facts): RestsOn[] {
  const { emergency, lawful_basis, country } = request
  const isSpecial = requested.special.length > 0
  const isAbroad = country !== null && country !== 'GB'
  return [
    ['LAWFUL_BASIS', [lawful_basis]],
    ['EMERGENCY_GROUND', [emergency?.ground ?? null]],
    ['ART9_CONDITION', isSpecial ? [emergency?.art9 ?? null] : []],
    ['SCHEDULE_1_CONDITION', isSpecial ? (emergency?.sch1 ?? []) : []],
    ['SCHEDULE_8_CONDITION', isSpecial ? (emergency?.sch8 ?? []) : []],
    ['COUNTRY', isAbroad ? [country] : []],
    ['TRANSFER_MECHANISM', isAbroad ? [emergency?.transfer ?? null] : []],
  ]
}
