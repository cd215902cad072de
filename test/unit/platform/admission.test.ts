import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { PIPELINED_MAX } from '../../../src/platform/http/connections.ts'
import { healthRoutes } from '../../../src/platform/http/health.routes.ts'
import { giveBack, hasRoomNow, PATIENCE_MS, placesFor, type Ticket, take } from '../../../src/platform/http/places.ts'
import { testServer } from '../../support/app-server.ts'
import { eventually } from '../../support/eventually.ts'
import { sendRaw, unreadConnection } from '../../support/raw-http.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const yes = async () => true
const OPEN = { config: { access: 'public' } } as const
const LARGE = Buffer.alloc(16_000_000, 'x')

async function listening(t: Parameters<typeof testServer>[0], over: Parameters<typeof testServer>[1] = {}) {
  const app = await testServer(t, { inFlightMax: 20, replyTimeoutSeconds: 1, ...over })
  app.get('/things', OPEN, async () => ({ got: 'x' }))
  app.post('/things', OPEN, async () => ({ got: 'x' }))
  app.get('/slow', OPEN, async () => sleep(300).then(() => ({ got: 'x' })))
  app.get('/large', OPEN, async () => LARGE)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, port, statusOf: async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status }
}

function isNothingHeld(app: FastifyInstance): boolean {
  return [...app.admission.counts().values()].every((count) => count === 0)
}

t.test('every place comes back when its connection ends, also of replies that waited behind another', async (t) => {
  const { app, port, statusOf } = await listening(t)
  for (const path of ['/nowhere', '/things', '/slow']) {
    await sendRaw(port, get(path).repeat(300), { leaveAfterMs: 5, resets: true })
    t.ok(await eventually(() => isNothingHeld(app)), path)
    t.ok(app.admission.hasRoom())
    t.equal(await statusOf('/things'), 200)
  }
})

t.test('requests that come together on one connection are answered in order, as many as may be under way, and then it ends', async (t) => {
  const { app, port } = await listening(t, { inFlightMax: 400 })
  const few = await sendRaw(
    port,
    get('/things').repeat(PIPELINED_MAX - 1) + get('/things').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
  )
  t.same([few.statuses, few.isEnded], [Array(PIPELINED_MAX).fill(200), true])
  const many = await sendRaw(port, get('/things').repeat(300))
  t.same([many.statuses, many.isEnded], [Array(PIPELINED_MAX).fill(200), true])
  t.ok(await eventually(() => isNothingHeld(app)))
})

t.test('who does not take a reply loses the connection once the time for it is over, and its place to others before', async (t) => {
  const { app, port, statusOf } = await listening(t, { inFlightMax: 6, replyTimeoutSeconds: 3 })
  const readers = Array.from({ length: 8 }, () => unreadConnection(port, get('/large')))
  t.teardown(() => readers.map((reader) => reader.destroy()))
  t.ok(await eventually(() => app.admission.counts().get('all') === 6))
  await sleep(PATIENCE_MS)
  t.equal(await statusOf('/things'), 200, 'one who keeps us waiting makes room')
  const ended = performance.now()
  t.ok(await eventually(() => isNothingHeld(app)))
  t.ok(performance.now() - ended < 4_000)
})

t.test('who takes a reply slowly but steadily gets all of it', async (t) => {
  const { port } = await listening(t)
  const reader = unreadConnection(port, get('/large'))
  let heard = 0
  reader.on('data', (data) => {
    heard += data.length
    reader.pause()
  })
  const begun = performance.now()
  const pace = setInterval(() => reader.resume(), 10)
  t.teardown(() => clearInterval(pace))
  t.ok(await eventually(() => heard > LARGE.length || reader.destroyed))
  t.ok(heard > LARGE.length, `${heard} bytes`)
  t.ok(performance.now() - begun > 2_000, 'longer than the time for a reply that does not move')
  reader.destroy()
})

t.test('while all places are at work there is no room, and whoever asks how the service is gets an answer', async (t) => {
  const { app, port, statusOf } = await listening(t, { inFlightMax: 2 })
  const ready = healthRoutes({ database: yes, migrations: yes, index: yes, log: yes, requests: async () => app.admission.hasRoom() })
  const asked = await testServer(t)
  await asked.register(ready)
  t.equal((await asked.inject('/health/ready')).statusCode, 200)
  const waiting = Array.from({ length: 2 }, () => sendRaw(port, get('/slow'), { leaveAfterMs: 1_000 }))
  t.ok(await eventually(() => app.admission.counts().get('all') === 2))
  t.equal(await statusOf('/things'), 503)
  t.match((await asked.inject('/health/ready')).json(), { status: 'not ready', checks: { requests: 'fail', log: 'pass' } })
  await Promise.all(waiting)
  t.equal((await asked.inject('/health/ready')).statusCode, 200)
})

