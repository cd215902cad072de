import { sql } from 'kysely'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Addressed, NotificationKind } from '../kinds.ts'
import type { AddressedText } from './letter.ts'
import type { Mailed } from './mail-values.ts'

/** A notification as mail is made of it. */
export interface PostedNotification extends Mailed {
  readonly id: string
  readonly addressedTo: Addressed | null
  readonly toldBy: string | null
}

/** Who is mailed: a person of an organisation; null: its mailbox. */
export interface MailReader {
  readonly org: string
  readonly person: Identity | null
}

/** A mail that is to be sent now, claimed for this node. */
export interface ClaimedMail extends MailReader {
  readonly id: string
  readonly form: 'SINGLE' | 'DIGEST' | 'WEEKLY' | 'ADDRESSED'
  /** Of a mail to an address: where to, which text, filled with what. */
  readonly address: string | null
  readonly text: AddressedText | null
  readonly filled: Readonly<Record<string, string>> | null
  readonly day: Day | null
  /** This one included. */
  readonly attempts: number
}

/** How a mail stands after an attempt. */
export interface MailOutcome {
  readonly state: 'QUEUED' | 'SENT' | 'WITHDRAWN' | 'FAILED' | 'BOUNCED'
  readonly at: string
  readonly nextAt?: string
  readonly address?: string
  readonly title?: string
  readonly error?: string | null
}

/** How long a node keeps a mail to itself: longer than any attempt takes. By the clock of the database, which is one for all nodes. */
const CLAIM = '5 minutes'

