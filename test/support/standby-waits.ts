import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from '../../src/audit/store/tree.repository.ts'

/** Makes every commit of a server of the test's own wait for a standby of this name; for none when it is empty. */
export async function waitForStandby(root: Sql, standby: string): Promise<void> {
  await root.query(`alter system set synchronous_standby_names = '${standby}'`)
  await root.query('select pg_reload_conf()')
  const shown = async () => (await root.query('show synchronous_standby_names')).rows[0]?.['synchronous_standby_names']
  while ((await shown()) !== standby) await pause(10)
}

/** Resolves once so many commits wait for a standby, or statements for a lock. */
export async function untilWaiting(root: Sql, what: 'SyncRep' | 'Lock', count = 1): Promise<void> {
  const where = what === 'SyncRep' ? `wait_event = 'SyncRep'` : `wait_event_type = 'Lock'`
  const waiting = async () => (await root.query(`select 1 from pg_stat_activity where ${where}`)).rowCount ?? 0
  while ((await waiting()) < count) await pause(10)
}

/** Cancels every wait for a standby until the work is settled; answers its outcome, and how many waits were cancelled. */
export async function whileCancelling<T>(root: Sql, work: Promise<T>): Promise<{ outcome: PromiseSettledResult<T>; cancelled: number }> {
  let [isOver, cancelled] = [false, 0]
  const cancelling = (async () => {
    while (!isOver) {
      const { rowCount } = await root.query(`select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`)
      cancelled += rowCount ?? 0
      await pause(20)
    }
  })()
  const [outcome] = await Promise.allSettled([work])
  isOver = true
  await cancelling
  return { outcome, cancelled }
}
