import { sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import { NOTIFICATION_KINDS, type Notification, type NotificationFacts } from './kinds.ts'

/** The outbox: one row for each organisation that is told. */
export function notificationsRepository(tx: Transaction) {
  const mayBeTold = (org: string) =>
    tx
      .selectFrom('notification as n')
      .select(['n.id', 'n.subject_type', 'n.subject_id', 'n.kind', 'n.at', 'n.detail'])
      .where('n.org', '=', org)
      .where((eb) => eb.or([eb('n.outlives_access', '=', true), sql<boolean>`public.may_see_subject(n.subject_type, n.subject_id)`]))

  return {
    /** Writes one row for each of these organisations, in the transaction of what happened. */
    async add(orgs: readonly string[], facts: NotificationFacts, newId: () => string): Promise<void> {
      const { kind, subject, at, detail, addressedTo = null, toldBy = null } = facts
      const outlives_access = NOTIFICATION_KINDS[kind].mayBeTold === 'ADDRESSEE'
      const addressed_to = addressedTo && JSON.stringify(addressedTo)
      const whom = { addressed_to, told_by: toldBy }
      const shared = {
        kind,
        subject_type: subject.type,
        subject_id: subject.id,
        at,
        detail: JSON.stringify(detail),
        outlives_access,
        ...whom,
      }
      const rows = [...new Set(orgs)].map((org) => ({ id: newId(), org, ...shared }))
      if (rows.length > 0) await tx.insertInto('notification').values(rows).execute()
    },

    /** Whether an organisation was told these very facts, at whatever instant. */
    async hasTold(org: string, { kind, subject, detail }: NotificationFacts): Promise<boolean> {
      const row = await tx
        .selectFrom('notification as n')
        .select('n.id')
        .where('n.org', '=', org)
        .where('n.kind', '=', kind)
        .where('n.subject_type', '=', subject.type)
        .where('n.subject_id', '=', subject.id)
        .where(sql<boolean>`n.detail = ${JSON.stringify(detail)}::jsonb`)
        .executeTakeFirst()
      return row !== undefined
    },

    /** What this transaction's reader may be told of what was written for an organisation, newest first, older than `before`. */
    async of(
      org: string,
      {
        before,
        limit,
        kinds,
      }: { readonly before: string | null; readonly limit: number; readonly kinds?: readonly Notification['kind'][] },
    ): Promise<Notification[]> {
      const rows = await mayBeTold(org)
        .$if(kinds !== undefined, (query) => query.where('n.kind', 'in', kinds ?? []))
        .$if(before !== null, (query) => query.where('n.id', '<', before as string))
        .orderBy('n.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toNotification)
    },

    /** One of them; undefined: there is none, or the reader may not be told any longer. */
    async find(org: string, id: string): Promise<Notification | undefined> {
      const row = await mayBeTold(org).where('n.id', '=', id).executeTakeFirst()
      return row && toNotification(row)
    },
  }
}

function toNotification(row: {
  readonly id: string
  readonly kind: string
  readonly subject_type: string
  readonly subject_id: string
  readonly at: string
  readonly detail: unknown
}): Notification {
  return {
    ...{ id: row.id, kind: row.kind as Notification['kind'], subject: { type: row.subject_type, id: row.subject_id } },
    ...{ at: row.at, detail: row.detail as Notification['detail'] },
  }
}
