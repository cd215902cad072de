import type { RegisteredOrganisation } from './organisation.ts'

/** What a line of a file says of an organisation: what the API says of it in a list. Pure. */
export const ORGANISATION_COLUMNS: readonly string[] = [
  ...[
    'code',
    'short_name',
    'legal_name',
    'type',
    'status',
    'merged_into',
    'active_from',
    'active_to',
    'successor_of',
    'aliases',
    'departments',
  ],
  ...['gss', 'ods', 'ico_registration_no', 'company_number', 'charity_number', 'public_authority', 'competent_authority'],
  ...['health_or_social_care_authority', 'accepts_attested_since', 'entry_confirmed_on', 'verified'],
]

/** One in a line: names hold blanks, so lists of them are told apart by semicolons. */
export function organisationLine(organisation: RegisteredOrganisation): object {
  return { ...organisation, aliases: organisation.aliases.join('; '), departments: organisation.departments.join('; ') }
}
