import { AGREEMENT } from '../governance.ts'
import { httpClient } from '../http-client.ts'
import { answersWithin, between, mustHaveAnswered, type Round, sleep, underLoad, usualFindings, usualNotes } from '../round.ts'
import { hasReplication, STANDBY_NAMES, setStandbyNames, type Trio } from '../stands.ts'
import { instant, until } from '../words.ts'

const lacks = () => (hasReplication ? null : 'no PostgreSQL 15 with pg_basebackup under /usr/lib/postgresql/15')
/** What was already on its way when the last standby went may still arrive. */
const IN_FLIGHT_MS = 100
const WITHOUT_MS = 2_200

/** F6: with one standby less all goes on; with none nothing is acknowledged; with them back it goes on. */
export const standbyLost: Round = {
  kind: 'standby-lost',
  faults: 'F6',
  on: 'trio',
  lacks,
  async run({ stand, random }) {
    await ready(stand)
    const [first, second] = random() < 0.5 ? stand.standbys() : stand.standbys().toReversed()
    if (!first || !second) throw new Error('two standbys, at least')
    let [oneLessAt, noneAt, backAt] = [0, 0, 0]
    const loaded = await underLoad(
      stand,
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
    const findings = [...usualFindings(loaded), ...mustHaveAnswered(loaded.seen)]
    if (withOne === 0) findings.push('no answer with one of two standbys')
    if (withNone > 0) findings.push(`${withNone} acknowledged without any standby`)
    if (!loaded.seen.answers.some(({ begun }) => begun > backAt)) findings.push('no answer after the standbys came back')
    return { findings, notes: { with_one: withOne, with_none: withNone, ...usualNotes(loaded.seen) } }
  },
}

/** F7, F8: an operator cancels the commits that wait for a standby: they look done, and are not acknowledged; nor are retries. */
export const cancelledWait: Round = {
  kind: 'cancelled-wait',
  faults: 'F7, F8',
  on: 'trio',
  lacks,
  async run({ stand, random }) {
    await ready(stand)
    const alone = await cancelledAct(stand)
    let [noneAt, backAt, cancelled, suspensionsWithNone] = [0, 0, 0, 0]
    const loaded = await underLoad(
      stand,
      async () => {
        await sleep(between(random, 300, 800))
        for (const standby of stand.standbys()) standby.signalAll('SIGSTOP')
        noneAt = instant()
        const before = stand.ledger.suspensions.length
        await until(async () => (await cancelWaiters(stand)) > 0, 1_500)
        for (const end = instant() + 1_500; instant() < end; await sleep(120)) cancelled += await cancelWaiters(stand)
        suspensionsWithNone = stand.ledger.suspensions.slice(before).filter(({ received }) => received > noneAt + IN_FLIGHT_MS).length
        backAt = instant()
        for (const standby of stand.standbys()) standby.signalAll('SIGCONT')
      },
      { afterMs: 2_500 },
    )
    const withNone = answersWithin(loaded.seen, noneAt + IN_FLIGHT_MS, backAt)
    const findings = [...usualFindings(loaded), ...mustHaveAnswered(loaded.seen)]
    if (cancelled === 0 || alone === null) findings.push('no commit waited: the round proves nothing')
    if (alone === 201) findings.push('a suspension was acknowledged although its wait was cancelled')
    if (withNone > 0) findings.push(`${withNone} acknowledged although their wait was cancelled`)
    if (suspensionsWithNone > 0) findings.push(`${suspensionsWithNone} suspensions acknowledged although their wait was cancelled`)
    if (!loaded.seen.answers.some(({ begun }) => begun > backAt)) findings.push('no answer after the standbys came back')
    return { findings, notes: { cancelled, act_alone: alone ?? 'none', with_none: withNone, ...usualNotes(loaded.seen) } }
  },
}

/** F9: somebody clears synchronous_standby_names. The exposure, answers given on one node's word, is counted and must be none after 300 ms. */
export const namesReset: Round = {
  kind: 'names-reset',
  faults: 'F9',
  on: 'trio',
  lacks,
  async run({ stand, random }) {
    await ready(stand)
    let [resetAt, backAt] = [0, 0]
    const loaded = await underLoad(
      stand,
      async () => {
        await sleep(between(random, 300, 900))
        await setStandbyNames(stand.primary, '')
        resetAt = instant()
        await sleep(1_200)
        backAt = instant()
        await setStandbyNames(stand.primary, STANDBY_NAMES)
      },
      { afterMs: 2_500 },
    )
    const exposed = answersWithin(loaded.seen, resetAt, backAt)
    const late = answersWithin(loaded.seen, resetAt + 300, backAt)
    const acts = stand.ledger.suspensions.filter(({ received }) => received > resetAt + 300 && received < backAt).length
    const findings = [...usualFindings(loaded), ...mustHaveAnswered(loaded.seen)]
    if (late > 0) findings.push(`${late} answers on one node's word 300 ms after the reset`)
    if (acts > 0) findings.push(`${acts} suspensions on one node's word 300 ms after the reset`)
    if (!loaded.seen.answers.some(({ begun }) => begun > backAt)) findings.push('no answer after the names were set again')
    return { findings, notes: { exposed, ...usualNotes(loaded.seen) } }
  },
}

/** A service, and two standbys that confirm. */
export async function ready(stand: Trio): Promise<void> {
  for (const cluster of stand.standbys()) await cluster.start()
  if (!(await until(async () => (await stand.confirming()) === 2, 10_000))) throw new Error('the standbys do not follow')
  await stand.oneService()
}

/**
 * One suspension with nothing else going on, its commit cancelled while it waits: it is in the database, and its caller must not
 * be told that it is. Answers the status; null when no commit waited.
 */
async function cancelledAct(stand: Trio): Promise<number | null> {
  const client = httpClient(1)
  // What the service does behind its answers has ended by then: the only commit that waits is the act's.
  await sleep(1_500)
  for (const standby of stand.standbys()) standby.signalAll('SIGSTOP')
  try {
    const [url] = stand.urls()
    const body = { scope: 'AGREEMENT', reason: 'fault round' }
    const asked = client.call('POST', `${url}/v1/agreements/${AGREEMENT}/suspensions`, stand.tokens.suspender, body)
    if (!(await until(async () => (await cancelWaiters(stand, 'accord')) > 0, 4_000))) return null
    return (await asked).status
  } finally {
    for (const standby of stand.standbys()) standby.signalAll('SIGCONT')
    client.close()
    await until(() => answers(stand), 6_000)
  }
}

/** Whether the service gives answers, as a load balancer would ask. */
async function answers(stand: Trio): Promise<boolean> {
  const client = httpClient(1)
  const replies = await Promise.all(stand.urls().map((url) => client.call('GET', `${url}/health/ready`, null)))
  client.close()
  return replies.length > 0 && replies.every(({ status }) => status === 200)
}

/** Cancels every commit that waits for a standby, or those of sessions with this name; answers how many there were. */
async function cancelWaiters(stand: Trio, session?: string): Promise<number> {
  const sql =
    "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and application_name = coalesce($1, application_name)"
  return (await stand.primary.ask('postgres', sql, [session ?? null])).length
}
