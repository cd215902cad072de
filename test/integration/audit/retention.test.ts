import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { logReading } from '../../../src/audit/reading/log-reading.service.ts'
import { operatorActs } from '../../../src/audit/retention/operator-acts.service.ts'
import { uuidv7Generator } from '../../../src/platform/kernel/ids.ts'
import { verifyProof } from '../../../src/verifier/proof.ts'
import { type OwnLog, ownLog } from '../../support/own-log.ts'

const now = () => new Date()
async function actsOn(own: OwnLog) {
  const { db } = await own.database.openAs('audit_retention')
  return operatorActs({ db, clock: now, random: randomBytes, newId: uuidv7Generator(now, randomBytes) })
}
const payloads = async (own: OwnLog) =>
  Number(
    (
      await own.root.query(
        'select count(*)::int as n from audit.payload p join audit.leaf l using (event_id) join audit.log g using (log_id) where g.kind = $1',
        ['decisions'],
      )
    ).rows[0]?.['n'],
  )

t.test('F29: payload past its retention time is purged, and every old proof still verifies', async (t) => {
  const own = await ownLog(t, { clock: () => new Date('2015-03-01T10:00:00Z') })
  const ids = await own.record(300)
  const [emergency] = await own.record(1, { payload: { request: { mode: 'EMERGENCY' } } })
  await own.audit.keeper.round()
  const reader = (await own.database.openAs('audit_reader')).pool
  const reading = logReading({ sql: reader, keeper: own.audit.keeper })
  const log = await own.log()
  const evidence = await Promise.all(
    ids.slice(0, 20).map(async (id) => {
      const { leaf, index } = (await reading.entry(id)) ?? { leaf: Buffer.alloc(1), index: 0 }
      return { leaf, index, proof: (await reading.proof(log.logId, index, 0)) ?? '' }
    }),
  )
  const acts = await actsOn(own)
  t.same(await acts.purge('2016-01-01', { simulated: false }), { first: '2015-03-01', last: '2015-03-01', count: 301 })
  t.equal(await payloads(own), 0)
  t.ok(emergency, 'ten years and more have passed for emergencies too')
  await own.audit.keeper.round()
  t.same(own.audit.faults(), [])
  for (const { leaf, index, proof } of evidence) {
    t.same(
      verifyProof(proof, leaf, log.vkey).checks.filter(({ ok }) => !ok),
      [],
      `kept proof of ${index}`,
    )
    const anew = (await reading.proof(log.logId, index, 0)) ?? ''
    t.same(
      verifyProof(anew, leaf, log.vkey).checks.filter(({ ok }) => !ok),
      [],
      `new proof of ${index}`,
    )
  }
  const { rows } = await own.root.query(
    `select convert_from(leaf, 'UTF8')::json as leaf from audit.leaf where convert_from(leaf, 'UTF8') like '%payload.purged%'`,
  )
  t.match(rows, [{ leaf: { t: 'audit.payload.purged', n: 301, first: '2015-03-01', last: '2015-03-01', why: 'RETENTION' } }])
})

t.test('days inside the retention time are refused, and nothing is gone', async (t) => {
  const own = await ownLog(t)
  await own.record(3)
  const acts = await actsOn(own)
  const [tomorrow, recent] = [1, -80].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10))
  await t.rejects(acts.purge(tomorrow ?? '', { simulated: false }), /retention time/)
  await t.rejects(acts.purge(recent ?? '', { simulated: true }), /retention time/)
  t.equal(await payloads(own), 3)
})

t.test('eight years on, emergencies and safeguarding stay while other decisions go; acts on the register stay', async (t) => {
  const at = new Date(Date.now() - 8 * 365.25 * 86_400_000)
  const own = await ownLog(t, { clock: () => at })
  await own.record(2)
  await own.record(1, { payload: { request: { mode: 'EMERGENCY' } } })
  await own.record(1, { payload: { request: { purpose: 'SAFEGUARDING_CHILDREN.MASH' } } })
  const acts = await actsOn(own)
  const before = new Date(at.getTime() + 86_400_000).toISOString().slice(0, 10)
  t.equal((await acts.purge(before, { simulated: false }))?.count, 2)
  t.equal(await payloads(own), 2)
})

t.test('simulated calls go after ninety days, the real ones beside them stay', async (t) => {
  const at = new Date(Date.now() - 100 * 86_400_000)
  const own = await ownLog(t, { clock: () => at })
  await own.record(4, { sim: true })
  await own.record(2)
  const acts = await actsOn(own)
  t.equal((await acts.purge(new Date(at.getTime() + 86_400_000).toISOString().slice(0, 10), { simulated: true }))?.count, 4)
  t.equal(await payloads(own), 2)
})

