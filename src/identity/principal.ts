import { conflictsOf, isRole, type Role } from './permissions.ts'

/** Who calls: a person or a machine, acting for exactly one organisation. */
export interface Principal {
  /** The token's issuer: its subjects are its own, and the same subject of another issuer is somebody else. */
  readonly issuer: string
  /** The token's subject: opaque, personal data where it is a person. */
  readonly sub: string
  /** Organisation code it acts for. */
  readonly org: string
  readonly roles: readonly Role[]
  /** The client of a machine token; null for a person. */
  readonly clientId: string | null
  /** How the issuer says that it knew the person; absent: it does not say. */
  readonly authentication?: Authentication
  /** Whether whoever says so for the organisation calls this person staff of it; absent: nobody does. */
  readonly isStaff?: true
  /** The one agreement that somebody without an account was invited to; absent for everybody else. */
  readonly invitedTo?: string
}

/** When and how somebody proved who they are (OpenID Connect Core 1.0, 2: `auth_time`, `acr`, `amr`; RFC 8176). */
export interface Authentication {
  /** ISO 8601. */
  readonly at: string | null
  /** Authentication context class, as the issuer names it. */
  readonly level: string | null
  /** For example `pwd`, `otp`. */
  readonly methods: readonly string[]
}

/** Whom a token is issued for, or a decision answered to. */
export type Caller = Omit<Principal, 'issuer' | 'authentication' | 'isStaff' | 'invitedTo'>

/** Who somebody is, wherever two have to be told apart (separation of duties). */
export type Identity = Pick<Principal, 'issuer' | 'sub'>

/** The service itself, which acts for an organisation where something follows of itself: nobody else has this issuer. */
export function servicePrincipal(org: string): Principal {
  return { issuer: SERVICE, sub: SERVICE, org, roles: [], clientId: null }
}

/** Whether the service itself acts, which may know everything: nobody who came with a token is it, since without a role nobody is let in. */
export function isService({ issuer, sub, roles }: Pick<Principal, 'issuer' | 'sub' | 'roles'>): boolean {
  return issuer === SERVICE && sub === SERVICE && roles.length === 0
}

/** Whether both are one person: the same subject of the same issuer. */
export function isSamePerson(one: Identity, other: Identity): boolean {
  return one.issuer === other.issuer && one.sub === other.sub
}

/** Claims of an access token (RFC 9068 with `org` and `roles`). */
export interface TokenClaims {
  readonly iss?: unknown
  readonly sub?: unknown
  readonly org?: unknown
  readonly roles?: unknown
  readonly client_id?: unknown
  readonly auth_time?: unknown
  readonly acr?: unknown
  readonly amr?: unknown
}

/** Issuer and subject of what no person does; an issuer of tokens is a URL. */
const SERVICE = 'accord'
/** Longest `client_id`: what the revocation of a client can name. */
const CLIENT_ID_LENGTH_MAX = 200
/** What is kept of an issuer's words for how it knew somebody. */
const METHODS_MAX = 10
const WORD_LENGTH_MAX = 200

/**
 * The principal that the claims of a verified token make, null when they make none: no issuer, subject or organisation, a client
 * that could not be revoked, a role that nobody knows. A machine carries API_CLIENT alone and a person never does, so that neither
 * can borrow the other's rights. The roles of a person are those claimed where the issuer is authoritative for roles, else none:
 * what is recorded here comes besides (`withRecordedRoles`).
 */
export function toPrincipal({ iss, sub, org, roles = [], client_id, ...proof }: TokenClaims, isAuthoritative: boolean): Principal | null {
  if (!isText(iss) || !isText(sub) || !isText(org) || !Array.isArray(roles)) return null
  const isMachine = client_id !== undefined
  if (isMachine && (!isText(client_id) || client_id.length > CLIENT_ID_LENGTH_MAX)) return null
  const authentication = isMachine ? undefined : authenticationIn(proof)
  const person = { issuer: iss, sub, org, clientId: null, ...(authentication ? { authentication } : {}) }
  if (!isMachine && !isAuthoritative) return { ...person, roles: [] }
  const known = roles.filter((role): role is Role => typeof role === 'string' && isRole(role))
  if (known.length !== roles.length || known.includes('API_CLIENT') !== isMachine || (isMachine && known.length > 1)) return null
  return { ...person, roles: known, clientId: isMachine ? (client_id as string) : null }
}

/** A person whose issuer says who is staff of their organisation; a machine is nobody's staff. */
export function asStaff(principal: Principal): Principal {
  return principal.clientId === null ? { ...principal, isStaff: true } : principal
}

/** What the issuer says of how it knew a person; undefined: nothing. */
function authenticationIn({ auth_time, acr, amr }: Pick<TokenClaims, 'auth_time' | 'acr' | 'amr'>): Authentication | undefined {
  const isWord = (word: unknown): word is string => isText(word) && word.length <= WORD_LENGTH_MAX
  const at = typeof auth_time === 'number' ? new Date(auth_time * 1000).toISOString() : null
  const level = isWord(acr) ? acr : null
  const methods = Array.isArray(amr) ? amr.filter(isWord).slice(0, METHODS_MAX) : []
  return at === null && level === null && methods.length === 0 ? undefined : { at, level, methods }
}

/**
 * A person with the roles that are recorded here besides those that count by its token. Of a claimed role and a recorded one that
 * nobody holds together (SD-2, SD-3, SD-7) neither counts: which of them is to end is for people to say. What an authoritative
 * issuer claims together is its own word.
 */
export function withRecordedRoles(principal: Principal, recorded: readonly Role[]): Principal {
  const apart = new Set(conflicts(principal, recorded).flatMap(({ roles }) => roles))
  const held = new Set([...principal.roles, ...recorded])
  return { ...principal, roles: [...held].filter((role) => !apart.has(role)) }
}

/** Why some roles of a person do not count, in words; null: all do. */
export function whyNotAllCount(principal: Principal, recorded: readonly Role[]): string | null {
  const [found] = conflicts(principal, recorded)
  return found ? `${found.roles.toSorted().join(' and ')} of one organisation are not held by one person (${found.rule}).` : null
}

function conflicts({ roles: claimed }: Principal, recorded: readonly Role[]): { readonly rule: string; readonly roles: Role[] }[] {
  return claimed.flatMap((role) => conflictsOf(role, recorded).map(({ rule, with: other }) => ({ rule, roles: [role, other] })))
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
