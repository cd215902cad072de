import { type Cluster, conninfo } from '../cluster.ts'
import { answersAfter, between, judged, sleep, underLoad } from '../round.ts'
import { STANDBY_NAMES, setStandbyNames, type Trio } from '../test-systems.ts'
import { instant, until } from '../words.ts'
import { trioRound } from './trio.ts'

/** FM-5: the primary is killed; the standby with the greatest flushed position is promoted; services find it behind the same address. */
export const failover = trioRound('failover', 'F5', async ({ system, random }) => {
  const old = system.primary
  let downMs = 0
  let backAt = 0
  const loaded = await underLoad(
    system,
    async () => {
      await sleep(between(random, 300, 1_400))
      const begun = instant()
      await old.end('SIGKILL')
      await promoteBest(system)
      system.relay.turnTo(system.primary.port)
      backAt = instant()
      downMs = Math.round(backAt - begun)
    },
    { afterMs: 2_500 },
  )
  await system.rebuild(old)
  const findings = [!answersAfter(loaded.seen, backAt) && 'no answer after the failover']
  return judged(loaded, { findings, notes: { failover_ms: downMs, promoted: system.primary.name } })
})

/** FM-10: the network splits and a standby is promoted while the old primary lives on; on the old one nothing is acknowledged, then or after its restart. */
export const secondPrimary = trioRound('second-primary', 'F10', async ({ system, random }) => {
  const old = system.primary
  let [splitAt, turnedAt] = [0, 0]
  const loaded = await underLoad(
    system,
    async () => {
      await sleep(between(random, 300, 900))
      await Promise.all(system.standbys().map((standby) => follow(standby, null)))
      splitAt = instant()
      await promoteBest(system)
      // The services still reach the old primary, which knows of nothing.
      await sleep(800)
      await old.end('SIGKILL')
      await old.start()
      await sleep(800)
      turnedAt = instant()
      system.relay.turnTo(system.primary.port)
    },
    { afterMs: 2_500 },
  )
  await system.rebuild(old)
  const split = loaded.seen.answers.filter(({ begun, received }) => begun > splitAt && received < turnedAt).length
  const acts = system.ledger.suspensions.filter(({ received }) => received > splitAt + 100 && received < turnedAt).length
  const findings = [
    split > 0 && `${split} acknowledged by the old primary`,
    acts > 0 && `${acts} suspensions acknowledged by the old primary`,
    !answersAfter(loaded.seen, turnedAt) && 'no answer after the services were turned to the new primary',
  ]
  return judged(loaded, { findings, notes: { by_old_primary: split } })
})

/** Promotes the standby that has flushed most, and lets the other follow it. */
export async function promoteBest(system: Trio): Promise<void> {
  const [a, b] = system.standbys()
  if (!a || !b) throw new Error('two standbys, at least')
  const [best, other] = (await flushed(a)) >= (await flushed(b)) ? [a, b] : [b, a]
  await best.ask('postgres', 'select pg_promote(true, 20)')
  system.primary = best
  await setStandbyNames(best, STANDBY_NAMES)
  await follow(other, { port: best.port, password: system.password })
  if (!(await until(async () => (await system.confirming()) > 0, 10_000))) throw new Error(`${other.name} does not follow ${best.name}`)
}

/** Bytes of WAL on disk, as a number that can be compared. */
async function flushed(standby: Cluster): Promise<bigint> {
  const sql = "select coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0'), 0)::text as at"
  return BigInt((await standby.ask<{ at: string }>('postgres', sql))[0]?.at ?? '0')
}

/** Points a standby at another primary, or at none; waits until it no longer receives in the latter case. */
export async function follow(standby: Cluster, primary: { readonly port: number; readonly password: string } | null): Promise<void> {
  const address = primary ? conninfo(primary, { name: standby.name, password: primary.password }) : ''
  await standby.ask('postgres', `alter system set primary_conninfo = '${address}'`)
  await standby.ask('postgres', 'select pg_reload_conf()')
  if (primary) return
  const receiving = async () => (await standby.ask('postgres', 'select pid from pg_stat_wal_receiver')).length > 0
  if (!(await until(async () => !(await receiving()), 5_000))) throw new Error(`${standby.name} still receives`)
}
