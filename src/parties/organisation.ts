import type { Day } from '../platform/kernel/london-day.ts'

/** Public bodies and others that can be a party. The code is the key; a GSS code names an area, not a body. */

/** An organisation as decisions stand on it (domain reference, 8.2). Contacts are kept apart: no rule reads them. */
export interface Organisation {
  readonly code: string
  readonly legal_name: string
  readonly short_name: string
  /** ORG_TYPE. */
  readonly type: string
  readonly gss: string | null
  readonly ods: string | null
  readonly ico_registration_no: string | null
  /** Public authority under DPA 2018 s7; per flow, `performing_task` may say it does not act as one. */
  readonly public_authority: boolean
  /** Competent authority for law enforcement: SCHEDULE_7, STATUTORY_FUNCTIONS (DPA 2018 s30(1)(b)) or NONE. */
  readonly competent_authority: 'SCHEDULE_7' | 'STATUTORY_FUNCTIONS' | 'NONE'
  readonly health_or_social_care_authority: boolean
  /** Instant it came into being; null: before any date we hold. */
  readonly active_from: string | null
  /** From this instant on it is dissolved or merged; null while it exists. */
  readonly active_to: string | null
  readonly successor_of: readonly string[]
  readonly aliases: readonly string[]
  readonly verified: boolean
  /** From this instant on it accepts signatures of others that are only attested (CK-2); absent or null: it does not. */
  readonly accepts_attested_since?: string | null
  /** The body that this one turned out to be: whoever is named by this code is that one. Absent or null: itself. */
  readonly merged_into?: string | null
}

/** What a body in the register is: proposed and permitting nothing, confirmed, or another name for one that is. */
export type OrganisationStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'MERGED'

/** What an organisation is called. */
export type OrganisationName = Pick<Organisation, 'code' | 'short_name'>

/** An organisation as the register holds it. */
export interface RegisteredOrganisation extends Organisation {
  readonly status: OrganisationStatus
  readonly merged_into: string | null
  readonly accepts_attested_since: string | null
  readonly company_number: string | null
  readonly charity_number: string | null
  /** Parts of the body that people name as if they were bodies: they are names of it, never parties (GW-6). */
  readonly departments: readonly string[]
  /** London day on which its own people last confirmed that its entry is right; null: never. */
  readonly entry_confirmed_on: Day | null
}

/** An organisation of a register that starts: confirmed by whoever ships it. */
export function asRegistered(organisation: Organisation & Partial<RegisteredOrganisation>): RegisteredOrganisation {
  return {
    status: 'CONFIRMED',
    company_number: null,
    charity_number: null,
    departments: [],
    accepts_attested_since: null,
    entry_confirmed_on: null,
    ...organisation,
    merged_into: null,
  }
}

/** The bodies that decisions may know: confirmed ones, and names of confirmed ones. Whoever is not confirmed is not in the register for them. */
export function organisationsForPolicy(organisations: readonly RegisteredOrganisation[]): Organisation[] {
  return organisations
    .filter(({ status }) => status !== 'UNCONFIRMED')
    .map(
      ({
        status: _status,
        merged_into,
        company_number: _company,
        charity_number: _charity,
        departments: _parts,
        entry_confirmed_on: _confirmed,
        accepts_attested_since: since,
        ...organisation
      }) => ({
        ...organisation,
        ...(merged_into === null ? {} : { merged_into }),
        ...(since ? { accepts_attested_since: since } : {}),
      }),
    )
}

/** What no decision reads of a body: names, numbers, and whom it followed. */
export const UNREAD_BY_DECISIONS = [
  ...(['legal_name', 'short_name', 'aliases', 'gss', 'ods', 'ico_registration_no', 'verified', 'successor_of'] as const),
]

/** Whether decisions may answer differently for what a body became. Pure. */
export function concernsDecisions(before: RegisteredOrganisation, after: RegisteredOrganisation): boolean {
  const read = (organisation: RegisteredOrganisation) =>
    organisationsForPolicy([organisation]).map((body) =>
      Object.entries(body).filter(([name]) => !(UNREAD_BY_DECISIONS as readonly string[]).includes(name)),
    )
  return JSON.stringify(read(before)) !== JSON.stringify(read(after))
}

/**
 * Each body once, called by all its names: the codes and names of entries that were merged into it, and its departments beside
 * its name, are other names of it. For whoever looks names up and knows nothing of mergers.
 */
export function underAllNames(organisations: readonly RegisteredOrganisation[]): RegisteredOrganisation[] {
  const merged = new Map<string, string[]>()
  for (const { code, legal_name, short_name, aliases, merged_into } of organisations) {
    if (!merged_into) continue
    merged.set(merged_into, [...(merged.get(merged_into) ?? []), code, legal_name, short_name, ...aliases])
  }
  return organisations
    .filter(({ merged_into }) => !merged_into)
    .map((body) => {
      const parts = body.departments.flatMap((part) => [`${body.short_name} ${part}`, `${part}, ${body.short_name}`])
      return { ...body, aliases: [...body.aliases, ...parts, ...(merged.get(body.code) ?? [])] }
    })
}

/** The types whose members ALL_SIGNED_BOROUGHS stands for (LC-4). */
export function isLondonAuthority(organisation: Pick<Organisation, 'type'>): boolean {
  return organisation.type === 'LONDON_BOROUGH' || organisation.type === 'CITY_CORPORATION'
}
