import type { Role } from './permissions.ts'
import type { TokenClaims } from './principal.ts'

/** Where the keys of an issuer are: a set at hand, the address of one, or wherever its discovery document says (OpenID Connect Discovery 1.0, 4). */
export type IssuerKeys = { readonly keys: readonly object[] } | URL | 'DISCOVERED'

/** Whose tokens are trusted, and what their claims mean. */
export interface TokenTrust {
  readonly issuer: string
  /** One name for us, or several. */
  readonly audience: string | readonly string[]
  readonly keys: IssuerKeys
  /** Whether the roles that its tokens claim for persons count; else only those that are recorded here do. */
  readonly isAuthoritative: boolean
  /** A tenant of Microsoft Entra ID, whose tokens say things in their own way; absent: RFC 9068 with `org` and `roles`. */
  readonly entra?: EntraTenant
  /** For whom its people act, where all are of one organisation; of a tenant it says so itself. */
  readonly organisation?: string
  /** Which values of which claim are which of our roles; absent: the claim `roles` holds our codes. */
  readonly rolesBy?: RolesBy
}

/** What says how the claims of an issuer are read. */
export type ClaimsOf = Omit<TokenTrust, 'audience' | 'keys'>

export interface EntraTenant {
  /** Its `tid`. */
  readonly tenant: string
  /** For whom its people act. */
  readonly organisation: string
}

export interface RolesBy {
  readonly claim: string
  readonly codes: ReadonlyMap<string, Role>
}

/**
 * Whether an issuer says who is staff of an organisation: its tenant, or an issuer that is configured for it alone; else one whose
 * word counts for roles. Any other may name an organisation, and that its people are of it is nobody's word. Pure.
 */
export function speaksFor({ entra, organisation = entra?.organisation, isAuthoritative }: ClaimsOf, org: string): boolean {
  return organisation === undefined ? isAuthoritative : organisation === org
}

/** The types of access tokens (RFC 9068, 2.1); Entra's say no more than that they are a JWT. */
export function tokenTypeOf({ entra }: Pick<TokenTrust, 'entra'>): 'at+jwt' | 'JWT' {
  return entra ? 'JWT' : 'at+jwt'
}

type Claims = Readonly<Record<string, unknown>>

/** Claims that ID tokens have and access tokens do not (OpenID Connect Core 1.0, 2 and 3.3.2.11). */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * What a verified access token of an issuer says in the words of `toPrincipal`; null: nothing that counts. Pure.
 *
 * Of Entra (access token claims reference): the person is `oid` in the tenant `tid`, never an e-mail address, which changes hands; with
 * `scp` somebody acts through the client `azp` (`appid` before version 2.0), without it that client acts by itself and is then its own
 * subject. Its organisation is known here alone, so that `org` stays absent. An ID token has the same header, issuer and keys: it
 * names no client, or carries what only an ID token does.
 */
export function accessClaims(trust: ClaimsOf, claims: Claims): TokenClaims | null {
  if (!trust.entra) return withRoles(trust, claims)
  const { oid, sub, scp, azp, appid, idtyp } = claims
  if (!isOfTenant(trust.entra, claims) || OF_ID_TOKENS.some((name) => claims[name] !== undefined)) return null
  const client = azp ?? appid
  const isPerson = typeof scp === 'string' && scp !== ''
  if (typeof client !== 'string' || client === '') return null
  if (idtyp !== undefined && idtyp !== (isPerson ? 'user' : 'app')) return null
  if (isPerson) return personOf(trust, trust.entra, claims)
  return sub === oid ? { iss: trust.issuer, sub: oid, roles: ['API_CLIENT'], client_id: client } : null
}

/** What the ID token of somebody who signed in says, in the same words; null: nothing that counts. Pure. */
export function signInClaims(trust: ClaimsOf, claims: Claims): TokenClaims | null {
  if (!trust.entra) return withRoles(trust, claims)
  return isOfTenant(trust.entra, claims) ? personOf(trust, trust.entra, claims) : null
}

function isOfTenant({ tenant }: EntraTenant, { tid, oid }: Claims): boolean {
  return tid === tenant && typeof oid === 'string' && GUID.test(oid)
}

function personOf(trust: ClaimsOf, { organisation }: EntraTenant, claims: Claims): TokenClaims {
  const { oid, auth_time, acr, amr } = claims
  const roles = trust.rolesBy ? rolesIn(trust.rolesBy, claims) : []
  return { iss: trust.issuer, sub: oid, org: organisation, roles, auth_time, acr, amr }
}

function withRoles({ rolesBy, organisation }: ClaimsOf, claims: Claims): TokenClaims {
  if (claims['client_id'] !== undefined) return claims
  const { org = organisation } = claims
  return { ...claims, ...(org === undefined ? {} : { org }), ...(rolesBy ? { roles: rolesIn(rolesBy, claims) } : {}) }
}

/** Groups that mean nothing here are no fault: people are in many. Where a token holds too many to name, none counts. */
function rolesIn({ claim, codes }: RolesBy, claims: Claims): Role[] {
  const values = claims[claim]
  if (!Array.isArray(values)) return []
  return [...new Set(values.flatMap((value) => (typeof value === 'string' ? (codes.get(value) ?? []) : [])))]
}
