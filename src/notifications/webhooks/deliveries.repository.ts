import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** What became, or is to become, of one event at one webhook. */
export interface Delivery {
  /** `webhook-id` of every attempt. */
  readonly event: string
  readonly kind: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly sequence: string
  readonly at: string
  /** WITHHELD: its organisation could no longer see what it is about when it was to be sent. */
  readonly state: 'WAITING' | 'DELIVERED' | 'GIVEN_UP' | 'WITHHELD'
  readonly attempts: number
  /** When it is tried again; null: at once, or no more. */
  readonly due_at: string | null
  readonly attempted_at: string | null
  readonly status_code: number | null
  readonly failure: string | null
}

/** One that this node sends now. */
export interface ClaimedDelivery {
  readonly webhookId: string
  readonly org: string
  readonly eventId: string
  readonly notificationId: string | null
  readonly kind: string
  readonly subject: { readonly type: string; readonly id: string }
  readonly position: string
  readonly at: string
  /** This one included. */
  readonly attempts: number
  readonly claim: string
}

/** What came of an attempt. */
export interface Attempted {
  readonly state: Delivery['state']
  /** ISO 8601; where it waits: when it is tried again. */
  readonly dueAt: string | null
  readonly attemptedAt: string
  readonly answered: number | null
  readonly failure: string | null
}

/** Seconds after which a node that claimed something and said nothing more is taken to be dead; more than an attempt can last. */
const CLAIM_SECONDS = 60

