import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'
import { ownerPool } from '../support/leaves.ts'

// A trail of years is searched as quickly as one of a day.

const desk = await agreementDesk(t, new Date().toISOString())
const owner = await ownerPool(desk.service)
const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET'] as const
const LONG = 100_000
/** How often each is asked, to take the middle. */
const TIMES = 5

t.test('with 100,000 entries each search takes no more than a few times what it takes with few', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY] })
  await desk.freeze(agreement)
  const person = (org: string, role: 'DPO' | 'AUDITOR') => ({ org, role, sub: `urn:person:${role}-of-${org}` }) as const
  const searches = [
    ['an auditor', person(CAMDEN, 'AUDITOR'), ''],
    ['an organisation with much of it', person(CAMDEN, 'DPO'), ''],
    ['an organisation with hardly any of it', person(BARNET, 'DPO'), ''],
    ['one record', person(HACKNEY, 'DPO'), `?record=${agreement.id}`],
    ['one person', person(CAMDEN, 'AUDITOR'), '?person=nobody'],
    ['one kind of act', person(CAMDEN, 'AUDITOR'), '?event=agreement.frozen'],
    ['refusals', person(CAMDEN, 'DPO'), '?outcome=REFUSED'],
    ['one day', person(CAMDEN, 'AUDITOR'), '?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z'],
    ['reads', person(CAMDEN, 'AUDITOR'), '/reads'],
    ['reads that concern an organisation', person(BARNET, 'DPO'), '/reads'],
  ] as const
  const middles = async () => {
    const found = new Map<string, number>()
    for (const [name, reader, query] of searches) {
      const took: number[] = []
      for (let time = 0; time < TIMES; time++) {
        const begun = performance.now()
        t.equal((await desk.call(reader, 'GET', `/v1/trail${query}`)).status, 200, name)
        took.push(performance.now() - begun)
      }
      found.set(name, took.toSorted((one, other) => one - other)[TIMES >> 1] as number)
    }
    return found
  }
  const few = await middles()
  await owner.query(
    `insert into trail_entry (log_id, idx, leaf_id, at, event, act, org, actor, record_type, record, sequence, refused, concerns, what)
     select (select log_id from audit.log where kind = 'governance'), 1000000 + n, gen_random_uuid(), now() - n * interval '1 minute',
       case n % 5 when 0 then 'log.read' else 'agreement.edited' end, 'edit', case n % 3 when 0 then 'LBC_CAMDEN' else 'LBC_HACKNEY' end,
       'urn:person:' || n % 50, 'agreement', case n % 2 when 0 then $2 else 'DSA-' || n % 500 end, n, n % 100 = 0, '{}', null
     from generate_series(1, $1::int) n`,
    [LONG, agreement.id],
  )
  await owner.query('analyze trail_entry')
  const many = await middles()
  for (const [name, before] of few) {
    const after = many.get(name) ?? Number.POSITIVE_INFINITY
    t.comment(`${name}: ${before.toFixed(1)} ms, with ${LONG} entries ${after.toFixed(1)} ms`)
    t.ok(after < before * 4 + 100, `${name}: ${before.toFixed(1)} ms became ${after.toFixed(1)} ms`)
  }
})
