import pg from 'pg'
import type { CompletedTile } from '../format/merkle-tree.ts'
import { HASH_BYTES, TILE_WIDTH } from '../format/merkle-tree.ts'
import type { TileCoordinate } from '../format/tile.ts'

/** Whatever runs a statement with numbered parameters: a connection or a pool. */
export interface Sql {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>
}

/** A log as the tree keepers see it. Sizes count leaves. One that somebody took a row from is seen all the same, and what it lacks. */
export interface LogState {
  readonly logId: number
  readonly name: string
  readonly kind: 'decisions' | 'governance'
  readonly origin: string
  readonly vkey: string
  /** Leaves appended; where the row that numbers them is missing, those under the tree. */
  readonly size: number
  readonly hasHead: boolean
  readonly sealedWhy: 'PERIOD' | 'INCIDENT' | null
  /** Leaves under the tree; 0 where it is missing. */
  readonly treeSize: number
  readonly hasTree: boolean
}

export interface StoredLeaf {
  readonly index: number
  /** The identifier it is filed under; its own stands in its bytes. */
  readonly id: string
  readonly leaf: Buffer
  readonly leafHash: Buffer
}

export interface StoredTree {
  readonly size: number
  readonly root: Buffer
  readonly edge: Buffer
}

export interface StoredCheckpoint {
  readonly size: number
  readonly root: Buffer
  readonly note: string
}

const LOCK_CLASS = 716_611_160
/** Half a day of two witnesses that are asked every ten seconds; read from the index alone in some milliseconds. */
const COSIGNATURES_LOOKED_AT = 10_000

