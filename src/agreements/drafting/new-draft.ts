import { type Instant, instantOf } from '../../platform/kernel/instant.ts'
import type { Agreement, Party, Terms } from '../agreement.ts'
import { EMPTY_TERMS, UNTOUCHED } from '../empty-text.ts'
import { draftVersion, leadingVersion, presentParties } from '../model/standing.ts'

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
  /** What it begins with instead of what a source holds; `org` is one of the parties. */
  readonly content?: { readonly parties: readonly Party[]; readonly flows: Terms['flows'] }
}

/**
 * A new agreement with an open first version. From a source it takes the parties that have not left and the terms that
 * govern (else those that will be first to, else those being drafted); never signatures, approvals, suspensions, dates, the
 * assessment or policy documents. Pure.
 */
export function newDraft({ id, title, instrument_type, org, source, now, content }: NewDraftFacts): Agreement {
  const at = instantOf(now)
  const days = { effective_from: null, effective_to: null }
  return {
    ...{
      ...UNTOUCHED,
      id,
      title,
      instrument_type,
      owner_org: org,
      status: 'DRAFT',
      origin: 'ACCORD',
      parties: content?.parties ?? partiesFrom(source, org, at),
    },
    versions: [
      {
        version: 1,
        status: 'DRAFT',
        ...days,
        hash: null,
        terms: { ...termsFrom(source, at), ...(content ? { flows: content.flows } : {}) },
      },
    ],
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
