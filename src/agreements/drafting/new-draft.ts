import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import type { Agreement, Party, Terms } from '../agreement.ts'
import { draftVersion, leadingVersion, presentParties } from '../model/standing.ts'
import { EMPTY_TERMS } from './draft-terms.ts'

/** Days after which an overdue review stops sharing, unless the draft says otherwise (domain reference, 5.6). */
const REVIEW_GRACE_DAYS = 60

/** What a person says to begin a draft. */
export interface NewDraftFacts {
  readonly id: string
  readonly title: string
  readonly instrument_type: string
  /** The organisation that will keep the text; its first party. */
  readonly org: string
  /** The agreement to copy parties and terms of, at that instant. */
  readonly source: Agreement | undefined
  readonly now: string
}

/**
 * A new agreement with an open first version. From a source it takes the parties that have not left and the terms that
 * govern (else those that will be first to, else those being drafted); never signatures, approvals, suspensions, dates, the
 * assessment or policy documents. Until somebody says otherwise an assessment is required and a review blocks. Pure.
 */
export function newDraft({ id, title, instrument_type, org, source, now }: NewDraftFacts): Agreement {
  return {
    id,
    title,
    instrument_type,
    owner_org: org,
    status: 'DRAFT',
    origin: 'ACCORD',
    sample: false,
    parties: partiesFrom(source, org, instantOf(now)),
    versions: [
      { version: 1, status: 'DRAFT', effective_from: null, effective_to: null, hash: null, terms: termsFrom(source, instantOf(now)) },
    ],
    signatures: [],
    approvals: [],
    suspensions: [],
    terminated_at: null,
    review_due: null,
    review_policy: 'BLOCK_AFTER_GRACE',
    review_grace_days: REVIEW_GRACE_DAYS,
    dpia: { required: true, status: 'DRAFT', status_changes: [], residual: null, prior_consultation: null, review_due: null },
    apd: [],
  }
}

function partiesFrom(source: Agreement | undefined, org: string, now: Instant): Party[] {
  const inside = new Set(source ? presentParties(source, now) : [])
  const present = (source?.parties ?? [])
    .filter((party) => inside.has(party.org))
    .map(({ org: code, role, capacities }) => ({ org: code, role, capacities, left_at: null }))
  const own = present.find((party) => party.org === org) ?? { org, role: 'CONTROLLER', capacities: [], left_at: null }
  return [own, ...present.filter((party) => party.org !== org)]
}

/** Flows keep naming whoever they named: a draft that names an organisation which has left says so when it is checked. */
function termsFrom(source: Agreement | undefined, now: Instant): Terms {
  if (!source) return EMPTY_TERMS
  const version = leadingVersion(source, now) ?? draftVersion(source) ?? source.versions.at(-1)
  return version?.terms ?? EMPTY_TERMS
}
