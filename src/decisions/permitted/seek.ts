import { londonDay } from '../../platform/kernel/london-day.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import { mayAsk } from '../caller.ts'
import { type Question, requestOf } from '../decide.ts'
import { evaluate, type Outcome } from '../evaluation/evaluate.ts'
import type { PolicyFlow } from '../policy/policy.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import type { DecisionBody } from '../request-body.ts'
import { flowsBetween, itemsOf, purposesOf } from './candidates.ts'

/**
 * What agreements permit, looked for: with two of subject, action and resource bound, the third is found. Every result is a question that the
 * rules permitted, asked as a decision would ask it, and nothing that they would permit is left out. Pure. The work grows with what the
 * bodies that are bound agreed, not with the register, and a page does so much of it at most.
 */
export interface Sought {
  readonly kind: SoughtKind
  /** The question, with what is looked for left empty (`provider` and items, `recipient`, or `purpose`). */
  readonly body: DecisionBody
  /** RESOURCE: the provider alone whose data counts; null: every one. */
  readonly provider: string | null
}

/** What is looked for: who may receive, what may be received, or what for. */
export type SoughtKind = 'SUBJECT' | 'RESOURCE' | 'ACTION'

/** Where a page ended: after this result between these bodies, or after all of them (null). */
export interface Place {
  readonly pair: string
  readonly result: string | null
}

/** So many results in the order of their ids, and where the next page begins; null: this was the last. */
export interface SoughtPage {
  readonly results: readonly string[]
  readonly next: Place | null
}

/** Agreements that one page looks at, about: those of the pair at which it stops are all looked at. Each may have to be compiled first. */
export const AGREEMENTS_A_PAGE = 64
/** Pairs of bodies that one page looks at, whatever they have agreed. */
export const PAIRS_A_PAGE = 256

/** Who asks, and when: as of a decision. */
export type Asking = Pick<Question, 'caller' | 'at'>

/** A page of results after a place, at most `limit`; it may hold fewer, or none, and still not be the last. */
export function seek(sought: Sought, asking: Asking, index: PolicyIndex, after: Place | null, limit: number): SoughtPage {
  const results: string[] = []
  let last: Place | null = after
  const looked = new Set<string>()
  let pairs = 0
  for (const pair of pairsOf(sought, asking, index)) {
    const name = pair.other
    if (after && (after.pair > name || (after.pair === name && after.result === null))) continue
    if (looked.size >= AGREEMENTS_A_PAGE || pairs === PAIRS_A_PAGE) return { results, next: last }
    pairs += 1
    const agreements = index.between(pair.provider, pair.recipient)
    for (const { id } of agreements) looked.add(id)
    const flows = flowsBetween(agreements, pair.provider, pair.recipient)
    const on: PolicyIndex = { ...index, between: () => agreements }
    for (const candidate of candidatesOf(sought, flows, index.codes.on(londonDay(asking.at)))) {
      if (after?.pair === name && after.result !== null && candidate <= after.result) continue
      if (outcomeOf(bodyOf(sought, pair, candidate), asking, on).decision !== 'PERMIT') continue
      // One more than fits is looked for, so that the last page says that it is the last.
      if (results.length === limit) return { results, next: last }
      results.push(resultOf(sought, pair, candidate))
      last = { pair: name, result: candidate }
    }
    last = { pair: name, result: null }
  }
  return { results, next: null }
}

/** The answer of the rules to one candidate, whose asker may ask (`mayAskOf`): what `decideOn` says of it. */
export function outcomeOf(body: DecisionBody, { caller, at }: Asking, index: PolicyIndex): Outcome {
  return evaluate(requestOf({ caller, body, simulated: false, at, askedAt: at }, { index, callers: index }), at, index)
}

/** Two bodies between which something is looked for, and the one of them that a page is ordered by. */
interface Pair {
  readonly provider: string
  readonly recipient: string
  readonly other: string
}

/** The pairs that the caller may ask about, in the order of the body that is not bound. Where that is the other one, whoever may ask about the bound one may ask about all. */
function pairsOf({ kind, body, provider }: Sought, asking: Asking, index: PolicyIndex): readonly Pair[] {
  if (kind === 'ACTION') {
    const pair = { provider: body.provider, recipient: body.recipient, other: '' }
    return body.data_items.length > 0 && mayAsk(asking.caller.org, pair, asking.at, index) ? [pair] : []
  }
  const bound = kind === 'RESOURCE' ? body.recipient : body.provider
  if (kind === 'SUBJECT' && body.data_items.length === 0) return []
  const others = index.besides(bound).filter((other) => other !== bound && (provider === null || other === index.codeOf(provider)))
  const seen = mayAskOf(bound, asking, index) ? others : others.filter((other) => mayAskOf(other, asking, index))
  return seen.map((other) =>
    kind === 'RESOURCE' ? { provider: other, recipient: bound, other } : { provider: bound, recipient: other, other },
  )
}

/** Whether the caller may ask about every share of a body: it is that body, or its agent. */
export function mayAskOf(org: string, { caller, at }: Asking, index: PolicyIndex): boolean {
  return mayAsk(caller.org, { provider: org, recipient: org }, at, index)
}

function candidatesOf({ kind, body }: Sought, flows: readonly PolicyFlow[], codes: CodeLists): readonly string[] {
  if (flows.length === 0) return []
  if (kind === 'ACTION') return purposesOf(flows, codes)
  const fitting = flows.filter(({ source }) => codes.purposes.covers(source.purpose, body.purpose))
  if (kind === 'RESOURCE') return itemsOf(fitting, codes)
  return fitting.length > 0 ? [''] : []
}

function bodyOf({ kind, body }: Sought, { provider, recipient }: Pair, candidate: string): DecisionBody {
  if (kind === 'ACTION') return { ...body, purpose: candidate }
  if (kind === 'SUBJECT') return { ...body, recipient }
  return { ...body, provider, data_items: [...new Set([candidate, ...body.data_items])] }
}

function resultOf({ kind }: Sought, { other }: Pair, candidate: string): string {
  if (kind === 'ACTION') return candidate
  return kind === 'SUBJECT' ? other : `${other}/${candidate}`
}
