import { sql } from 'kysely'
import type { Identity, Principal } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'

/** What an act on the register is about. */
export type RegisterSubject = 'ORGANISATION' | 'GROUP'
const TABLES = { ORGANISATION: 'organisation', GROUP: 'organisation_group' } as const

/** The advisory lock of the register of organisations. */
const REGISTER_LOCK = 4_112_037

/** One act on an organisation or a group, as its history holds it. */
export interface RegisterActRecord {
  readonly sequence: number
  readonly at: string
  readonly act: string
  readonly actor_sub: string
  readonly actor_org: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly leaf_id: string
}

/** The same with its person as pages name people: a subject alone is nobody. */
export interface RegisterActOfPerson extends RegisterActRecord {
  readonly by: Identity
}

/** Rows that every act on the register writes: the lock, the version, the history. */
export function registerActRepository(tx: Transaction) {
  return {
    /** Lets one act on the register in at a time, until the transaction ends: two at once could give one name twice, or merge in a ring. */
    async lockRegister(): Promise<void> {
      await sql`select pg_advisory_xact_lock(${REGISTER_LOCK})`.execute(tx)
    },

    /** A subject as it stands; undefined when there is none with this code. */
    async find(kind: RegisterSubject, code: string): Promise<{ readonly rowVersion: string; readonly actCount: number } | undefined> {
      const row = await tx.selectFrom(TABLES[kind]).select(['row_version', 'act_count']).where('code', '=', code).executeTakeFirst()
      return row && { rowVersion: row.row_version, actCount: Number(row.act_count) }
    },

    /** Counts the act and moves the version of its subject; answers both. */
    async touch(kind: RegisterSubject, code: string): Promise<{ readonly rowVersion: string; readonly sequence: number }> {
      const row = await tx
        .updateTable(TABLES[kind])
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('code', '=', code)
        .returning(['row_version', 'act_count'])
        .executeTakeFirstOrThrow()
      return { rowVersion: row.row_version, sequence: Number(row.act_count) }
    },

    async add(entry: {
      readonly kind: RegisterSubject
      readonly code: string
      readonly sequence: number
      readonly at: string
      readonly act: string
      readonly principal: Principal
      readonly detail: Readonly<Record<string, unknown>>
      readonly leafId: string
    }): Promise<void> {
      const { kind: subject, code, sequence, at, act, principal, detail, leafId } = entry
      const actor = { actor_issuer: principal.issuer, actor_sub: principal.sub, actor_org: principal.org }
      await tx
        .insertInto('organisation_act')
        .values({ subject, code, sequence, at, act, ...actor, detail: JSON.stringify(detail), leaf_id: leafId })
        .execute()
    },

    /** What was done to a subject, oldest first, after a number of its history. */
    async history(kind: RegisterSubject, code: string, after: number, limit: number): Promise<RegisterActOfPerson[]> {
      const rows = await tx
        .selectFrom('organisation_act as a')
        .select(['a.sequence', 'a.at', 'a.act', 'a.actor_issuer', 'a.actor_sub', 'a.actor_org', 'a.detail', 'a.leaf_id'])
        .where('a.subject', '=', kind)
        .where('a.code', '=', code)
        .where('a.sequence', '>', String(after))
        .orderBy('a.sequence')
        .limit(limit)
        .execute()
      return rows.map(({ actor_issuer: issuer, ...row }) => ({
        ...{ ...row, sequence: Number(row.sequence), detail: row.detail as RegisterActRecord['detail'] },
        by: { issuer, sub: row.actor_sub },
      }))
    },
  }
}
