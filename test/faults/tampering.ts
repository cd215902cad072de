import type pg from 'pg'
import { signCheckpoint } from '../../src/audit/format/checkpoint.ts'
import { logSigner } from '../../src/audit/format/log-keys.ts'
import { appendAllToEdge, edgeToBytes, emptyEdge, rootOfEdge } from '../../src/audit/format/merkle-tree.ts'

/** What a super user does to a log behind everybody's back, and the words by which fsck must name it. */
export interface Tampering {
  readonly name: string
  readonly reported: RegExp
  run(client: pg.Client, log: TamperedLog): Promise<void>
}

/** The log that is tampered with. `at` is an index under a full tile, `size` its length, all of it signed. */
export interface TamperedLog {
  readonly id: number
  readonly origin: string
  readonly size: number
  readonly at: number
  readonly logKey: Uint8Array
}

const CHANGED = `overlay(leaf placing '\\x58'::bytea from octet_length(leaf) - 3)`

export const TAMPERINGS: readonly Tampering[] = [
  {
    name: 'a leaf is changed, its hash too',
    reported: /CORRUPT_LEAF: leaf \d+ is not the one the tree was built of/,
    run: async (client, { id, at }) => {
      await client.query(
        `update audit.leaf set leaf = ${CHANGED}, leaf_hash = sha256('\\x00'::bytea || ${CHANGED}) where log_id = $1 and idx = $2`,
        [id, at],
      )
    },
  },
  {
    name: 'a byte of a leaf is flipped',
    reported: /CORRUPT_LEAF: leaf \d+ does not hash to the hash stored with it/,
    run: async (client, { id, at }) => {
      await client.query('alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962')
      await client.query(`update audit.leaf set leaf = ${CHANGED} where log_id = $1 and idx = $2`, [id, at])
    },
  },
  {
    name: 'a leaf is deleted',
    reported: /GAP: leaf \d+ is missing/,
    run: async (client, { id, at }) => {
      await client.query('delete from audit.leaf where log_id = $1 and idx = $2', [id, at])
    },
  },
  {
    name: 'two leaves change places',
    reported:
      /CORRUPT_LEAF: leaf \d+ is not the one the tree was built of[\s\S]*CORRUPT_LEAF: leaf \d+ is not the one the tree was built of/,
    run: async (client, { id, at }) => {
      for (const [from, to] of [
        [at, -1],
        [at + 1, at],
        [-1, at + 1],
      ] as const) {
        if (from === at) await client.query('alter table audit.leaf drop constraint leaf_idx_check')
        await client.query('update audit.leaf set idx = $3 where log_id = $1 and idx = $2', [id, from, to])
      }
    },
  },
  {
    name: 'a leaf is added behind the end',
    reported: /CORRUPT_LEAF: leaf \d+ stands beyond the end/,
    run: async (client, { id, size, at }) => {
      await client.query(
        'insert into audit.leaf (log_id, idx, event_id, leaf_hash, leaf) select log_id, $2, gen_random_uuid(), leaf_hash, leaf from audit.leaf where log_id = $1 and idx = $3',
        [id, size, at],
      )
    },
  },
  {
    name: 'the tail is cut off',
    reported: /ROLLBACK/,
    run: async (client, { id, size }) => {
      await client.query('delete from audit.leaf where log_id = $1 and idx >= $2', [id, size - 5])
      await client.query('update audit.head set size = $2 where log_id = $1', [id, size - 5])
    },
  },
  {
    name: 'everything is rolled back, consistently',
    reported: /high water: ROLLBACK: this machine published a checkpoint/,
    run: async (client, { id, at }) => {
      const { rows } = await client.query<{ leaf_hash: Buffer }>(
        'select leaf_hash from audit.leaf where log_id = $1 and idx < $2 order by idx',
        [id, at],
      )
      const hashes = rows.map((row) => row.leaf_hash)
      const { edge } = appendAllToEdge(emptyEdge(), hashes)
      await client.query('delete from audit.leaf where log_id = $1 and idx >= $2', [id, at])
      await client.query('update audit.head set size = $2 where log_id = $1', [id, at])
      await client.query('delete from audit.checkpoint where log_id = $1 and size > $2', [id, at])
      await client.query('delete from audit.tile where log_id = $1 and (n + 1) * (256 ^ (level + 1)) > $2', [id, at])
      await client.query('update audit.tree set size = $2, root = $3, edge = $4 where log_id = $1', [
        id,
        at,
        rootOfEdge(edge),
        edgeToBytes(edge),
      ])
    },
  },
  {
    name: 'a tile is replaced',
    reported: /CORRUPT_TILE: tile 0\/0 does not hold what the leaves hash to/,
    run: async (client, { id }) => {
      await client.query(
        'update audit.tile set hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1) where log_id = $1 and level = 0 and n = 0',
        [id],
      )
    },
  },
  {
    name: 'a tile is removed',
    reported: /CORRUPT_TILE: tile 0\/0 is missing/,
    run: async (client, { id }) => {
      await client.query('delete from audit.tile where log_id = $1 and level = 0 and n = 0', [id])
    },
  },
  {
    name: 'the edge of the tree is replaced',
    reported: /tree: CORRUPT_TILE/,
    run: async (client, { id }) => {
      await client.query('update audit.tree set edge = set_byte(edge, 3, get_byte(edge, 3) # 1) where log_id = $1', [id])
    },
  },
  {
    name: 'a checkpoint is replaced by another that is validly signed',
    reported: /checkpoints: FORK: the checkpoint of \d+ leaves has another root than the leaves/,
    run: async (client, { id, origin, size, logKey }) => {
      const root = Buffer.alloc(32, 7)
      const note = signCheckpoint({ origin, size, root }, [logSigner(logKey, origin)])
      await client.query('update audit.checkpoint set root = $3, note = $4 where log_id = $1 and size = $2', [id, size, root, note])
    },
  },
  {
    name: 'a checkpoint is signed with another key',
    reported: /checkpoints: FORK: the checkpoint of \d+ leaves cannot be verified/,
    run: async (client, { id, origin, size, logKey }) => {
      const { rows } = await client.query<{ root: Buffer }>('select root from audit.checkpoint where log_id = $1 and size = $2', [id, size])
      const other = logSigner(Buffer.from(logKey).reverse(), origin)
      const note = signCheckpoint({ origin, size, root: rows[0]?.root ?? Buffer.alloc(32) }, [other])
      await client.query('update audit.checkpoint set note = $3 where log_id = $1 and size = $2', [id, size, note])
    },
  },
]
