import { AGREEMENT } from '../governance.ts'
import { httpClient } from '../http-client.ts'
import { judged, sleep } from '../round.ts'
import { DATABASE } from '../test-system.ts'
import type { Trio } from '../test-systems.ts'
import { instant, until } from '../words.ts'
import { follow, promoteBest } from './failover.ts'
import { answers, cancelWaiters } from './standbys.ts'
import { trioRound } from './trio.ts'

type Client = ReturnType<typeof httpClient>

const TRIES = 5
const AGAIN_WITHIN_MS = 20_000

/**
 * FM-7, then FM-5: a suspension is lifted, the commit is cancelled while it waits for a standby, and the server that has it dies. The
 * service has seen the lifting; the suspension stands. Then another act comes to the number of the lost one.
 */
export const lostLift = trioRound('lost-lift', 'F7, F5', async ({ system }) => {
  const client = httpClient(4)
  const old = system.primary
  const before = await suspend(system, client)
  const lifted = before && (await agree(system, client, before)) && (await liftUnconfirmed(system, client, before))
  const lost = await revision(system)
  const hasSeen = await until(async () => (await remembered(system, client)) === lost, 10_000)
  await old.end('SIGKILL')
  await promoteBest(system)
  const kept = await revision(system)
  system.relay.turnTo(system.primary.port)
  const load = system.load()
  const isReady = await until(() => answers(system), AGAIN_WITHIN_MS)
  const second = await suspend(system, client)
  // Not below: an attempt of unknown outcome may have made one more.
  const reached = await revision(system)
  await sleep(700)
  const seen = await load.stop()
  await system.govern().stop()
  client.close()
  await system.rebuild(old)
  const permits = system.ledger.decisions.filter(({ begun, decision }) => decision === 'PERMIT' && before && begun > before.received)
  const findings = [
    (!before || !second) && 'a suspension was not acknowledged',
    lifted !== 503 && `the lifting whose wait was cancelled was answered ${lifted}`,
    (kept >= lost || reached < lost) && `revisions ${lost}, ${kept}, ${reached}: nothing was lost, and the round proves nothing`,
    !hasSeen && 'the service never saw the lifting: the round proves nothing',
    permits.length > 0 && `${permits.length} permits although the suspension stands`,
    !isReady && 'the service was not ready again by itself',
  ]
  return judged({ seen, acts: new Map() }, { findings, notes: { lost, kept, reached } })
})

/** Suspends until that is acknowledged. */
async function suspend(system: Trio, client: Client) {
  let acknowledged: { id: string; received: number; liftAsked: number } | undefined
  await until(async () => {
    const reply = await call(system, client, 'suspensions', system.tokens.suspender)
    if (reply.status !== 201) return false
    const { suspension } = reply.body as { suspension: { id: string } }
    acknowledged = { id: suspension.id, received: instant(), liftAsked: Number.POSITIVE_INFINITY }
    await system.ledger.suspended(acknowledged)
    return true
  }, AGAIN_WITHIN_MS)
  return acknowledged
}

/** The first of the two who lift a whole agreement (LC-6), until that is acknowledged. */
function agree(system: Trio, client: Client, { id }: { readonly id: string }): Promise<boolean> {
  return until(
    async () => [200, 409].includes((await call(system, client, `suspensions/${id}/lift`, system.tokens.deputy)).status),
    AGAIN_WITHIN_MS,
  )
}

/** Lifts while no standby hears of it, and cancels the wait; answers the status. A service that sees first that none is there refuses: again. */
async function liftUnconfirmed(system: Trio, client: Client, { id }: { readonly id: string }): Promise<number | null> {
  const primary = { port: system.primary.port, password: system.password }
  for (let tries = 0; tries < TRIES; tries++) {
    await until(async () => (await hasAll(system)) && (await answers(system)), 10_000)
    const was = await revision(system)
    await Promise.all(system.standbys().map((standby) => follow(standby, null)))
    let isOver = false
    const asked = call(system, client, `suspensions/${id}/lift`, system.tokens.lifter).finally(() => {
      isOver = true
    })
    let cancelled = 0
    while (!isOver) {
      cancelled += await cancelWaiters(system, 'accord')
      await sleep(20)
    }
    const { status } = await asked
    // Another commit of the service may have been the one that was cancelled, and the lifting refused before it began.
    if (cancelled > 0 && (await revision(system)) > was) return status
    await Promise.all(system.standbys().map((standby) => follow(standby, primary)))
  }
  return null
}

function call(system: Trio, client: Client, path: string, token: string) {
  const [url] = system.urls()
  const body = { ...(path === 'suspensions' ? { scope: 'AGREEMENT' } : {}), reason: 'fault round' }
  return client.call('POST', `${url}/v1/agreements/${AGREEMENT}/${path}`, token, body)
}

/** Whether both standbys have on disk what the primary has. */
async function hasAll(system: Trio): Promise<boolean> {
  const sql = 'select count(*)::int as n from pg_stat_replication where flush_lsn >= pg_current_wal_lsn()'
  return (await system.primary.ask<{ n: number }>('postgres', sql))[0]?.n === 2
}

async function revision(system: Trio): Promise<number> {
  return (await system.primary.ask<{ revision: number }>(DATABASE, 'select revision::int from policy.head'))[0]?.revision ?? 0
}

/** The newest revision that the service knows of. */
async function remembered(system: Trio, client: Client): Promise<number> {
  const { body } = await client.call('GET', `${system.urls()[0]}/metrics`, null)
  return Number(/^accord_policy_revision (\d+)$/m.exec(String(body))?.[1])
}
