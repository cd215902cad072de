import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { highWaterFiles } from '../../../src/audit/tree/high-water.service.ts'
import { logMonitor } from '../../../src/audit/watch/log-monitor.service.ts'
import { fsck } from '../../../src/cli/log/fsck.ts'
import { lifecycleOn, type OwnLog, type OwnLogOptions, ownLog } from '../../support/own-log.ts'
import type { Teardown } from '../../support/postgres.ts'

// A log that is gone altogether cannot be found by looking at the logs that are there.

/** A log on a machine that keeps its checkpoints in a folder; `folder` is that of another log on the same machine. */
async function ownMachine(t: Teardown, { folder = newFolder(t), ...over }: OwnLogOptions & { readonly folder?: string } = {}) {
  const highWater = highWaterFiles(join(folder, 'high-water'))
  const own = await ownLog(t, { highWater, ...over })
  await own.record(20)
  await own.audit.keeper.round()
  return { own, folder, highWater }
}

/** What the monitor of a machine finds, and the failed checks of fsck there; both are to say the same. */
async function found(t: Test, own: OwnLog, folder: string): Promise<string[]> {
  const lines: string[] = []
  const io = { env: { DATABASE_URL: own.database.url, ACCORD_VAR: folder }, out: (line: string) => void lines.push(line), err: () => {} }
  const code = await fsck([], io)
  const failed = lines.flatMap((line) => /^FAIL (.*)$/.exec(line)?.[1] ?? [])
  t.equal(code, failed.length > 0 ? 1 : 0)
  const { pool } = await own.database.openAs('audit_reader', 1)
  const monitor = logMonitor({ sql: pool, audit: own.audit, highWater: highWaterFiles(join(folder, 'high-water')) })
  const { findings } = await monitor.pass()
  t.strictSame(
    findings.map(({ log, check, why, detail }) => `${log}: ${check}: ${why}: ${detail}`),
    failed,
    'the monitor finds what fsck finds',
  )
  t.strictSame((await monitor.look()).findings, findings)
  return failed
}

/** Everything of a log, as only a super user can. */
async function removeLog({ root }: OwnLog, logId: number): Promise<void> {
  const tables = ['cosignature', 'checkpoint', 'tile', 'tree', 'leaf', 'head', 'log']
  await root.query(`set session_replication_role = replica; ${tables.map((table) => `delete from audit.${table} where log_id = ${logId};`).join(' ')}
    set session_replication_role = origin`)
}

function newFolder(t: Teardown): string {
  const folder = mkdtempSync(join(tmpdir(), 'accord-lost-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

t.test('a whole log that was ended and then deleted is named by whoever published it, and by whoever has only the next one', async (t) => {
  const { own, folder, highWater } = await ownMachine(t)
  const log = await own.log()
  await lifecycleOn(own, { highWater }).reopen('decisions', { why: 'OMISSION' })
  await own.close()
  const next = await ownLog(t, { on: own.database, highWater })
  await next.record(5)
  await next.audit.keeper.round()
  t.strictSame(await found(t, next, folder), [], 'while it is there')
  await removeLog(own, log.logId)
  t.strictSame(await found(t, next, folder), [
    `${log.name}: log: GAP: this machine published ${log.size} leaves of ${log.origin}, and the database has no such log`,
  ])
  t.strictSame(await found(t, next, newFolder(t)), [
    `${log.name}: log: GAP: ${log.name}-2 continues ${log.origin} at ${log.size} leaves, and the database has no such log`,
  ])
  t.strictSame(next.audit.faults(), [], 'decisions go on in the log that is there')
})

t.test('the newest log, which no other one names, is missed by the machine that published it', async (t) => {
  const { own, folder, highWater } = await ownMachine(t)
  await lifecycleOn(own, { highWater }).reopen('governance', { why: 'OMISSION' })
  await own.close()
  const next = await ownLog(t, { on: own.database, highWater })
  await next.audit.keeper.round()
  const log = await next.log('governance')
  await next.close()
  await removeLog(own, log.logId)
  t.match(await found(t, next, folder), [`${log.name}: log: GAP: this machine published 2 leaves of ${log.origin}`])
})

t.test('a database that was lost altogether is told by the first entries of its next logs, and no fault of theirs', async (t) => {
  const { folder } = await ownMachine(t)
  const { own: fresh } = await ownMachine(t, { folder })
  t.match((await fresh.log()).name, /-2$/)
  t.strictSame(await found(t, fresh, folder), [])
})

t.test('what this machine once published for a service of another name is missed by nobody', async (t) => {
  const { folder } = await ownMachine(t, { publicHost: 'trial.example' })
  const { own } = await ownMachine(t, { folder })
  t.strictSame(await found(t, own, folder), [])
})

t.test('a monitor whose folder of kept checkpoints was taken away still reads the logs', async (t) => {
  const { own, folder, highWater } = await ownMachine(t)
  rmSync(join(folder, 'high-water'), { recursive: true })
  const monitor = logMonitor({ sql: own.root, audit: own.audit, highWater })
  t.match(await monitor.pass(), { findings: [], passes: 1 })
  t.ok(monitor.state().leaves >= 21)
})