/** Mail that is to be sent, and what became of it. */
export function mailRepository(tx: Transaction) {
  const notifications = () =>
    tx
      .selectFrom('notification as n')
      .select(['n.id', 'n.org', 'n.subject_type', 'n.subject_id', 'n.kind', 'n.at', 'n.detail', 'n.addressed_to', 'n.told_by'])

  return {
    /** Takes some of the notifications of which no mail was made yet; what another node is at is left to it. */
    async takePosted(limit: number): Promise<PostedNotification[]> {
      const taken = await sql<{ notification_id: string }>`delete from mail_outbox where notification_id in (
        select o.notification_id from mail_outbox o order by o.notification_id limit ${limit} for update skip locked) returning notification_id`.execute(
        tx,
      )
      const ids = taken.rows.map(({ notification_id }) => notification_id)
      if (ids.length === 0) return []
      return (await notifications().where('n.id', 'in', ids).orderBy('n.id').execute()).map(toPosted)
    },

    /** Which notifications a mail is of. */
    async itemsOf(mailId: string): Promise<string[]> {
      const rows = await tx.selectFrom('mail_item').select('notification_id').where('mail_id', '=', mailId).execute()
      return rows.map(({ notification_id }) => notification_id)
    },

    /** Those of these notifications that this transaction's reader may be told of, in the order in which they were told. */
    async visible(ids: readonly string[]): Promise<PostedNotification[]> {
      if (ids.length === 0) return []
      return (
        await notifications()
          .where('n.id', 'in', [...ids])
          .orderBy('n.id')
          .execute()
      ).map(toPosted)
    },

    /** Notes that a reader is to be told of a notification, by this mail or, with none, by the next digest. False: that is noted already. */
    async addItem(notificationId: string, { org, person }: MailReader, mailId: string | null, at: string): Promise<boolean> {
      const row = {
        notification_id: notificationId,
        org,
        issuer: person?.issuer ?? '',
        subject: person?.sub ?? '',
        mail_id: mailId,
        created_at: at,
      }
      const added = await tx
        .insertInto('mail_item')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .returning('notification_id')
        .executeTakeFirst()
      return added !== undefined
    },

    /** Queues a mail. False: there is a digest of this day for the reader already. */
    async queue(
      {
        id,
        org,
        person,
        form,
        day = null,
        at,
      }: MailReader & Pick<ClaimedMail, 'id' | 'form'> & { readonly day?: Day | null; readonly at: string },
      addressed: { readonly address: string; readonly text: string; readonly filled: Readonly<Record<string, string>> } | null = null,
    ): Promise<boolean> {
      const who = { issuer: person?.issuer ?? null, subject: person?.sub ?? null }
      const to = addressed && { ...addressed, filled: JSON.stringify(addressed.filled) }
      const added = await tx
        .insertInto('mail')
        .values({ id, org, ...who, form, day, state: 'QUEUED', next_at: at, created_at: at, ...to })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },

    /** Readers for whom something waits since before an instant. */
    async waitingBefore(at: string, limit: number, after: MailReader | null): Promise<MailReader[]> {
      const rows = await tx
        .selectFrom('mail_item as i')
        .select(['i.org', 'i.issuer', 'i.subject'])
        .distinct()
        .where('i.mail_id', 'is', null)
        .where('i.created_at', '<', at)
        .$if(after !== null, (query) =>
          query.where(
            sql<boolean>`(i.org, i.issuer, i.subject) > (${after?.org}, ${after?.person?.issuer ?? ''}, ${after?.person?.sub ?? ''})`,
          ),
        )
        .orderBy('i.org')
        .orderBy('i.issuer')
        .orderBy('i.subject')
        .limit(limit)
        .execute()
      return rows.map(({ org, issuer, subject }) => ({ org, person: issuer === '' ? null : { issuer, sub: subject } }))
    },

    /** Puts what waits for a reader into a mail. */
    async gather({ org, person }: MailReader, mailId: string, before: string): Promise<void> {
      await tx
        .updateTable('mail_item')
        .set({ mail_id: mailId })
        .where('org', '=', org)
        .where('issuer', '=', person?.issuer ?? '')
        .where('subject', '=', person?.sub ?? '')
        .where('mail_id', 'is', null)
        .where('created_at', '<', before)
        .execute()
    },

    /** Claims mails whose time has come, the oldest first, and those that a node claimed and never ended. */
    async claim(now: string, limit: number): Promise<ClaimedMail[]> {
      const { rows } = await sql<ClaimedRow>`update mail set state = 'SENDING', attempts = attempts + 1,
          claimed_until = clock_timestamp() + ${CLAIM}::interval
        where id in (select m.id from mail m
          where (m.state = 'QUEUED' and m.next_at <= ${now}) or (m.state = 'SENDING' and m.claimed_until < clock_timestamp())
          order by m.next_at, m.id limit ${limit} for update skip locked)
        returning id, org, issuer, subject, address, form, text, filled, day, attempts`.execute(tx)
      return rows.map(({ issuer, subject, ...row }) => ({ ...row, person: issuer === null ? null : { issuer, sub: subject ?? '' } }))
    },

    /** Notes what became of an attempt, where nobody else has: what a mail to an address was filled with is forgotten once it has ended. */
    async ended(
      { id, attempts }: Pick<ClaimedMail, 'id' | 'attempts'>,
      { state, at, nextAt, address, title, error = null }: MailOutcome,
    ): Promise<void> {
      const isOver = state !== 'QUEUED'
      await tx
        .updateTable('mail')
        .set({ state, claimed_until: null, last_error: error, ended_at: isOver ? at : null })
        .set({
          ...(nextAt ? { next_at: nextAt } : {}),
          ...(address ? { address } : {}),
          ...(title ? { title } : {}),
          ...(isOver ? { filled: null } : {}),
        })
        .where('id', '=', id)
        .where('state', '=', 'SENDING')
        .where('attempts', '=', attempts)
        .execute()
    },

    /** Notes what became of a mail after it was sent. False: it is none of ours, or had no such end to come. */
    async receipt(id: string, state: 'DELIVERED' | 'BOUNCED' | 'FAILED', at: string, error: string | null): Promise<boolean> {
      const row = await tx
        .updateTable('mail')
        .set({ state, ended_at: at, last_error: error })
        .where('id', '=', id)
        .where('state', 'in', ['SENT', 'DELIVERED', 'SENDING'])
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    /** Forgets where mail went that ended before an instant, and what its receiver said: an address is personal data. */
    async forget(before: string): Promise<void> {
      await tx
        .updateTable('mail')
        .set({ address: null, last_error: null })
        .where('ended_at', '<', before)
        .where((eb) => eb.or([eb('address', 'is not', null), eb('last_error', 'is not', null)]))
        .execute()
    },

    /** Notes that nobody could be mailed of a notification. */
    async unreached({ id, org, toldBy }: PostedNotification, at: string): Promise<void> {
      await tx
        .insertInto('mail_unreached')
        .values({ notification_id: id, org, told_by: toldBy, at })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
  }
}

interface ClaimedRow extends Omit<ClaimedMail, 'person'> {
  readonly issuer: string | null
  readonly subject: string | null
}

interface NotificationRow {
  readonly id: string
  readonly org: string
  readonly subject_type: string
  readonly subject_id: string
  readonly kind: string
  readonly at: string
  readonly detail: unknown
  readonly addressed_to: unknown
  readonly told_by: string | null
}

function toPosted({ id, org, subject_type, subject_id, kind, at, detail, addressed_to, told_by }: NotificationRow): PostedNotification {
  return {
    ...{ id, org, kind: kind as NotificationKind, subject: { type: subject_type, id: subject_id }, at },
    ...{ detail: detail as Mailed['detail'], addressedTo: addressed_to as Addressed | null, toldBy: told_by },
  }
}
