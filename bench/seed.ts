import pg from 'pg'
import type { Agreement } from '../src/agreements/agreement.ts'
import { toStored } from '../src/decisions/policy/policy-record.ts'
import { agreementOf } from './content.ts'

const BATCH = 1000

/** Publishes agreements `from` to `to` as the policy of a database, by SQL: what decisions read. They stand in no table of agreements. */
export async function publishAgreements(databaseUrl: string, from: number, to: number, bodies?: readonly string[]): Promise<void> {
  for (let start = from; start < to; start += BATCH)
    await publish(
      databaseUrl,
      Array.from({ length: Math.min(BATCH, to - start) }, (_, at) => agreementOf(start + at, bodies)),
    )
}

/** Publishes agreements as one policy revision, by SQL. */
export function publish(databaseUrl: string, agreements: readonly Agreement[]): Promise<void> {
  return withClient(databaseUrl, async (client) => {
    const records = toStored(agreements.map((body) => ({ kind: 'AGREEMENT', id: body.id, body })))
    await client.query('select policy.publish($1, $2, $3, now())', [
      records.map(({ kind }) => kind),
      records.map(({ id }) => id),
      records.map(({ body }) => JSON.stringify(body)),
    ])
  })
}

/** How many entries of the log of decisions are not yet in its tree, and not yet in the search. */
export async function lagOf(databaseUrl: string): Promise<{ readonly tree: number; readonly search: number }> {
  let lag = { tree: 0, search: 0 }
  await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ tree: number; search: number }>(`
      select coalesce(sum(h.size - t.size), 0)::int as tree, coalesce(sum(h.size - coalesce(f.next_idx, 0)), 0)::int as search
        from audit.log g join audit.head h using (log_id) join audit.tree t using (log_id) left join decision_search_progress f using (log_id)
       where g.kind = 'decisions'`)
    lag = rows[0] ?? lag
  })
  return lag
}

/**
 * Copies one stored agreement `count` times in every table that holds agreements, by SQL: what lists read. Its parties stay the
 * same, so everybody of them finds all copies.
 */
export async function copyAgreement(databaseUrl: string, { id }: Agreement, count: number): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    // Frozen texts refuse rows and rows need the one before: the order of the copies is no concern of these rules.
    await client.query('set session_replication_role = replica')
    const { rows } = await client.query<{ name: string; columns: { name: string; type: string; fresh: boolean }[] }>(`
      select c.relname as name, json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
          'fresh', a.attname = 'id' and format_type(a.atttypid, a.atttypmod) = 'uuid') order by a.attnum) as columns
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
         and (c.relname = 'agreement' or exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'agreement_id'))
       group by c.relname`)
    for (const { name, columns } of rows) {
      const key = name === 'agreement' ? 'id' : 'agreement_id'
      const values = columns.map((column) =>
        column.name === key ? `$1::text || '-' || n` : column.fresh ? 'gen_random_uuid()' : `t.${quote(column.name)}`,
      )
      const names = columns.map((column) => quote(column.name)).join(', ')
      await client.query(
        `insert into ${quote(name)} (${names}) select ${values.join(', ')} from ${quote(name)} t, generate_series(1, $2::int) n where t.${key} = $1`,
        [id, count],
      )
    }
    await client.query('set session_replication_role = origin')
    await client.query('analyze')
  })
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

async function withClient(databaseUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
