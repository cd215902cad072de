import t from 'tap'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { startWorker } from '../../src/platform/database/worker.ts'
import { testDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

const database = await testDatabase(t)
const { db } = await database.openAs('accord_app', 2)
let woken = 0
const errors: string[] = []
const start = () =>
  startWorker({
    url: database.url,
    tasks: {
      async fire_timers() {
        woken += 1
      },
    },
    crontab: '',
    log: (level, message) => void (level === 'error' && errors.push(message)),
  })
const set = (name: string, dueAt: Date, ends: 'commits' | 'rolls back' = 'commits') =>
  withTransactionAs(db, { kind: 'system' }, async (tx) => {
    await tx.insertInto('timer').values({ room: 'test', subject_id: 'a', name, due_at: dueAt.toISOString() }).execute()
    if (ends === 'rolls back') throw new Error('rolled back')
  })

t.test('a timer that is set before any worker ran is set all the same', async (t) => {
  await set('before', new Date())
  t.pass()
})

t.test('a timer wakes the worker when it is due, once for all that fall due together, and not at all where it was not kept', async (t) => {
  const [one, other] = await Promise.all([start(), start()])
  t.teardown(() => Promise.all([one.stop(), other.stop()]))
  await t.rejects(set('never', new Date(), 'rolls back'))
  const due = new Date(Date.now() + 500)
  await Promise.all([set('first', due), set('second', due)])
  await eventually(async () => woken > 0)
  t.ok(Date.now() >= due.getTime(), 'not before')
  const owner = await database.openAs('session_user', 1)
  const jobsLeft = async () => (await owner.pool.query('select key from graphile_worker.jobs')).rowCount
  t.ok(await eventually(async () => (await jobsLeft()) === 0), 'nothing is left to be done')
  t.equal(woken, 1)
  t.strictSame(errors, [])
})
