import { createHash, randomBytes } from 'node:crypto'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { Principal } from '../principal.ts'
import { keepPersonName } from './person-names.service.ts'
import { isLive, NO_NAME, principalOf, type Session, type SessionLimits, type SignedIn } from './session.ts'
import { sessionsRepository } from './sessions.repository.ts'

export interface SessionsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly limits: SessionLimits
  /** Whether people sign in at an issuer: a session of one that is trusted no longer opens nothing. */
  readonly isTrusted: (issuer: string) => boolean
  /** Whether the roles that an issuer claims count. */
  readonly isAuthoritative: (issuer: string) => boolean
  /** Whether an issuer says who is staff of an organisation. */
  readonly speaksFor: (issuer: string, org: string) => boolean
  /** Whether staff of an organisation have a role there today by being its staff. */
  readonly hasStaffRole: (org: string) => Promise<boolean>
  /** Organisations in which a role is recorded for a person today. */
  readonly organisationsOf: (person: { readonly issuer: string; readonly subject: string }) => Promise<readonly string[]>
}

/** A session that still counts, and how it is found again. */
export interface LiveSession {
  readonly digest: Buffer
  readonly session: Session
}

/** A session that is still known, whether it counts or has ended. */
export interface KnownSession extends LiveSession {
  readonly isLive: boolean
}

const SECRET_BYTES = 32
/** How long whose a session was is known after its longest time: who comes back after a weekend finds again what they typed. */
export const KNOWN_AFTER_SECONDS = 7 * 86_400
/** A use is written down this often at most. */
const SEEN_EVERY_MS = 60_000

export type SessionsService = ReturnType<typeof sessionsService>

/** Sessions of people who signed in with a browser. A secret leaves this file once, to the browser; what is kept is its digest. */
export function sessionsService(options: SessionsOptions) {
  const { db, clock, limits, isTrusted, isAuthoritative, speaksFor, hasStaffRole, organisationsOf } = options
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)

  return {
    /**
     * Opens a session for whoever signed in, with a new secret, and ends the one before: what is known before a sign-in opens nothing
     * after it. The same person goes on acting for the organisation of the session before.
     */
    async open(signedIn: SignedIn, before: KnownSession | undefined): Promise<string> {
      const secret = newSecret()
      const orgs = await orgsOf(signedIn)
      const wanted = before && isOf(before.session, signedIn) ? before.session.org : null
      const org = wanted !== null && orgs.includes(wanted) ? wanted : (orgs[0] ?? null)
      await asSystem(async (tx) => {
        const now = clock()
        if (before) await sessionsRepository(tx).end(before.digest, now)
        await sessionsRepository(tx).insert(digestOf(secret), signedIn, org, now)
        const { issuer, subject: sub, name } = signedIn
        if (org !== null && name !== NO_NAME) await keepPersonName(tx, { issuer, sub }, name, now)
      })
      return secret
    },

    /** The session of a secret, used now where it counts; undefined: there is none, or none that is still known. */
    find: (secret: string): Promise<KnownSession | undefined> =>
      asSystem(async (tx) => {
        const now = clock()
        const digest = digestOf(secret)
        const session = await sessionsRepository(tx).find(digest)
        if (!session) return undefined
        const counts = isTrusted(session.issuer) && isLive(session, limits, now)
        if (counts && now.getTime() - session.seenAt.getTime() > SEEN_EVERY_MS) await sessionsRepository(tx).seen(digest, now)
        return { digest, session, isLive: counts }
      }),

    /** Whom a session is of; null while it acts for no organisation. */
    principalOf: ({ session }: LiveSession): Principal | null => {
      const { issuer } = session
      return principalOf(session, { isAuthoritative: isAuthoritative(issuer), speaksFor: (org) => speaksFor(issuer, org) })
    },

    /** Organisations for which a person may act. */
    orgsOf: ({ session }: LiveSession): Promise<readonly string[]> => orgsOf(session),

    /** Acts for another organisation from here on; answers whether the person may. */
    async actFor({ digest, session }: LiveSession, org: string): Promise<boolean> {
      if (!(await orgsOf(session)).includes(org)) return false
      await asSystem((tx) => sessionsRepository(tx).actFor(digest, org))
      return true
    },

    end: ({ digest }: LiveSession): Promise<void> => asSystem((tx) => sessionsRepository(tx).end(digest, clock())),

    /** Takes away sessions that are known no longer. */
    forgetOld: (): Promise<void> =>
      asSystem((tx) => sessionsRepository(tx).forget(new Date(clock().getTime() - (limits.absoluteSeconds + KNOWN_AFTER_SECONDS) * 1000))),
  }

  async function orgsOf({ issuer, subject, claims }: SignedIn): Promise<readonly string[]> {
    const recorded = await organisationsOf({ issuer, subject })
    const { org } = claims
    if (typeof org !== 'string' || recorded.includes(org)) return recorded
    const counts = isAuthoritative(issuer) || (speaksFor(issuer, org) && (await hasStaffRole(org)))
    return counts ? [org, ...recorded] : recorded
  }
}

function isOf(session: SignedIn, { issuer, subject }: SignedIn): boolean {
  return session.issuer === issuer && session.subject === subject
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