/** Reads and grows the trees. Every function joins whatever transaction the connection is in. */
export function treeRepository(sql: Sql) {
  return {
    /** Every log, oldest first. */
    async logs(): Promise<LogState[]> {
      const { rows } = await sql.query(
        `select l.log_id, l.name, l.kind, l.origin, l.vkey, h.size, h.sealed_why, t.size as tree_size
           from audit.log l left join audit.head h using (log_id) left join audit.tree t using (log_id) order by l.log_id`,
      )
      return rows.map((row) => ({
        logId: Number(row['log_id']),
        name: String(row['name']),
        kind: row['kind'] as LogState['kind'],
        origin: String(row['origin']),
        vkey: String(row['vkey']),
        size: Number(row['size'] ?? row['tree_size'] ?? 0),
        hasHead: row['size'] !== null,
        sealedWhy: row['sealed_why'] as LogState['sealedWhy'],
        treeSize: Number(row['tree_size'] ?? 0),
        hasTree: row['tree_size'] !== null,
      }))
    },

    /** Whether this transaction may work on the log; false while another one does. Held until the transaction ends. */
    async tryLock(logId: number): Promise<boolean> {
      const { rows } = await sql.query('select pg_try_advisory_xact_lock($1::int, $2::int) as is_ours', [LOCK_CLASS, logId])
      return rows[0]?.['is_ours'] === true
    },

    async tree(logId: number, options: { readonly lock?: boolean } = {}): Promise<StoredTree | undefined> {
      const { rows } = await sql.query(`select size, root, edge from audit.tree where log_id = $1 ${options.lock ? 'for update' : ''}`, [
        logId,
      ])
      const row = rows[0]
      return row && { size: Number(row['size']), root: row['root'] as Buffer, edge: row['edge'] as Buffer }
    },

    /** Leaves from an index on, in order, with their hashes as stored. */
    async leaves(logId: number, from: number, limit: number): Promise<StoredLeaf[]> {
      const { rows } = await sql.query(
        'select idx, event_id, leaf, leaf_hash from audit.leaf where log_id = $1 and idx >= $2 order by idx limit $3',
        [logId, from, limit],
      )
      return rows.map(toLeaf)
    },

    /** Entries among these whose payload is not the recorded one. No payload is read: the database compares. */
    async alteredPayloads(logId: number, first: number, count: number): Promise<{ readonly index: number; readonly id: string }[]> {
      const { rows } = await sql.query('select idx, event_id from audit.altered_payloads($1, $2, $3)', [logId, first, count])
      return rows.map((row) => ({ index: Number(row['idx']), id: String(row['event_id']) }))
    },

    async insertTiles(logId: number, tiles: readonly CompletedTile[]): Promise<void> {
      await sql.query(
        `insert into audit.tile (log_id, level, n, hashes, root)
         select $1, t.level, t.n, t.hashes, t.root from unnest($2::int[], $3::bigint[], $4::bytea[], $5::bytea[]) as t(level, n, hashes, root)`,
        [
          logId,
          tiles.map((t) => t.level),
          tiles.map((t) => t.n),
          tiles.map((t) => Buffer.from(t.hashes)),
          tiles.map((t) => Buffer.from(t.root)),
        ],
      )
    },

    /** Moves the tree on, if it still stands at `from`; says whether it did (R21). */
    async advance(
      logId: number,
      from: number,
      to: { readonly size: number; readonly root: Uint8Array; readonly edge: Uint8Array },
    ): Promise<boolean> {
      const { rowCount } = await sql.query('update audit.tree set size = $3, root = $4, edge = $5 where log_id = $1 and size = $2', [
        logId,
        from,
        to.size,
        Buffer.from(to.root),
        Buffer.from(to.edge),
      ])
      return rowCount === 1
    },

    /**
     * The bytes of a tile, full or partial; fewer than its width when rows are missing. A full tile is a row; of a partial
     * one level 0 is the leaves' hashes, and above it the roots of the full tiles below.
     */
    async tile(logId: number, { level, n, width }: TileCoordinate & { readonly level: number }): Promise<Buffer> {
      if (width === TILE_WIDTH) {
        const { rows } = await sql.query('select hashes from audit.tile where log_id = $1 and level = $2 and n = $3', [logId, level, n])
        if (rows[0]) return rows[0]['hashes'] as Buffer
      }
      const [first, last] = [n * TILE_WIDTH, n * TILE_WIDTH + width]
      const { rows } =
        level === 0
          ? await sql.query(
              'select idx as at, leaf_hash as hash from audit.leaf where log_id = $1 and idx >= $2 and idx < $3 order by idx',
              [logId, first, last],
            )
          : await sql.query(
              'select n as at, root as hash from audit.tile where log_id = $1 and level = $2 and n >= $3 and n < $4 order by n',
              [logId, level - 1, first, last],
            )
      const whole = rows.findIndex((row, i) => Number(row['at']) !== first + i)
      return Buffer.concat(
        (whole < 0 ? rows : rows.slice(0, whole)).map((row) => row['hash'] as Buffer),
        Math.min(whole < 0 ? rows.length : whole, width) * HASH_BYTES,
      )
    },

    /** The stored tile rows of a level from `n` on. */
    async tileRows(logId: number, level: number, from: number, limit: number): Promise<{ n: number; hashes: Buffer; root: Buffer }[]> {
      const { rows } = await sql.query(
        'select n, hashes, root from audit.tile where log_id = $1 and level = $2 and n >= $3 order by n limit $4',
        [logId, level, from, limit],
      )
      return rows.map((row) => ({ n: Number(row['n']), hashes: row['hashes'] as Buffer, root: row['root'] as Buffer }))
    },

    /** The newest signed checkpoint. */
    async newestCheckpoint(logId: number): Promise<StoredCheckpoint | undefined> {
      const { rows } = await sql.query('select size, root, note from audit.checkpoint where log_id = $1 order by size desc limit 1', [
        logId,
      ])
      return rows[0] && toCheckpoint(rows[0])
    },

    /** Signed checkpoints larger than a size, smallest first. */
    async checkpoints(logId: number, above: number, limit: number): Promise<StoredCheckpoint[]> {
      const { rows } = await sql.query(
        'select size, root, note from audit.checkpoint where log_id = $1 and size > $2 order by size limit $3',
        [logId, above, limit],
      )
      return rows.map(toCheckpoint)
    },

    /** When the checkpoint of a size was signed, ISO 8601, by the clock of the service. */
    async signedAt(logId: number, size: number): Promise<string | undefined> {
      const { rows } = await sql.query('select signed_at from audit.checkpoint where log_id = $1 and size = $2', [logId, size])
      return rows[0] && new Date(rows[0]['signed_at'] as string | Date).toISOString()
    },

    async insertCheckpoint(logId: number, checkpoint: { size: number; root: Uint8Array; note: string }, at: string): Promise<void> {
      await sql.query('insert into audit.checkpoint (log_id, size, root, note, signed_at) values ($1, $2, $3, $4, $5)', [
        logId,
        checkpoint.size,
        Buffer.from(checkpoint.root),
        checkpoint.note,
        at,
      ])
    },

    /**
     * The newest checkpoint, of at most a size, that most witnesses have cosigned, and its cosignature lines: one witness that is late
     * takes nothing from what it and the others vouched for before. One that is away for longer than the cosignatures looked at holds
     * the others back no more.
     */
    async newestWitnessed(
      logId: number,
      atMost = Number.MAX_SAFE_INTEGER,
    ): Promise<(StoredCheckpoint & { readonly lines: readonly string[] }) | undefined> {
      const { rows } = await sql.query(
        `select c.size, c.root, c.note, array_agg(s.line order by s.witness) as lines
           from audit.checkpoint c join audit.cosignature s using (log_id, size)
          where c.log_id = $1 and c.size = (
            select n.size from (select size from audit.cosignature where log_id = $1 and size <= $2 order by size desc limit $3) n
             group by n.size order by count(*) desc, n.size desc limit 1)
          group by c.log_id, c.size`,
        [logId, atMost, COSIGNATURES_LOOKED_AT],
      )
      return rows[0] && { ...toCheckpoint(rows[0]), lines: rows[0]['lines'] as string[] }
    },

    /** Keeps a witness' signature line; the same witness again for the same size changes nothing. */
    async insertCosignature(logId: number, size: number, witness: string, line: string, at: string): Promise<void> {
      await sql.query(
        `insert into audit.cosignature (log_id, size, witness, line, at) select $1, $2, $3, $4, $5
          where not exists (select from audit.cosignature where log_id = $1 and size = $2 and witness = $3)`,
        [logId, size, witness, line, at],
      )
    },

    /** Where an entry stands: log, index, bytes. Looks in every log. */
    async leafOf(id: string): Promise<(StoredLeaf & { readonly logId: number }) | undefined> {
      const { rows } = await sql.query(
        'select log_id, idx, event_id, leaf, leaf_hash from audit.leaf where log_id in (select log_id from audit.log) and event_id = $1 order by log_id limit 1',
        [id],
      )
      return rows[0] && { logId: Number(rows[0]['log_id']), ...toLeaf(rows[0]) }
    },
  }
}

export type TreeRepository = ReturnType<typeof treeRepository>

/** Runs `work` in a transaction of its own on this connection; rolled back when it throws. */
export async function inTransaction<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  await sql.query('begin')
  try {
    const done = await work()
    await sql.query('commit')
    return done
  } catch (error) {
    await sql.query('rollback').catch(() => {})
    throw error
  }
}

/** A unique key was there already. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505'
}

/** The log ended with an incident while its checkpoint was being stored: it is signed no more (R31). */
export function isEnded(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '55000' && /is signed no more$/.test(error.message)
}

/** Writes WAL in a commit that waits for what came before it (R17). */
export async function barrier(sql: Sql): Promise<void> {
  await sql.query('select audit.barrier()')
}

function toLeaf(row: Record<string, unknown>): StoredLeaf {
  return { index: Number(row['idx']), id: String(row['event_id']), leaf: row['leaf'] as Buffer, leafHash: row['leaf_hash'] as Buffer }
}

function toCheckpoint(row: Record<string, unknown>): StoredCheckpoint {
  return { size: Number(row['size']), root: row['root'] as Buffer, note: String(row['note']) }
}
