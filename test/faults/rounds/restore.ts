import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { SHARE } from '../../support/demo-share.ts'
import { backUp, type Cluster, initialise, openCluster, restoreDump } from '../cluster.ts'
import { AGREEMENT } from '../governance.ts'
import { httpClient } from '../http-client.ts'
import { askOracle } from '../oracle.ts'
import { answersWithin, judged, type Round, type RoundContext, sleep, underLoad } from '../round.ts'
import { LOST_WITH_A_BACKUP, runFsck } from '../stranger.ts'
import { clusterOptions, DATABASE, type TestSystem } from '../test-system.ts'
import { hasReplication, openSingle, POSTGRES_15 } from '../test-systems.ts'
import { instant, until } from '../words.ts'

interface LogRow {
  readonly name: string
  readonly sealed_why: string | null
  readonly size: number
  readonly signed: number
  readonly first: string | null
}

/** Between a checkpoint's commit and the file that keeps it. */
const KEPT_WITHIN_MS = 500
const REOPENED_WITHIN_MS = 15_000

/**
 * FM-12, and the runbook's "Restoring a backup" step by step: a backup is taken under load, more is decided and somebody suspends, the server
 * is lost, the backup is put on a new one. Nothing is decided on the old log, the next one says why it was opened, and the suspension,
 * which the backup does not have, is done again before callers come in.
 */
export const restoreBackup: Round = {
  kind: 'restore-backup',
  faults: 'F12',
  on: 'own',
  restores: true,
  lacks: () => (hasReplication ? null : 'pg_basebackup and pg_dump of PostgreSQL 15 are not installed'),
  open: (folder, logFile) => openSingle(folder, logFile, folder, POSTGRES_15),
  run: restored,
}

async function restored({ system, random }: RoundContext) {
  const { ledger, checkpoints } = system
  const how = random() < 0.5 ? 'pg_basebackup' : 'pg_dump'
  const backup = join(system.folder, 'backup')
  const server = { bin: POSTGRES_15, password: system.password }
  await system.oneService()
  const held = { decisions: 0, suspensions: 0, notes: new Map<string, number>() }
  const at = { begun: 0, done: 0 }
  const loaded = await underLoad(
    system,
    async () => {
      await sleep(1_000)
      at.begun = instant()
      Object.assign(held, { decisions: ledger.decisions.length, suspensions: ledger.suspensions.length })
      for (const [log, notes] of checkpoints.notes) held.notes.set(log, notes.size)
      await backUp({ ...server, name: 'single', directory: '', port: system.primary.port }, backup, how, DATABASE)
      at.done = instant()
      await sleep(900)
    },
    { afterMs: 700 },
  )
  const stops = httpClient(1)
  const lostStop = await suspend(system, stops)
  await sleep(KEPT_WITHIN_MS)
  const published = await logsOf(system.primary)
  const beforeLoss = await askOracle(system, { decisions: 0, suspensions: 0 })
  const unanswered = answersWithin(loaded.seen, at.begun, at.done) === 0

  // The server and every node are lost, the folder with what was published is not. What came after the backup is lost on purpose.
  for (const service of system.services.splice(0)) await service.kill()
  await system.primary.end('SIGKILL')
  rmSync(system.primary.directory, { recursive: true, force: true })
  const lostPermits = ledger.decisions.splice(held.decisions).length
  ledger.suspensions.splice(held.suspensions)
  checkpoints.keepOnly(held.notes)

  const copy = await onNewServer(system, how, backup)
  const before = await logsOf(copy)
  const behind = before.filter((old) => (published.find(({ name }) => name === old.name)?.signed ?? 0) > old.signed)
  const said = (await runFsck(copy.url(DATABASE), system.varDirectory)).lines.filter((line) => line.startsWith('FAIL'))

  system.primary = copy
  system.relay.turnTo(copy.port)
  const node = await system.addService()
  const operator = httpClient(1)
  const decide = () => operator.call('POST', `${node.url}/v1/decisions`, system.tokens.asker, SHARE)
  const statuses = new Set<number>()
  const opened = await until(async () => {
    const reply = await decide()
    statuses.add(reply.status)
    return reply.status === 200
  }, REOPENED_WITHIN_MS)
  const after = await logsOf(copy)
  const history = await operator.call('GET', `${node.url}/v1/agreements/${AGREEMENT}/history`, system.tokens.suspender)
  const again = await suspend(system, stops)
  const stopped = (await decide()).body as { decision?: string }
  // Now callers come in. The first thing governance does is to lift what stands.
  const late = await underLoad(system, () => sleep(1_000))
  for (const client of [stops, operator]) client.close()

  const next = after.filter(({ name }) => !before.some((old) => old.name === name))
  const findings = [
    ...beforeLoss.findings.map((finding) => `before the loss: ${finding}`),
    unanswered && 'no answer while the backup was taken',
    !lostStop && 'no suspension was acknowledged after the backup: the round proves nothing',
    !behind.some(({ name }) => name.startsWith('decisions')) && 'nothing was published after the backup: the round proves nothing',
    said.length !== behind.length && `fsck names ${said.length} faults of the restored database, ${behind.length} logs are behind`,
    ...said.filter((line) => !LOST_WITH_A_BACKUP.test(line)),
    !opened && `no decision within ${REOPENED_WITHIN_MS / 1000} s of the restored service: ${[...statuses].join(', ')}`,
    [...statuses].some((status) => status !== 200 && status !== 503) &&
      `decisions answered ${[...statuses].join(', ')} before the next log`,
    ...behind.map((old) => continued(old, after)),
    next.length !== behind.length && `${next.length} logs were opened after the restore, not ${behind.length}`,
    ...next.map(({ name, first }) => !first?.includes('"why":"INCIDENT"') && `${name} does not say why it was opened`),
    history.status !== 200 && `the history was answered ${history.status}`,
    !!lostStop && JSON.stringify(history.body).includes(lostStop) && 'the history shows a suspension that the backup does not have',
    !again && 'the suspension could not be done again',
    stopped.decision !== 'DENY' && `after the suspension was done again the decision is ${stopped.decision}`,
    late.seen.accepted.length === 0 && 'no caller was answered after the restore',
    ...[...late.seen.statuses].map(
      ([status, count]) => !/^(200|503)$/.test(status) && `${count} callers answered ${status} after the restore`,
    ),
  ]
  const notes = {
    backup: how,
    reopened: next.map(({ name }) => name).join('+') || 'none',
    lost_with_it: lostPermits,
    first_replies: [...statuses].join('+'),
  }
  return judged(loaded, { findings, notes })
}

