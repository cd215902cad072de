import type { Flow } from '../../agreements/agreement.ts'
import type { Facts, Rule } from './facts.ts'
import { reason } from './reason.ts'

/**
 * CK-12: the UK always; elsewhere a listed country, by what the regime of the provider's side allows. The lists and
 * mechanisms of one regime do not help the other (TR-1, TR-4); the recipient's regime does not matter.
 */
export const transfers: Rule = (facts, { flow }) => {
  const { country } = facts.request
  if (country === null || country === 'GB') return []
  const why = flow.countries.has(country) ? transferBasis(facts, country, flow.source).why : `${country} is not an agreed country.`
  return why === null ? [] : [reason('TRANSFER_NOT_ALLOWED', why, { items: [country] })]
}

/** Why nothing carries data to a country; null when something does, with the entries it rests on. */
export interface TransferBasis {
  readonly why: string | null
  readonly restsOn: readonly (readonly [list: 'COUNTRY' | 'COUNTRY_PART3' | 'TRANSFER_MECHANISM', codes: readonly string[]])[]
}

/** What carries data to a country outside the UK under this flow. */
export function transferBasis(
  { codes, day }: Pick<Facts, 'codes' | 'day'>,
  country: string,
  { legal, transfers: recorded }: Pick<Flow, 'legal' | 'transfers'>,
): TransferBasis {
  const isGeneral = legal.provider.regime === 'UK_GDPR'
  const adequacy = isGeneral ? codes.adequacy(country, day) : null
  if (adequacy === 'FULL') return { why: null, restsOn: [['COUNTRY', [country]]] }
  if (!isGeneral && codes.isAdequateForPart3(country, day)) return { why: null, restsOn: [['COUNTRY_PART3', [country]]] }
  const transfer = recorded[country]
  if (!transfer) return nothing(`No transfer mechanism is recorded for ${country}.`)
  const { mechanism } = transfer
  const isPartial = adequacy === 'PARTIAL' && mechanism === 'ADEQUACY_PARTIAL' && codes.mechanisms.has(mechanism)
  if (isPartial && transfer.scope_confirmed) {
    return {
      why: null,
      restsOn: [
        ['COUNTRY', [country]],
        ['TRANSFER_MECHANISM', [mechanism]],
      ],
    }
  }
  if (isPartial) return nothing(`The adequacy of ${country} is partial, and that this transfer is within its scope is not confirmed.`)
  if (!(isGeneral ? codes.art46Mechanisms : codes.part3Mechanisms).has(mechanism))
    return nothing(`${mechanism} does not carry ${isGeneral ? '' : 'law enforcement '}data to ${country}.`)
  if (!transfer.dp_test_done) return nothing(`${mechanism} for ${country} is not complete: the data protection test is not done.`)
  return { why: null, restsOn: [['TRANSFER_MECHANISM', [mechanism]]] }
}

function nothing(why: string): TransferBasis {
  return { why, restsOn: [] }
}
