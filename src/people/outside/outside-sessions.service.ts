import { createHash, createHmac, hkdfSync, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { EMAIL_CODE, OUTSIDER_TOKEN, OUTSIDERS } from '../../identity/outsider.ts'
import type { Principal } from '../../identity/principal.ts'
import { keepPersonName } from '../../identity/sessions/person-names.service.ts'
import type { MailingService } from '../../notifications/mail/mailing.service.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { isUuid } from '../../platform/kernel/ids.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { type CodeState, outsidersRepository } from './outsiders.repository.ts'

export interface OutsideSessionsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly mailTo: MailingService['mailTo']
  readonly notifications: Pick<NotificationsService, 'tell'>
  readonly logKey: Uint8Array
}

/** What whoever holds a link is told before they have proved who they are: nothing of the agreement. */
export interface SeenInvitation {
  readonly invited_by: string
  readonly org: string
  /** ISO 8601. */
  readonly expires_at: string
  /** Wrong codes that may still be tried. */
  readonly triesLeft: number
}

/** A session that counts at this moment. */
export interface OutsideSession {
  readonly principal: Principal & { readonly invitedTo: string }
  readonly name: string
  /** ISO 8601. */
  readonly expires_at: string
  /** What stands in the mail: for proving once more who one is. */
  readonly link: string
}

/** A session that a code opened. */
export interface OpenedSession {
  readonly token: string
  readonly agreement: string
  /** ISO 8601. */
  readonly expires_at: string
}

const CODE_DIGITS = 8
const CODE_MINUTES = 10
/** Codes that one invitation is sent in an hour. */
const CODES_AN_HOUR = 5
/** Wrong codes of one invitation, of whatever code: then it is locked. */
const WRONG_CODES_MAX = 5
/** How long a session lasts at most. */
export const OUTSIDE_SESSION_SECONDS = 3_600
const MINUTE = 60_000
/** Every answer takes so long at least, whether there is such an invitation or not. */
const ANSWER_MS = 250
const NOT_LET_IN = 'The code is not right, its time is over, or there is no such invitation.'

export type OutsideSessionsService = ReturnType<typeof outsideSessionsService>

