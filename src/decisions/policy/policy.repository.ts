import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { LocalCode } from '../../reference/local-code.ts'
import type { PolicyHead, StoredRecord } from './policy-index.ts'

/** Few enough that what was read of them is gone before it is moved to where garbage stays longer. */
const RECORDS_AT_ONCE = 200

interface RecordText {
  readonly kind: StoredRecord['kind']
  readonly id: string
  readonly text: string
  readonly parties: readonly string[] | null
  readonly agents: readonly string[] | null
}

function asStored({ kind, id, text, parties, agents }: RecordText): StoredRecord {
  if (kind === 'AGREEMENT') return { kind, id, body: { id, parties: parties ?? [], agents: agents ?? [], text } }
  return { kind, id, body: JSON.parse(text) }
}

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

    /**
     * The newest state of every record that changed after `after`, as it stood at revision `upTo`: some at a time, since a register
     * of a hundred thousand agreements is half a gigabyte of text. Agreements come with what they are found by.
     */
    async *records(after: number, upTo: number): AsyncGenerator<StoredRecord[]> {
      await sql`declare policy_records no scroll cursor for
        select kind, id, body::text as text, parties, agents
        from (select distinct on (kind, id) kind, id, body, parties, agents from policy.record
               where revision > ${after} and revision <= ${upTo} order by kind, id, revision desc) as newest`.execute(tx)
      const fetched = () => sql<RecordText>`fetch ${sql.lit(RECORDS_AT_ONCE)} from policy_records`.execute(tx)
      for (let next: ReturnType<typeof fetched> | undefined = fetched(); next; ) {
        const { rows }: { rows: RecordText[] } = await next
        // Read while what came before is taken in.
        next = rows.length < RECORDS_AT_ONCE ? undefined : fetched()
        next?.catch(() => {})
        if (rows.length > 0) yield rows.map(asStored)
      }
      await sql`close policy_records`.execute(tx)
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
