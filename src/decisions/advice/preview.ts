import type { Agreement, AgreementVersion } from '../../agreements/agreement.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import { evaluate, type Outcome } from '../evaluation/evaluate.ts'
import { agreementObligations, type Obligation } from '../evaluation/obligations.ts'
import type { PolicyFlow, Snapshot } from '../policy/policy.ts'
import type { FailedSide, Reason, Side } from '../rules/reason.ts'
import type { DecisionRequest } from '../rules/request.ts'
import { asInForce, type Drafted, type Pair, type Pairs, pairsBetween, requestForAll } from './drafted.ts'

/** One line of the decision table: what one body may send to another under one flow. */
export interface PreviewRow {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly flow: string
  readonly data_items: readonly string[]
  readonly data_subjects: readonly string[]
  readonly methods: readonly string[]
  /** Where the data may be received or looked at; the United Kingdom always, others only with a safeguard that holds. */
  readonly countries: readonly string[]
  readonly outcome: 'PERMIT' | 'DENY'
  /** Whether each request has to bring a consent. */
  readonly needs_consent: boolean
  readonly reasons: readonly PreviewReason[]
  readonly obligations: readonly Obligation[]
}

/** A reason in the words of an officer. */
export interface PreviewReason {
  readonly code: string
  readonly detail: string
  readonly text: string
  readonly citation: string | null
  readonly remedy_role: string | null
  readonly side?: Side
  readonly items?: readonly string[]
  readonly sides?: readonly FailedSide[]
}

export interface PreviewPage {
  /** The instant that the table is for, ISO 8601 in UTC. */
  readonly at: string
  /** Lines of the whole table as filtered. */
  readonly total: number
  readonly rows: readonly PreviewRow[]
  /** Give it to get the lines that follow; null: these were the last. */
  readonly next: string | null
}

/** Which part of the table. `after` is the `next` of the page before. */
export interface PreviewQuery {
  readonly provider?: string | undefined
  readonly recipient?: string | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/**
 * The decision table: who may send what to whom for which purpose once the version is approved, signed by all and in
 * force. Every line is the evaluator's answer about that flow alone, so it shows what this agreement adds, and nothing of
 * agreements that the reader may not know. Lines are in the order of the text: by flow, provider, recipient.
 *
 * @param now Unix milliseconds; the table is for the first instant at which the version could govern
 * @throws Refused 400 where `after` names no line: the draft was edited, or it is none of ours. To begin again would never
 * end for a reader, to go on elsewhere would leave lines out.
 */
export function preview(
  agreement: Agreement,
  version: AgreementVersion,
  now: number,
  register: Pick<Snapshot, 'codes' | 'organisation'>,
  query: PreviewQuery,
): PreviewPage {
  const drafted = asInForce(agreement, version, now, register.organisation)
  const parts = drafted.version.flows.map((flow) => ({ flow, pairs: pairsWithin(flow, query) }))
  const start = query.after === undefined ? 0 : placeAfter(parts, query.after)
  if (start === undefined) throw refused('INVALID_REQUEST', 'the request has 1 fault', [NO_SUCH_LINE])
  const total = parts.reduce((sum, { pairs }) => sum + pairs.count, 0)
  const shown = linesFrom(parts, start, query.limit)
  const last = shown.at(-1)
  return {
    at: new Date(drafted.at).toISOString(),
    total,
    rows: shown.map(({ flow, pair }) => lineFor(drafted, flow, pair, register)),
    next: last && start + shown.length < total ? keyOf(last) : null,
  }
}

const NO_SUCH_LINE = { pointer: '/query/cursor', detail: 'names no line of this table: begin again without it' }

/** A flow with the lines that it makes under a filter, which are counted and found without being written down. */
interface Part {
  readonly flow: PolicyFlow
  readonly pairs: Pairs
}

interface Line {
  readonly flow: PolicyFlow
  readonly pair: Pair
}

const keyOf = ({ flow, pair }: Line) => [flow.id, pair.provider, pair.recipient].join('\n')

function pairsWithin(flow: PolicyFlow, { provider, recipient }: PreviewQuery): Pairs {
  const named = (codes: Iterable<string>, only: string | undefined) => [...codes].filter((code) => only === undefined || code === only)
  return pairsBetween(named(flow.providers, provider), named(flow.recipients, recipient))
}

/** How many lines stand before and at the line of this key; undefined where no line has it. */
function placeAfter(parts: readonly Part[], key: string): number | undefined {
  const [id, provider = '', recipient = ''] = key.split('\n')
  let before = 0
  for (const { flow, pairs } of parts) {
    if (flow.id === id) {
      const place = pairs.placeOf({ provider, recipient })
      return place === undefined ? undefined : before + place + 1
    }
    before += pairs.count
  }
  return undefined
}

function linesFrom(parts: readonly Part[], start: number, limit: number): Line[] {
  const found: Line[] = []
  let before = 0
  for (const { flow, pairs } of parts) {
    if (found.length === limit) break
    for (const pair of pairs.from(Math.max(0, start - before), limit - found.length)) found.push({ flow, pair })
    before += pairs.count
  }
  return found
}

/** The line of one pair: what the evaluator answers about that flow alone. */
export function lineFor(
  drafted: Drafted,
  flow: PolicyFlow,
  pair: { readonly provider: string; readonly recipient: string },
  register: Pick<Snapshot, 'codes' | 'organisation'>,
): PreviewRow {
  const snapshot = onlyThis(drafted, flow, register)
  const ask = (change: Partial<DecisionRequest> = {}): Outcome =>
    evaluate({ ...requestForAll(flow, pair), ...change }, drafted.at, snapshot)
  const outcome = ask()
  const isPermit = outcome.decision === 'PERMIT'
  const { source } = flow
  const abroad = source.countries.filter((country) => country !== 'GB')
  return {
    ...pair,
    purpose: source.purpose,
    flow: flow.id,
    data_items: source.data_items,
    data_subjects: source.data_subjects,
    methods: source.methods,
    countries: ['GB', ...abroad.filter((country) => isPermit && ask({ country }).decision === 'PERMIT')],
    outcome: outcome.decision,
    needs_consent: isPermit && ask({ consent_ref: null }).decision === 'DENY',
    reasons: outcome.decision === 'DENY' ? outcome.reasons.map((found) => explain(found, register)) : [],
    obligations:
      outcome.decision === 'PERMIT' && outcome.via === 'AGREEMENT' ? agreementObligations(outcome.facts, outcome.finding, true, null) : [],
  }
}

/** A policy that holds this one flow and nothing else. */
function onlyThis({ agreement, version }: Drafted, flow: PolicyFlow, register: Pick<Snapshot, 'codes' | 'organisation'>): Snapshot {
  const alone = { ...agreement, approved: [{ ...version, flows: [flow] }] }
  return {
    revision: 0,
    codes: register.codes,
    organisation: register.organisation,
    between: (a, b) => (alone.parties.has(a) && alone.parties.has(b) ? [alone] : []),
    whereAgent: () => [],
    disclosureDecision: () => undefined,
    disclosureDecisionsFor: () => [],
  }
}

function explain(found: Reason, { codes }: Pick<Snapshot, 'codes'>): PreviewReason {
  const words = codes.reasonTexts.get(found.code)
  return { ...found, text: words?.forOfficer ?? found.code, citation: words?.citation ?? null, remedy_role: words?.remedyRole ?? null }
}
