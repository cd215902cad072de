import type { DraftFacts } from '../agreements/model/draft-rules.ts'
import { organisationFaults, unknownCode, unknownCodes } from '../agreements/model/draft-rules.ts'
import type { Identity } from '../identity/principal.ts'
import { instantOf } from '../platform/kernel/instant.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import type { Fault } from '../platform/kernel/refusal.ts'
import type { Fact } from '../workflow/model/route.ts'
import type { SignOff } from '../workflow/model/sign-off.ts'
import { type DisclosureRecord, SYSTEMATIC, withConditions } from './disclosure-record.ts'

/** A one-off disclosure on its way to a decision (domain reference, 6.7). It permits nothing before it is approved. Pure. */

/** What is asked, and on what it rests: the ICO's form (3.3). Codes, counts and posts; members that were not said are null. */
export interface DisclosureContent {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly subject_count: number
  readonly record_count: number | null
  readonly received_on: string
  readonly requester_position: string
  readonly verified_how: string
  readonly senior_authorisation: string | null
  readonly legal_compulsion: string | null
  readonly legal_power: string | null
  readonly lawful_basis: string
  readonly conditions: readonly string[]
  readonly exemption: string | null
  readonly necessity: string
  readonly tell_subject: string
  readonly retention: string
  readonly security: string
  readonly is_police_urgent: boolean
  readonly valid_from: string | null
  readonly valid_to: string
  readonly single_use: boolean
}

type Said =
  | 'record_count'
  | 'senior_authorisation'
  | 'legal_compulsion'
  | 'legal_power'
  | 'conditions'
  | 'exemption'
  | 'is_police_urgent'
  | 'valid_from'
  | 'single_use'
/** The same as it comes in. */
export type AskedDisclosure = Omit<DisclosureContent, Said> & { readonly [member in Said]?: DisclosureContent[member] | null | undefined }

export type DisclosureStatus = 'OPEN' | 'RETURNED' | 'APPROVED' | 'REFUSED' | 'WITHDRAWN'

const UNDECIDED: readonly DisclosureStatus[] = ['OPEN', 'RETURNED']

/** Whether it can still be put right or withdrawn. */
export function isUndecided({ status }: Pick<DisclosureRequest, 'status'>): boolean {
  return UNDECIDED.includes(status)
}

/** What those who approved it ask for. */
export interface DisclosureCondition {
  readonly text: string
  readonly by: 'PROVIDER' | 'RECIPIENT' | 'BOTH'
  readonly due: string | null
}

/** One as it stands. */
export interface DisclosureRequest {
  readonly id: string
  readonly asked_by: Identity & { readonly org: string }
  readonly asked_at: string
  readonly content: DisclosureContent
  readonly content_hash: string
  /** Of the content, from 1. */
  readonly revision: number
  /** Everybody who wrote some of it: none of them decides (AH-3). */
  readonly revised_by: readonly Identity[]
  readonly status: DisclosureStatus
  readonly sign_off: string
  readonly request_id: string | null
  readonly decided_at: string | null
  readonly reasons: string | null
  readonly conditions: readonly DisclosureCondition[]
}

/** The content with what was not said filled in: used once, no limit of records. */
export function contentOf(asked: AskedDisclosure): DisclosureContent {
  const { record_count = null, senior_authorisation = null, legal_compulsion = null, legal_power = null, exemption = null } = asked
  const { conditions, is_police_urgent, valid_from = null, single_use } = asked
  return {
    ...asked,
    ...{ record_count, senior_authorisation, legal_compulsion, legal_power, exemption },
    // Instants as they are written here, whatever offset they came with: two of them compare as texts.
    ...{ valid_from: valid_from === null ? null : inUtc(valid_from), valid_to: inUtc(asked.valid_to) },
    ...{ conditions: conditions ?? [], is_police_urgent: is_police_urgent ?? false, single_use: single_use ?? true },
  }
}

function inUtc(instant: string): string {
  return new Date(instantOf(instant)).toISOString()
}

const CONDITION_LISTS = ['ART9_CONDITION', 'SCHEDULE_1_CONDITION', 'CRIMINAL_CONDITION', 'SCHEDULE_8_CONDITION']
const POLICE = 'POLICE_FORCE'

