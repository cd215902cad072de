import { isRole, type Role } from './permissions.ts'

/** Who calls: a person or a machine, acting for exactly one organisation. */
export interface Principal {
  /** The token's subject: opaque, personal data where it is a person. */
  readonly sub: string
  /** Organisation code it acts for. */
  readonly org: string
  readonly roles: readonly Role[]
  /** The client of a machine token; null for a person. */
  readonly clientId: string | null
}

/** Claims of an access token (RFC 9068 with `org` and `roles`). */
export interface TokenClaims {
  readonly sub?: unknown
  readonly org?: unknown
  readonly roles?: unknown
  readonly client_id?: unknown
}

/** Longest `client_id`: what the revocation of a client can name. */
const CLIENT_ID_LENGTH_MAX = 200

/**
 * The principal a verified token stands for, null when its claims do not make one: no subject, no organisation, no known
 * role, a client that could not be revoked. A machine carries API_CLIENT alone and a person never does, so that neither can borrow the other's rights.
 */
export function toPrincipal({ sub, org, roles, client_id }: TokenClaims): Principal | null {
  if (typeof sub !== 'string' || sub === '' || typeof org !== 'string' || org === '' || !Array.isArray(roles)) return null
  if (client_id !== undefined && (typeof client_id !== 'string' || client_id === '' || client_id.length > CLIENT_ID_LENGTH_MAX)) return null
  const known = roles.filter((role): role is Role => typeof role === 'string' && isRole(role))
  if (known.length === 0 || known.length !== roles.length) return null
  const isMachine = client_id !== undefined
  if (known.includes('API_CLIENT') !== isMachine || (isMachine && known.length > 1)) return null
  return { sub, org, roles: known, clientId: isMachine ? (client_id as string) : null }
}
