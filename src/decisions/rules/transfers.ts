import type { Rule } from '../evaluation/facts.ts'
import { reason } from '../evaluation/reason.ts'

/** CK-12 (TR-1): the UK always; elsewhere a listed country with adequacy, partial adequacy in scope, or a tested safeguard. */
export const transfers: Rule = ({ request, codes, day }, { flow }) => {
  const { country } = request
  if (country === null || country === 'GB') return []
  const no = (detail: string) => [reason('TRANSFER_NOT_ALLOWED', detail, { items: [country] })]
  if (!flow.countries.has(country)) return no(`${country} is not an agreed country.`)
  const adequacy = codes.adequacy(country, day)
  if (adequacy === 'FULL') return []
  const transfer = flow.source.transfers[country]
  if (!transfer) return no(`No transfer mechanism is recorded for ${country}.`)
  if (adequacy === 'PARTIAL' && transfer.mechanism === 'ADEQUACY_PARTIAL' && transfer.scope_confirmed) return []
  if (codes.art46Mechanisms.has(transfer.mechanism) && transfer.dp_test_done) return []
  return no(`${transfer.mechanism} for ${country} is not complete: scope not confirmed or data protection test not done.`)
}
