import { AGREEMENT } from '../governance.ts'
import { httpClient } from '../http-client.ts'
import { answersAfter, answersWithin, between, judged, sleep, underLoad } from '../round.ts'
import { DATABASE } from '../test-system.ts'
import { STANDBY_NAMES, setStandbyNames, type Trio } from '../test-systems.ts'
import { instant, until } from '../words.ts'
import { trioRound } from './trio.ts'

/** What was already on its way when the last standby went may still arrive. */
const IN_FLIGHT_MS = 100
const WITHOUT_MS = 2_200

/** FM-6: with one standby less all goes on; with none nothing is acknowledged; with them back it goes on. */
export const standbyLost = trioRound('standby-lost', 'F6', async ({ system, random }) => {
  const [first, second] = random() < 0.5 ? system.standbys() : system.standbys().toReversed()
  if (!first || !second) throw new Error('two standbys, at least')
  let [oneLessAt, noneAt, backAt] = [0, 0, 0]
  const loaded = await underLoad(
    system,
    async () => {
      await sleep(between(random, 200, 600))
      await first.end('SIGKILL')
      oneLessAt = instant()
      await sleep(600)
      // Not killed but stopped: the primary keeps the connection and hears nothing.
      second.signalAll('SIGSTOP')
      noneAt = instant()
      await sleep(WITHOUT_MS)
      backAt = instant()
      second.signalAll('SIGCONT')
      await first.start()
    },
    { afterMs: 1_500 },
  )
  const withOne = answersWithin(loaded.seen, oneLessAt, noneAt)
  const withNone = answersWithin(loaded.seen, noneAt + IN_FLIGHT_MS, backAt)
  const findings = [
    withOne === 0 && 'no answer with one of two standbys',
    withNone > 0 && `${withNone} acknowledged without any standby`,
    !answersAfter(loaded.seen, backAt) && 'no answer after the standbys came back',
  ]
  return judged(loaded, { findings, notes: { with_one: withOne, with_none: withNone } })
})

/** FM-7, FM-8: an operator cancels the commits that wait for a standby: they look done, and are not acknowledged; nor are retries. */
export const cancelledWait = trioRound('cancelled-wait', 'F7, F8', async ({ system, random }) => {
  const alone = await cancelledAct(system)
  let [noneAt, backAt, cancelled, suspensionsWithNone, heldMax, shown, grown] = [0, 0, 0, 0, 0, 0, 0]
  const unsaid = new Set<number>()
  const loaded = await underLoad(
    system,
    async () => {
      await sleep(between(random, 300, 800))
      for (const standby of system.standbys()) standby.signalAll('SIGSTOP')
      noneAt = instant()
      const before = system.ledger.suspensions.length
      // What has been committed by now is the most that a standby can hold: nothing reaches one that is stopped.
      heldMax = await leaves(system)
      await until(async () => (await cancelWaiters(system)) > 0, 1_500)
      for (const end = instant() + 1_500; instant() < end; await sleep(120)) {
        cancelled += await cancelWaiters(system)
        const { status, size } = await published(system)
        shown = Math.max(shown, size)
        // A service that cannot find out which checkpoint every standby has shows none (503).
        if (status !== 200 && status !== 503) unsaid.add(status)
      }
      suspensionsWithNone = system.ledger.suspensions.slice(before).filter(({ received }) => received > noneAt + IN_FLIGHT_MS).length
      grown = (await leaves(system)) - heldMax
      backAt = instant()
      for (const standby of system.standbys()) standby.signalAll('SIGCONT')
    },
    { afterMs: 2_500 },
  )
  const withNone = answersWithin(loaded.seen, noneAt + IN_FLIGHT_MS, backAt)
  const findings = [
    shown > heldMax && `a checkpoint of ${shown} leaves was published, no standby can hold more than ${heldMax}`,
    grown === 0 && 'nothing was cancelled that could have been published: the round proves nothing',
    unsaid.size > 0 && `the checkpoint was answered with ${[...unsaid].join(', ')}`,
    (cancelled === 0 || alone === null) && 'no commit waited: the round proves nothing',
    alone === 201 && 'a suspension was acknowledged although its wait was cancelled',
    withNone > 0 && `${withNone} acknowledged although their wait was cancelled`,
    suspensionsWithNone > 0 && `${suspensionsWithNone} suspensions acknowledged although their wait was cancelled`,
    !answersAfter(loaded.seen, backAt) && 'no answer after the standbys came back',
  ]
  return judged(loaded, {
    findings,
    notes: { cancelled, act_alone: alone ?? 'none', with_none: withNone, shown, held_max: heldMax, grown },
  })
})

