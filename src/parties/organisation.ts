/** Public bodies and others that can be a party. The code is the key; a GSS code names an area, not a body. */

/** An organisation as the register holds it (domain reference, 8.2). Contacts are kept apart: no rule reads them. */
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
}

/** The types whose members ALL_SIGNED_BOROUGHS stands for (LC-4). */
export function isLondonAuthority(organisation: Pick<Organisation, 'type'>): boolean {
  return organisation.type === 'LONDON_BOROUGH' || organisation.type === 'CITY_CORPORATION'
}
