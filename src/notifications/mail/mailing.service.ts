import { OUTSIDERS } from '../../identity/outsider.ts'
import type { Role } from '../../identity/permissions.ts'
import { type Identity, isSamePerson } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { addDays, type Day, londonDay, londonMidnight, weekday } from '../../platform/kernel/london-day.ts'
import { isWorkingDay } from '../../platform/kernel/working-days.ts'
import type { MailChannel } from './channels/channel.ts'
import { type AddressedText, addressedLetter, type Letter } from './letter.ts'
import { letterFor, organisationsIn, type TellsReader, weekLetterFor } from './letter-for.ts'
import { type ClaimedMail, type MailOutcome, type MailReader, mailRepository, type PostedNotification } from './mail.repository.ts'
import { KINDS_OF_MAIL, type MailGroup } from './mail-kinds.ts'
import { mailSettingsRepository } from './mail-settings.repository.ts'
import { organisationsOfWeek, type WeekOfWork } from './week.ts'

/** Somebody with the role for which they are asked. */
export interface RoleHolder extends Identity {
  readonly role: Role
}

/** Somebody without an account who is invited to an agreement, with the roles that they hold there. */
export interface InvitedReader extends Identity {
  readonly roles: readonly Role[]
  readonly address: string
  /** What names their invitation to them. */
  readonly link: string
}

/** What stands to the right and is asked about the people of an organisation; each joins the transaction, which reads everything. */
export interface MailDirectory {
  /** Who holds one of these roles on a London day, or stands in for whoever does. */
  holdersOf(tx: Transaction, org: string, roles: readonly Role[], day: Day): Promise<RoleHolder[]>
  /** Who is invited to an agreement for an organisation at an instant (ISO 8601): nobody whose invitation is over, withdrawn or locked. */
  invitedTo(tx: Transaction, org: string, agreement: string, at: string): Promise<InvitedReader[]>
  /** What somebody's week holds, in transactions of its own; undefined: they act for the organisation no more. */
  weekOf(person: Identity, org: string): Promise<WeekOfWork | undefined>
  /** Where an organisation as such gets mail; undefined: nowhere. */
  mailboxOf(tx: Transaction, org: string): Promise<string | undefined>
  /** Names of organisations by their codes. */
  namesOf(tx: Transaction, orgs: readonly string[]): Promise<ReadonlyMap<string, string>>
}

export interface MailingOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly directory: MailDirectory
  readonly channel: MailChannel
  readonly publicUrl: URL
}

/** A mail to an address; why it may be written to is for whoever asks to know. */
export interface AddressedMail {
  /** The organisation for which it is. */
  readonly org: string
  readonly address: string
  readonly text: AddressedText
  readonly filled: Readonly<Record<string, string>>
}

/** A mail that is ready to be sent. */
interface Composed {
  readonly address: string
  readonly letter: Letter
}

const BATCH = 50
const AT_ONCE = 4
/** Hours of a London day before which the digest of the day is not made. */
const DIGEST_HOURS_BEFORE_MIDNIGHT = 16
const HOUR_MS = 3_600_000
/** The day of summaries. */
const MONDAY = 1
/** Days after which it is forgotten where a mail went. */
const KEPT_DAYS = 90
/** Minutes after each attempt until the next one; after the last of them a mail has failed. */
const RETRY_MINUTES = [1, 5, 15, 60, 180, 360, 720, 1_440] as const

export type MailingService = ReturnType<typeof mailingService>

/**
 * Makes mail of what organisations are told, and sends it. Any number of nodes may run it at once: a notification becomes at most one
 * mail to each reader, and a mail is one node's at a time. What breaks off goes on where it stopped; a mail is sent twice only where the
 * receiver's answer to the first was lost.
 */
