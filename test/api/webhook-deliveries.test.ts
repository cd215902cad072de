import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { withTransaction } from '../../src/platform/database/database.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import { eventually } from '../support/eventually.ts'
import type { TestServiceOptions } from '../support/service.ts'
import { webhookReceiver } from '../support/webhook-receiver.ts'

// What webhooks are sent, to receivers that fail, hang and lie.

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** A service with a clock of its own, whose webhooks may lead to this machine. */
async function world(t: Parameters<typeof webhookReceiver>[0], webhookReach: TestServiceOptions['webhookReach'] = {}) {
  // Signatures are of the present, for those who verify them.
  const start = Date.now()
  const desk = await agreementDesk(t, new Date(start).toISOString(), { webhookPrivateAddresses: 'allowed' }, { webhookReach })
  const { db, notifications, webhooks } = desk.service.app.services
  const officer: Person = { org: CAMDEN, role: 'IG_OFFICER' }
  const telling = (id: string, detail: Readonly<Record<string, unknown>> = {}, orgs = [CAMDEN]) =>
    withTransactionAs(db, { kind: 'system' }, async (tx) => {
      await notifications.tell(tx, orgs, {
        kind: 'SUSPENDED',
        subject: { type: 'agreement', id },
        at: new Date(start).toISOString(),
        detail,
      })
    })
  const subscribed = async (url: string, over = {}, person = officer) => {
    const { status, body, text } = await desk.call(person, 'POST', '/v1/webhooks', { url, ...over })
    if (status !== 201) throw new Error(text)
    return { id: String(body.webhook.id), secret: String(body.secret), at: `/v1/webhooks/${body.webhook.id}` }
  }
  return {
    ...{ desk, officer, telling, subscribed },
    send: () => webhooks.delivering.deliverDue(),
    until: (instant: string) => desk.at(instant),
    later: (ms: number) => desk.at(new Date(start + ms).toISOString()),
    deliveries: async (at: string) => (await desk.call(officer, 'GET', `${at}/deliveries`)).body.deliveries,
    post: (path: string, body?: unknown) => desk.call(officer, 'POST', path, body),
  }
}

t.test('a notice is sent as a signed event that holds what the list of notices shows, and nothing else', async (t) => {
  const { desk, officer, telling, subscribed, send, deliveries } = await world(t)
  const receiver = await webhookReceiver(t)
  const { secret, at } = await subscribed(receiver.url)
  const { id } = await desk.draft()
  await telling(id, { scope: 'AGREEMENT' }, [CAMDEN, HACKNEY])
  await send()
  const [notice] = (await desk.call(officer, 'GET', '/v1/notices')).body.notices
  t.equal(receiver.received.length, 1, 'what Hackney is told is not sent to Camden')
  t.same(receiver.verified(0, secret), {
    specversion: '1.0',
    id: notice.id,
    source: 'http://127.0.0.1/v1/notices',
    type: 'london.accord.SUSPENDED',
    subject: `agreement/${id}`,
    time: notice.at,
    sequence: receiver.received[0]?.event.sequence,
    datacontenttype: 'application/json',
    data: notice,
  })
  t.match(receiver.received[0]?.headers, { 'webhook-id': notice.id, 'content-type': /^application\/cloudevents\+json/ })
  t.throws(() => receiver.verified(0, `whsec_${Buffer.alloc(32).toString('base64')}`), 'another secret verifies nothing')
  t.match(await deliveries(at), [{ event: notice.id, state: 'DELIVERED', attempts: 1, status_code: 204, failure: null, due_at: null }])
})

t.test('an act that is refused or taken back sends nothing, and a kind that was not asked for is not sent', async (t) => {
  const { desk, telling, subscribed, send } = await world(t)
  const receiver = await webhookReceiver(t)
  await subscribed(receiver.url, { kinds: ['TERMINATED'] })
  const { id } = await desk.draft()
  await telling(id)
  const all = await webhookReceiver(t)
  await subscribed(all.url)
  const { db, notifications } = desk.service.app.services
  const facts = { kind: 'SUSPENDED', subject: { type: 'agreement', id }, at: new Date().toISOString(), detail: {} } as const
  await t.rejects(
    withTransaction(db, async (tx) => {
      await notifications.tell(tx, [CAMDEN], facts)
      throw new Error('it is taken back')
    }),
  )
  await send()
  t.same([receiver.received.length, all.received.length], [0, 0])
})

