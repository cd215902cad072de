import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { operatorActs } from '../../../src/audit/retention/operator-acts.service.ts'
import { uuidv7Generator } from '../../../src/platform/kernel/ids.ts'
import { eventually } from '../../support/eventually.ts'
import { lifecycleOn, type OwnLog, ownLog } from '../../support/own-log.ts'

// A day, a log and a purge change the tables of the log itself. None of it may make a decision wait for whoever reads it.

const now = () => new Date()

/** A reader of the whole log that is in no hurry, as pg_dump is; ends with the function it answers. */
async function openReader(own: OwnLog, table: 'audit.payload' | 'audit.leaf'): Promise<() => Promise<void>> {
  const { pool } = await own.database.openAs('session_user', 1)
  const client = await pool.connect()
  await client.query('set idle_in_transaction_session_timeout = 0')
  await client.query('begin isolation level repeatable read')
  await client.query(`select count(*) from ${table}`)
  return async () => {
    await client.query('commit')
    client.release()
  }
}

/** Waits until so many decisions that were asked for from now on are recorded or refused. */
type More = (count: number) => Promise<boolean>

/**
 * Records one decision after another while something else is done; how many were recorded and how many refused. One that waited for
 * a reader would wait until it is refused: no reader ends before that.
 */
async function whileDeciding(own: OwnLog, work: (more: More) => Promise<void>): Promise<{ recorded: number; refused: number }> {
  const asked: Promise<unknown>[] = []
  const refusals: Error[] = []
  let settled = 0
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      const one = own.record(1)
      // Counted below; it must not end the whole file before it is.
      one.catch((error: Error) => refusals.push(error)).finally(() => settled++)
      asked.push(one)
      await pause(20)
    }
  })()
  const more: More = (count) => {
    const enough = asked.length + count
    return eventually(() => settled >= enough)
  }
  await work(more)
  isOver = true
  await asking
  const outcomes = await Promise.race([Promise.allSettled(asked), pause(60_000, [], { ref: false })])
  const recorded = outcomes.filter(({ status }) => status === 'fulfilled').length
  for (const { message, cause } of refusals) console.error(message, cause)
  return { recorded, refused: asked.length - recorded }
}

async function actsOn(own: OwnLog) {
  const { db } = await own.database.openAs('audit_retention')
  return operatorActs({ db, clock: now, random: randomBytes, newId: uuidv7Generator(now, randomBytes) })
}

t.test('a day turns while somebody reads the whole log: no decision is refused, and none waits', async (t) => {
  let at = new Date('2026-11-22T23:59:59Z')
  const own = await ownLog(t, { clock: () => at })
  await own.record(5)
  const close = await openReader(own, 'audit.payload')
  try {
    const { recorded, refused } = await whileDeciding(own, async (more) => {
      for (const day of ['2026-11-23', '2026-12-24', '2027-01-30']) {
        at = new Date(`${day}T00:00:00Z`)
        t.ok(await more(7), day)
      }
    })
    t.equal(refused, 0)
    t.ok(recorded > 20)
    const { rows } = await own.root.query(`select distinct day::text as day from audit.payload order by 1`)
    t.same(
      rows.map(({ day }) => day).filter((day) => day !== '2026-11-22'),
      ['2026-11-23', '2026-12-24', '2027-01-30'],
    )
  } finally {
    await close()
  }
})

t.test('two that open the same day at once both find it open', async (t) => {
  const own = await ownLog(t)
  const { pool } = await own.database.openAs('audit_writer', 2)
  const [first, second] = await Promise.all([pool.connect(), pool.connect()])
  await first.query('begin')
  await first.query(`select audit.open_day('2031-05-01')`)
  const waiting = t.resolves(second.query(`select audit.open_day('2031-05-01')`))
  await pause(200)
  await first.query('commit')
  await waiting
  first.release()
  second.release()
})

t.test('a year turns while somebody reads every leaf: the next log opens, and no decision is refused', async (t) => {
  let at = new Date('2026-12-31T23:59:59Z')
  const own = await ownLog(t, { clock: () => at })
  await own.record(5)
  const close = await openReader(own, 'audit.leaf')
  try {
    const { refused } = await whileDeciding(own, async (more) => {
      at = new Date('2027-01-01T00:00:01Z')
      await eventually(async () => {
        await own.audit.keeper.round()
        return own.audit.logs[0]?.name === 'decisions-2027'
      })
      t.ok(await more(5))
    })
    t.equal(refused, 0)
    t.equal(own.audit.logs[0]?.name, 'decisions-2027')
    t.ok((await own.log()).size > 2, 'and it takes decisions')
  } finally {
    await close()
  }
})

t.test('days are open a week before they come', async (t) => {
  const own = await ownLog(t, { clock: () => new Date('2026-11-22T10:00:00Z') })
  const days = async () =>
    (await own.root.query(`select count(*)::int as n from pg_inherits where inhparent = 'audit.payload'::regclass`)).rows[0]?.['n']
  await eventually(async () => (await days()) === 8)
  t.equal(await days(), 8)
})