/** What is sent to webhooks; of whom, the reader of the transaction says. */
export function deliveriesRepository(tx: Transaction) {
  return {
    /**
     * Claims what is to be sent at an instant: of each subject the first that waits and no other, of each webhook at most so many
     * at a time. Claims end by the clock of the database, which all nodes have in common.
     */
    async claim(claim: string, now: string, { perWebhook, limit }: { readonly perWebhook: number; readonly limit: number }) {
      const found = await sql<ClaimRow>`
        with first as (
          select distinct on (d.webhook_id, d.subject_type, d.subject_id)
                 d.webhook_id, d.event_id, d.position, d.attempts, d.due_at, d.claimed_until
            from webhook_delivery d join webhook w on w.id = d.webhook_id
           where d.state = 'WAITING' and w.state = 'ACTIVE'
           order by d.webhook_id, d.subject_type, d.subject_id, d.position),
        due as (
          select f.webhook_id, f.event_id, f.position,
                 row_number() over (partition by f.webhook_id order by f.due_at nulls first, f.position) +
                   (select count(*) from first b where b.webhook_id = f.webhook_id and b.claimed_until >= clock_timestamp()) as place
            from first f
           where (f.due_at is null or f.due_at <= ${now}::timestamptz) and (f.claimed_until is null or f.claimed_until < clock_timestamp())),
        mine as (
          select d.webhook_id, d.event_id from webhook_delivery d join due using (webhook_id, event_id)
           where due.place <= ${perWebhook} and d.state = 'WAITING' and (d.claimed_until is null or d.claimed_until < clock_timestamp())
           order by due.place, due.position limit ${limit} for update of d skip locked)
        update webhook_delivery d
           set claim = ${claim}, claimed_until = clock_timestamp() + ${CLAIM_SECONDS} * interval '1 second', attempts = d.attempts + 1
          from mine, webhook w where d.webhook_id = mine.webhook_id and d.event_id = mine.event_id and w.id = d.webhook_id
        returning d.webhook_id, w.org, d.event_id, d.notification_id, d.kind, d.subject_type, d.subject_id, d.position::text, d.at, d.attempts`.execute(
        tx,
      )
      return found.rows.map((row) => toClaimed(row, claim))
    },

    /** Keeps what came of an attempt; false where it is not this claim's any longer. */
    async attempted({ webhookId, eventId, claim }: ClaimedDelivery, { state, ...done }: Attempted): Promise<boolean> {
      const row = await tx
        .updateTable('webhook_delivery')
        .set({ state, due_at: done.dueAt, attempted_at: done.attemptedAt, status_code: done.answered, failure: done.failure })
        .set({ claim: null, claimed_until: null })
        .where('webhook_id', '=', webhookId)
        .where('event_id', '=', eventId)
        .where('claim', '=', claim)
        .returning('event_id')
        .executeTakeFirst()
      return row !== undefined
    },

    /** Gives a claim back, as if there had been no attempt. */
    async release({ webhookId, eventId, claim }: ClaimedDelivery): Promise<void> {
      await tx
        .updateTable('webhook_delivery')
        .set((eb) => ({ claim: null, claimed_until: null, attempts: eb('attempts', '-', 1) }))
        .where('webhook_id', '=', webhookId)
        .where('event_id', '=', eventId)
        .where('claim', '=', claim)
        .execute()
    },

    /** Queues a test. */
    async addTest(webhookId: string, eventId: string, at: string): Promise<void> {
      const subject = { subject_type: 'webhook', subject_id: webhookId }
      await tx
        .insertInto('webhook_delivery')
        .values({ webhook_id: webhookId, event_id: eventId, kind: 'TEST', ...subject, at })
        .execute()
      await this.wake()
    },

    /** Has this looked through by whoever sends, once the transaction is committed. */
    async wake(): Promise<void> {
      await sql`select public.wake_for_webhooks(now())`.execute(tx)
    },

    async hasTestWaiting(webhookId: string): Promise<boolean> {
      const row = await tx
        .selectFrom('webhook_delivery')
        .select('event_id')
        .where('webhook_id', '=', webhookId)
        .where('subject_type', '=', 'webhook')
        .where('subject_id', '=', webhookId)
        .where('kind', '=', 'TEST')
        .where('state', '=', 'WAITING')
        .executeTakeFirst()
      return row !== undefined
    },

    /** What was sent or is to be sent to a webhook, the last queued first, before a sequence. */
    async of(webhookId: string, state: string | null, before: string | null, limit: number): Promise<Delivery[]> {
      const rows = await tx
        .selectFrom('webhook_delivery')
        .select(['event_id', 'kind', 'subject_type', 'subject_id', 'position', 'at', 'state', 'attempts', 'due_at', 'attempted_at'])
        .select(['status_code', 'failure'])
        .where('webhook_id', '=', webhookId)
        .$if(state !== null, (query) => query.where('state', '=', state as string))
        .$if(before !== null, (query) => query.where('position', '<', before as string))
        .orderBy('position', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ event_id, subject_type, subject_id, position, state, due_at, ...row }) => ({
        ...{ ...row, event: event_id, subject: { type: subject_type, id: subject_id }, sequence: position },
        ...{ state: state as Delivery['state'], due_at },
      }))
    },

    /** Has what is over sent again, in its order: one event, or what was told since an instant or from a sequence on. Answers how much. */
    async again(
      webhookId: string,
      which: { readonly event?: string | undefined; readonly since?: string | undefined; readonly from_sequence?: string | undefined },
      limit: number,
    ): Promise<number> {
      const { event, since, from_sequence } = which
      const rows = await tx
        .updateTable('webhook_delivery')
        .set({ state: 'WAITING', attempts: 0, due_at: null, failure: null })
        .where('webhook_id', '=', webhookId)
        .where('event_id', 'in', (eb) =>
          eb
            .selectFrom('webhook_delivery')
            .select('event_id')
            .where('webhook_id', '=', webhookId)
            .where('state', '!=', 'WAITING')
            .$if(event !== undefined, (query) => query.where('event_id', '=', event as string))
            .$if(since !== undefined, (query) => query.where('at', '>=', since as string))
            .$if(from_sequence !== undefined, (query) => query.where('position', '>=', from_sequence as string))
            .orderBy('position')
            .limit(limit),
        )
        .returning('event_id')
        .execute()
      await this.wake()
      return rows.length
    },

    /**
     * Forgets what has been over for long, gives up what has waited for long, and keeps of each webhook no more than so many, the
     * newest.
     */
    async forget(before: string, keep: number): Promise<void> {
      await sql`update webhook_delivery set state = 'GIVEN_UP', failure = 'TOO_OLD'
        where state = 'WAITING' and at < ${before}::timestamptz and (claimed_until is null or claimed_until < clock_timestamp())`.execute(
        tx,
      )
      await sql`delete from webhook_delivery where state <> 'WAITING' and at < ${before}::timestamptz`.execute(tx)
      await sql`delete from webhook_delivery d using (
          select webhook_id, event_id, row_number() over (partition by webhook_id order by position desc) as place from webhook_delivery) p
        where p.webhook_id = d.webhook_id and p.event_id = d.event_id and p.place > ${keep}`.execute(tx)
    },
  }
}

interface ClaimRow {
  readonly webhook_id: string
  readonly org: string
  readonly event_id: string
  readonly notification_id: string | null
  readonly kind: string
  readonly subject_type: string
  readonly subject_id: string
  readonly position: string
  readonly at: string
  readonly attempts: number
}

function toClaimed({ webhook_id, event_id, notification_id, subject_type, subject_id, ...row }: ClaimRow, claim: string): ClaimedDelivery {
  const ids = { webhookId: webhook_id, eventId: event_id, notificationId: notification_id, claim }
  return { ...row, ...ids, subject: { type: subject_type, id: subject_id } }
}
