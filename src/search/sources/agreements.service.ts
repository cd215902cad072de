import { type Agreement, assessmentOf } from '../../agreements/agreement.ts'
import type { AgreementSummary } from '../../agreements/agreement-view.ts'
import type { ListingService } from '../../agreements/finding/listing.service.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { type Candidate, type FieldText, NOTHING, plain, type Source } from '../found.ts'
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

/** The assessments that agreements stand on, by their references; what is in them stands in no list. */
export function assessmentSource(listing: Pick<ListingService, 'named'>): Source {
  return {
    kind: 'ASSESSMENT',
    async search(principal, { references }, { cursor }) {
      if (cursor !== undefined) return NOTHING
      const found = await listing.named(principal, references)
      const standing = found.filter(
        ({ agreement }) => references.includes(assessmentOf(agreement)) && assessmentOf(agreement) !== agreement.id,
      )
      return {
        found: standing.map(({ agreement }) => {
          const id = assessmentOf(agreement)
          const texts = [{ field: 'REFERENCE', text: id }] as const
          return plain('ASSESSMENT', id, agreement.title, { agreement: agreement.id, status: agreement.dpia.status, texts })
        }),
        next: null,
      }
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
