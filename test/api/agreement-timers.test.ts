import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { SHARE } from '../support/demo-share.ts'
import { testService } from '../support/service.ts'

// Reviews and ends of agreements, on a clock that the test moves.

let now = new Date('2027-01-04T12:00:00.000Z')
const service = await testService(t, { clock: () => now })
const { timers } = service.app.services
const owner = await service.database?.openAs('session_user', 1)
const at = (instant: string) => {
  now = new Date(instant)
}
const noticesOf = async (id: string, org: string = SHARE.provider): Promise<string[]> => {
  const { notices } = (await (await personOf(service, org, ['SIRO']))('GET', '/v1/notices?limit=100')).body
  return (notices as { kind: string; agreement: string | null }[])
    .filter(({ agreement }) => agreement === id)
    .map(({ kind }) => kind)
    .toReversed()
}
const set = (columns: string, id = 'DEMO-CURL') => owner?.pool.query(`update agreement set ${columns} where id = '${id}'`)

t.test('the parties hear 90, 30 and 7 days before a review is due, the day after it was, and when its grace is over', async (t) => {
  await set(`review_due = '2027-04-05', review_policy = 'BLOCK_AFTER_GRACE', review_grace_days = 60`)
  await timers.fireDue()
  t.strictSame(await noticesOf('DEMO-CURL'), [], 'nothing is told before its day')
  const expected: string[] = []
  for (const [instant, kind] of [
    ['2027-01-05T09:00:00.000Z', 'REVIEW_DUE_90'],
    // A week without the service.
    ['2027-03-12T09:00:00.000Z', 'REVIEW_DUE_30'],
    ['2027-03-29T08:00:00.000Z', 'REVIEW_DUE_7'],
    ['2027-04-05T23:00:00.000Z', 'REVIEW_OVERDUE'],
    ['2027-06-04T23:00:00.000Z', 'REVIEW_BLOCKS'],
  ] as const) {
    at(new Date(Date.parse(instant) - 1000).toISOString())
    await timers.fireDue()
    at(instant)
    await Promise.all([timers.fireDue(), timers.fireDue()])
    expected.push(kind)
    if (kind === 'REVIEW_DUE_30') expected.splice(1, 1, kind)
    t.strictSame(await noticesOf('DEMO-CURL'), expected, instant)
  }
  t.strictSame(await noticesOf('DEMO-CURL', SHARE.recipient), expected, 'each party')
})

t.test('since when a review is overdue, and since when that denies, stands in the history and in the log, once each', async (t) => {
  const { acts } = (await (await personOf(service, SHARE.provider, ['SIRO']))('GET', '/v1/agreements/DEMO-CURL/history')).body
  const own = (acts as { act: string; at: string; actor: string; leaf_id: string; detail: object }[]).filter(({ act }) =>
    act.startsWith('review_'),
  )
  t.match(own, [
    { act: 'review_overdue', at: '2027-04-05T23:00:00.000Z', detail: { review_due: '2027-04-05', denies_from: '2027-06-05' } },
    { act: 'review_blocks', at: '2027-06-04T23:00:00.000Z', detail: { review_due: '2027-04-05', denies_from: '2027-06-05' } },
  ])
  t.equal(own.length, 2)
  const leaves = await owner?.pool.query<{ leaf: Buffer }>(`select leaf from audit.leaf where event_id = any ($1::uuid[]) order by idx`, [
    own.map(({ leaf_id }) => leaf_id),
  ])
  t.match(
    leaves?.rows.map(({ leaf }) => JSON.parse(leaf.toString('utf8'))),
    [
      { t: 'gov.agreement.review_overdue', act: 'review_overdue', from: 'ACTIVE', to: 'ACTIVE' },
      { t: 'gov.agreement.review_blocks', act: 'review_blocks', from: 'ACTIVE', to: 'ACTIVE' },
    ],
  )
})

t.test('a review that is done in time is not told as overdue, and the next one is another', async (t) => {
  at('2027-07-01T09:00:00.000Z')
  await set(`review_due = '2027-07-03', review_policy = 'WARN'`)
  await timers.fireDue()
  at('2027-07-02T09:00:00.000Z')
  const before = await noticesOf('DEMO-CURL')
  t.equal(before.at(-1), 'REVIEW_BLOCKS', 'what was to be told before it was recorded is not')
  await set(`review_due = '2027-09-01'`)
  at('2027-07-04T09:00:00.000Z')
  await timers.fireDue()
  t.strictSame((await noticesOf('DEMO-CURL')).slice(before.length), [], 'the day after the first day, nothing')
  at('2027-08-02T08:00:00.000Z')
  await timers.fireDue()
  t.strictSame((await noticesOf('DEMO-CURL')).slice(before.length), ['REVIEW_DUE_30'])
})

t.test('the parties hear that an agreement comes to its end', async (t) => {
  at('2027-10-01T07:00:00.000Z')
  await owner?.pool.query(
    `set session_replication_role = replica; update agreement_version set effective_to = '2027-12-30' where agreement_id = 'DEMO-CURL'; reset session_replication_role`,
  )
  const before = await noticesOf('DEMO-CURL')
  await timers.fireDue()
  at('2027-10-02T09:00:00.000Z')
  await timers.fireDue()
  at('2027-12-23T09:00:00.000Z')
  await timers.fireDue()
  const kinds = (await noticesOf('DEMO-CURL')).slice(before.length).filter((kind) => kind.startsWith('EXPIRY'))
  t.strictSame(kinds, ['EXPIRY_90', 'EXPIRY_30', 'EXPIRY_7'])
  at('2028-01-10T09:00:00.000Z')
  await timers.fireDue()
  t.strictSame((await noticesOf('DEMO-CURL')).slice(-1), kinds.slice(-1))
})
