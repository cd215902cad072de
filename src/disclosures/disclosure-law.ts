import type { RegisteredOrganisation } from '../parties/organisation.ts'
import type { Fault } from '../platform/kernel/refusal.ts'
import type { CodeLists } from '../reference/code-lists.ts'
import type { DisclosureContent } from './disclosure-request.ts'

type Law = Pick<DisclosureContent, 'data_items' | 'lawful_basis' | 'conditions'>

/**
 * What the law asks of whoever discloses special category or criminal offence data besides a lawful basis, and the form does not state
 * (domain reference, 6.7: its own Art 9 or Art 10 condition). Codes that are in no list do not count. Pure.
 *
 * @param codes the lists of the day
 * @param provider whose law it is
 */
export function conditionFaults(
  { data_items, lawful_basis, conditions }: Law,
  codes: CodeLists,
  provider: RegisteredOrganisation,
): Fault[] {
  const ofClass = (name: 'SPECIAL' | 'CRIMINAL') => data_items.filter((code) => codes.items.get(code)?.classes.has(name))
  const [special, criminal] = [ofClass('SPECIAL'), ofClass('CRIMINAL')]
  const fault = (member: string, code: string, detail: string): Fault => ({ pointer: `/content/${member}`, code, detail })
  if (lawful_basis.startsWith('PART3_')) {
    if (provider.competent_authority === 'NONE')
      return [
        fault('lawful_basis', 'LED_CONDITION_MISSING', `${provider.code} is no competent authority (DPA 2018 s30): Part 3 is not its law.`),
      ]
    return special.length === 0 || conditions.some((code) => codes.schedule8.has(code))
      ? []
      : [fault('conditions', 'LED_CONDITION_MISSING', `State a Schedule 8 condition for ${special.join(', ')} (DPA 2018 s35(5)).`)]
  }
  return [...specialFaults(), ...criminalFaults()]

  function specialFaults(): Fault[] {
    if (special.length === 0) return []
    const stated = conditions.filter((code) => codes.art9.has(code))
    if (stated.length === 0)
      return [fault('conditions', 'SPECIAL_CATEGORY_CONDITION_MISSING', `State an Art 9 condition for ${special.join(', ')}.`)]
    return stated.flatMap((code) => {
      const needed = codes.art9.get(code)
      return !needed || conditions.some((one) => needed.has(one) && codes.schedule1.has(one))
        ? []
        : [fault('conditions', 'SCHEDULE_1_CONDITION_MISSING', `${code} needs a Schedule 1 condition that goes with it (DPA 2018 s10).`)]
    })
  }

  function criminalFaults(): Fault[] {
    if (criminal.length === 0) return []
    // CO-1: official authority is for bodies with statutory functions, never for charities or companies.
    const hasAuthority = provider.public_authority || provider.competent_authority !== 'NONE'
    const isMet = conditions.some(
      (code) => codes.criminalConditions.has(code) && (code === 'OFFICIAL_AUTHORITY' ? hasAuthority : codes.schedule1.has(code)),
    )
    return isMet
      ? []
      : [
          fault(
            'conditions',
            'CRIMINAL_OFFENCE_CONDITION_MISSING',
            `State an Art 10 condition for ${criminal.join(', ')} (DPA 2018 s10(5)).`,
          ),
        ]
  }
}