export function mailingService({ db, clock, newId, directory, channel, publicUrl }: MailingOptions) {
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)

  /** Whom of its organisation a notification is for, as the roles are held on a day. */
  async function meantBy(tx: Transaction, { org, kind, addressedTo }: PostedNotification, day: Day): Promise<readonly Identity[]> {
    if (addressedTo && addressedTo.persons.length > 0) return addressedTo.persons
    return directory.holdersOf(tx, org, addressedTo?.roles ?? KINDS_OF_MAIL[kind].to, day)
  }

  /** Who is invited to the agreement that a notification is about, and whom of them it asks something of. */
  async function invitedBy(tx: Transaction, posted: PostedNotification, at: string): Promise<InvitedReader[]> {
    const { org, kind, subject } = posted
    const { asksInvited = false } = KINDS_OF_MAIL[kind]
    if (!asksInvited || subject.type !== 'agreement') return []
    const { persons = [] } = posted.addressedTo ?? {}
    const roles = rolesOf(posted)
    const isMeant = (one: InvitedReader) =>
      persons.length > 0 ? persons.some((person) => isSamePerson(one, person)) : one.roles.some((role) => roles.includes(role))
    return (await directory.invitedTo(tx, org, subject.id, at)).filter(isMeant)
  }

  /** Notes for each reader of a notification that they are to be mailed, at once or by digest; where there is none, that. */
  async function post(tx: Transaction, posted: PostedNotification, now: Date): Promise<void> {
    const at = now.toISOString()
    const { group, isSingle = false, isPersonal = false } = KINDS_OF_MAIL[posted.kind]
    const meant = await meantBy(tx, posted, londonDay(now.getTime()))
    const persons = await mailSettingsRepository(tx).reachable(posted.org, meant)
    const readers: { readonly person: Identity | null; readonly single: readonly MailGroup[] }[] = persons.map(({ single, ...person }) => ({
      person,
      single,
    }))
    for (const { issuer, sub } of await invitedBy(tx, posted, at)) readers.push({ person: { issuer, sub }, single: [] })
    const isMailbox = readers.length === 0 && !isPersonal && (await directory.mailboxOf(tx, posted.org)) !== undefined
    if (readers.length === 0 && !isMailbox) return mailRepository(tx).unreached(posted, at)
    for (const { person, single } of isMailbox ? [{ person: null, single: [] }] : readers) {
      const reader: MailReader = { org: posted.org, person: person && { issuer: person.issuer, sub: person.sub } }
      const mailId = isSingle || single.includes(group) ? newId() : null
      if (mailId !== null) await mailRepository(tx).queue({ ...reader, id: mailId, form: 'SINGLE', at })
      await mailRepository(tx).addItem(posted.id, reader, mailId, at)
    }
  }

  async function postAll(now: Date): Promise<void> {
    for (;;) {
      const count = await asSystem(async (tx) => {
        const posted = await mailRepository(tx).takePosted(BATCH)
        for (const one of posted) await post(tx, one, now)
        return posted.length
      })
      if (count < BATCH) return
    }
  }

  /** The digests of a working day: of what waits since before its hour, one for each reader. */
  async function digestAll(now: Date): Promise<void> {
    const day = londonDay(now.getTime())
    const hour = digestHour(day)
    if (!isWorkingDay(day) || now.getTime() < hour) return
    const before = new Date(hour).toISOString()
    let after: MailReader | null = null
    for (;;) {
      const readers: MailReader[] = await asSystem((tx) => mailRepository(tx).waitingBefore(before, BATCH, after))
      for (const reader of readers)
        await asSystem(async (tx) => {
          const id = newId()
          const isFirst = await mailRepository(tx).queue({ ...reader, id, form: 'DIGEST', day, at: now.toISOString() })
          if (isFirst) await mailRepository(tx).gather(reader, id, before)
        })
      after = readers.at(-1) ?? null
      if (readers.length < BATCH) return
    }
  }

  /** How a reader is told of a notification at this moment, and where they get mail; undefined: it is not for them any more. */
  async function readerOf(
    tx: Transaction,
    posted: PostedNotification,
    person: Identity | null,
    now: Date,
  ): Promise<(Pick<TellsReader, 'role' | 'invitation'> & { readonly address: string | undefined }) | undefined> {
    if (person === null) return { role: null, invitation: null, address: await directory.mailboxOf(tx, posted.org) }
    if (person.issuer === OUTSIDERS) {
      const found = (await invitedBy(tx, posted, now.toISOString())).find((one) => isSamePerson(one, person))
      const role = found?.roles.find((one) => rolesOf(posted).includes(one)) ?? null
      return found && { role, invitation: found.link, address: found.address }
    }
    const found = (await meantBy(tx, posted, londonDay(now.getTime()))).find((one) => isSamePerson(one, person))
    const [settings] = found ? await mailSettingsRepository(tx).reachable(posted.org, [person]) : []
    return found && { role: 'role' in found ? (found as RoleHolder).role : null, invitation: null, address: settings?.address }
  }

  /** On a Monday, from the hour of the digest on: a summary for each who chose so and has none of this day. */
  async function summariseAll(now: Date): Promise<void> {
    const day = londonDay(now.getTime())
    if (weekday(day) !== MONDAY || now.getTime() < digestHour(day)) return
    for (;;) {
      const count = await asSystem(async (tx) => {
        const readers = await mailSettingsRepository(tx).weeklyWithout(day, BATCH)
        for (const reader of readers) await mailRepository(tx).queue({ ...reader, id: newId(), form: 'WEEKLY', day, at: now.toISOString() })
        return readers.length
      })
      if (count < BATCH) return
    }
  }

  /** The summary of somebody's work at this moment, and where to; undefined: there is nothing in it, or nobody to send it to. */
  async function summary({ id, org, person }: ClaimedMail, now: Date): Promise<Composed | undefined> {
    const week = person && (await directory.weekOf(person, org))
    if (!person || !week) return undefined
    return asSystem(async (tx) => {
      const [settings] = await mailSettingsRepository(tx).reachable(org, [person])
      const names = await directory.namesOf(tx, organisationsOfWeek(org, week))
      const letter = weekLetterFor({ id, org }, week, { names, publicUrl, today: londonDay(now.getTime()) })
      return settings && letter && { address: settings.address, letter }
    })
  }

  /** What a mail says at this moment, and where to; undefined: nothing that its reader may still be told. */
  async function compose(mail: ClaimedMail, now: Date): Promise<Composed | undefined> {
    if (mail.form === 'WEEKLY') return summary(mail, now)
    if (mail.address !== null && mail.text !== null)
      return { address: mail.address, letter: addressedLetter(mail.id, mail.text, mail.filled ?? {}) }
    return asSystem(async (tx) => {
      const { id, org, person } = mail
      // What they may not see any more is not told either: asked as whoever reads it, row by row.
      const ids = await mailRepository(tx).itemsOf(id)
      const visible = await readingAs(tx, { kind: 'party', org }, () => mailRepository(tx).visible(ids))
      const entries: TellsReader[] = []
      let address: string | undefined
      for (const posted of visible) {
        const found = await readerOf(tx, posted, person, now)
        if (!found) continue
        address = found.address
        entries.push({ ...posted, role: found.role, invitation: found.invitation })
      }
      if (entries.length === 0 || address === undefined) return undefined
      const names = await directory.namesOf(tx, organisationsIn(org, entries))
      return { address, letter: letterFor(mail, entries, { names, publicUrl, today: londonDay(now.getTime()) }) }
    })
  }

  async function send(mail: ClaimedMail): Promise<MailOutcome['state']> {
    const now = clock()
    const end = (outcome: Omit<MailOutcome, 'at'>) =>
      asSystem((tx) => mailRepository(tx).ended(mail, { at: clock().toISOString(), ...outcome })).then(() => outcome.state)
    const made = await compose(mail, now)
    if (!made) return end({ state: 'WITHDRAWN' })
    const { address, letter } = made
    const tried = await channel.send({ id: mail.id, to: address, ...letter }, mail.attempts > 1)
    const kept = { address, title: letter.subject }
    if (tried.outcome === 'SENT') return end({ state: 'SENT', ...kept })
    const minutes = RETRY_MINUTES[mail.attempts - 1]
    if (tried.outcome === 'LATER' && minutes !== undefined)
      return end({ state: 'QUEUED', ...kept, error: tried.why, nextAt: new Date(clock().getTime() + minutes * 60_000).toISOString() })
    return end({ state: tried.outcome === 'BOUNCED' ? 'BOUNCED' : 'FAILED', ...kept, error: tried.why })
  }

  async function sendAll(): Promise<{ readonly sent: number; readonly failed: number }> {
    const counts = { sent: 0, failed: 0 }
    for (;;) {
      const claimed = await asSystem((tx) => mailRepository(tx).claim(clock().toISOString(), AT_ONCE))
      for (const state of await Promise.all(claimed.map(send))) {
        if (state === 'SENT') counts.sent += 1
        if (state === 'FAILED' || state === 'BOUNCED') counts.failed += 1
      }
      if (claimed.length < AT_ONCE) return counts
    }
  }

  return {
    /** Makes and sends all mail whose time has come. */
    async run(): Promise<{ readonly sent: number; readonly failed: number }> {
      const now = clock()
      await postAll(now)
      await digestAll(now)
      await summariseAll(now)
      await asSystem((tx) => mailRepository(tx).forget(new Date(now.getTime() - KEPT_DAYS * 24 * HOUR_MS).toISOString()))
      return sendAll()
    },

    /**
     * Queues a mail to an address that stands in no notification, for example a code. Joins the transaction, which writes everything. What
     * it is filled with is kept until it has been sent, and no longer.
     */
    async mailTo(tx: Transaction, { org, address, text, filled }: AddressedMail): Promise<void> {
      await mailRepository(tx).queue(
        { id: newId(), org, person: null, form: 'ADDRESSED', at: clock().toISOString() },
        { address, text, filled },
      )
    },

    /** Notes what became of a mail after it was sent, as its carrier says. False: it is none of ours. */
    took: (
      mailId: string,
      { state, why }: { readonly state: 'DELIVERED' | 'BOUNCED' | 'FAILED'; readonly why: string | null },
    ): Promise<boolean> => asSystem((tx) => mailRepository(tx).receipt(mailId, state, clock().toISOString(), why)),

    /** Records where somebody gets mail for an organisation, by whoever keeps its roles. Joins the transaction, which writes everything. */
    recordAddress: (tx: Transaction, org: string, person: Identity, address: string): Promise<void> =>
      mailSettingsRepository(tx).record({ id: newId(), org, person, address }),

    /** Whether somebody gets mail for an organisation while they hold a role in it. Joins the transaction, which reads everything. */
    isMailed: async (tx: Transaction, org: string, person: Identity): Promise<boolean> =>
      (await mailSettingsRepository(tx).reachable(org, [person])).length > 0,

    /** Where mail goes: a folder or a server. */
    where: channel.where,

    /** Gives back the connections of the channel. */
    close: () => channel.close(),
  }
}

/** The roles that a notification is for. */
function rolesOf({ kind, addressedTo }: PostedNotification): readonly Role[] {
  const { roles = [] } = addressedTo ?? {}
  return roles.length > 0 ? roles : KINDS_OF_MAIL[kind].to
}

/** The instant of a London day at which what waited is mailed. */
function digestHour(day: Day): number {
  return londonMidnight(addDays(day, 1)) - DIGEST_HOURS_BEFORE_MIDNIGHT * HOUR_MS
}
