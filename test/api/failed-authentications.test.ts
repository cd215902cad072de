import t from 'tap'
import { failedAuthentications } from '../../src/identity/failed-authentications.service.ts'
import { governanceLeaves, ownerPool } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// Whoever guesses tokens is seen in the log, and cannot fill it (issue 19, 6).

const service = await testService(t, { config: { refusedTokensPerMinute: 3, trustedProxies: ['10.1.0.0/16'] } })
const { failedCallers } = service.app
const guess = async (address: string, token = 'a-guess') =>
  (
    await service.inject({
      url: '/v1/agreements',
      remoteAddress: '10.1.2.3',
      headers: { 'x-forwarded-for': address, authorization: `Bearer ${token}` },
    })
  ).statusCode
const leaves = () => governanceLeaves(service, 'gov.authentication.failed')
const counted = async () => (await leaves()).map(({ payload }) => payload as unknown as { address: string | null; count: number })

t.test('one entry an address with a count, those beyond the limit too; a call that is known leaves none', async (t) => {
  t.same([await guess('192.0.2.1'), await guess('192.0.2.1'), await guess('192.0.2.1'), await guess('192.0.2.1')], [401, 401, 401, 429])
  t.equal(await guess('2001:db8:0:1::5'), 401)
  t.equal(await guess('2001:db8:0:1::6'), 401)
  t.equal(
    (await service.inject({ url: '/v1/agreements', headers: await service.as({ org: 'LBC_CAMDEN', roles: ['DPO'] }) })).statusCode,
    200,
  )
  t.same(await counted(), [], 'nothing before the minute is over')
  await failedCallers.record()
  t.match(await counted(), [
    { address: '192.0.2.1', count: 4, from: String, to: String },
    { address: '2001:db8:0:1', count: 2 },
  ])
  await failedCallers.record()
  t.equal((await leaves()).length, 2, 'and nothing where nobody failed')
})

t.test('nothing of the token is kept, and no leaf holds the address: it is in the payload, for 90 days', async (t) => {
  const pool = await ownerPool(service)
  const { rows } = await pool.query(
    `select convert_from(l.leaf, 'UTF8') as leaf, convert_from(p.body, 'UTF8') as body, audit.keep_until(p.day, g.kind, l.leaf, p.body) - p.day as days
       from audit.leaf l join audit.log g using (log_id) join audit.payload p using (event_id)
      where convert_from(l.leaf, 'UTF8') like '%gov.authentication.failed%'`,
  )
  t.equal(rows.length, 2)
  for (const { leaf, body, days } of rows) {
    t.notMatch(leaf, /192\.0\.2\.1|2001:db8/)
    t.strictSame(
      Object.keys(JSON.parse(leaf)).sort(),
      ['act', 'c', 'id', 'rev', 't', 'trace', 'ts', 'v'],
      'nor anything else of the caller',
    )
    t.notMatch(body, /guess/)
    t.equal(days, 90)
  }
})

t.test('of a thousand addresses a hundred are told apart, and the others are counted together', async (t) => {
  const before = (await leaves()).length
  for (let n = 0; n < 1_000; n += 1) failedCallers.seen(`198.51.${n >> 8}.${n & 255}`)
  await failedCallers.record()
  const made = (await counted()).slice(before)
  t.equal(made.length, 101)
  t.match(made.at(-1), { address: null, count: 900 })
})

t.test('what cannot be written is counted on, and said once it can', async (t) => {
  let isDown = true
  const { db, audit, clock } = { ...service.app.services, clock: () => new Date() }
  const failing = failedAuthentications({
    ...{ db, clock, revision: () => 1, everyMs: 3_600_000 },
    audit: { onOpenLog: audit.onOpenLog, recordAct: (tx, act) => (isDown ? Promise.reject(new Error('down')) : audit.recordAct(tx, act)) },
  })
  t.teardown(failing.close)
  failing.seen('203.0.113.7')
  await t.rejects(failing.record())
  failing.seen('203.0.113.7')
  isDown = false
  await failing.record()
  t.match((await counted()).at(-1), { address: '203.0.113.7', count: 2 })
})
