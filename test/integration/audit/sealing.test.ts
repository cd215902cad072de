import t from 'tap'
import { appendInTransaction } from '../../../src/audit/store/append.repository.ts'
import { withTransaction } from '../../../src/platform/database/database.ts'
import { eventually } from '../../support/eventually.ts'
import { ownLog } from '../../support/own-log.ts'

// How a log ends: with its last leaf, or together with the opening of the next one, which says why. Never silently.

t.test('the role of the service cannot end a log without a trace: neither as over nor as broken', async (t) => {
  const own = await ownLog(t)
  await own.record(3)
  const { logId } = await own.log()
  await t.rejects(own.database.pool.query(`select audit.seal($1, 'INCIDENT')`, [logId]), /may not end without another/)
  await t.rejects(own.database.pool.query(`select audit.seal($1, 'PERIOD')`, [logId]), /not closed by its last leaf/)
  await t.rejects(own.database.pool.query(`update audit.head set sealed = true where log_id = $1`, [logId]), /permission denied/)
  t.equal((await own.log()).sealedWhy, null)
  await own.record(1)
  await own.audit.keeper.round()
  t.equal(own.audit.keeper.published(logId)?.size, 5, 'it takes entries, and they are signed')
})

t.test('opening another log does not let one end for an incident: the other must say so', async (t) => {
  const own = await ownLog(t)
  const { logId, vkey } = await own.log()
  const client = await own.database.pool.connect()
  try {
    await client.query('begin')
    await client.query(`select audit.seal($1, 'INCIDENT')`, [logId])
    await client.query(`select audit.open_log('decisions-2999', 'decisions', 'accord.example/log/decisions-2999', $1, now())`, [vkey])
    await t.rejects(client.query('commit'), /may not end without another/)
  } finally {
    client.release()
  }
  t.equal((await own.log()).logId, logId)
})

t.test('a log whose year is over ends with the leaf that says so', async (t) => {
  let at = new Date('2026-12-31T23:59:59Z')
  const own = await ownLog(t, { clock: () => at })
  await own.record(2)
  at = new Date('2027-01-01T00:00:01Z')
  t.ok(await eventually(() => own.audit.logs[0]?.name === 'decisions-2027'))
  const { rows } = await own.root.query(
    `select h.sealed_why, (select convert_from(leaf, 'UTF8')::json ->> 't' from audit.leaf l where l.log_id = g.log_id and l.idx = h.size - 1) as last
       from audit.log g join audit.head h using (log_id) where g.name = 'decisions-2026'`,
  )
  t.same(rows, [{ sealed_why: 'PERIOD', last: 'audit.log.closed' }])
})

t.test('an act that met a log sealed at that moment is done once, in the log that goes on', async (t) => {
  let at = new Date('2026-12-31T23:59:59Z')
  const own = await ownLog(t, { clock: () => at })
  const { logId: ended } = await own.log('governance')
  at = new Date('2027-01-01T00:00:01Z')
  t.ok(await eventually(() => own.audit.logs[1]?.name === 'governance-2027'))
  let attempts = 0
  const id = await own.audit.onOpenLog(() =>
    withTransaction(own.database.db, async (tx) => {
      const act = { event: 'agreement.signed', act: 'sign', org: 'LBC_CAMDEN', revision: 0, agreement: 'DEMO', payload: {} } as const
      const id = await own.audit.recordAct(tx, act)
      // As if the log had been sealed between the look at which one is open and the append.
      if (++attempts === 1) await appendInTransaction(tx, ended, [], '2027-01-01')
      return id
    }),
  )
  t.equal(attempts, 2)
  const { rows } = await own.root.query('select name, event_id from audit.leaf join audit.log using (log_id) where leaf like $1', [
    '%agreement.signed%',
  ])
  t.same(rows, [{ name: 'governance-2027', event_id: id }])
})
