import type { DecisionLeaf, GovernanceLeaf } from '../../src/audit/format/leaf.ts'
import type { TestService } from './service.ts'

/** A leaf as it lies in the database, with its payload. Bytes are as stored. */
export interface StoredLeaf<Leaf = DecisionLeaf> {
  readonly index: number
  readonly leaf: Leaf
  readonly bytes: Buffer
  readonly salt: Buffer
  readonly body: Buffer
  /** The payload, read. */
  readonly payload: Readonly<Record<string, unknown>>
}

/** Every call in the decision log in its order (not what the log says of itself), read behind the service's back as the owner of the tables. */
export async function decisionLeaves(service: TestService): Promise<StoredLeaf[]> {
  return (await leavesOf<DecisionLeaf>(service, 'decisions')).filter(({ leaf }) => leaf.t.startsWith('adl.'))
}

/** Every act of these kinds in the governance log in its order, for example `gov.role.`, done or refused. */
export async function governanceLeaves(service: TestService, events: string): Promise<StoredLeaf<GovernanceLeaf>[]> {
  return (await leavesOf<GovernanceLeaf>(service, 'governance')).filter(({ leaf }) => leaf.t.startsWith(events))
}

async function leavesOf<Leaf>(service: TestService, kind: 'decisions' | 'governance'): Promise<StoredLeaf<Leaf>[]> {
  const pool = await ownerPool(service)
  const { rows } = await pool.query<{ idx: string; leaf: Buffer; salt: Buffer; body: Buffer }>(
    `select l.idx, l.leaf, p.salt, p.body from audit.leaf l join audit.log using (log_id) left join audit.payload p using (event_id)
      where log.kind = $1 order by l.log_id, l.idx`,
    [kind],
  )
  return rows.map(({ idx, leaf, salt, body }) => ({
    index: Number(idx),
    leaf: JSON.parse(leaf.toString('utf8')),
    bytes: leaf,
    salt,
    body,
    payload: body === null ? {} : JSON.parse(body.toString('utf8')),
  }))
}

/** What the service writes by itself, some time after an entry: the tree over it, signatures of the tree, what is searched, how far it has followed. */
const DERIVED = [
  'audit.tile',
  'audit.tree',
  'audit.checkpoint',
  'audit.cosignature',
  'public.decision_search',
  'public.trail_',
  'public.decision_follow_progress',
]

/**
 * How many rows every table that a call could change holds, by name: equal before and after when nothing was changed. Rows of a
 * partition count in its table; the service makes partitions for the days to come whenever it likes.
 */
export async function rowCounts(service: TestService): Promise<Readonly<Record<string, number>>> {
  const pool = await ownerPool(service)
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname in ('public', 'policy', 'audit') and tablename not like '%migration%'
        and not exists (select from pg_inherits where inhrelid = format('%I.%I', schemaname, tablename)::regclass) order by 1`,
  )
  const counted = await pool.query<{ name: string; n: string }>(
    tables
      .filter(({ name }) => !DERIVED.some((derived) => name.startsWith(derived)))
      .map(({ name }) => `select '${name}' as name, count(*) as n from ${name}`)
      .join(' union all '),
  )
  return Object.fromEntries(counted.rows.map(({ name, n }) => [name, Number(n)]))
}

/** A pool that acts as the owner of the tables. */
export async function ownerPool(service: TestService) {
  if (!service.database) throw new Error('the test brought its own database')
  const known = pools.get(service)
  if (known) return known
  const { pool } = await service.database.openAs('session_user', 4)
  pools.set(service, pool)
  return pool
}

const pools = new WeakMap<TestService, Awaited<ReturnType<NonNullable<TestService['database']>['openAs']>>['pool']>()
