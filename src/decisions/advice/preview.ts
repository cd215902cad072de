import type { Agreement, AgreementVersion } from '../../agreements/agreement.ts'
import { evaluate, type Outcome } from '../evaluation/evaluate.ts'
import { agreementObligations, type Obligation } from '../evaluation/obligations.ts'
import type { FailedSide, Reason, Side } from '../evaluation/reason.ts'
import type { DecisionRequest } from '../evaluation/request.ts'
import type { PolicyFlow, Snapshot } from '../policy/policy.ts'
import { asInForce, type Drafted, pairsOf, requestForAll } from './drafted.ts'

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
 */
export function preview(
  agreement: Agreement,
  version: AgreementVersion,
  now: number,
  register: Pick<Snapshot, 'codes' | 'organisation'>,
  query: PreviewQuery,
): PreviewPage {
  const drafted = asInForce(agreement, version, now, register.organisation)
  const lines = drafted.version.flows.flatMap((flow) =>
    pairsOf(flow)
      .filter(({ provider }) => query.provider === undefined || provider === query.provider)
      .filter(({ recipient }) => query.recipient === undefined || recipient === query.recipient)
      .map((pair) => ({ flow, pair, key: [flow.id, pair.provider, pair.recipient].join('\n') })),
  )
  // A key that is no longer there (the draft was edited) starts again rather than leaving lines out.
  const start = query.after === undefined ? 0 : lines.findIndex(({ key }) => key === query.after) + 1
  const shown = lines.slice(start, start + query.limit)
  return {
    at: new Date(drafted.at).toISOString(),
    total: lines.length,
    rows: shown.map(({ flow, pair }) => row(drafted, flow, pair, register)),
    next: start + shown.length < lines.length ? (shown.at(-1)?.key ?? null) : null,
  }
}

function row(
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
