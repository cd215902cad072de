import type { Reader } from '../platform/kernel/reader.ts'

/**
 * Who may do what: one table of role and permission (domain reference, 5.1). A whitelist: what is not here is refused.
 * Words: role (GOV_ROLE), permission (`noun:verb`). It holds no business state.
 */

/** GOV_ROLE codes. */
export const ROLES = [
  'REQUESTER',
  'IG_OFFICER',
  'IAO',
  'DPO',
  'CALDICOTT_GUARDIAN',
  'SIRO',
  'INFOSEC',
  'LEGAL',
  'SIGNATORY',
  'AUTHORISED_DISCLOSURE_OFFICER',
  'DUTY_MANAGER',
  'PRACTITIONER',
  'AUDITOR',
  'REGISTER_ADMIN',
  'API_CLIENT',
] as const
export type Role = (typeof ROLES)[number]

const PEOPLE_OF_A_PARTY: readonly Role[] = [
  'REQUESTER',
  'IG_OFFICER',
  'IAO',
  'DPO',
  'CALDICOTT_GUARDIAN',
  'SIRO',
  'INFOSEC',
  'LEGAL',
  'SIGNATORY',
  'AUTHORISED_DISCLOSURE_OFFICER',
  'DUTY_MANAGER',
]

/** Permission to the roles that carry it. An operation of the contract names one (`x-permission`). */
export const PERMISSIONS = {
  'reference:read': ROLES,
  'local_code:keep': ['IG_OFFICER', 'DPO'],
  'organisation:read': ROLES,
  // What it finds is what each list shows to the same roles.
  'search:read': ROLES,
  'decision:evaluate': [...PEOPLE_OF_A_PARTY, 'API_CLIENT'],
  'decision:simulate': [...PEOPLE_OF_A_PARTY, 'PRACTITIONER', 'API_CLIENT', 'AUDITOR'],
  'decision:read': [...PEOPLE_OF_A_PARTY, 'API_CLIENT', 'AUDITOR'],
  'decision:read_own': ['PRACTITIONER'],
  'not_shared:record': [...PEOPLE_OF_A_PARTY, 'PRACTITIONER'],
  'not_shared:read': ['IG_OFFICER', 'DPO'],
  'not_shared:read_own': [...PEOPLE_OF_A_PARTY, 'PRACTITIONER'],
  'log:read': ['AUDITOR'],
  'trail:read': ['IG_OFFICER', 'DPO', 'CALDICOTT_GUARDIAN', 'SIRO', 'INFOSEC', 'AUDITOR'],
  // As the trail, of which it is a part.
  'manifest_use:read': ['IG_OFFICER', 'DPO', 'CALDICOTT_GUARDIAN', 'SIRO', 'INFOSEC', 'AUDITOR'],
  'decision:impact': [...PEOPLE_OF_A_PARTY, 'AUDITOR'],
  'client:register': ['REGISTER_ADMIN'],
  'client:limit': ['REGISTER_ADMIN'],
  'client:read': ['REGISTER_ADMIN', 'AUDITOR'],
  'client:revoke': ['REGISTER_ADMIN'],
  'emergency:invoke': ['DUTY_MANAGER'],
  'agreement:read': [...PEOPLE_OF_A_PARTY, 'API_CLIENT', 'AUDITOR'],
  'agreement:audit': ['AUDITOR'],
  'agreement:draft': ['REQUESTER', 'IG_OFFICER', 'IAO', 'LEGAL'],
  'dpia:record': ['IG_OFFICER', 'DPO'],
  'agreement:freeze': ['IG_OFFICER'],
  'assessment:read': [...PEOPLE_OF_A_PARTY, 'AUDITOR'],
  'assessment:write': ['REQUESTER', 'IG_OFFICER', 'IAO', 'LEGAL'],
  'assessment:send': ['IG_OFFICER'],
  'assessment:reopen': ['IG_OFFICER', 'DPO', 'SIRO'],
  'assessment:consult': ['IG_OFFICER', 'DPO'],
  'assessment:measure': ['IG_OFFICER', 'IAO', 'INFOSEC', 'DPO'],
  'agreement:sign': ['SIGNATORY'],
  'signature:address': ['AUDITOR', 'REGISTER_ADMIN'],
  'agreement:confirm': ['IG_OFFICER'],
  'agreement:suspend': ['IG_OFFICER', 'DPO', 'CALDICOTT_GUARDIAN', 'SIRO'],
  'agreement:lift': ['SIRO'],
  // What ends is ended by whoever may suspend.
  'standing_permit:allow': ['SIRO'],
  'standing_permit:end': ['IG_OFFICER', 'DPO', 'CALDICOTT_GUARDIAN', 'SIRO'],
  'agreement:withdraw': ['SIGNATORY', 'SIRO'],
  'agreement:terminate': ['SIGNATORY', 'SIRO'],
  'agreement:evidence': PEOPLE_OF_A_PARTY,
  'agreement:attest': ['IG_OFFICER', 'SIRO', 'LEGAL', 'SIGNATORY'],
  'agreement:dispute': ['IG_OFFICER', 'DPO', 'SIRO', 'SIGNATORY'],
  'agreement:dispose': ['IG_OFFICER', 'IAO'],
  'agreement:import': ['IG_OFFICER', 'REGISTER_ADMIN'],
  'file:upload': PEOPLE_OF_A_PARTY,
  'file:read': [...PEOPLE_OF_A_PARTY, 'AUDITOR'],
  'file:erase': ['IG_OFFICER', 'DPO'],
  // Whoever acted records it (EM-6); what others recorded is no practitioner's to read.
  'emergency:record': [...PEOPLE_OF_A_PARTY, 'PRACTITIONER'],
  'emergency:read': [...PEOPLE_OF_A_PARTY, 'AUDITOR'],
  'emergency:review': PEOPLE_OF_A_PARTY,
  'emergency:assess': PEOPLE_OF_A_PARTY,
  'disclosure:ask': PEOPLE_OF_A_PARTY,
  'disclosure:read': [...PEOPLE_OF_A_PARTY, 'AUDITOR'],
  'request:ask': PEOPLE_OF_A_PARTY,
  'request:read': [...PEOPLE_OF_A_PARTY, 'AUDITOR'],
  'request:answer': ['IG_OFFICER'],
  'sign_off:read': [...PEOPLE_OF_A_PARTY, 'AUDITOR'],
  'sign_off:act': PEOPLE_OF_A_PARTY,
  'sign_off_route:read': [...PEOPLE_OF_A_PARTY, 'AUDITOR', 'REGISTER_ADMIN'],
  'sign_off_route:write': ['IG_OFFICER'],
  'notice:read': PEOPLE_OF_A_PARTY,
  'notification_settings:keep': [...PEOPLE_OF_A_PARTY, 'REGISTER_ADMIN', 'AUDITOR'],
  'calendar:keep': PEOPLE_OF_A_PARTY,
  'calendar:keep_for_organisation': ['IG_OFFICER', 'DPO', 'SIRO'],
  'mail:read': ['IG_OFFICER', 'SIRO', 'REGISTER_ADMIN', 'AUDITOR'],
  'webhook:keep': ['IG_OFFICER', 'SIRO', 'INFOSEC'],
  'organisation:succeed': ['REGISTER_ADMIN'],
  'organisation:propose': ['REQUESTER', 'IG_OFFICER', 'IAO', 'LEGAL', 'REGISTER_ADMIN'],
  'organisation:confirm': ['REGISTER_ADMIN'],
  'organisation:accept_attested': ['SIRO'],
  'organisation:group': ['IG_OFFICER', 'REGISTER_ADMIN'],
  'contacts:read': [...PEOPLE_OF_A_PARTY, 'REGISTER_ADMIN', 'AUDITOR'],
  'role:read': [...PEOPLE_OF_A_PARTY, 'REGISTER_ADMIN', 'AUDITOR'],
  'role:read_any': ['REGISTER_ADMIN', 'AUDITOR'],
  'role:keep': ['SIRO', 'REGISTER_ADMIN'],
  'role:keep_any': ['REGISTER_ADMIN'],
  'deputy:name': [...PEOPLE_OF_A_PARTY, 'REGISTER_ADMIN'],
  'contacts:write': ['IG_OFFICER', 'DPO', 'REGISTER_ADMIN'],
} as const satisfies Record<string, readonly Role[]>
export type Permission = keyof typeof PERMISSIONS

