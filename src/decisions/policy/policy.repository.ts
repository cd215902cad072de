import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { LocalCode } from '../../reference/local-code.ts'
import type { PolicyHead, StoredRecord } from './policy-index.ts'

/** Reads and publishes policy revisions. */
export function policyRepository(tx: Transaction) {
  return {
    async head(): Promise<PolicyHead> {
      const row = await tx.selectFrom('policy.head as h').select(['h.revision', 'h.digest', 'h.instant']).executeTakeFirstOrThrow()
      return { revision: Number(row.revision), digest: row.digest.toString('hex'), instant: Date.parse(row.instant) }
    },

    /** A revision by number, undefined when it is not there yet. */
    async revision(revision: number): Promise<PolicyHead | undefined> {
      const row = await tx
        .selectFrom('policy.revision as r')
        .select(['r.revision', 'r.digest', 'r.instant'])
        .where('r.revision', '=', String(revision))
        .executeTakeFirst()
      return row && { revision: Number(row.revision), digest: row.digest.toString('hex'), instant: Date.parse(row.instant) }
    },

    /** Whether this revision is one of the database's own: not of acts that were lost, although others have its number now. */
    async holds({ revision, digest }: Pick<PolicyHead, 'revision' | 'digest'>): Promise<boolean> {
      // Every history begins with nothing.
      return revision === 0 || (await this.revision(revision))?.digest === digest
    },

    /** The newest state of every record that changed after `after`, as it stood at revision `upTo`. */
    async records(after: number, upTo: number): Promise<StoredRecord[]> {
      const rows = await tx
        .selectFrom('policy.record as r')
        .select(['r.kind', 'r.id', 'r.body'])
        .distinctOn(['r.kind', 'r.id'])
        .where('r.revision', '>', String(after))
        .where('r.revision', '<=', String(upTo))
        .orderBy('r.kind')
        .orderBy('r.id')
        .orderBy('r.revision', 'desc')
        .execute()
      return rows as unknown as StoredRecord[]
    },

    /** One record as it stands at the newest revision; undefined when there is none. */
    async record(kind: StoredRecord['kind'], id: string): Promise<StoredRecord | undefined> {
      const row = await tx
        .selectFrom('policy.record as r')
        .select(['r.kind', 'r.id', 'r.body'])
        .where('r.kind', '=', kind)
        .where('r.id', '=', id)
        .orderBy('r.revision', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row as unknown as StoredRecord | undefined
    },

    /** Every local code as it stands at the newest revision. */
    async localCodes(): Promise<LocalCode[]> {
      const rows = await tx
        .selectFrom('policy.record as r')
        .select(['r.id', 'r.body'])
        .distinctOn('r.id')
        .where('r.kind', '=', 'LOCAL_CODE')
        .orderBy('r.id')
        .orderBy('r.revision', 'desc')
        .execute()
      return rows.map(({ body }) => body as unknown as LocalCode)
    },

    /**
     * Makes the next revision out of these records and answers its number. Takes the policy lock alone, until the
     * transaction ends: call it last but for the log.
     */
    async publish(records: readonly StoredRecord[], instant: string): Promise<number> {
      const kinds = records.map((record) => record.kind)
      const ids = records.map((record) => record.id)
      const bodies = records.map((record) => JSON.stringify(record.body))
      const { rows } = await sql<{ revision: string }>`
        select policy.publish(${kinds}::text[], ${ids}::text[], ${bodies}::text[], ${instant}::timestamptz) as revision`.execute(tx)
      return Number(rows[0]?.revision)
    },
  }
}
