import type { Authentication, Principal } from '../principal.ts'
import { asStaff, toPrincipal } from '../principal.ts'

/** What is shown of somebody whose issuer does not say what they are called. */
export const NO_NAME = 'No name'

/** Who signed in with a browser, as its issuer says. */
export interface SignedIn {
  readonly issuer: string
  readonly subject: string
  /** As the issuer spells it; shown, never compared. */
  readonly name: string
  /** Organisation and roles as the issuer claims them; they count only where it is authoritative. */
  readonly claims: { readonly org?: unknown; readonly roles?: unknown }
  readonly authentication: Authentication
}

/** A session as it is kept. */
export interface Session extends SignedIn {
  /** Organisation that the person acts for; null: none yet. */
  readonly org: string | null
  readonly begunAt: Date
  readonly seenAt: Date
  readonly endedAt: Date | null
}

/** How long a session lasts without being used, and at most (OWASP ASVS 5.0, 7.3). */
export interface SessionLimits {
  readonly idleSeconds: number
  readonly absoluteSeconds: number
}

/** Whether a session still counts. */
export function isLive({ begunAt, seenAt, endedAt }: Session, { idleSeconds, absoluteSeconds }: SessionLimits, now: Date): boolean {
  const age = (since: Date) => (now.getTime() - since.getTime()) / 1000
  return endedAt === null && age(seenAt) < idleSeconds && age(begunAt) < absoluteSeconds
}

/** Whom a session is of, acting for its organisation; null while it acts for none. What is recorded here of the person's roles comes besides. */
export function principalOf(
  { issuer, subject, org, claims, authentication }: Session,
  { isAuthoritative, speaksFor }: { readonly isAuthoritative: boolean; readonly speaksFor: (org: string) => boolean },
): Principal | null {
  if (org === null) return null
  const isClaimed = claims.org === org
  const principal = toPrincipal({ iss: issuer, sub: subject, org, roles: isClaimed ? (claims.roles ?? []) : [] }, isAuthoritative)
  return principal && { ...(isClaimed && speaksFor(org) ? asStaff(principal) : principal), authentication }
}
