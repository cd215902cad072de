import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findPostgres, postgresAccount } from '../../../src/platform/database/postgres-binaries.ts'
import { SHARE } from '../../support/demo-share.ts'
import { type Cluster, copyCold, openCluster } from '../cluster.ts'
import { httpClient } from '../http-client.ts'
import { judged, type Round, type RoundContext, sleep, underLoad } from '../round.ts'
import { runFsck } from '../stranger.ts'
import { clusterOptions, DATABASE, type TestSystem } from '../test-system.ts'
import { until } from '../words.ts'

interface LogRow {
  readonly name: string
  readonly sealed_why: string | null
  readonly signed: number
  readonly first: string | null
}

/** Between a checkpoint's commit and the file that keeps it. */
const KEPT_WITHIN_MS = 500

/**
 * FM-12: the database of some seconds ago is put back. The signer notices that less is there than was published, signs that log
 * no more, and the next incarnation says why. Done on a copy: the test system's own database goes on.
 */
export const restoreBackup: Round = {
  kind: 'restore-backup',
  faults: 'F12',
  on: 'single',
  run: restored,
}

async function restored({ system }: RoundContext) {
  const service = await system.oneService()
  await underLoad(system, () => sleep(300))
  await service.kill()
  await system.primary.end('SIGINT')
  const backup = join(system.folder, 'backup')
  rmSync(backup, { recursive: true, force: true })
  copyCold(system.primary, backup)
  await system.primary.start()
  await system.oneService()
  const loaded = await underLoad(system, () => sleep(900), { afterMs: 700 })
  const { bin } = findPostgres(postgresAccount())
  const options = await clusterOptions(system.folder, 'backup', bin, system.password)
  const copy = openCluster(options)
  await copy.start()
  try {
    const before = await logsOf(copy)
    // Read before the restored service gets the checkpoints kept on this machine: what is published later it cannot know of.
    const published = await logsOf(system.primary)
    await sleep(KEPT_WITHIN_MS)
    const { answered, keptWhy } = await serveRestored(system, copy, before)
    const after = await logsOf(copy)
    const findings = [...keptWhy]
    // A log of which nothing more was published since the backup is not behind, and goes on.
    const behind = before.filter((old) => (published.find(({ name }) => name === old.name)?.signed ?? 0) > old.signed)
    if (!behind.some(({ name }) => name.startsWith('decisions')))
      findings.push('nothing was published after the backup: the round proves nothing')
    for (const old of behind) {
      const now = after.find(({ name }) => name === old.name)
      if (now?.signed !== old.signed) findings.push(`${old.name} was signed on from ${old.signed} to ${now?.signed} after the restore`)
      if (now?.sealed_why !== 'INCIDENT') findings.push(`${old.name} still takes entries after the restore`)
    }
    const next = after.filter(({ name }) => !before.some((old) => old.name === name))
    // What was published while the files were being kept may be known to them, or not.
    const later = await logsOf(system.primary)
    const most = before.filter((old) => (later.find(({ name }) => name === old.name)?.signed ?? 0) > old.signed).length
    if (next.length < behind.length || next.length > most)
      findings.push(`${next.length} logs were opened after the restore, not ${behind.length} to ${most}`)
    for (const { name, first } of next) if (!first?.includes('"why":"INCIDENT"')) findings.push(`${name} does not say why it was opened`)
    return judged(loaded, { findings, notes: { reopened: next.map(({ name }) => name).join('+') || 'none', answered } })
  } finally {
    await copy.end('SIGQUIT')
    rmSync(backup, { recursive: true, force: true })
  }
}

/** Runs a service on the restored copy, with the checkpoints that its machine had kept. */
async function serveRestored(system: TestSystem, copy: Cluster, before: readonly LogRow[]) {
  const varDirectory = join(system.folder, 'var-restored')
  cpSync(system.varDirectory, varDirectory, { recursive: true })
  // What fsck says of the restored database, before a service has seen it.
  const said = await runFsck(copy.url(DATABASE), varDirectory)
  const keptWhy = said.lines.some((line) => /^FAIL .*high water: ROLLBACK/.test(line)) ? [] : ['fsck does not report the restore']
  const service = await system.addService({ databaseUrl: copy.url(DATABASE), varDirectory })
  const client = httpClient(1)
  try {
    const opened = () => logsOf(copy).then((logs) => logs.length >= before.length * 2)
    await until(opened, 6_000, 100)
    const reply = await client.call('POST', `${service.url}/v1/decisions`, system.tokens.asker, SHARE)
    return { answered: reply.status, keptWhy }
  } finally {
    client.close()
    await service.kill()
    system.services.splice(system.services.indexOf(service), 1)
    rmSync(varDirectory, { recursive: true, force: true })
  }
}

function logsOf(cluster: Cluster): Promise<LogRow[]> {
  const sql = `select g.name, h.sealed_why, coalesce((select max(size) from audit.checkpoint c where c.log_id = g.log_id), 0)::int as signed,
      (select convert_from(leaf, 'UTF8') from audit.leaf l where l.log_id = g.log_id and idx = 0) as first
     from audit.log g join audit.head h using (log_id) order by g.log_id`
  return cluster.ask<LogRow & Record<string, unknown>>(DATABASE, sql)
}
