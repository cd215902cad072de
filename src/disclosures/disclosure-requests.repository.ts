import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import type { DB } from '../platform/database/schema.gen.ts'
import { holdsTerms } from '../platform/database/words.ts'
import type { SearchedTerms } from '../platform/kernel/asked-terms.ts'
import type { DisclosureContent, DisclosureRequest, DisclosureStatus } from './disclosure-request.ts'

const isSeen = sql<boolean>`public.may_see_one_off(r.provider, r.recipient)`

/** One with the version of its row. */
export interface StoredDisclosureRequest {
  readonly request: DisclosureRequest
  readonly version: string
  readonly actCount: number
  /** When a permit used it up; null: none did. */
  readonly consumedAt: string | null
  /** From when it may be disclosed; null: it is not approved. */
  readonly validFrom: string | null
}

/** Reads and writes one-off disclosures on their way to a decision. Maps, never decides. */
export function disclosureRequestsRepository(tx: Transaction) {
  const requests = () =>
    tx
      .selectFrom('disclosure_request as r')
      .leftJoin('disclosure_decision as d', (join) => join.on(sql<boolean>`d.id = r.id::text`))
      .selectAll('r')
      .select(['d.consumed_at', 'd.valid_from'])
      .where(isSeen)

  const columns = (request: DisclosureRequest) => ({
    ...{ content: JSON.stringify(request.content), content_hash: request.content_hash, revision: request.revision },
    ...{ revised_by: JSON.stringify(request.revised_by), status: request.status, sign_off_id: request.sign_off },
    ...{ decided_at: request.decided_at, reasons: request.reasons, conditions: JSON.stringify(request.conditions) },
  })

  return {
    async insert(request: DisclosureRequest): Promise<void> {
      const { id, asked_by, asked_at, content, request_id } = request
      await tx
        .insertInto('disclosure_request')
        .values({
          ...{ id, asked_by_org: asked_by.org, asked_by_issuer: asked_by.issuer, asked_by_sub: asked_by.sub, asked_at, request_id },
          ...{ provider: content.provider, recipient: content.recipient, ...columns(request) },
        })
        .execute()
    },

    /** Stores how one stands. */
    async update(request: DisclosureRequest): Promise<void> {
      await tx.updateTable('disclosure_request').set(columns(request)).where('id', '=', request.id).execute()
    },

    /** One, locked until the transaction ends where that is asked for; undefined: there is none for this reader. */
    async find(id: string, lock = false): Promise<StoredDisclosureRequest | undefined> {
      const row = await requests()
        .where('r.id', '=', id)
        .$if(lock, (query) => query.forUpdate('r'))
        .executeTakeFirst()
      return row && toStored(row)
    },

    /** Newest first. */
    async list(filter: {
      readonly status: DisclosureStatus | null
      readonly before: string | null
      readonly limit: number
    }): Promise<StoredDisclosureRequest[]> {
      const { status, before, limit } = filter
      const rows = await requests()
        .$if(status !== null, (query) => query.where('r.status', '=', status))
        .$if(before !== null, (query) => query.where('r.id', '<', before as string))
        .orderBy('r.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toStored)
    },

    /** Those that hold all of the terms, newest first. */
    async search({ terms, before, limit }: SearchedTerms): Promise<StoredDisclosureRequest[]> {
      const named = (codes: RawBuilder<readonly string[]>) =>
        sql<boolean>`(r.provider = any (${codes}) or r.recipient = any (${codes}) or r.content ->> 'purpose' = any (${codes})
          or r.content -> 'data_items' ?| ${codes})`
      const rows = await requests()
        .where(sql<boolean>`${holdsTerms(terms, sql`r.words`, named)}`)
        .$if(before !== null, (query) => query.where('r.id', '<', before as string))
        .orderBy('r.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toStored)
    },

    /** Counts an act and moves the version; answers it. */
    async touch(id: string): Promise<string> {
      const row = await tx
        .updateTable('disclosure_request')
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },
  }
}

type Row = Selectable<DB['disclosure_request']> & { readonly consumed_at: string | null; readonly valid_from: string | null }

function toStored(row: Row): StoredDisclosureRequest {
  const { id, asked_by_org, asked_by_issuer, asked_by_sub, asked_at, content_hash, revision, request_id, decided_at, reasons } = row
  return {
    request: {
      ...{ id, asked_at, content_hash, revision, request_id, decided_at, reasons, sign_off: row.sign_off_id },
      asked_by: { org: asked_by_org, issuer: asked_by_issuer, sub: asked_by_sub },
      content: row.content as unknown as DisclosureContent,
      revised_by: row.revised_by as unknown as DisclosureRequest['revised_by'],
      status: row.status as DisclosureStatus,
      conditions: row.conditions as unknown as DisclosureRequest['conditions'],
    },
    version: row.row_version,
    actCount: Number(row.act_count),
    consumedAt: row.consumed_at,
    validFrom: row.valid_from,
  }
}
