import type { Organisation } from '../../parties/organisation.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { Snapshot } from '../policy/policy.ts'
import { type Reason, reason } from '../rules/reason.ts'
import type { DecisionRequest } from '../rules/request.ts'

/** The two bodies once stage 0 is passed, or the one reason that stops the question there. */
export type StageZero =
  | { readonly passed: true; readonly provider: Organisation; readonly recipient: Organisation }
  | { readonly passed: false; readonly reason: Reason }

/**
 * 6.2 step 1, for every mode: the first test that fails gives the only reason.
 *
 * Shape is the contract's business; what is repeated here keeps the evaluator closed to callers that skip it. It may never let
 * an unknown body or code through to the rules, which would take it for one that nothing is said about.
 */
export function stageZero(request: DecisionRequest, at: number, snapshot: Pick<Snapshot, 'codes' | 'organisation'>): StageZero {
  if (request.data_items.length === 0 || request.data_subjects?.length === 0) {
    return stop(reason('INVALID_REQUEST', 'At least one data item and one category of data subject must be named.'))
  }
  const provider = snapshot.organisation(request.provider)
  const recipient = snapshot.organisation(request.recipient)
  if (!provider) return stop(reason('UNKNOWN_PARTY', `${request.provider} is not in the register.`, { side: 'PROVIDER' }))
  if (!recipient) return stop(reason('UNKNOWN_PARTY', `${request.recipient} is not in the register.`, { side: 'RECIPIENT' }))
  const unknown = unknownCodes(request, snapshot.codes)
  if (unknown.length > 0) {
    const held = unknown.map(([member, code]) => `${code} (${member})`).join(', ')
    return stop(reason('UNKNOWN_CODE', `Not in its code list on ${londonDay(at)}: ${held}.`, { items: unknown.map(([, code]) => code) }))
  }
  if (provider.code === recipient.code)
    return stop(reason('SAME_CONTROLLER', 'Provider and recipient are one controller: this is use, not sharing.'))
  if (!isActive(provider, at)) return stop(reason('PARTY_INACTIVE', `${provider.code} does not exist at that time.`, { side: 'PROVIDER' }))
  if (!isActive(recipient, at))
    return stop(reason('PARTY_INACTIVE', `${recipient.code} does not exist at that time.`, { side: 'RECIPIENT' }))
  return { passed: true, provider, recipient }
}

function stop(found: Reason): StageZero {
  return { passed: false, reason: found }
}

/** Whether the body exists at T: from `active_from` on, before `active_to`. */
export function isActive({ active_from, active_to }: Organisation, at: number): boolean {
  return (active_from === null || Date.parse(active_from) <= at) && (active_to === null || at < Date.parse(active_to))
}

type UnknownCode = readonly [member: keyof DecisionRequest, code: string]

/** [member of the request, code] of every code that is in no list on that day. */
function unknownCodes(request: DecisionRequest, codes: CodeLists): UnknownCode[] {
  const found: UnknownCode[] = []
  look(found, 'purpose', request.purpose, codes.purposes)
  look(found, 'method', request.method, codes.methods)
  look(found, 'country', request.country, codes.countries)
  look(found, 'lawful_basis', request.lawful_basis, codes.lawfulBases)
  if (request.data_form !== null && !codes.forms.includes(request.data_form)) found.push(['data_form', request.data_form])
  for (const code of request.data_items) look(found, 'data_items', code, codes.items)
  for (const code of request.data_subjects ?? []) look(found, 'data_subjects', code, codes.subjects)
  for (const code of request.subject_flags) look(found, 'subject_flags', code, codes.subjectFlags)
  return found
}

function look(found: UnknownCode[], member: keyof DecisionRequest, code: string | null, list: { has(code: string): boolean }): void {
  if (code !== null && !list.has(code)) found.push([member, code])
}
