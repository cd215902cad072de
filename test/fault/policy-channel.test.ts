import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { policyService } from '../../src/decisions/policy/policy.service.ts'
import { policyListener } from '../../src/decisions/policy/policy-listener.service.ts'
import { openRelay } from '../faults/relay.ts'
import { testDatabase } from '../support/database.ts'

// The channel on which a node hears of new policy revisions, behind an address that accepts connections and closes them while
// there is no database: a load balancer without a server, the proxy of a container.

const ATTEMPTS = 12
const backoffMs = { first: 20, longest: 100 }
/** What passes at least when one attempt follows the other: all but the first few come after the longest wait. */
const ONE_AFTER_ANOTHER_MS = (ATTEMPTS - 4) * backoffMs.longest

const database = await testDatabase(t)
const direct = new URL(database.url)
const { pool: root } = await database.openAs('session_user', 1)

/** When somebody connected, milliseconds. */
const attempts: number[] = []
const nobody = createServer((socket) => {
  attempts.push(performance.now())
  socket.on('error', () => {}).end()
})
await new Promise<void>((listening) => nobody.listen(0, '127.0.0.1', listening))
t.teardown(() => nobody.close())
const { port: nobodysPort } = nobody.address() as { port: number }

const relay = await openRelay(Number(direct.port))
t.teardown(() => relay.close())
const url = Object.assign(new URL(direct), { hostname: '127.0.0.1', port: String(relay.port) }).href
const listener = policyListener({ url, policy: policyService(database.db), everyMs: 60_000, backoffMs })
t.teardown(() => listener.close())

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await what()); tries++) {
    if (tries > 1_000) throw new Error('it never came to that')
    await pause(10)
  }
}
async function channels(): Promise<number> {
  const { rows } = await root.query(
    `select count(*)::int as n from pg_stat_activity where application_name = 'accord-policy' and datname = current_database()`,
  )
  return rows[0].n
}

t.test('a node that is cut off tries again one time after another, and holds one connection once the database is back', async (t) => {
  await until(() => listener.isListening())
  relay.turnTo(nobodysPort)
  await until(() => attempts.length >= ATTEMPTS)
  t.notOk(listener.isListening())
  const [first = 0, last = 0] = [attempts[0], attempts[ATTEMPTS - 1]]
  t.ok(last - first >= ONE_AFTER_ANOTHER_MS, `${ATTEMPTS} attempts took ${Math.round(last - first)} ms`)
  relay.turnTo(Number(direct.port))
  await until(() => listener.isListening())
  // Whoever else still tried would have come by now.
  for (const end = performance.now() + 5 * backoffMs.longest; performance.now() < end; await pause(20)) {
    const open = await channels()
    if (open !== 1) return t.equal(open, 1, 'connections that listen')
  }
})
