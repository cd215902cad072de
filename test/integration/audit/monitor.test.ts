import t from 'tap'
import type { Sql } from '../../../src/audit/store/tree.repository.ts'
import type { LogFault } from '../../../src/audit/watch/inspection.service.ts'
import { logMonitor } from '../../../src/audit/watch/log-monitor.service.ts'
import { eventually } from '../../support/eventually.ts'
import { type OwnLog, ownLog } from '../../support/own-log.ts'

/** Changes a leaf and its hash, as only a super user can. */
async function change(own: OwnLog, log: number, index: number): Promise<void> {
  await own.root.query(`set session_replication_role = replica; alter table audit.leaf drop constraint if exists audit_leaf_hash_is_rfc6962;
    update audit.leaf set leaf = set_byte(leaf, 9, (get_byte(leaf, 9) + 1) % 128) where log_id = ${log} and idx = ${index};
    set session_replication_role = origin`)
}

t.test('the monitor looks at what is new alone, and rereads a log from its first entry when it is time', async (t) => {
  const own = await ownLog(t)
  await own.record(600)
  await own.audit.keeper.round()
  const log = await own.log()
  let leaves = 0
  const counting: Sql = {
    async query(text, values) {
      const result = await own.root.query(text, values)
      if (text.includes('from audit.leaf')) leaves += result.rows.length
      return result
    },
  }
  const now = performance.now
  t.teardown(() => {
    performance.now = now
  })
  const reports: string[] = []
  const onFinding = ({ detail }: { detail: string }) => void reports.push(detail)
  const monitor = logMonitor({ sql: counting, audit: own.audit, rereadMs: 600_000, onFinding })
  t.match(await monitor.look(), { findings: [], passes: 1 }, 'the first look reads everything')
  t.ok(leaves >= 602)
  for (let looks = 0; looks < 3; looks++) {
    await own.record(100)
    await own.audit.keeper.round()
    leaves = 0
    const { findings, passes } = await monitor.look()
    t.same(findings, [])
    t.equal(passes, 1)
    t.ok(leaves >= 100 && leaves < 250, `${leaves} entries were read`)
  }
  t.equal(monitor.state().leaves, 902, 'of both logs')

  await own.record(20)
  await own.audit.keeper.round()
  await change(own, log.logId, 910)
  const leavesAt = (findings: readonly LogFault[]) => findings.flatMap(({ why, at }) => (why === 'CORRUPT_LEAF' ? [at] : []))
  for (let looks = 0; looks < 2; looks++) t.same(leavesAt((await monitor.look()).findings), [910])
  await change(own, log.logId, 7)
  t.same(leavesAt((await monitor.look()).findings), [910], 'what is old is not read each time')
  performance.now = () => now.call(performance) + 600_001
  const { findings, passes } = await monitor.look()
  t.same(leavesAt(findings), [7, 910])
  t.equal(passes, 2)
  t.equal(new Set(reports).size, reports.length, 'each fault is told once')
})

t.test('a log that lost entries is reread at once', async (t) => {
  const own = await ownLog(t)
  await own.record(20)
  await own.audit.keeper.round()
  await own.close()
  const { logId } = await own.log()
  const monitor = logMonitor({ sql: own.root, audit: own.audit })
  t.same((await monitor.look()).findings, [])
  await own.root.query(`set session_replication_role = replica; delete from audit.leaf where log_id = ${logId} and idx >= 10;
    update audit.head set size = 10 where log_id = ${logId}; set session_replication_role = origin`)
  t.match((await monitor.look()).findings, [{ why: 'ROLLBACK', at: 10 }])
})

t.test('canaries stand in both logs, and are no decisions', async (t) => {
  const own = await ownLog(t, { checkpointIntervalMs: 100 })
  const monitor = logMonitor({ sql: own.root, audit: own.audit })
  t.ok((await monitor.canary(60_000)) < 60_000)
  const { rows } = await own.root.query(`select g.kind, convert_from(l.leaf, 'UTF8')::json ->> 't' as t
    from audit.leaf l join audit.log g using (log_id) where l.idx > 0 order by g.kind`)
  t.strictSame(rows, [
    { kind: 'decisions', t: 'audit.canary' },
    { kind: 'governance', t: 'audit.canary' },
  ])
  await own.root.query('select public.fill_decision_search(1000)')
  t.equal((await own.root.query('select from public.decision_search')).rowCount, 0)
})

t.test('the monitor says how large the database is, and how many dead versions a transaction that stays open keeps', async (t) => {
  const own = await ownLog(t)
  const { pool } = await own.database.openAs('audit_reader', 1)
  const monitor = logMonitor({ sql: pool, audit: own.audit })
  const open = await (await own.database.openAs('session_user', 1)).pool.connect()
  // A stranger's session, without the limit that ours have on idle transactions.
  await open.query('set idle_in_transaction_session_timeout = 0')
  await open.query('begin isolation level repeatable read; select 1 from audit.head')
  for (let batch = 0; batch < 40; batch++) await own.record(1)
  t.ok(await eventually(async () => ((await monitor.look()).database?.deadHeadRows ?? 0) >= 20))
  t.ok((monitor.state().database?.bytes ?? 0) > 1_000_000)
  await open.query('rollback')
  open.release()
})
