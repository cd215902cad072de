import type { Agreement, AgreementVersion, Party } from '../../agreements/agreement.ts'
import { presentParties } from '../../agreements/model/standing.ts'
import { londonDay, londonMidnight } from '../../platform/kernel/london-day.ts'
import { compileAgreement } from '../policy/compile.ts'
import type { PolicyAgreement, PolicyFlow, PolicyVersion, Snapshot } from '../policy/policy.ts'
import type { DecisionRequest } from '../rules/request.ts'

/** A version as it will be once it is approved, signed by everybody and in force, and the instant from which it would be. */
export interface Drafted {
  readonly agreement: PolicyAgreement
  readonly version: PolicyVersion
  /** Unix milliseconds: the first instant at which it could govern, now if it could already. */
  readonly at: number
}

/**
 * Compiles a version as if nothing of its lifecycle were left to do: approved, signed by all, nobody gone or suspended.
 * Everything else stays as it is recorded, the DPIA and the policy documents among it.
 */
export function asInForce(source: Agreement, version: AgreementVersion, now: number, organisation: Snapshot['organisation']): Drafted {
  const today = londonDay(now)
  const begins = version.effective_from !== null && version.effective_from > today ? version.effective_from : today
  const at = begins > today ? londonMidnight(begins) : now
  // What is over is shown as it would be if it were renewed.
  const ends = version.effective_to !== null && version.effective_to >= begins ? version.effective_to : null
  const stands: Agreement = {
    ...source,
    status: 'ACTIVE',
    versions: [{ ...version, status: 'APPROVED', frozen_at: null, dropped_at: null, effective_from: begins, effective_to: ends }],
    parties: presentParties(source, at).flatMap((org) => source.parties.filter((party) => party.org === org).map(asNamed)),
    signatures: source.parties.map(({ org }) => ({ org, version: version.version, signed_at: EPOCH })),
    approvals: [],
    suspensions: [],
    terminated_at: null,
    review_due: null,
    review_changes: [],
  }
  const agreement = compileAgreement(stands, organisation)
  const [approved] = agreement.approved
  if (!approved) throw new Error(`version ${version.version} of ${source.id} did not compile`)
  return { agreement, version: approved, at }
}

/** Named in the text from the beginning. */
function asNamed({ invited_at: _, earlier: __, ...party }: Party): Party {
  return { ...party, left_at: null, left_how: null }
}

const EPOCH = new Date(0).toISOString()

/** Every provider and recipient that a flow names, but never one body with itself. In the order of the flow. */
export function pairsOf(flow: PolicyFlow): { readonly provider: string; readonly recipient: string }[] {
  return [...flow.providers].flatMap((provider) =>
    [...flow.recipients].filter((recipient) => recipient !== provider).map((recipient) => ({ provider, recipient })),
  )
}

/** Who sends to whom. */
export interface Pair {
  readonly provider: string
  readonly recipient: string
}

/** The pairs of `pairsOf`, counted and found without writing them all down: with 200 bodies on each side there are 40,000. */
export interface Pairs {
  readonly count: number
  /** At most `limit` of them from a place on. */
  from(start: number, limit: number): Pair[]
  /** Where a pair stands; undefined where it is none of them. */
  placeOf(pair: Pair): number | undefined
}

/** The pairs of these providers and recipients, each named once, in their order. */
export function pairsBetween(providers: readonly string[], recipients: readonly string[]): Pairs {
  const places = new Map(recipients.map((code, place) => [code, place]))
  /** How many pairs a provider makes: none with itself. */
  const width = (provider: string) => recipients.length - (places.has(provider) ? 1 : 0)
  /** The place of a recipient beside this provider, which is left out of them. */
  const beside = (provider: string, place: number) => ((places.get(provider) ?? place) < place ? place - 1 : place)
  return {
    count: providers.reduce((sum, provider) => sum + width(provider), 0),
    from(start, limit) {
      const found: Pair[] = []
      let before = 0
      for (const provider of providers) {
        if (found.length >= limit) break
        if (before + width(provider) > start) {
          const skipped = Math.max(0, start - before)
          const others = recipients.filter((recipient) => recipient !== provider).slice(skipped, skipped + limit - found.length)
          for (const recipient of others) found.push({ provider, recipient })
        }
        before += width(provider)
      }
      return found
    },
    placeOf({ provider, recipient }) {
      const [row, place] = [providers.indexOf(provider), places.get(recipient)]
      if (row < 0 || place === undefined || provider === recipient) return undefined
      return providers.slice(0, row).reduce((sum, other) => sum + width(other), 0) + beside(provider, place)
    },
  }
}

/** The question that asks for all a flow holds at once, with consent given and no more subjects than it allows. */
export function requestForAll({ source }: PolicyFlow, { provider, recipient }: Pair): DecisionRequest {
  return {
    provider,
    recipient,
    purpose: source.purpose,
    data_items: source.data_items,
    data_subjects: source.data_subjects,
    lawful_basis: null,
    method: null,
    country: null,
    mode: 'SYSTEMATIC',
    data_form: source.data_form,
    agreement_ref: null,
    consent_ref: 'given',
    subject_flags: [],
    subject_count: source.volume_limit?.subjects ?? null,
    record_count: source.volume_limit?.records ?? null,
    disclosure_decision_id: null,
    emergency: null,
    provider_agent: null,
    recipient_agent: null,
  }
}