/** FM-9: somebody clears synchronous_standby_names. The exposure, answers given on one node's word, is counted and must be none after 300 ms. */
export const namesReset = trioRound('names-reset', 'F9', async ({ system, random }) => {
  let [resetAt, backAt] = [0, 0]
  const loaded = await underLoad(
    system,
    async () => {
      await sleep(between(random, 300, 900))
      await setStandbyNames(system.primary, '')
      resetAt = instant()
      await sleep(1_200)
      backAt = instant()
      await setStandbyNames(system.primary, STANDBY_NAMES)
    },
    { afterMs: 2_500 },
  )
  const exposed = answersWithin(loaded.seen, resetAt, backAt)
  const late = answersWithin(loaded.seen, resetAt + 300, backAt)
  const acts = system.ledger.suspensions.filter(({ received }) => received > resetAt + 300 && received < backAt).length
  const findings = [
    late > 0 && `${late} answers on one node's word 300 ms after the reset`,
    acts > 0 && `${acts} suspensions on one node's word 300 ms after the reset`,
    !answersAfter(loaded.seen, backAt) && 'no answer after the names were set again',
  ]
  return judged(loaded, { findings, notes: { exposed } })
})

/**
 * One suspension with nothing else going on, its commit cancelled while it waits: it is in the database, and its caller must not
 * be told that it is. Answers the status; null when no commit waited.
 */
async function cancelledAct(system: Trio): Promise<number | null> {
  const client = httpClient(1)
  // What the service does behind its answers has ended by then: the only commit that waits is the act's.
  await sleep(1_500)
  for (const standby of system.standbys()) standby.signalAll('SIGSTOP')
  try {
    const [url] = system.urls()
    const body = { scope: 'AGREEMENT', reason: 'fault round' }
    const asked = client.call('POST', `${url}/v1/agreements/${AGREEMENT}/suspensions`, system.tokens.suspender, body)
    if (!(await until(async () => (await cancelWaiters(system, 'accord')) > 0, 4_000))) return null
    return (await asked).status
  } finally {
    for (const standby of system.standbys()) standby.signalAll('SIGCONT')
    client.close()
    await until(() => answers(system), 6_000)
  }
}

/** Leaves in the newest log of decisions, as the primary has them. */
async function leaves(system: Trio): Promise<number> {
  const sql = `select h.size::int as n from audit.head h join audit.log g using (log_id) where g.kind = 'decisions' order by g.log_id desc limit 1`
  return (await system.primary.ask<{ n: number }>(DATABASE, sql))[0]?.n ?? 0
}

/** How the service answers who asks for its newest checkpoint, and the size of the one it shows; 0 where it shows none. */
async function published(system: Trio): Promise<{ readonly status: number; readonly size: number }> {
  const [url] = system.urls()
  const client = httpClient(1)
  try {
    const [log] = await system.primary.ask<{ name: string }>(
      DATABASE,
      `select name from audit.log where kind = 'decisions' order by log_id desc limit 1`,
    )
    const { status, body } = await client.call('GET', `${url}/log/${log?.name}/checkpoint`, null)
    return { status, size: status === 200 ? Number(String(body).split('\n')[1] ?? 0) : 0 }
  } finally {
    client.close()
  }
}

/** Whether the service gives answers, as a load balancer would ask. */
export async function answers(system: Trio): Promise<boolean> {
  const client = httpClient(1)
  const replies = await Promise.all(system.urls().map((url) => client.call('GET', `${url}/health/ready`, null)))
  client.close()
  return replies.length > 0 && replies.every(({ status }) => status === 200)
}

/** Cancels every commit that waits for a standby, or those of sessions with this name; answers how many there were. */
export async function cancelWaiters(system: Trio, session?: string): Promise<number> {
  const sql =
    "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and application_name = coalesce($1, application_name)"
  return (await system.primary.ask('postgres', sql, [session ?? null])).length
}