/** Each place in the content that cannot be asked so. */
export function contentFaults(content: DisclosureContent, facts: DraftFacts, now: string): Fault[] {
  const { provider, recipient, purpose, data_items, lawful_basis, conditions, exemption, record_count } = content
  const at = (member: string) => `/content/${member}`
  const fault = (member: string, code: string, detail: string): Fault => ({ pointer: at(member), code, detail })
  const known = new Set(CONDITION_LISTS.flatMap((list) => [...(facts.codes.get(list) ?? [])]))
  const found: Fault[] = [
    ...organisationFaults(facts, provider, now, at('provider')),
    ...organisationFaults(facts, recipient, now, at('recipient')),
    ...unknownCode(facts, 'PURPOSE', purpose, at('purpose')),
    ...unknownCodes(facts, 'DATA_ITEM', data_items, at('data_items')),
    ...unknownCode(facts, 'LAWFUL_BASIS', lawful_basis, at('lawful_basis')),
    ...unknownCode(facts, 'EXEMPTION', exemption, at('exemption')),
    ...conditions.flatMap((code, index) =>
      known.has(code) ? [] : [fault(`conditions/${index}`, 'UNKNOWN_CODE', 'This is no code of a condition.')],
    ),
  ]
  if (provider === recipient) found.push(fault('recipient', 'SAME_CONTROLLER', 'Nobody discloses to itself.'))
  if (record_count !== null && record_count > SYSTEMATIC.recordsMax)
    found.push(fault('record_count', 'AH-2', `More than ${SYSTEMATIC.recordsMax} records are no one-off: ask for a share (/v1/requests).`))
  if (content.received_on > londonDay(Date.parse(now))) found.push(fault('received_on', 'FUTURE', 'It was received today or earlier.'))
  if (instantOf(content.valid_to) <= Math.max(Date.parse(now), instantOf(content.valid_from, 0)))
    found.push(fault('valid_to', 'WINDOW', 'The window ends after it begins, and later than now.'))
  if (content.is_police_urgent && facts.organisations.get(recipient)?.type !== POLICE)
    found.push(fault('is_police_urgent', 'POLICE_URGENT', 'Only a police force asks so.'))
  return found
}

/** What the route asks of it: the owner of the data is not asked where the law compels (AH-3), and the police may be in a hurry (5.4). */
export function factsOf({ legal_compulsion, is_police_urgent }: DisclosureContent): Fact[] {
  return [...(legal_compulsion === null ? [] : ['LEGAL_COMPULSION' as const]), ...(is_police_urgent ? ['POLICE_URGENT' as const] : [])]
}

/** Why it cannot be approved now: its window is over; undefined: it can. */
export function windowOver({ valid_to }: DisclosureContent, now: number): string | undefined {
  return instantOf(valid_to) <= now ? 'The window that was asked for is over: return it, so that it can be put right.' : undefined
}

/** The decision that permits, from the approval or the later instant that was asked for on (AH-1). */
export function approvedDecision({ id, content, conditions }: DisclosureRequest, now: string): DisclosureRecord {
  const { provider, recipient, purpose, data_items, subject_count, record_count, valid_to, single_use, ...form } = content
  const valid_from = form.valid_from !== null && form.valid_from > now ? form.valid_from : now
  return {
    ...{ id, provider, recipient, purpose, data_items, subject_count, record_count, status: 'APPROVED' },
    ...{ valid_from, valid_to, single_use, consumed_at: null },
    form: withConditions(
      form,
      conditions.map(({ text, by, due }) => ({ text, bearer: by, due })),
    ),
  }
}

/** The conditions that the people of a sign-off approved it with. */
export function conditionsOf({ chains }: Pick<SignOff, 'chains'>): DisclosureCondition[] {
  return chains
    .flatMap(({ steps }) => steps)
    .filter(({ state }) => state === 'DONE')
    .flatMap(({ tasks }) => tasks)
    .flatMap(({ result }) => result?.conditions ?? [])
    .map(({ text, bearer, due }) => ({ text, by: bearer, due }))
}
