import type { Agreement } from '../../agreements/agreement.ts'
import type { AgreementSummary } from '../../agreements/agreement-view.ts'
import type { ListingService } from '../../agreements/finding/listing.service.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { type Candidate, type FieldText, plain, type Source } from '../found.ts'
import type { Wording } from '../wording.ts'

/** Data that one agreement is looked through for; what else it holds its own page shows. */
const DATA_MAX = 200

/** Agreements, by the search of their list. */
export function agreementSource(listing: Pick<ListingService, 'search' | 'named'>): Source {
  return {
    kind: 'AGREEMENT',
    async search(principal, { q, references, wording }, { limit, cursor }) {
      const named = cursor === undefined ? await listing.named(principal, references) : []
      const first = named.filter(({ agreement }) => references.includes(agreement.id))
      const { found, next } = orThrow(await listing.search(principal, { q, limit, cursor }))
      const others = found.filter(({ agreement }) => !first.some((one) => one.agreement.id === agreement.id))
      return { found: [...first, ...others].slice(0, limit).map((one) => candidateOf(one.agreement, one.summary, wording)), next }
    },
  }
}

function candidateOf(agreement: Agreement, summary: AgreementSummary, words: Wording): Candidate {
  const { id, title } = agreement
  return plain('AGREEMENT', id, title, {
    ...{ status: summary.status, derived: summary.derived, parties: summary.parties, at: summary.updated_at },
    texts: textsOf(agreement, words),
  })
}

function textsOf({ id, title, parties, owner_org, versions }: Agreement, words: Wording): FieldText[] {
  const terms = versions.filter(({ status }) => status === 'DRAFT' || status === 'APPROVED').map((version) => version.terms)
  const flows = terms.flatMap((one) => one.flows)
  const bodies = [...new Set([...parties.map(({ org }) => org), ...(owner_org === null ? [] : [owner_org])])]
  const purposes = [...new Set(flows.map(({ purpose }) => purpose))]
  const data = [...new Set(flows.flatMap((flow) => [...flow.data_items, ...flow.category_grant, ...flow.data_subjects]))].slice(0, DATA_MAX)
  return [
    { field: 'REFERENCE', text: id },
    { field: 'TITLE', text: title },
    ...bodies.flatMap(words.namesOf).map((text) => ({ field: 'PARTY' as const, text })),
    ...purposes.map((code) => ({ field: 'PURPOSE' as const, text: words.label(code) })),
    ...data.map((code) => ({ field: 'DATA' as const, text: words.label(code) })),
    ...terms.flatMap(({ narrative }) =>
      Object.entries(narrative).flatMap(([section, text]): FieldText[] =>
        typeof text === 'string' && section !== 'amendment_policy' ? [{ field: 'SECTION', section, text }] : [],
      ),
    ),
  ]
}
