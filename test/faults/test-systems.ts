import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findPostgres, postgresAccount } from '../../src/platform/database/postgres-binaries.ts'
import { type Cluster, copyAsStandby, initialise, openCluster } from './cluster.ts'
import { clusterOptions, openFolder, openTestSystem, type TestSystem } from './test-system.ts'

/** Debian's PostgreSQL 15: has pg_basebackup, which the embedded server comes without. */
export const POSTGRES_15 = '/usr/lib/postgresql/15/bin'
export const hasReplication = existsSync(join(POSTGRES_15, 'pg_basebackup'))
export const STANDBY_NAMES = 'ANY 1 (n1,n2,n3)'

/** A test system with one server, the version that `npm start` uses. `disk`: where the server's data goes, if not into the test system's folder. */
export async function openSingle(
  folder: string,
  logFile: string,
  disk = folder,
  bin = findPostgres(postgresAccount()).bin,
): Promise<TestSystem> {
  openFolder(folder)
  const password = randomBytes(18).toString('base64url')
  const options = await clusterOptions(disk, 'single', bin, password, { max_connections: '100' })
  initialise(options)
  const primary = openCluster(options)
  await primary.start()
  return openTestSystem({ folder, primary, password, durability: 'D1', logFile })
}

/** A test system with a primary and two synchronous standbys (quorum: any one of them). */
export interface Trio extends TestSystem {
  /** All three, the primary among them. */
  readonly clusters: readonly Cluster[]
  standbys(): Cluster[]
  /** Makes the cluster a standby of the present primary, from a fresh copy. */
  rebuild(cluster: Cluster): Promise<void>
  /** How many standbys confirm commits. */
  confirming(): Promise<number>
}

const TRIO_SETTINGS = {
  max_connections: '100',
  wal_level: 'replica',
  max_wal_senders: '10',
  wal_keep_size: '128MB',
  wal_retrieve_retry_interval: '100ms',
  wal_receiver_status_interval: '1s',
}

export async function openTrio(folder: string, logFile: string): Promise<Trio> {
  openFolder(folder)
  const password = randomBytes(18).toString('base64url')
  const all = await Promise.all(['n1', 'n2', 'n3'].map((name) => clusterOptions(folder, name, POSTGRES_15, password, TRIO_SETTINGS)))
  const clusters = all.map(openCluster)
  const [first, ...others] = all
  const [primary] = clusters
  if (!first || !primary) throw new Error('three clusters, at least')
  initialise(first)
  await primary.start()
  const system = await openTestSystem({ folder, primary, password, durability: 'D2', logFile })
  const rebuild = async (cluster: Cluster) => {
    await cluster.end('SIGKILL')
    const options = all.find(({ name }) => name === cluster.name)
    if (!options) throw new Error(`no cluster ${cluster.name}`)
    copyAsStandby(options, trio.primary)
    await cluster.start()
  }
  const trio: Trio = Object.assign(system, {
    clusters,
    standbys: () => clusters.filter((cluster) => cluster !== trio.primary),
    rebuild,
    confirming: async () => {
      const sql = "select count(*)::int as n from pg_stat_replication where sync_state in ('sync', 'quorum')"
      return (await trio.primary.ask<{ n: number }>('postgres', sql))[0]?.n ?? 0
    },
  })
  for (const { name } of others) await rebuild(clusters.find((cluster) => cluster.name === name) as Cluster)
  await setStandbyNames(primary, STANDBY_NAMES)
  return trio
}

/** Sets or clears `synchronous_standby_names` of a running server. */
export async function setStandbyNames(cluster: Cluster, names: string): Promise<void> {
  await cluster.ask('postgres', `alter system set synchronous_standby_names = '${names}'`)
  await cluster.ask('postgres', 'select pg_reload_conf()')
}