/** The backup on a server that was never there before. */
async function onNewServer(system: TestSystem, how: 'pg_basebackup' | 'pg_dump', backup: string): Promise<Cluster> {
  const base = await clusterOptions(system.folder, 'new', POSTGRES_15, system.password, { max_connections: '100' })
  const options = how === 'pg_basebackup' ? { ...base, directory: backup } : base
  if (how === 'pg_dump') initialise(options)
  const cluster = openCluster(options)
  await cluster.start()
  if (how === 'pg_dump') await restoreDump(options, backup, DATABASE)
  return cluster
}

/** Suspends the agreement for good and keeps the acknowledgement; its id, undefined when it was not acknowledged. */
async function suspend(system: TestSystem, client: ReturnType<typeof httpClient>): Promise<string | undefined> {
  const url = `${system.urls()[0]}/v1/agreements/${AGREEMENT}/suspensions`
  const reply = await client.call('POST', url, system.tokens.suspender, { scope: 'AGREEMENT', reason: 'fault round' })
  if (reply.status !== 201) return undefined
  const { id } = (reply.body as { suspension: { id: string } }).suspension
  await system.ledger.suspended({ id, received: instant(), liftAsked: Number.POSITIVE_INFINITY })
  return id
}

/** Whether anything was signed or taken in a log that the restored database has less of than was published. */
function continued(old: LogRow, after: readonly LogRow[]): string | false {
  const now = after.find(({ name }) => name === old.name)
  if (now?.sealed_why !== 'INCIDENT') return `${old.name} still takes entries after the restore`
  if (now.signed !== old.signed) return `${old.name} was signed on from ${old.signed} to ${now.signed} after the restore`
  return now.size !== old.size && `${old.name} took ${now.size - old.size} entries after the restore`
}

function logsOf(cluster: Cluster): Promise<LogRow[]> {
  const sql = `select g.name, h.sealed_why, h.size::int as size,
      coalesce((select max(size) from audit.checkpoint c where c.log_id = g.log_id), 0)::int as signed,
      (select convert_from(leaf, 'UTF8') from audit.leaf l where l.log_id = g.log_id and idx = 0) as first
     from audit.log g join audit.head h using (log_id) order by g.log_id`
  return cluster.ask<LogRow & Record<string, unknown>>(DATABASE, sql)
}