t.test('of one agreement the next event waits until the one before is taken; other agreements go on', async (t) => {
  const { desk, telling, subscribed, send, later, deliveries } = await world(t)
  const receiver = await webhookReceiver(t)
  const { at, secret } = await subscribed(receiver.url)
  const [stuck, free] = [await desk.draft(), await desk.draft()]
  const order = () => receiver.received.map(({ event }) => `${event.data.agreement === stuck.id ? 'stuck' : 'free'} ${event.data.detail.n}`)
  receiver.behave((response, { event }) => response.writeHead(event.data.agreement === stuck.id ? 500 : 204).end())
  for (const n of [1, 2, 3]) await telling(stuck.id, { n })
  for (const n of [1, 2]) await telling(free.id, { n })
  await send()
  t.same(
    order().filter((one) => one.startsWith('stuck')),
    ['stuck 1'],
  )
  t.same(
    order().filter((one) => one.startsWith('free')),
    ['free 1', 'free 2'],
  )
  receiver.behave(undefined)
  await send()
  t.equal(receiver.received.length, 3, 'it is not tried again before its time')
  later(7_000)
  await send()
  t.same(
    order().filter((one) => one.startsWith('stuck')),
    ['stuck 1', 'stuck 1', 'stuck 2', 'stuck 3'],
  )
  const first = receiver.received.filter(({ event }) => event.data.agreement === stuck.id).slice(0, 2)
  t.equal(first[0]?.headers['webhook-id'], first[1]?.headers['webhook-id'], 'a retry keeps its identifier')
  const index = receiver.received.length - 1
  t.ok(receiver.verified(index, secret))
  const sequences = receiver.received.filter(({ event }) => event.data.agreement === stuck.id).map(({ event }) => event.sequence)
  t.same(sequences, sequences.toSorted(), 'the sequence sorts as text')
  t.match(
    (await deliveries(at)).map(({ state }: { state: string }) => state),
    ['DELIVERED', 'DELIVERED', 'DELIVERED', 'DELIVERED', 'DELIVERED'],
  )
})

t.test('of two who tell of one agreement at once, the later in the order is never sent before the earlier', async (t) => {
  const { desk, subscribed, send, telling } = await world(t)
  const receiver = await webhookReceiver(t)
  await subscribed(receiver.url)
  const { id } = await desk.draft()
  const { db, notifications } = desk.service.app.services
  const facts = (n: number) =>
    ({ kind: 'SUSPENDED', subject: { type: 'agreement', id }, at: new Date().toISOString(), detail: { n } }) as const
  let commit = () => {}
  const held = new Promise<void>((resolve) => {
    commit = resolve
  })
  let hasTold = false
  const first = withTransactionAs(db, { kind: 'system' }, async (tx) => {
    await notifications.tell(tx, [CAMDEN], facts(1))
    hasTold = true
    await held
  })
  t.ok(await eventually(() => hasTold))
  const second = telling(id, { n: 2 })
  t.equal(await Promise.race([second.then(() => 'told'), pause(300).then(() => 'waits')]), 'waits', 'though nobody holds the agreement')
  await send()
  t.equal(receiver.received.length, 0)
  commit()
  await first
  await second
  await send()
  t.same(
    receiver.received.map(({ event }) => event.data.detail.n),
    [1, 2],
  )
})