t.test('callers without a token take only their part of the places', async (t) => {
  const { app, port } = await listening(t, { shares: { anonymousPercent: 10 } })
  const waiting = Array.from({ length: 10 }, () => sendRaw(port, get('/slow'), { leaveAfterMs: 1_000 }))
  const statuses = (await Promise.all(waiting)).flatMap((reply) => reply.statuses).toSorted()
  t.same(statuses, [200, 200, ...Array(8).fill(503)])
  t.ok(isNothingHeld(app))
})

t.test('what is done for a caller that has left counts until it is done, and is given back once', async (t) => {
  const { app, port } = await listening(t, { shares: { anonymousPercent: 50 } })
  await sendRaw(port, get('/slow').repeat(4), { leaveAfterMs: 50, resets: true })
  t.ok(await eventually(() => app.admission.counts().get('left behind') === 4))
  t.same([app.admission.counts().get('all'), app.admission.counts().get('anonymous')], [0, 4])
  t.ok(await eventually(() => isNothingHeld(app)))
})

t.test('beyond the connections there may be, the one idle for longest makes room; one that is at work does not', async (t) => {
  const { app, port, statusOf } = await listening(t, { connections: { max: 100, perAddressMax: 10 } })
  const working = sendRaw(port, get('/slow').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  t.ok(await eventually(() => app.admission.counts().get('all') === 1))
  const idle = Array.from({ length: 40 }, () => unreadConnection(port, 'GET /'))
  t.teardown(() => idle.map((one) => one.destroy()))
  t.ok(await eventually(() => app.connectionCount() === 10))
  t.equal(await statusOf('/things'), 200)
  t.same((await working).statuses, [200])
})

t.test('thousands of connections on which nothing is asked take no place of one that is used now and then', async (t) => {
  const { app, port } = await listening(t, { connections: { max: 100, perAddressMax: 10 } })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const asked = () =>
    new Promise<number | undefined>((done, failed) => {
      const sent = request({ agent, port, host: '127.0.0.1', path: '/things' }, (reply) => {
        reply.resume().once('end', () => done(sent.socket?.localPort))
      })
      sent.once('error', failed).end()
    })
  const first = await asked()
  for (let round = 0; round < 3; round++) {
    const silent = Array.from({ length: 40 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    t.teardown(() => silent.map((one) => one.destroy()))
    await Promise.all(silent.map((one) => once(one, 'connect')))
    t.ok(await eventually(() => app.connectionCount() === 10))
    t.equal(await asked(), first, 'on the same connection')
  }
})

const aTicket = (work: Ticket['work'], waitingSince?: number): Ticket => {
  const ticket: Ticket = { work, waitingSince, in: new Set(), cut: () => giveBack(ticket) }
  return ticket
}

t.test('places: other work than decisions leaves some to decisions', async (t) => {
  const places = placesFor(8, 25)
  for (let i = 0; i < 6; i++) t.ok(take(aTicket('OTHER'), [places], 0))
  t.notOk(take(aTicket('OTHER'), [places], 0))
  t.ok(hasRoomNow(places, 0))
  t.ok(take(aTicket('DECISION'), [places], 0))
  t.ok(take(aTicket('DECISION'), [places], 0))
  t.notOk(hasRoomNow(places, 0))
})

t.test('places: who keeps us waiting makes room, who is at work never does', async (t) => {
  const places = placesFor(3)
  const [atWork, early, late] = [aTicket('DECISION'), aTicket('OTHER', 100), aTicket('OTHER', 200)]
  for (const ticket of [atWork, late, early]) take(ticket, [places], 0)
  t.notOk(take(aTicket('DECISION'), [places], 100 + PATIENCE_MS - 1))
  t.ok(take(aTicket('DECISION'), [places], 200 + PATIENCE_MS))
  t.same([places.held.has(atWork), places.held.has(early), places.held.has(late)], [true, false, true])
})

t.test('places: whatever is taken and given back, none is ever lost or given twice', async () => {
  const step = fc.record({ kind: fc.constantFrom('take', 'back', 'part'), which: fc.nat(9), work: fc.constantFrom('DECISION', 'OTHER') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [all, part] = [placesFor(6, 25), placesFor(3)]
      const open: Ticket[] = []
      for (const { kind, which, work } of steps) {
        const ticket = open[which]
        if (kind === 'take') {
          const made = aTicket(work as Ticket['work'])
          if (take(made, [all, part], 0)) open.push(made)
        } else if (ticket) giveBack(ticket, kind === 'part' ? all : undefined)
        for (const places of [all, part]) {
          const held = open.filter((one) => one.in.has(places))
          if (places.held.size !== held.length || held.length > places.limit) return false
          if (places.others !== held.filter((one) => one.work === 'OTHER').length) return false
        }
      }
      for (const ticket of open) giveBack(ticket)
      return all.held.size + part.held.size + all.others + part.others === 0
    }),
  )
})