t.test('a legal hold is stronger than retention and erasure, until it is lifted', async (t) => {
  const own = await ownLog(t, { clock: () => new Date('2014-06-01T10:00:00Z') })
  const [id] = await own.record(1)
  const acts = await actsOn(own)
  const hold = await acts.placeHold('2014-05-01', '2014-07-01', 'INQUIRY/2026-4')
  await t.rejects(acts.purge('2015-01-01', { simulated: false }), /legal hold INQUIRY\/2026-4/)
  await t.rejects(acts.erase([id ?? ''], 'ERASURE_REQUEST'), /legal hold/)
  t.equal(await payloads(own), 1)
  t.match(await acts.holds(), [{ id: hold, first: '2014-05-01' }])
  t.ok(await acts.liftHold(hold))
  t.notOk(await acts.liftHold(hold))
  t.equal((await acts.purge('2015-01-01', { simulated: false }))?.count, 1)
})

t.test('each hold is an entry of the log of acts: its days and its file when it is placed, its number when it is lifted', async (t) => {
  const own = await ownLog(t)
  const acts = await actsOn(own)
  const hold = await acts.placeHold('2014-05-01', '2014-07-01', 'INQUIRY/2026-4')
  await acts.liftHold(hold)
  await acts.liftHold(hold)
  const { rows } = await own.root.query(
    `select convert_from(leaf, 'UTF8')::json as leaf from audit.leaf where convert_from(leaf, 'UTF8') like '%audit.hold%' order by idx`,
  )
  t.match(rows, [
    { leaf: { t: 'audit.hold.placed', first: '2014-05-01', last: '2014-07-01', ref: 'INQUIRY/2026-4', hold } },
    { leaf: { t: 'audit.hold.lifted', hold } },
  ])
  t.equal(rows.length, 2, 'and what did not happen is none')
  await t.rejects(acts.placeHold('2014-05-01', '2014-07-01', '0207946000'), /outside its closed form/, 'no number of a person')
  t.same(await acts.holds(), [])
})

t.test('a hold is not acknowledged while what it is to keep is going: it waits for the purge or the erasure', async (t) => {
  for (const [what, statement] of [
    ['purge', `select audit.purge_payload('2015-01-01', current_date, false)`],
    ['erasure', 'select audit.erase_payload(array(select event_id from audit.payload))'],
  ] as const) {
    const own = await ownLog(t, { clock: () => new Date('2014-06-01T10:00:00Z') })
    await own.record(1)
    const acts = await actsOn(own)
    const { pool } = await own.database.openAs('session_user', 1)
    const client = await pool.connect()
    await client.query('begin')
    await client.query(statement)
    let isPlaced = false
    const hold = acts.placeHold('2014-05-01', '2014-07-01', 'INQUIRY/2026-4').finally(() => {
      isPlaced = true
    })
    // What it is rejected with is told below; it must not end the whole file before that.
    hold.catch(() => {})
    await pause(200)
    t.notOk(isPlaced, `${what}: not yet`)
    await client.query('rollback')
    client.release()
    t.ok(await hold, `${what}: the hold stands`)
    t.equal(await payloads(own), 1, `${what}: and so does what it keeps`)
    await t.rejects(own.root.query(statement), /legal hold/, what)
  }
})

t.test('one decision can be erased: its leaf and proof stay, its payload is gone, and the log says that one was', async (t) => {
  // The payload is filed under the day on which it was recorded.
  const at = Date.now()
  const own = await ownLog(t, { clock: () => new Date(at) })
  const [id = '', other = ''] = await own.record(2)
  const acts = await actsOn(own)
  t.equal(await acts.erase([id], 'ERASURE_REQUEST'), 1)
  t.equal(await acts.erase([id], 'ERASURE_REQUEST'), 0)
  t.equal(await own.audit.payloadOf(id, at), undefined)
  t.ok(await own.audit.payloadOf(other, at))
  await own.audit.keeper.round()
  t.same(own.audit.faults(), [])
})

t.test('no role of the service but retention may let payload go', async (t) => {
  const own = await ownLog(t)
  const [id] = await own.record(1)
  for (const role of ['accord_app', 'audit_writer', 'audit_integrator', 'audit_reader'] as const) {
    const { pool } = await own.database.openAs(role)
    await t.rejects(pool.query(`select audit.erase_payload(array['${id}'::uuid])`), /permission denied/, role)
    await t.rejects(pool.query(`delete from audit.payload`), /permission denied/, role)
  }
  const { pool } = await own.database.openAs('audit_reader')
  await t.rejects(pool.query('select 1 from audit.payload'), /permission denied/, 'the reader sees everything but payload')
})
