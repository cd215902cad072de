import { evaluate } from '../evaluation/evaluate.ts'
import { countsBeyond, itemsBeyond } from '../evaluation/one-off.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import type { DecisionRequest } from '../rules/request.ts'
import type { RemedyChange } from './remedy.ts'

/**
 * What brings a one-off request within the decision it names: items left out, counts within what was decided. Tried out
 * before it is offered; empty where the decision is for other bodies or another purpose, or must not be used at all.
 */
export function oneOffRemedy(request: DecisionRequest, at: number, index: PolicyIndex): RemedyChange[] {
  const { disclosure_decision_id: named } = request
  const decision = named === null ? undefined : index.disclosureDecision(named)
  if (!decision) return []
  const items = itemsBeyond(request, decision)
  const counts = countsBeyond(request, decision)
  const narrowed: DecisionRequest = {
    ...request,
    data_items: request.data_items.filter((item) => !items.includes(item)),
    ...Object.fromEntries(counts.map(({ member, limit }) => [member, limit])),
  }
  if (evaluate(narrowed, at, index).decision !== 'PERMIT') return []
  const change = (kind: RemedyChange['kind'], text: string, values: readonly string[]): RemedyChange => ({
    kind,
    text,
    by: 'REQUESTER',
    organisations: [request.provider, request.recipient],
    values,
  })
  const limits = counts.map(({ of, limit }) => `${of}<=${limit}`)
  return [
    ...(items.length > 0 ? [change('NARROW_REQUEST', `Leave out the items that were not decided on: ${items.join(', ')}.`, items)] : []),
    ...(limits.length > 0 ? [change('STATE_COUNT', `Stay within the numbers that were decided on: ${limits.join(', ')}.`, limits)] : []),
  ]
}
