import fc from 'fast-check'
import t from 'tap'
import { STORED } from '../../src/agreements/store/reading.repository.ts'
import { STORED as STORED_ASSESSMENTS } from '../../src/assessments/assessments.repository.ts'
import { runs, tally } from '../support/properties.ts'
import { type TestService, testService } from '../support/service.ts'

// Who knows which agreement until when is asked in three forms: of one agreement, by the rules of row-level security for each row; of all
// at once, by lists that search for words; and of some with everything that is stored of them. All three say the same.

/** Whose knowledge is compared after each set of changes. */
const READERS = 2
const HOW = ['LEFT', 'DECLINED', 'UNINVITED'] as const
const day = fc.option(fc.integer({ min: 1, max: 28 }).map((of) => `2026-11-${String(of).padStart(2, '0')}T00:00:00Z`))
const part = fc.record({ leftAt: day, how: fc.constantFrom(...HOW), earlier: fc.option(fc.tuple(day, fc.constantFrom(...HOW))) })

t.test('a search and a reading know of an agreement exactly what is known of each of its rows', async (t) => {
  const service = await testService(t)
  const root = await asSuperUser(service)
  const { rows: parts } = await root.query<{ agreement_id: string; org: string }>(
    'select agreement_id, org from agreement_party order by 1, 2',
  )
  const orgs = [...new Set(parts.map(({ org }) => org))]
  const met = tally(t, { 'a part that is over': 150, 'a part that was over before': 20, 'a text kept by a stranger': 20 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), part), { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...orgs), fc.constantFrom('2026-11-01', '2999-01-01')), { maxLength: 4 }),
      fc.option(fc.tuple(fc.constantFrom(...orgs), fc.constantFrom('2026-11-01', '2999-01-01'))),
      fc.constantFrom('2026-11-01', '2026-11-10', '2026-11-20', '2027-01-01'),
      async (changes, keepers, ended, now) => {
        await root.query('begin')
        try {
          await root.query('set local session_replication_role = replica')
          for (const [at, { leftAt, how, earlier }] of changes) {
            const { agreement_id, org } = parts[at % parts.length] ?? { agreement_id: '', org: '' }
            await root.query('update agreement_party set left_at = $3, left_how = $4 where agreement_id = $1 and org = $2', [
              ...[agreement_id, org, leftAt],
              leftAt && how,
            ])
            if (!earlier?.[0]) continue
            await root.query('insert into earlier_part values ($1, $2, null, $3, $4) on conflict do nothing', [
              agreement_id,
              org,
              ...earlier,
            ])
            if (how === 'UNINVITED' && leftAt) met.saw('a part that was over before')
          }
          for (const [at, org, from] of keepers)
            await root.query('insert into keeper_change (agreement_id, at, to_org) values ($1, $2, $3)', [
              ...[parts[at % parts.length]?.agreement_id, from, org],
            ])
          if (ended) await root.query('update organisation set active_to = $2 where code = $1', ended)
          const changed = changes.map(([at]) => parts[at % parts.length]?.org ?? '')
          for (const reader of new Set([...keepers.map(([, org]) => org), ...(ended ? [ended[0]] : []), ...changed].slice(0, READERS))) {
            await root.query(`select set_config('accord.reader', 'party', true), set_config('accord.org', $1, true)`, [reader])
            const { rows } = await root.query<{ id: string; one: string | null; is_party: boolean }>(
              `select a.id, knows_agreement_until(a.id)::text as one,
                      exists (select from agreement_party p where p.agreement_id = a.id and p.org = $1) as is_party
                 from agreement a order by a.id`,
              [reader],
            )
            t.same(await foundBy(root, now), await knownBy(root, now))
            t.same(await storedFor(root), await readableRows(root))
            for (const { one, is_party } of rows) {
              if (one !== null && one !== 'infinity') met.saw('a part that is over')
              if (one !== null && !is_party) met.saw('a text kept by a stranger')
            }
          }
        } finally {
          await root.query('rollback')
        }
      },
    ),
    runs(100),
  )
  met.check()
})

t.test('the system and an auditor know every agreement for ever, and whoever does not say for whom it reads none', async (t) => {
  const service = await testService(t)
  const root = await asSuperUser(service)
  for (const [reader, share] of [
    ['system', 1],
    ['auditor', 1],
    ['party', 0],
    ['', 0],
  ] as const) {
    await root.query('begin')
    await root.query(`select set_config('accord.reader', $1, true)`, [reader])
    const { rows } = await root.query<{ count: number }>('select count(*)::int from agreement')
    t.equal((await foundBy(root, '2026-11-01')).length, share * (rows[0]?.count ?? 0), reader)
    t.same(await storedFor(root), await readableRows(root), reader)
    await root.query('rollback')
  }
})

async function asSuperUser({ database }: TestService) {
  if (!database) throw new Error('the service has no database of its own')
  return (await database.openAs('session_user', 1)).pool
}

type Root = Awaited<ReturnType<typeof asSuperUser>>
type Found = { readonly agreement_id: string; readonly has_rank: boolean }

/** What words find that every text fits, at an instant: with a rank what is known beyond it. */
async function foundBy(root: Root, now: string): Promise<Found[]> {
  const { rows } = await root.query<Found>(
    `select agreement_id, rank is not null as has_rank from found_by_words(websearch_to_tsquery('simple', '-zzzz'), '-zzzz', $1) order by agreement_id collate "C"`,
    [now],
  )
  return rows
}

/** The same of one agreement after the other. */
async function knownBy(root: Root, now: string): Promise<Found[]> {
  const { rows } = await root.query<Found>(
    `select a.id as agreement_id, knows_agreement_until(a.id) > $1 as has_rank from agreement a
      where knows_agreement_until(a.id) is not null order by a.id collate "C"`,
    [now],
  )
  return rows
}

/** Of each table the rows that everything stored of all agreements holds for the reader: how many, and a digest of them. */
async function storedFor(root: Root) {
  const tables = OF_AGREEMENTS.map(([path, table]) => {
    const found = `s.found #> '{${path}}'`
    const rows = `select r.row::jsonb as row from json_array_elements(case json_typeof(${found}) when 'array' then ${found} else '[]' end) as r (row)`
    return `select '${table}' as table, d.* from s, lateral (select ${DIGEST} from (${rows}) as of) as d`
  })
  const all = `with s as materialized (select stored_agreements(array(select id from agreement)) as found)`
  return (await root.query(`${all} ${tables.join(' union all ')} order by 1`)).rows
}

/** The same as row-level security shows the tables to the role of the service. */
async function readableRows(root: Root) {
  const tables = OF_AGREEMENTS.map(
    ([, table]) =>
      `select '${table}' as table, d.* from (select ${DIGEST} from (select to_jsonb(r) - 'document' as row from ${table} r) as of) as d`,
  )
  await root.query('set local role accord_app')
  const { rows } = await root.query(`${tables.join(' union all ')} order by 1`)
  await root.query('reset role')
  return rows
}

const DIGEST = `count(*)::int as rows, md5(string_agg(of.row::text, ',' order by of.row::text)) as digest`
/** What row-level security guards; the organisations are everybody's to read. */
const OF_AGREEMENTS = [
  ...Object.entries(STORED).filter(([name]) => !['bodies', 'successions'].includes(name)),
  ...Object.entries(STORED_ASSESSMENTS).map(([name, table]) => [`assessments,${name}`, table] as const),
]
