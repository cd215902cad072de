import { restsOnAttested } from '../../agreements/model/attested.ts'
import type { VersionFacts } from '../../agreements/model/lifecycle-facts.ts'
import { valueAt } from '../../agreements/model/standing.ts'
import { addDays, daysBetween, londonDay } from '../../platform/kernel/london-day.ts'
import { addWorkingDays } from '../../platform/kernel/working-days.ts'
import type { ApprovalCondition } from '../../workflow/model/sign-off.ts'
import type { DisclosureDecision } from '../policy/policy.ts'
import type { Facts } from '../rules/facts.ts'
import { usableGateways } from '../rules/gateways.ts'
import { appliedOverride } from '../rules/subjects.ts'
import type { Finding } from './candidates.ts'

/** Obligation codes in the order of 6.5, in which they are returned. */
const ORDER = [
  'USE_FOR_PURPOSE_ONLY',
  'LOG_DISCLOSURE',
  'RETENTION_LIMIT',
  'DELETE_BY',
  'RETURN_OR_DELETE_ON_EXIT',
  'TRANSFER_METHOD',
  'PSEUDONYMISE',
  'AGGREGATE_MIN_CELL',
  'ONWARD_SHARING_PROHIBITED',
  'ONWARD_SHARING_NEEDS_APPROVAL',
  'RESTRICT_TERRITORY',
  'NOTIFY_IF_INACCURATE',
  'DISTINGUISH_FACT_FROM_OPINION',
  'CATEGORISE_SUBJECTS',
  'PROCESS_ON_INSTRUCTIONS_ONLY',
  'NO_SOLELY_AUTOMATED_DECISIONS',
  'CHECK_OBJECTION',
  'DEA_REGISTER_ENTRY',
  'DEA_CODE',
  'SINGLE_USE',
  'EMERGENCY_REVIEW_BY',
  'NOTIFY_DPO',
  'NOTIFY_SUBJECT_WHEN_SAFE',
  'REVIEW_OVERDUE_WARNING',
  'DPIA_REVIEW_DUE_SOON',
  'EXPIRES_SOON',
  'SUBJECT_CATEGORIES_ONLY',
  'APPROVAL_CONDITION',
  'RESTRICTED_DATA',
  'ATTESTED_SIGNATURE',
] as const

export type ObligationCode = (typeof ORDER)[number]

const ADVISORY: ReadonlySet<ObligationCode> = new Set([
  'REVIEW_OVERDUE_WARNING',
  'DPIA_REVIEW_DUE_SOON',
  'EXPIRES_SOON',
  'RESTRICTED_DATA',
  'ATTESTED_SIGNATURE',
])

/** How long before a date the parties are told that it comes (Policy). */
const DUE_SOON_DAYS_MAX = 59
const EMERGENCY_REVIEW_WORKING_DAYS = 2
/** Smallest count that may be shown in a table about people. */
const MIN_CELL = 5

/** What must be done with the data, returned with a PERMIT. A client that does not know a mandatory one must not disclose (OB-1). */
export interface Obligation {
  readonly code: ObligationCode
  readonly mandatory: boolean
  readonly parameters: Readonly<Record<string, unknown>>
}

/**
 * Obligations of a permit by an agreement: those of the chosen flow only, never of another that also permits (OB-2).
 *
 * @param mayKnow whether the reader may know the agreement; none of them names it otherwise
 * @param decisionId identifier of the decision; null: a preview, which is none
 */
export function agreementObligations(facts: Facts, finding: Finding, mayKnow: boolean, decisionId: string | null): Obligation[] {
  const { flow, agreement, version } = finding
  if (!flow || !version) return []
  const { request, day } = facts
  const terms = flow.source
  const found = new Map<ObligationCode, Record<string, unknown>>()
  found.set('USE_FOR_PURPOSE_ONLY', { purpose: request.purpose })
  found.set('LOG_DISCLOSURE', disclosed(facts, decisionId))
  found.set('RETENTION_LIMIT', { days: terms.retention_days, rule: terms.retention_rule })
  found.set('DELETE_BY', { date: terms.retention_days === null ? null : addDays(day, terms.retention_days), rule: terms.retention_rule })
  const methods = request.method === null ? [...flow.methods] : [request.method]
  const encryption = Object.fromEntries(methods.map((method) => [method, facts.codes.encryption.get(method) ?? null]))
  found.set('TRANSFER_METHOD', { methods, min_encryption: encryption })
  if (terms.onward === 'WITH_PROVIDER_APPROVAL') found.set('ONWARD_SHARING_NEEDS_APPROVAL', { approver: facts.provider.code })
  else found.set('ONWARD_SHARING_PROHIBITED', { exception: terms.onward === 'PROHIBITED' ? null : terms.onward })
  if (request.country === null)
    found.set('RESTRICT_TERRITORY', { countries: ['GB', ...[...flow.countries].filter((code) => code !== 'GB')] })
  else if (request.country !== 'GB') found.set('RESTRICT_TERRITORY', { countries: [request.country] })
  if (request.data_subjects === null) found.set('SUBJECT_CATEGORIES_ONLY', { categories: terms.data_subjects })
  if (terms.data_form === 'PSEUDONYMISED') found.set('PSEUDONYMISE', { technique: null })
  if (terms.data_form === 'AGGREGATE') found.set('AGGREGATE_MIN_CELL', { n: MIN_CELL })
  if (terms.honours_objection) found.set('CHECK_OBJECTION', { register: facts.provider.code })
  if (agreement.isProcessorContract) {
    found.set('PROCESS_ON_INSTRUCTIONS_ONLY', {})
    found.set('RETURN_OR_DELETE_ON_EXIT', { days: terms.retention_days })
  }
  if (terms.legal.provider.regime === 'PART_3') {
    found.set('DISTINGUISH_FACT_FROM_OPINION', {})
    found.set('CATEGORISE_SUBJECTS', {})
    found.set('NOTIFY_IF_INACCURATE', { contact: facts.provider.code })
  }
  if (terms.legal.recipient?.art6.includes('6(1)(ea)')) found.set('NO_SOLELY_AUTOMATED_DECISIONS', {})
  if (usableGateways(facts, { agreement, version, flow }).some((gateway) => gateway.code.startsWith('DEA2017_'))) {
    found.set('DEA_REGISTER_ENTRY', { ref: mayKnow ? agreement.id : null })
    found.set('DEA_CODE', {})
  }
  dueSoon(finding, facts, found)
  // The flag on a permit: an override applied (CK-13).
  if (request.subject_flags.includes('RESTRICTED')) found.set('RESTRICTED_DATA', { ground: appliedOverride(facts, flow) })
  const attested = restsOnAttested(version, [facts.provider.code, facts.recipient.code], facts.at)
  // Who else takes part is told to those alone who may know the agreement.
  const parties = mayKnow ? attested : attested.filter((org) => org === facts.provider.code || org === facts.recipient.code)
  if (attested.length > 0) found.set('ATTESTED_SIGNATURE', { parties })
  return inOrder(found, conditionsOf(facts, version))
}

