import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Session, SignedIn } from './session.ts'

/** Sessions by the digests of their secrets. The transaction must read as the system. */
export function sessionsRepository(tx: Transaction) {
  return {
    async insert(
      digest: Buffer,
      { issuer, subject, name, claims, authentication }: SignedIn,
      org: string | null,
      now: Date,
    ): Promise<void> {
      const at = now.toISOString()
      await tx
        .insertInto('session')
        .values({
          ...{ digest, issuer, subject, name, org, claims: JSON.stringify(claims), begun_at: at, seen_at: at, ended_at: null },
          ...{ auth_time: authentication.at, acr: authentication.level, amr: sql`${authentication.methods}::text[]` },
        })
        .execute()
    },

    async find(digest: Buffer): Promise<Session | undefined> {
      const row = await tx.selectFrom('session').selectAll().where('digest', '=', digest).executeTakeFirst()
      return (
        row && {
          ...{ issuer: row.issuer, subject: row.subject, name: row.name, org: row.org, claims: row.claims as Session['claims'] },
          authentication: { at: row.auth_time, level: row.acr, methods: row.amr },
          ...{ begunAt: new Date(row.begun_at), seenAt: new Date(row.seen_at) },
          endedAt: row.ended_at === null ? null : new Date(row.ended_at),
        }
      )
    },

    async seen(digest: Buffer, now: Date): Promise<void> {
      await tx.updateTable('session').set({ seen_at: now.toISOString() }).where('digest', '=', digest).execute()
    },

    async actFor(digest: Buffer, org: string): Promise<void> {
      await tx.updateTable('session').set({ org }).where('digest', '=', digest).execute()
    },

    async end(digest: Buffer, now: Date): Promise<void> {
      await tx
        .updateTable('session')
        .set({ ended_at: now.toISOString() })
        .where('digest', '=', digest)
        .where('ended_at', 'is', null)
        .execute()
    },

    /** Takes away what began before an instant: nothing of it counts any longer. */
    async forget(before: Date): Promise<void> {
      await tx.deleteFrom('session').where('begun_at', '<', before.toISOString()).execute()
    },
  }
}