t.test('whatever a receiver does, it is tried again, bounded in time and bytes, and delays nobody else', async (t) => {
  const { desk, telling, subscribed, send, deliveries } = await world(t, { connectMs: 2_000, wholeMs: 3_000 })
  const redirected = await webhookReceiver(t)
  const { id } = await desk.draft()
  const cases = [
    { name: 'hangs', failure: 'TIMEOUT', status: null, behave: () => {} },
    {
      name: 'redirects to this machine',
      failure: 'STATUS',
      status: 302,
      behave: (response: import('node:http').ServerResponse) => response.writeHead(302, { location: redirected.url }).end(),
    },
    { name: 'closes', failure: 'CONNECTION', status: null, behave: (response: import('node:http').ServerResponse) => response.destroy() },
    {
      name: 'answers late',
      failure: 'TIMEOUT',
      status: null,
      behave: (response: import('node:http').ServerResponse) => setTimeout(() => response.writeHead(200).end(), 4_000),
    },
    {
      name: 'sends without end',
      failure: 'STATUS',
      status: 500,
      behave: (response: import('node:http').ServerResponse) => {
        response.writeHead(500)
        const more = setInterval(() => response.write('x'.repeat(10_000)), 1)
        response.on('close', () => clearInterval(more))
      },
    },
  ]
  const bad = await Promise.all(
    cases.map(async (one, index) => {
      const receiver = await webhookReceiver(t)
      receiver.behave(one.behave)
      const person: Person = { org: index < 3 ? CAMDEN : HACKNEY, role: 'IG_OFFICER' }
      return { ...one, receiver, person, ...(await subscribed(receiver.url, {}, person)) }
    }),
  )
  const good = await webhookReceiver(t)
  await subscribed(good.url)
  await telling(id, {}, [CAMDEN, HACKNEY])
  let isOver = false
  const sending = send().then(() => {
    isOver = true
  })
  t.ok(await eventually(() => good.received.length === 1))
  t.notOk(isOver, 'whoever answers is not kept waiting by who hangs')
  await sending
  for (const { name, person, at, failure, status } of bad) {
    const [delivery] = (await desk.call(person, 'GET', `${at}/deliveries`)).body.deliveries
    t.match(delivery, { state: 'WAITING', attempts: 1, failure, status_code: status }, name)
    t.ok(delivery.due_at > delivery.attempted_at, `${name}: it is tried again later`)
  }
  t.equal(redirected.received.length, 0, 'no redirect is followed')
  t.equal((await deliveries(bad[0]?.at ?? '')).length, 1)
})

t.test('what is not taken is tried ten times over three days, and given up', async (t) => {
  const { desk, telling, subscribed, send, until, deliveries } = await world(t)
  const receiver = await webhookReceiver(t)
  receiver.behave((response) => response.writeHead(503).end())
  const { at } = await subscribed(receiver.url)
  const { id } = await desk.draft()
  await telling(id, { n: 1 })
  for (let attempt = 1; attempt <= 10; attempt++) {
    await send()
    t.equal(receiver.received.length, attempt)
    const [delivery] = await deliveries(at)
    if (attempt < 10) until(delivery.due_at)
    else t.match(delivery, { state: 'GIVEN_UP', attempts: 10, status_code: 503, failure: 'STATUS', due_at: null })
  }
  await telling(id, { n: 2 })
  receiver.behave(undefined)
  await send()
  t.equal(receiver.received.at(-1)?.event.data.detail.n, 2, 'the next of the agreement goes on')
})

t.test('after five days of failure, or a 410, nothing more is sent and the organisation is told; it goes on when it says so', async (t) => {
  const { desk, officer, telling, subscribed, send, later } = await world(t)
  const receiver = await webhookReceiver(t)
  const gone = await webhookReceiver(t)
  receiver.behave((response) => response.writeHead(500).end())
  gone.behave((response) => response.writeHead(410).end())
  const failing = await subscribed(receiver.url)
  const left = await subscribed(gone.url)
  const [one, other] = [await desk.draft(), await desk.draft()]
  await telling(one.id)
  await send()
  t.match((await desk.call(officer, 'GET', left.at)).body, { state: 'STOPPED' })
  later(5 * DAY + MINUTE)
  await telling(other.id)
  await send()
  t.match((await desk.call(officer, 'GET', failing.at)).body, { state: 'STOPPED' })
  const { notices } = (await desk.call(officer, 'GET', '/v1/notices')).body
  t.match(
    notices.filter(({ kind }: { kind: string }) => kind === 'WEBHOOK_STOPPED').map(({ detail }: { detail: unknown }) => detail),
    [{ gone: false }, { gone: true }],
  )
  const before = receiver.received.length
  later(6 * DAY)
  await telling(one.id)
  await send()
  t.equal(receiver.received.length, before, 'nothing is sent')
  receiver.behave(undefined)
  const { etag } = await desk.call(officer, 'GET', failing.at)
  const resumed = await desk.call(officer, 'PUT', failing.at, { url: receiver.url, state: 'ACTIVE' }, { 'if-match': etag })
  t.match(resumed, { status: 200, body: { state: 'ACTIVE', failing_since: null } })
  await send()
  t.equal(receiver.received.length, before + 5, 'what waited is sent: of both agreements, and that two webhooks were stopped')
})

t.test('what its organisation may no longer see is not sent', async (t) => {
  const { desk, telling, subscribed, send } = await world(t)
  const receiver = await webhookReceiver(t)
  const person: Person = { org: BARNET, role: 'IG_OFFICER' }
  const { at } = await subscribed(receiver.url, {}, person)
  const { id } = await desk.draft()
  await telling(id, {}, [BARNET])
  await send()
  t.equal(receiver.received.length, 0)
  t.match((await desk.call(person, 'GET', `${at}/deliveries`)).body.deliveries, [{ state: 'WITHHELD', attempts: 1 }])
})

