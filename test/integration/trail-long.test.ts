import { sql } from 'kysely'
import t from 'tap'
import type { TrailFilter } from '../../src/decisions/trail/found-entry.ts'
import { trailRepository } from '../../src/decisions/trail/trail.repository.ts'
import { readerFor } from '../../src/identity/permissions.ts'
import type { Transaction } from '../../src/platform/database/database.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import type { Reader } from '../../src/platform/kernel/reader.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { ownerPool } from '../support/leaves.ts'

// A trail of years is searched as quickly as one of a day: no more of it is read.

const desk = await agreementDesk(t, new Date().toISOString())
const owner = await ownerPool(desk.service)
const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET'] as const
const LONG = 100_000
const PAGE = { after: null, limit: 50 }
/** Rows of the trail that are read for a page, at most: those of each way of finding them, and some that the filter leaves out. */
const READ_MAX = 1_000

t.test('with 100,000 entries a search reads a few of them for a page, whoever asks for what', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY] })
  await desk.freeze(agreement)
  const auditor = readerFor({ org: CAMDEN, roles: ['AUDITOR'] })
  const [much, other, hardlyAny] = [CAMDEN, HACKNEY, BARNET].map((org) => readerFor({ org, roles: ['DPO'] })) as [Reader, Reader, Reader]
  await owner.query(
    `insert into trail_entry (log_id, idx, leaf_id, at, event, act, org, actor, record_type, record, sequence, refused, concerns, what)
     select (select log_id from audit.log where kind = 'governance'), 1000000 + n, gen_random_uuid(), now() - n * interval '1 minute',
       case n % 5 when 0 then 'log.read' else 'agreement.edited' end, 'edit', case n % 3 when 0 then 'LBC_CAMDEN' else 'LBC_HACKNEY' end,
       'urn:person:' || n % 50, 'agreement', case n % 2 when 0 then $2 else 'DSA-' || n % 500 end, n, n % 100 = 1, '{}', null
     from generate_series(1, $1::int) n`,
    [LONG, agreement.id],
  )
  await owner.query('analyze trail_entry, trail_concern')
  const searches: readonly (readonly [string, Reader, TrailFilter, 'acts' | 'reads', number])[] = [
    ['an auditor', auditor, {}, 'acts', 51],
    ['an organisation with much of it', much, {}, 'acts', 51],
    ['an organisation with hardly any of it', hardlyAny, {}, 'acts', 0],
    ['one record', other, { record: agreement.id }, 'acts', 51],
    ['one person', auditor, { person: 'nobody' }, 'acts', 0],
    ['one kind of act', auditor, { event: 'agreement.frozen' }, 'acts', 1],
    ['refusals', much, { outcome: 'REFUSED' }, 'acts', 51],
    ['one day', auditor, { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' }, 'acts', 0],
    ['reads', auditor, {}, 'reads', 51],
    ['reads that concern an organisation', hardlyAny, {}, 'reads', 0],
  ]
  for (const [name, reader, filter, what, found] of searches) {
    await withTransactionAs(desk.service.app.services.db, reader, async (tx) => {
      const before = await rowsRead(tx)
      const { length } = await trailRepository(tx)[what](filter, { ...PAGE, reader })
      const read = (await rowsRead(tx)) - before
      t.comment(`${name}: ${length} of ${read} read`)
      t.ok(length >= found, name)
      t.ok(read <= READ_MAX, `${name}: ${read} rows were read`)
    })
  }
})

/** Rows of the trail that this transaction has read so far, as PostgreSQL counts them. */
async function rowsRead(tx: Transaction): Promise<number> {
  const { rows } = await sql<{ read: string }>`select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) as read
    from pg_stat_xact_user_tables where relname in ('trail_entry', 'trail_concern')`.execute(tx)
  return Number(rows[0]?.read ?? 0)
}
