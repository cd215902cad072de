import type { Flow } from '../../agreements/agreement.ts'
import type { Facts, Rule } from '../evaluation/facts.ts'
import { reason } from '../evaluation/reason.ts'

/**
 * CK-12: the UK always; elsewhere a listed country, by what the regime of the provider's side allows. The lists and
 * mechanisms of one regime do not help the other (TR-1, TR-4); the recipient's regime does not matter.
 */
export const transfers: Rule = (facts, { flow }) => {
  const { country } = facts.request
  if (country === null || country === 'GB') return []
  const why = flow.countries.has(country) ? notCarried(facts, country, flow.source) : `${country} is not an agreed country.`
  return why === null ? [] : [reason('TRANSFER_NOT_ALLOWED', why, { items: [country] })]
}

/** Why nothing carries the data to that country, null when something does. */
function notCarried({ codes, day }: Facts, country: string, { legal, transfers: recorded }: Flow): string | null {
  const isGeneral = legal.provider.regime === 'UK_GDPR'
  const adequacy = isGeneral ? codes.adequacy(country, day) : null
  if (adequacy === 'FULL' || (!isGeneral && codes.isAdequateForPart3(country, day))) return null
  const transfer = recorded[country]
  if (!transfer) return `No transfer mechanism is recorded for ${country}.`
  if (adequacy === 'PARTIAL' && transfer.mechanism === 'ADEQUACY_PARTIAL' && transfer.scope_confirmed) return null
  if (!(isGeneral ? codes.art46Mechanisms : codes.part3Mechanisms).has(transfer.mechanism))
    return `${transfer.mechanism} does not carry ${isGeneral ? '' : 'law enforcement '}data to ${country}${adequacy === 'PARTIAL' ? ': the scope is not confirmed' : ''}.`
  return transfer.dp_test_done ? null : `${transfer.mechanism} for ${country} is not complete: the data protection test is not done.`
}
