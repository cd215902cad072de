import { type CodeListEntry, textsIn } from './code-list.ts'

/** A statutory gateway: the law that lets one kind of body disclose to another (domain reference, 2.1). */
export interface Gateway {
  readonly code: string
  readonly citation: string | null
  /** GATEWAY_KIND. */
  readonly kind: string
  /** ORG_TYPE codes, or `*` for any. */
  readonly providerTypes: readonly string[]
  readonly recipientTypes: readonly string[]
  /** Where the law names bodies and not a kind of body: the only ones, by code, besides the test of types (GW-7). null: any. */
  readonly providerOrgs: readonly string[] | null
  readonly recipientOrgs: readonly string[] | null
  /** The law runs both ways between the two sides: what is said of providers holds of recipients too, and the reverse. */
  readonly bothWays: boolean
  /** PURPOSE codes, narrower ones included, or `*` for any. */
  readonly purposes: readonly string[]
  readonly excludesPersonalData: boolean
  readonly excludesPatientInformation: boolean
  /** Any information on health, care or treatment, whoever holds it (Police, Crime, Sentencing and Courts Act 2022 s10(10)). */
  readonly excludesHealthInformation: boolean
  /** When not empty, the only items it covers. */
  readonly onlyItems: readonly string[]
  readonly requiresConsent: boolean
  readonly requiresRequest: boolean
  /** Asked when an agreement is approved, never when a decision is made. */
  readonly requiresCodeOfPractice: boolean
  readonly disappliesConfidence: boolean
  /** False: enacted, but no day is known from which it is law. Nobody can rely on it yet. */
  readonly isCommenced: boolean
  /** First and last day on which it can be relied on: in force, and its entry valid; null: open. */
  readonly inForceFrom: string | null
  readonly inForceTo: string | null
  /** The code under which the same law is cited once this entry has ended. */
  readonly replacedBy: string | null
  /** False: its text or list of bodies was not checked against a source. */
  readonly verified: boolean
}

/**
 * Reads a GATEWAY entry. What cannot be read limits the gateway: a missing list of types or purposes matches nobody, and so
 * does a list of bodies that is none.
 */
export function readGateway({ code, citation, verified, attributes, valid_from, valid_to, replaced_by }: CodeListEntry): Gateway {
  const texts = (name: string) => textsIn(attributes[name])
  const bodies = (name: string) => {
    const isOpen = attributes[name] == null || (Array.isArray(attributes[name]) && texts(name).length === 0)
    return isOpen ? null : texts(name)
  }
  const day = (name: string) => (typeof attributes[name] === 'string' ? (attributes[name] as string) : null)
  const flag = (name: string) => attributes[name] === true
  return {
    code,
    citation,
    kind: typeof attributes['kind'] === 'string' ? attributes['kind'] : '',
    providerTypes: texts('provider_types'),
    recipientTypes: texts('recipient_types'),
    providerOrgs: bodies('provider_orgs'),
    recipientOrgs: bodies('recipient_orgs'),
    bothWays: flag('both_ways'),
    purposes: texts('purposes'),
    excludesPersonalData: flag('excludes_personal_data'),
    excludesPatientInformation: flag('excludes_patient_information'),
    excludesHealthInformation: flag('excludes_health_information'),
    onlyItems: texts('only_items'),
    requiresConsent: flag('requires_consent'),
    requiresRequest: flag('requires_request'),
    requiresCodeOfPractice: flag('requires_code_of_practice'),
    disappliesConfidence: flag('disapplies_confidence'),
    isCommenced: attributes['commenced'] == null || flag('commenced'),
    inForceFrom: [valid_from ?? [], day('in_force_from') ?? []].flat().toSorted().at(-1) ?? null,
    inForceTo: [valid_to ?? [], day('in_force_to') ?? []].flat().toSorted()[0] ?? null,
    replacedBy: replaced_by,
    verified,
  }
}
