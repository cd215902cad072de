import type { Agreement } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { type Remedy, remedies } from '../../../src/decisions/remedies/remedies.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import { aFlow, anAgreement, aVersion, indexWith } from './decision-world.ts'

/** An instant at which `anAgreement` permits `aRequest`. */
export const AT = Date.parse('2026-03-02T12:00:00Z')

export interface RefusalOptions {
  readonly at?: number
  readonly askedAt?: number
  readonly mayKnow?: (agreement: { readonly id: string }) => boolean
}

/** The reasons for which these agreements refuse a request, and the remedies found. The test is wrong if they permit it. */
export function refusedFor(
  request: DecisionRequest,
  { agreements = [anAgreement()] }: { readonly agreements?: readonly Agreement[] },
  { at = AT, askedAt = at, mayKnow = () => true }: RefusalOptions = {},
): { codes: string[]; found: Remedy[] } {
  const index = indexWith(agreements)
  const outcome = evaluate(request, at, index)
  if (outcome.decision !== 'DENY') throw new Error('the test is about a refusal')
  return {
    codes: outcome.reasons.map(({ code }) => code),
    found: remedies({ request, at, askedAt, isPastText: false, index, outcome }, mayKnow),
  }
}

/** The kinds of change of each remedy, joined where it takes several. */
export const kindsOf = (found: readonly Remedy[]): string[] => found.map(({ changes }) => changes.map(({ kind }) => kind).join('+'))

/** A world of one agreement, and one of one agreement with one flow. */
export const one = (over: Partial<Agreement>) => ({ agreements: [anAgreement(over)] })
export const oneFlow = (over: Parameters<typeof aFlow>[0]) => one({ versions: [aVersion({ terms: { flows: [aFlow(over)] } })] })

export function aDpia(over: Partial<Agreement['dpia']>): Agreement['dpia'] {
  return { required: true, status: 'APPROVED', status_changes: [], residual: 'LOW', prior_consultation: null, review_due: null, ...over }
}
