import { type Selectable, sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import type { DB } from '../platform/database/schema.gen.ts'
import type { ErasedWhy, EvidenceFile, FileOwner, FileStatus, Scan } from './evidence-file.ts'

/** A file with the version of its row. */
export interface StoredFile {
  readonly file: EvidenceFile
  readonly version: string
  readonly actCount: number
}

/** Who erased a file, and why. */
export interface Erasure {
  readonly at: string
  readonly why: ErasedWhy
  readonly by: { readonly org: string; readonly issuer: string; readonly sub: string }
}

const isSeen = sql<boolean>`public.may_see_file(f.org, f.owner_type, f.owner_id, f.attached_at)`

/** Files and their chunks. Maps, never decides. */
export function filesRepository(tx: Transaction) {
  /** Those that arrived. */
  const files = () =>
    tx
      .selectFrom('evidence_file as f')
      .selectAll('f')
      .where(isSeen)
      .where('f.status', '<>', 'RECEIVING' satisfies FileStatus)

  return {
    /** Notes a file that begins to arrive. */
    async begin(file: {
      readonly id: string
      readonly by: { readonly org: string; readonly issuer: string; readonly sub: string }
      readonly at: string
      readonly name: string
      readonly mediaType: string
    }): Promise<void> {
      const { id, by, at, name, mediaType } = file
      const values = {
        ...{ id, org: by.org, uploaded_by_issuer: by.issuer, uploaded_by_sub: by.sub, uploaded_at: at, name, media_type: mediaType },
        ...{ status: 'RECEIVING' satisfies FileStatus, scan: 'UNSCANNED' satisfies Scan },
      }
      await tx.insertInto('evidence_file').values(values).execute()
    },

    async addChunk(id: string, position: number, bytes: Buffer): Promise<void> {
      await tx.insertInto('evidence_chunk').values({ file_id: id, position, bytes }).execute()
    },

    /** A piece of a file; undefined: there is none behind the last, or no longer one for this reader. */
    async chunk(id: string, position: number): Promise<Buffer | undefined> {
      const row = await tx
        .selectFrom('evidence_chunk as c')
        .select('c.bytes')
        .where('c.file_id', '=', id)
        .where('c.position', '=', position)
        .executeTakeFirst()
      return row?.bytes
    },

    /** Kept files whose names hold all of these words, the last sent first. */
    async calledSo(words: readonly string[], before: string | null, limit: number): Promise<EvidenceFile[]> {
      const patterns = words.map((word) => `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`)
      const rows = await files()
        .where(sql<boolean>`f.id in (select public.files_named(${patterns}::text[], ${before}::uuid, ${limit}))`)
        .orderBy('f.id', 'desc')
        .execute()
      return rows.map(toFile)
    },

    /** A file that has arrived whole. */
    async keep(
      id: string,
      arrived: { readonly size: number; readonly sha256: string; readonly scan: Scan; readonly scannedAt: string | null },
    ) {
      const { size, sha256, scan, scannedAt } = arrived
      await tx
        .updateTable('evidence_file')
        .set({ status: 'KEPT' satisfies FileStatus, size, sha256, scan, scanned_at: scannedAt })
        .where('id', '=', id)
        .where('status', '=', 'RECEIVING' satisfies FileStatus)
        .execute()
    },

    /** Removes what never arrived, with its chunks; nothing where it did. */
    async discard(id: string): Promise<void> {
      await tx
        .deleteFrom('evidence_file')
        .where('id', '=', id)
        .where('status', '=', 'RECEIVING' satisfies FileStatus)
        .execute()
    },

    async setScan(id: string, scan: Scan, at: string): Promise<void> {
      await tx.updateTable('evidence_file').set({ scan, scanned_at: at }).where('id', '=', id).execute()
    },

    /** Takes the bytes and the name of a file; what it was, and its hash, stay. */
    async erase(id: string, { at, why, by }: Erasure): Promise<void> {
      await tx.deleteFrom('evidence_chunk').where('file_id', '=', id).execute()
      await tx
        .updateTable('evidence_file')
        .set({
          ...{ status: 'ERASED' satisfies FileStatus, name: null, erased_at: at, erased_why: why },
          ...{ erased_by_org: by.org, erased_by_issuer: by.issuer, erased_by_sub: by.sub },
        })
        .where('id', '=', id)
        .execute()
    },

    async attach(id: string, owner: FileOwner, at: string, note: string | null): Promise<void> {
      await tx
        .updateTable('evidence_file')
        .set({ owner_type: owner.type, owner_id: owner.id, attached_at: at, note })
        .where('id', '=', id)
        .execute()
    },

    /** One that arrived, locked until the transaction ends where that is asked for; undefined: there is none for this reader. */
    async find(id: string, lock = false): Promise<StoredFile | undefined> {
      const row = await files()
        .where('f.id', '=', id)
        .$if(lock, (query) => query.forUpdate('f'))
        .executeTakeFirst()
      return row && { file: toFile(row), version: row.row_version, actCount: Number(row.act_count) }
    },

    /** What a record names, in the order in which it was attached. */
    async ofOwner({ type, id }: FileOwner): Promise<EvidenceFile[]> {
      const rows = await files()
        .where('f.owner_type', '=', type)
        .where('f.owner_id', '=', id)
        .orderBy('f.attached_at')
        .orderBy('f.id')
        .execute()
      return rows.map(toFile)
    },

    /** Files that a record names and whose bytes are kept, behind a key, by key. */
    async named(after: string | null, limit: number): Promise<(EvidenceFile & { readonly owner: FileOwner })[]> {
      const rows = await files()
        .where('f.status', '=', 'KEPT' satisfies FileStatus)
        .where('f.owner_type', 'is not', null)
        .$if(after !== null, (query) => query.where('f.id', '>', after as string))
        .orderBy('f.id')
        .limit(limit)
        .execute()
      return rows.map(toFile).flatMap((file) => (file.owner === null ? [] : [{ ...file, owner: file.owner }]))
    },

    /** Files of a type of record that still have their bytes: which record names which. */
    async keptOf(type: string): Promise<{ readonly owner: string; readonly ids: readonly string[] }[]> {
      const rows = await tx
        .selectFrom('evidence_file as f')
        .select(['f.owner_id as owner', sql<string[]>`array_agg(f.id::text order by f.id)`.as('ids')])
        .where(isSeen)
        .where('f.owner_type', '=', type)
        .where('f.status', '=', 'KEPT' satisfies FileStatus)
        .groupBy('f.owner_id')
        .orderBy('f.owner_id')
        .execute()
      return rows.flatMap(({ owner, ids }) => (owner === null ? [] : [{ owner, ids }]))
    },

    /** Whether a file is still on its way. */
    async isArriving(id: string): Promise<boolean> {
      const row = await tx
        .selectFrom('evidence_file as f')
        .select('f.id')
        .where('f.id', '=', id)
        .where('f.status', '=', 'RECEIVING' satisfies FileStatus)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Bytes that an organisation keeps, counted for one file at a time. */
    async bytesOf(org: string): Promise<number> {
      await sql`select pg_advisory_xact_lock(hashtext('evidence_file'), hashtext(${org}))`.execute(tx)
      const row = await tx
        .selectFrom('evidence_file as f')
        .select(sql<string>`coalesce(sum(f.size), 0)`.as('bytes'))
        .where('f.org', '=', org)
        .where('f.status', '=', 'KEPT' satisfies FileStatus)
        .executeTakeFirstOrThrow()
      return Number(row.bytes)
    },

    /** Counts an act and moves the version; answers it. */
    async touch(id: string): Promise<string> {
      const row = await tx
        .updateTable('evidence_file')
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },
  }
}

function toFile(row: Selectable<DB['evidence_file']>): EvidenceFile {
  const { id, org, name, media_type, size, sha256, uploaded_at, scanned_at, owner_type, owner_id, attached_at, note, erased_at } = row
  if (size === null || sha256 === null) throw new Error(`file ${id} arrived without a hash`)
  return {
    ...{ id, org, name, media_type, size, sha256, uploaded_at, scan: row.scan as Scan, scanned_at, attached_at, note, erased_at },
    owner: owner_type === null || owner_id === null ? null : { type: owner_type, id: owner_id },
    erased_why: row.erased_why as ErasedWhy | null,
  }
}
