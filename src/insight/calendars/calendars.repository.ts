import { sql } from 'kysely'
import type { Role } from '../../identity/permissions.ts'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { ShownEvent } from './calendar-events.ts'

export type CalendarScope = 'MINE' | 'ORGANISATION'

/** A calendar that somebody made. */
export interface Calendar {
  readonly id: string
  readonly org: string
  readonly madeBy: Identity
  readonly scope: CalendarScope
  readonly roles: readonly Role[]
  readonly createdAt: string
  readonly expiresAt: string
  readonly revokedAt: string | null
}

/** Calendars, and what each has shown. */
export function calendarsRepository(tx: Transaction) {
  const calendars = () =>
    tx.selectFrom('calendar').select(['id', 'org', 'issuer', 'subject', 'scope', 'roles', 'created_at', 'expires_at', 'revoked_at'])

  return {
    /** Lets one after the other make calendars for an organisation, so that they are counted. */
    async lockMaking(org: string): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtext('calendar'), hashtext(${org}))`.execute(tx)
    },

    async insert({ id, org, madeBy, scope, roles, createdAt, expiresAt }: Calendar, tokenHash: string): Promise<void> {
      const whose = { org, issuer: madeBy.issuer, subject: madeBy.sub, scope, roles: [...roles] }
      await tx
        .insertInto('calendar')
        .values({ id, ...whose, token_hash: tokenHash, created_at: createdAt, expires_at: expiresAt })
        .execute()
    },

    /** The calendar of a token that counts at an instant, locked until the transaction ends: two who read it at once count alike. */
    async lockByToken(tokenHash: string, now: string): Promise<Calendar | undefined> {
      const row = await calendars()
        .where('token_hash', '=', tokenHash)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', now)
        .forUpdate()
        .executeTakeFirst()
      return row && toCalendar(row)
    },

    async lock(id: string): Promise<Calendar | undefined> {
      const row = await calendars().where('id', '=', id).forUpdate().executeTakeFirst()
      return row && toCalendar(row)
    },

    /** Those of an organisation that count at an instant, in the order in which they were made. */
    async of(org: string, now: string): Promise<Calendar[]> {
      const rows = await calendars()
        .where('org', '=', org)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', now)
        .orderBy('id')
        .execute()
      return rows.map(toCalendar)
    },

    async revoke(id: string, at: string): Promise<void> {
      await tx.updateTable('calendar').set({ revoked_at: at }).where('id', '=', id).execute()
      await tx.deleteFrom('calendar_event').where('calendar_id', '=', id).execute()
    },

    async shown(id: string): Promise<ShownEvent[]> {
      const rows = await tx
        .selectFrom('calendar_event')
        .select(['uid', 'day', 'sequence', 'cancelled', 'modified_at'])
        .where('calendar_id', '=', id)
        .execute()
      return rows.map(({ uid, day, sequence, cancelled, modified_at }) => ({
        uid,
        day,
        sequence,
        isCancelled: cancelled,
        modifiedAt: modified_at,
      }))
    },

    /** Keeps how these events are shown from now on. */
    async show(id: string, events: readonly ShownEvent[]): Promise<void> {
      if (events.length === 0) return
      const rows = events.map(({ uid, day, sequence, isCancelled, modifiedAt }) => ({
        ...{ calendar_id: id, uid, day, sequence, cancelled: isCancelled, modified_at: modifiedAt },
      }))
      await tx
        .insertInto('calendar_event')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['calendar_id', 'uid']).doUpdateSet((eb) => ({
            day: eb.ref('excluded.day'),
            sequence: eb.ref('excluded.sequence'),
            cancelled: eb.ref('excluded.cancelled'),
            modified_at: eb.ref('excluded.modified_at'),
          })),
        )
        .execute()
    },
  }
}

interface Row {
  readonly id: string
  readonly org: string
  readonly issuer: string
  readonly subject: string
  readonly scope: string
  readonly roles: readonly string[]
  readonly created_at: string
  readonly expires_at: string
  readonly revoked_at: string | null
}

function toCalendar({ id, org, issuer, subject, scope, roles, created_at, expires_at, revoked_at }: Row): Calendar {
  return {
    ...{ id, org, madeBy: { issuer, sub: subject }, scope: scope as CalendarScope, roles: roles as Role[] },
    ...{ createdAt: created_at, expiresAt: expires_at, revokedAt: revoked_at },
  }
}
