import type { Agreement, AgreementVersion } from '../../agreements/agreement.ts'
import type { PolicyFlow, Snapshot } from '../policy/policy.ts'
import { asInForce, type Drafted, type Pair } from './drafted.ts'
import { kindsIn } from './kinds.ts'
import { lineFor, type PreviewReason, type PreviewRow } from './preview.ts'

/** Lines of the decision table of one flow that say the same of different bodies. */
export interface PreviewGroup extends Pick<PreviewRow, 'flow' | 'purpose' | 'data_items' | 'countries' | 'outcome' | 'needs_consent'> {
  /** Why not, for an officer; without the words about one pair. */
  readonly reasons: readonly Omit<PreviewReason, 'detail'>[]
  readonly pair_count: number
  /** Who would send to whom: each of these to each of those, but nobody to itself. No pair stands in two of them. */
  readonly between: readonly Between[]
}

export interface Between {
  readonly from: readonly string[]
  readonly to: readonly string[]
}

type Register = Pick<Snapshot, 'codes' | 'organisation'>

/**
 * The whole decision table (`preview`), its lines put together where they answer the same, in the order of the flows; a step for
 * each two kinds of body, since the rules answer alike for all of a kind. Pure.
 *
 * @param now Unix milliseconds, as in `preview`
 */
export function* previewGroupsInSteps(
  agreement: Agreement,
  version: AgreementVersion,
  now: number,
  register: Register,
): Generator<undefined, PreviewGroup[]> {
  const drafted = asInForce(agreement, version, now, register.organisation)
  const found: PreviewGroup[] = []
  for (const flow of drafted.version.flows) found.push(...(yield* groupsOf(drafted, flow, register)))
  return found
}

function* groupsOf(drafted: Drafted, flow: PolicyFlow, register: Register): Generator<undefined, PreviewGroup[]> {
  const kinds = kindsIn(drafted, flow, register)
  const groups = new Map<string, { readonly said: Omit<PreviewGroup, 'pair_count' | 'between'>; readonly between: Between[] }>()
  for (const from of bodiesByKind(kinds.ofProvider))
    for (const to of bodiesByKind(kinds.ofRecipient)) {
      yield
      const pair = anyPair({ from, to })
      if (!pair) continue
      const { flow: id, purpose, data_items, countries, outcome, needs_consent, ...line } = lineFor(drafted, flow, pair, register)
      const reasons = line.reasons.map(({ detail: _, ...reason }) => reason)
      const said = { flow: id, purpose, data_items, countries, outcome, needs_consent, reasons }
      const key = JSON.stringify(said)
      const known = groups.get(key)
      if (known) known.between.push({ from, to })
      else groups.set(key, { said, between: [{ from, to }] })
    }
  return [...groups.values()].map(({ said, between }) => ({
    ...said,
    pair_count: between.reduce((sum, one) => sum + pairCount(one), 0),
    between: merged(between, flow),
  }))
}

function bodiesByKind(kinds: ReadonlyMap<string, number>): (readonly string[])[] {
  const found = new Map<number, string[]>()
  for (const [code, kind] of kinds) {
    const same = found.get(kind)
    if (same) same.push(code)
    else found.set(kind, [code])
  }
  return [...found.values()]
}

function anyPair({ from, to }: Between): Pair | undefined {
  for (const provider of from.slice(0, 2))
    for (const recipient of to.slice(0, 2)) if (provider !== recipient) return { provider, recipient }
  return undefined
}

function pairCount({ from, to }: Between): number {
  const both = new Set(to)
  return from.length * to.length - from.filter((code) => both.has(code)).length
}

/** Those who send to the same bodies together, all in the order of the flow. */
function merged(between: readonly Between[], { providers, recipients }: PolicyFlow): Between[] {
  const whereTo = new Map<readonly string[], Set<string>>()
  for (const { from, to } of between) {
    const known = whereTo.get(from) ?? new Set()
    for (const code of to) known.add(code)
    // To itself nobody sends: to say so of a body that is alone of its kind would only keep it apart from others.
    if (from.length === 1) for (const code of from) if (recipients.has(code)) known.add(code)
    whereTo.set(from, known)
  }
  const same = new Map<string, { readonly from: Set<string>; readonly to: readonly string[] }>()
  for (const [from, codes] of whereTo) {
    const to = [...recipients].filter((code) => codes.has(code))
    const key = to.join('\n')
    const known = same.get(key) ?? { from: new Set(), to }
    for (const code of from) known.from.add(code)
    same.set(key, known)
  }
  return [...same.values()].map(({ from, to }) => ({
    from: [...providers].filter((code) => from.has(code)),
    to: from.size === 1 ? to.filter((code) => !from.has(code)) : to,
  }))
}
