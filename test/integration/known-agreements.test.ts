import fc from 'fast-check'
import t from 'tap'
import { runs, tally } from '../support/properties.ts'
import { type TestService, testService } from '../support/service.ts'

// Who knows which agreement until when is asked in two forms: of one agreement, by the rules of row-level security, and of all at once, by lists.

const HOW = ['LEFT', 'DECLINED', 'UNINVITED'] as const
const day = fc.option(fc.integer({ min: 1, max: 28 }).map((of) => `2026-11-${String(of).padStart(2, '0')}T00:00:00Z`))
const part = fc.record({ leftAt: day, how: fc.constantFrom(...HOW), earlier: fc.option(fc.tuple(day, fc.constantFrom(...HOW))) })

t.test('a list knows of an agreement exactly what is known of it by itself', async (t) => {
  const service = await testService(t)
  const root = await asSuperUser(service)
  const { rows: parts } = await root.query<{ agreement_id: string; org: string }>(
    'select agreement_id, org from agreement_party order by 1, 2',
  )
  const orgs = [...new Set(parts.map(({ org }) => org))]
  const met = tally(t, { 'a part that is over': 300, 'a part that was over before': 20, 'a text kept by a stranger': 20 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), part), { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...orgs), fc.constantFrom('2026-11-01', '2999-01-01')), { maxLength: 4 }),
      fc.option(fc.tuple(fc.constantFrom(...orgs), fc.constantFrom('2026-11-01', '2999-01-01'))),
      async (changes, keepers, ended) => {
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
          for (const reader of new Set([...changed, ...keepers.map(([, org]) => org), ...(ended ? [ended[0]] : [])])) {
            await root.query(`select set_config('accord.reader', 'party', true), set_config('accord.org', $1, true)`, [reader])
            const { rows } = await root.query<{ one: string | null; all: string | null; is_party: boolean }>(
              `select knows_agreement_until(a.id)::text as one, k.until::text as all,
                      exists (select from agreement_party p where p.agreement_id = a.id and p.org = $1) as is_party
                 from agreement a left join known_agreements() k on k.agreement_id = a.id`,
              [reader],
            )
            t.same(
              rows.map(({ all }) => all),
              rows.map(({ one }) => one),
            )
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
    const { rows } = await root.query(
      `select (select count(*) from known_agreements() where until = 'infinity')::float / (select count(*) from agreement) as share`,
    )
    t.equal(rows[0]?.share, share, reader)
    await root.query('rollback')
  }
})

async function asSuperUser({ database }: TestService) {
  if (!database) throw new Error('the service has no database of its own')
  return (await database.openAs('session_user', 1)).pool
}
