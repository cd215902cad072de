import { sql } from 'kysely'
import type { Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import type { Day } from '../platform/kernel/london-day.ts'
import type { StaffRole } from './staff-role.ts'

/** First key of the advisory lock of one organisation's staff role. */
const STAFF_ROLE_LOCK = 4_112_053

/** Whether the staff of an organisation are practitioners on a London day, by what is committed at this moment. */
export async function isStaffRoleHeld(db: Database | Transaction, org: string, day: Day): Promise<boolean> {
  const found = await sql<{ held: boolean }>`select public.is_staff_role_held(${org}, ${day}) as held`.execute(db)
  return found.rows[0]?.held ?? false
}

/** The days on which all staff of an organisation are practitioners. */
export function staffRolesRepository(tx: Transaction) {
  const rows = () =>
    tx
      .selectFrom('staff_role as s')
      .select(['s.id', 's.org', 's.from_day', 's.to_day', 's.reason', 's.recorded_at', 's.ended_at', 's.end_reason', 's.row_version'])
  const by = ({ issuer, sub, org }: Principal) => JSON.stringify({ issuer, sub, org })

  return {
    /** One giving of it at a time in an organisation, until the transaction ends: of two at once one sees the other. */
    async lockFor(org: string): Promise<void> {
      await sql`select pg_advisory_xact_lock(${STAFF_ROLE_LOCK}, hashtext(${org}))`.execute(tx)
    },

    async insert({ id, org, from, to, reason, recorded_at }: StaffRole, giver: Principal): Promise<void> {
      const row = { id, org, from_day: from, to_day: to, reason, recorded_at, recorded_by: by(giver) }
      await tx.insertInto('staff_role').values(row).execute()
    },

    /** One with its version, locked until the transaction ends. */
    async lock(id: string): Promise<{ readonly role: StaffRole; readonly version: string } | undefined> {
      const row = await rows().where('s.id', '=', id).forUpdate().executeTakeFirst()
      return row && { role: toStaffRole(row), version: row.row_version }
    },

    async end(
      id: string,
      { to, ended_at, end_reason }: Pick<StaffRole, 'to' | 'ended_at' | 'end_reason'>,
      ender: Principal,
    ): Promise<string> {
      const row = await tx
        .updateTable('staff_role')
        .set((eb) => ({ to_day: to, ended_at, end_reason, ended_by: by(ender), row_version: eb('row_version', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },

    /** Those of an organisation that nobody ended. */
    async notEnded(org: string): Promise<StaffRole[]> {
      return (await rows().where('s.org', '=', org).where('s.ended_at', 'is', null).execute()).map(toStaffRole)
    },

    /** Of an organisation, newest first. */
    async of(org: string, limit: number): Promise<StaffRole[]> {
      return (await rows().where('s.org', '=', org).orderBy('s.id', 'desc').limit(limit).execute()).map(toStaffRole)
    },
  }
}

interface Row extends Omit<StaffRole, 'from' | 'to'> {
  readonly from_day: Day
  readonly to_day: Day | null
  readonly row_version: string
}

function toStaffRole({ from_day, to_day, row_version: _version, ...row }: Row): StaffRole {
  return { ...row, from: from_day, to: to_day }
}