t.test('a purge deletes while decisions go on, and leaves a day that is being read for the next time', async (t) => {
  let at = new Date('2014-06-01T10:00:00Z')
  const own = await ownLog(t, { clock: () => at })
  await own.record(300)
  const days = async () =>
    (
      await own.root.query(
        `select count(*)::int as n from pg_inherits where inhparent = 'audit.payload'::regclass and inhrelid::regclass::text like '%payload_2014%'`,
      )
    ).rows[0]?.['n']
  const standing = 8
  await eventually(async () => (await days()) === standing)
  at = new Date()
  await own.record(1)
  const acts = await actsOn(own)
  const close = await openReader(own, 'audit.payload')
  const { refused } = await whileDeciding(own, async () => {
    t.equal((await acts.purge('2015-01-01', { simulated: false }))?.count, 300)
    t.same(await acts.dropEmptyDays('2015-01-01'), { dropped: 0, left: standing })
  })
  t.equal(refused, 0)
  t.equal(await days(), standing)
  await close()
  t.same(await acts.dropEmptyDays('2015-01-01'), { dropped: standing, left: 0 })
  t.equal(await days(), 0)
})

t.test('an act of the operator is recorded in the next log where the log of acts ends in the middle of it', async (t) => {
  let at = new Date('2026-11-22T10:00:00Z')
  const own = await ownLog(t, { clock: () => at })
  const acts = await actsOn(own)
  const { logId } = await own.log('governance')
  const { pool } = await own.database.openAs('session_user', 1)
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query('select from audit.head where log_id = $1 for update', [logId])
  at = new Date('2027-01-01T00:00:01Z')
  const waiting = async (count: number) => {
    const { rows } = await own.root.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
    return rows.length >= count
  }
  const ending = lifecycleOn(own, { clock: () => at }).close('governance')
  t.ok(await eventually(() => waiting(1)), 'the end of the log waits for its head')
  const holding = acts.placeHold('2026-01-01', '2026-01-02', 'CASE-7')
  t.ok(await eventually(() => waiting(2)), 'and the act behind it')
  await holder.query('commit')
  holder.release()
  await ending
  await own.audit.keeper.round()
  await t.resolves(holding)
  const { rows } = await own.root.query(
    `select log_id, convert_from(leaf, 'UTF8')::json ->> 't' as t from audit.leaf order by log_id desc, idx desc`,
  )
  t.match(
    rows.find(({ t: type }) => type === 'audit.hold.placed'),
    { log_id: (await own.log('governance')).logId },
  )
  t.not((await own.log('governance')).logId, logId)
})

t.test('no day is dropped that holds payload or is inside the retention time', async (t) => {
  let at = new Date('2014-06-01T10:00:00Z')
  const own = await ownLog(t, { clock: () => at })
  await own.record(1)
  at = now()
  const { pool } = await own.database.openAs('audit_retention')
  await t.rejects(pool.query(`select audit.drop_empty_day('2014-06-01')`), /not empty/)
  await t.rejects(pool.query('select audit.drop_empty_day(current_date + 1)'), /retention time/)
  await t.rejects(own.database.pool.query(`select audit.drop_empty_day('2014-06-02')`), /permission denied/)
})

t.test('a partition has every constraint, key and trigger of its table, and of its own what statements must not do', async (t) => {
  const own = await ownLog(t, { clock: () => new Date('2026-11-22T10:00:00Z') })
  const constraints = async (table: string) =>
    (
      await own.root.query(
        `select contype, pg_get_constraintdef(oid) as def from pg_constraint where conrelid = $1::regclass and contype <> 'n' order by 1, 2`,
        [table],
      )
    ).rows
  const triggers = async (table: string) =>
    (await own.root.query(`select tgname, tgtype::int as type from pg_trigger where tgrelid = $1::regclass order by 1`, [table])).rows
  t.same(await constraints('audit.leaf_1'), await constraints('audit.leaf'))
  t.same(await constraints('audit.payload_20261122'), await constraints('audit.payload'))
  t.same(await triggers('audit.leaf_1'), [{ tgname: 'leaf_is_append_only', type: 58 }])
  t.same(await triggers('audit.payload_20261122'), [
    { tgname: 'payload_is_append_only', type: 50 },
    { tgname: 'payload_takes_its_actor_along', type: 9 },
    { tgname: 'payload_takes_its_search_row_along', type: 9 },
  ])
  const { rows } = await own.root.query(
    `select reloptions, (select count(*)::int from pg_inherits i join pg_index x on x.indexrelid = i.inhrelid where x.indrelid = c.oid) as keys
       from pg_class c where c.oid = 'audit.leaf_1'::regclass`,
  )
  t.same(rows, [{ reloptions: ['autovacuum_freeze_min_age=0'], keys: 2 }])
})