t.test('both secrets sign while the former one counts, and afterwards the new one alone', async (t) => {
  const { post, subscribed, send } = await world(t)
  const receiver = await webhookReceiver(t)
  const { at, secret } = await subscribed(receiver.url)
  const rotated = await post(`${at}/rotation`, { overlap_hours: 1 })
  await post(`${at}/test`)
  await send()
  t.match(receiver.received[0]?.event, { type: 'london.accord.TEST', data: { webhook: at.split('/').at(-1) } })
  t.ok(receiver.verified(0, secret) && receiver.verified(0, rotated.body.secret))
  const again = await post(`${at}/rotation`, { overlap_hours: 0 })
  await post(`${at}/test`)
  await send()
  t.ok(receiver.verified(1, again.body.secret))
  for (const former of [secret, rotated.body.secret])
    t.throws(() => receiver.verified(1, former), 'a secret that leaked signs nothing more')
})

t.test('one event, or all since an instant or a sequence, are sent again with their identifiers and in their order', async (t) => {
  const { desk, telling, subscribed, send, post, deliveries } = await world(t)
  const receiver = await webhookReceiver(t)
  const { at } = await subscribed(receiver.url)
  const { id } = await desk.draft()
  for (const n of [1, 2, 3]) await telling(id, { n })
  await send()
  const sent = () => receiver.received.splice(0).map(({ event }) => event.data.detail.n)
  const ids = receiver.received.map(({ event }) => event.id)
  t.same(sent(), [1, 2, 3])
  const [, second] = (await deliveries(at)).toReversed()
  t.match(await post(`${at}/replay`, { event: second.event }), { status: 202, body: { replayed: 1 } })
  await send()
  t.same(sent(), [2])
  t.match((await post(`${at}/replay`, { from_sequence: second.sequence })).body, { replayed: 2 })
  await send()
  t.same(sent(), [2, 3])
  t.match((await post(`${at}/replay`, { since: new Date(Date.now() - DAY).toISOString() })).body, { replayed: 3 })
  await send()
  t.same(
    receiver.received.map(({ event }) => event.id),
    ids,
  )
  t.same(sent(), [1, 2, 3])
})

t.test('who died while sending is followed by somebody else, once its claim is over', async (t) => {
  const { desk, telling, subscribed, send } = await world(t)
  const receiver = await webhookReceiver(t)
  await subscribed(receiver.url)
  const { id } = await desk.draft()
  await telling(id)
  const owner = await desk.service.database?.openAs('session_user', 1)
  const claimedUntil = (seconds: number) =>
    owner?.pool.query(
      `update webhook_delivery set claim = gen_random_uuid(), claimed_until = clock_timestamp() + $1 * interval '1 second'`,
      [seconds],
    )
  await claimedUntil(30)
  await send()
  t.equal(receiver.received.length, 0, 'another node may be sending it')
  await claimedUntil(-1)
  await send()
  t.equal(receiver.received.length, 1)
})

t.test('what was queued long ago is forgotten, and the queue of one webhook is bounded', async (t) => {
  const { desk, telling, subscribed, send, later, deliveries, officer } = await world(t)
  const receiver = await webhookReceiver(t)
  const { at } = await subscribed(receiver.url)
  const { etag } = await desk.call(officer, 'GET', at)
  await desk.call(officer, 'PUT', at, { url: receiver.url, state: 'PAUSED' }, { 'if-match': etag })
  const { id } = await desk.draft()
  await telling(id)
  const owner = await desk.service.database?.openAs('session_user', 1)
  await owner?.pool.query(`insert into webhook_delivery (webhook_id, event_id, kind, subject_type, subject_id, at)
    select webhook_id, gen_random_uuid(), kind, subject_type, subject_id, at from webhook_delivery, generate_series(1, 10004)`)
  await send()
  const counted = () => owner?.pool.query('select state, count(*)::int as n from webhook_delivery group by state')
  t.same((await counted())?.rows, [{ state: 'WAITING', n: 10_000 }])
  later(31 * DAY)
  await send()
  t.same((await counted())?.rows, [])
  t.same(await deliveries(at), [])
  t.equal(receiver.received.length, 0)
})