/** What the provider or the recipient approved the text on, each once; the provider's first. Approvals are complete on every permit (CK-16). */
function conditionsOf({ provider, recipient }: Facts, { conditions }: VersionFacts): ApprovalCondition[] {
  if (conditions.size === 0) return []
  const set = [...(conditions.get(provider.code) ?? []), ...(conditions.get(recipient.code) ?? [])]
  return set.filter(
    (one, index) => index === set.findIndex(({ text, bearer, due }) => text === one.text && bearer === one.bearer && due === one.due),
  )
}

/** Obligations of a permit by a one-off decision (6.7). */
export function oneOffObligations(facts: Facts, decision: DisclosureDecision, decisionId: string): Obligation[] {
  const found = new Map<ObligationCode, Record<string, unknown>>([
    ['USE_FOR_PURPOSE_ONLY', { purpose: facts.request.purpose }],
    ['LOG_DISCLOSURE', disclosed(facts, decisionId)],
  ])
  if (decision.singleUse) found.set('SINGLE_USE', { expires_at: new Date(decision.validTo).toISOString() })
  return inOrder(found, decision.conditions)
}

/** London day by which another person must have reviewed a break-glass use (EM-4). */
export function emergencyReviewBy(at: number): string {
  return addWorkingDays(londonDay(at), EMERGENCY_REVIEW_WORKING_DAYS)
}

/** Obligations of a permit by breaking the glass (6.6, EM-4). */
export function emergencyObligations(facts: Facts, decisionId: string): Obligation[] {
  const { request, at } = facts
  return inOrder(
    new Map<ObligationCode, Record<string, unknown>>([
      ['USE_FOR_PURPOSE_ONLY', { purpose: request.purpose }],
      ['LOG_DISCLOSURE', disclosed(facts, decisionId)],
      ['EMERGENCY_REVIEW_BY', { date: emergencyReviewBy(at) }],
      ['NOTIFY_DPO', {}],
      ['NOTIFY_SUBJECT_WHEN_SAFE', {}],
    ]),
  )
}

/** What the entry about a disclosure must hold: under which decision it was made, and which items went. */
function disclosed({ request }: Facts, decisionId: string | null): Record<string, unknown> {
  return { decision_id: decisionId, fields: request.data_items }
}

function dueSoon({ agreement, version }: Finding, { at, day }: Facts, found: Map<ObligationCode, Record<string, unknown>>): void {
  const { due } = valueAt(agreement.reviews, at)
  if (due !== null && day > due) found.set('REVIEW_OVERDUE_WARNING', { date: due })
  const { required, review_due } = valueAt(agreement.dpia.recorded, at)
  if (required && isSoon(day, review_due)) found.set('DPIA_REVIEW_DUE_SOON', { date: review_due })
  const end = version?.effectiveTo ?? null
  if (isSoon(day, end)) found.set('EXPIRES_SOON', { date: end })
}

function isSoon(day: string, due: string | null): boolean {
  if (due === null) return false
  const left = daysBetween(day, due)
  return left >= 0 && left <= DUE_SOON_DAYS_MAX
}

function inOrder(found: ReadonlyMap<ObligationCode, Record<string, unknown>>, conditions: readonly ApprovalCondition[] = []): Obligation[] {
  const ordered: Obligation[] = []
  for (const code of ORDER) {
    if (code === 'APPROVAL_CONDITION')
      for (const { text, bearer, due } of conditions) ordered.push({ code, mandatory: true, parameters: { text, by: bearer, due } })
    const parameters = found.get(code)
    if (parameters) ordered.push({ code, mandatory: !ADVISORY.has(code), parameters })
  }
  return ordered
}