/**
 * Roles that one person may not hold in one organisation at the same time, with the rule that says so: a data protection officer
 * accepts no risk and signs nothing (SD-2), the Caldicott Guardian is not the SIRO (SD-3), and whoever administers the register
 * approves nothing (SD-7).
 */
const KEPT_APART: readonly (readonly [rule: string, one: Role, others: readonly Role[]])[] = [
  ['SD-2', 'DPO', ['IAO', 'SIRO', 'SIGNATORY', 'AUTHORISED_DISCLOSURE_OFFICER']],
  ['SD-3', 'CALDICOTT_GUARDIAN', ['SIRO']],
  ['SD-7', 'REGISTER_ADMIN', ['IAO', 'CALDICOTT_GUARDIAN', 'SIRO', 'INFOSEC', 'LEGAL', 'SIGNATORY', 'AUTHORISED_DISCLOSURE_OFFICER']],
]

/** Those of `held` that nobody holds together with the role, each with the rule that says so. */
export function conflictsOf(role: Role, held: readonly Role[]): { readonly rule: string; readonly with: Role }[] {
  return KEPT_APART.flatMap(([rule, one, others]) => {
    const rivals = role === one ? others : others.includes(role) ? [one] : []
    return held.filter((other) => rivals.includes(other)).map((other) => ({ rule, with: other }))
  })
}

/** Whether any of the roles carries the permission. */
export function permits(roles: readonly Role[], permission: Permission): boolean {
  const carriers: readonly Role[] = PERMISSIONS[permission]
  return roles.some((role) => carriers.includes(role))
}

export function isRole(code: string): code is Role {
  return (ROLES as readonly string[]).includes(code)
}

export function isPermission(name: string): name is Permission {
  return Object.hasOwn(PERMISSIONS, name)
}

/** For whom somebody reads: an auditor everything, anybody else for their own organisation. PostgreSQL enforces it again, row by row. */
export function readerFor({ roles, org }: { readonly roles: readonly Role[]; readonly org: string }): Reader {
  return permits(roles, 'agreement:audit') ? { kind: 'auditor' } : writerFor({ org })
}

/** For whom somebody writes: always an organisation. An auditor reads everything and writes nothing. */
export function writerFor({ org }: { readonly org: string }): Reader {
  return { kind: 'party', org }
}