/** Lets people without an account in: by a code mailed to the address of a confirmed contact, for one agreement, for an hour. */
export function outsideSessionsService({ db, clock, mailTo, notifications, logKey }: OutsideSessionsOptions) {
  const key = Buffer.from(hkdfSync('sha256', logKey, '', 'accord: codes of invitations', 32))
  const hashOf = (link: string, code: string) => createHmac('sha256', key).update(`${link} ${code}`).digest('hex')
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)
  /** The same time for every answer, so that it does not tell whether there is such an invitation. */
  const inTime = async <T>(work: Promise<T>): Promise<T> => (await Promise.all([work, pause(ANSWER_MS)]))[0]

  /** The invitation of a link, where it counts with its contact at this instant. */
  async function counting(tx: Transaction, link: string, now: string): Promise<(CodeState & { readonly address: string }) | undefined> {
    if (!isUuid(link)) return undefined
    const outsiders = outsidersRepository(tx)
    const found = await outsiders.lockCode(link)
    if (!found || found.withdrawn_at !== null || found.locked_at !== null || found.expires_at <= now) return undefined
    const contact = await outsiders.contact(found.contact_id)
    return contact && contact.withdrawn_at === null ? { ...found, address: contact.address } : undefined
  }

  async function send(tx: Transaction, link: string): Promise<void> {
    const now = clock()
    const found = await counting(tx, link, now.toISOString())
    if (!found) return
    const hourAgo = new Date(now.getTime() - 60 * MINUTE).toISOString()
    const sent = found.codes_sent.filter((at) => at > hourAgo)
    if (sent.length >= CODES_AN_HOUR) return
    const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')
    await outsidersRepository(tx).keepCode(found.id, {
      code_hash: hashOf(link, code),
      code_expires_at: new Date(now.getTime() + CODE_MINUTES * MINUTE).toISOString(),
      codes_sent: [...sent, now.toISOString()],
    })
    await mailTo(tx, { org: found.org, address: found.address, text: 'OUTSIDE_CODE', filled: { authority: found.org, code } })
  }

  async function tryCode(tx: Transaction, link: string, code: string): Promise<OpenedSession | undefined> {
    const now = clock()
    const found = await counting(tx, link, now.toISOString())
    if (!found) return undefined
    const outsiders = outsidersRepository(tx)
    const isLive = found.code_hash !== null && found.code_expires_at !== null && found.code_expires_at > now.toISOString()
    if (!isLive || !timingSafeEqual(Buffer.from(found.code_hash ?? '', 'hex'), Buffer.from(hashOf(link, code), 'hex'))) {
      const wrong = found.wrong_codes + 1
      const isLocked = wrong >= WRONG_CODES_MAX
      await outsiders.noteWrongCode(found.id, wrong, isLocked ? now.toISOString() : null)
      if (isLocked) await tellOfLock(tx, found, now.toISOString())
      return undefined
    }
    // A code opens one session and no other.
    await outsiders.keepCode(found.id, { code_hash: null, code_expires_at: null })
    const token = `${OUTSIDER_TOKEN}${randomBytes(32).toString('base64url')}`
    const expires_at = new Date(now.getTime() + OUTSIDE_SESSION_SECONDS * 1000).toISOString()
    await outsiders.openSession(tokenHash(token), found.id, now.toISOString(), expires_at)
    const contact = await outsiders.contact(found.contact_id)
    const who = { issuer: OUTSIDERS, sub: found.contact_id }
    if (contact) await keepPersonName(tx, who, contact.name, now)
    return { token, agreement: found.agreement_id, expires_at }
  }

  /** Whoever confirmed the address and whoever invited hear that somebody tried: of the invitation, not of the agreement. */
  async function tellOfLock(tx: Transaction, { id, contact_id, invited_by }: CodeState, at: string): Promise<void> {
    const contact = await outsidersRepository(tx).contact(contact_id)
    const orgs = [...new Set([invited_by, ...(contact ? [contact.confirmed_by] : [])])]
    const facts = { kind: 'OUTSIDE_INVITATION_LOCKED', subject: { type: 'invitation', id }, at, detail: { contact: contact_id } } as const
    await notifications.tell(tx, orgs, facts)
  }

  const find = (token: string): Promise<OutsideSession | undefined> =>
    asSystem(async (tx) => {
      const found = await outsidersRepository(tx).sessionOf(tokenHash(token), clock().toISOString())
      if (!found) return undefined
      const { name, expires_at, link } = found
      const who = { issuer: OUTSIDERS, sub: found.contact_id, org: found.org, roles: found.roles as Principal['roles'], clientId: null }
      const authentication = { at: found.opened_at, level: EMAIL_CODE, methods: ['otp'] }
      return { principal: { ...who, authentication, invitedTo: found.agreement_id }, name, expires_at, link }
    })

  return {
    /** What a link opens; undefined: nothing, whether it is unknown, withdrawn, locked or over. */
    look: (link: string): Promise<SeenInvitation | undefined> =>
      inTime(
        asSystem(async (tx) => {
          const found = await counting(tx, link, clock().toISOString())
          if (!found) return undefined
          const { invited_by, org, expires_at, wrong_codes } = found
          return { invited_by, org, expires_at, triesLeft: WRONG_CODES_MAX - wrong_codes }
        }),
      ),

    /** Mails a code, where there is such an invitation and not too many were asked for; answers alike where not. */
    sendCode: (link: string): Promise<void> => inTime(asSystem((tx) => send(tx, link))),

    /** Opens a session by a code; refused alike for whatever is wrong. */
    open: async (link: string, code: string): Promise<Result<OpenedSession, Refusal>> => {
      const opened = await inTime(asSystem((tx) => tryCode(tx, link, code)))
      return opened
        ? ok(opened)
        : refuse(
            refusal('UNPROCESSABLE', NOT_LET_IN, [
              { pointer: '/code', detail: 'is not right, is over, or is of no invitation', code: 'CODE' },
            ]),
          )
    },

    /** The session of a token; undefined: there is none, or its invitation or contact no longer counts. */
    find,

    /** Whom a session is of at this moment; null: nobody. */
    principalOf: async (token: string): Promise<Principal | null> => (await find(token))?.principal ?? null,

    /** Ends a session before its time. */
    end: (token: string): Promise<void> => asSystem((tx) => outsidersRepository(tx).closeSession(tokenHash(token))),

    /** Takes away sessions whose hour is over. */
    forgetOld: (): Promise<void> => asSystem((tx) => outsidersRepository(tx).forgetSessions(clock().toISOString())),

    /** Whether a sign-off is of an agreement; asked before the contract has looked at what is named so. */
    isSignOffOf: async (signOff: string, agreement: string): Promise<boolean> =>
      isUuid(signOff) && asSystem((tx) => outsidersRepository(tx).isSignOffOf(signOff, agreement)),
  }
}

function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
