import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** Whose form it is. */
interface Person {
  readonly issuer: string
  readonly subject: string
}

/** What was typed into forms, sealed. The transaction must read as the system. */
export function typedFormsRepository(tx: Transaction) {
  return {
    /** Keeps one in place of the one before at this address, and of a person the newest alone. */
    async keep(id: Buffer, { issuer, subject }: Person, sealed: Buffer, now: Date, personMax: number): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtext('typed_form'), hashtext(${`${issuer} ${subject}`}))`.execute(tx)
      const row = { issuer, subject, sealed, kept_at: now.toISOString() }
      await tx
        .insertInto('typed_form')
        .values({ id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute()
      const newest = tx.selectFrom('typed_form').select('id').where('issuer', '=', issuer).where('subject', '=', subject)
      await tx
        .deleteFrom('typed_form')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .where('id', 'not in', newest.orderBy('kept_at', 'desc').limit(personMax))
        .execute()
    },

    async find(id: Buffer, { issuer, subject }: Person, since: Date): Promise<Buffer | undefined> {
      const row = await tx
        .selectFrom('typed_form')
        .select('sealed')
        .where('id', '=', id)
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .where('kept_at', '>', since.toISOString())
        .executeTakeFirst()
      return row?.sealed
    },

    async drop(id: Buffer): Promise<void> {
      await tx.deleteFrom('typed_form').where('id', '=', id).execute()
    },

    /** Takes away what was kept before an instant. */
    async forget(before: Date): Promise<void> {
      await tx.deleteFrom('typed_form').where('kept_at', '<=', before.toISOString()).execute()
    },
  }
}
