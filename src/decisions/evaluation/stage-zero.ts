import type { Organisation } from '../../parties/organisation.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { Snapshot } from '../policy/policy.ts'
import { type Reason, reason } from './reason.ts'
import type { DecisionRequest } from './request.ts'

/** The two bodies once stage 0 is passed, or the one reason that stops the question there. */
export type StageZero =
  | { readonly passed: true; readonly provider: Organisation; readonly recipient: Organisation }
  | { readonly passed: false; readonly reason: Reason }

/**
 * 6.2 step 1, for every mode: the first test that fails gives the only reason.
 *
 * Shape is the contract's business; what is repeated here keeps the evaluator closed to callers that skip it.
 */
export function stageZero(request: DecisionRequest, at: number, snapshot: Pick<Snapshot, 'codes' | 'organisation'>): StageZero {
  const stop = (found: Reason): StageZero => ({ passed: false, reason: found })
  if (request.data_items.length === 0 || request.data_subjects?.length === 0) {
    return stop(reason('INVALID_REQUEST', 'At least one data item and one category of data subject must be named.'))
  }
  const provider = snapshot.organisation(request.provider)
  const recipient = snapshot.organisation(request.recipient)
  if (!provider) return stop(reason('UNKNOWN_PARTY', `${request.provider} is not in the register.`, { side: 'PROVIDER' }))
  if (!recipient) return stop(reason('UNKNOWN_PARTY', `${request.recipient} is not in the register.`, { side: 'RECIPIENT' }))
  const unknown = unknownCodes(request, snapshot.codes)
  if (unknown.length > 0) return stop(reason('UNKNOWN_CODE', `Not in its code list: ${unknown.join(', ')}.`, { items: unknown }))
  if (provider.code === recipient.code)
    return stop(reason('SAME_CONTROLLER', 'Provider and recipient are one controller: this is use, not sharing.'))
  if (!isActive(provider, at)) return stop(reason('PARTY_INACTIVE', `${provider.code} does not exist at that time.`, { side: 'PROVIDER' }))
  if (!isActive(recipient, at))
    return stop(reason('PARTY_INACTIVE', `${recipient.code} does not exist at that time.`, { side: 'RECIPIENT' }))
  return { passed: true, provider, recipient }
}

/** Whether the body exists at T: from `active_from` on, before `active_to`. */
export function isActive({ active_from, active_to }: Organisation, at: number): boolean {
  return (active_from === null || Date.parse(active_from) <= at) && (active_to === null || at < Date.parse(active_to))
}

function unknownCodes(request: DecisionRequest, codes: CodeLists): string[] {
  const asked: [string | null, (code: string) => boolean][] = [
    [request.purpose, (code) => codes.purposes.has(code)],
    [request.method, (code) => codes.methods.has(code)],
    [request.country, (code) => codes.countries.has(code)],
    [request.lawful_basis, (code) => codes.lawfulBases.has(code)],
    [request.data_form, (code) => codes.forms.includes(code)],
  ]
  return [
    ...asked.flatMap(([code, isKnown]) => (code === null || isKnown(code) ? [] : [code])),
    ...request.data_items.filter((item) => !codes.items.has(item)),
    ...(request.data_subjects ?? []).filter((subject) => !codes.subjects.has(subject)),
    ...request.subject_flags.filter((flag) => !codes.subjectFlags.has(flag)),
  ]
}
