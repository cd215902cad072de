import t from 'tap'
import { type AppendQueueOptions, appendQueue, NotRecordedError, QueueFullError } from '../../../src/audit/append/append-queue.ts'
import type { Entry } from '../../../src/audit/format/entry.ts'

// The queue in front of the log, with a log in memory: what is taken together, what is refused, and what happens to the others.

function anEntry(id: string, bytes = 10): Entry {
  return { id, leaf: new Uint8Array(bytes), leafHash: new Uint8Array(32), salt: new Uint8Array(32), body: new Uint8Array(0) }
}

const ORIGIN = 'log.example.org/log/decisions-2026'
const build = (id: string, bytes?: number) => () => ({ entry: anEntry(id, bytes), value: `value of ${id}` })

/** A log in memory: appended batches, which can be held back, refused or made stale. */
function aLog(over: Partial<AppendQueueOptions> = {}, lanes = 1) {
  const batches: string[][] = []
  let size = 0
  let time = 0
  let gate: Promise<void> = Promise.resolve()
  const state = { revision: 1, refreshed: [] as number[] }
  const options: AppendQueueOptions = {
    append: async (entries) => {
      batches.push(entries.map(({ id }) => id))
      await gate
      const first = size
      size += entries.length
      return { origin: ORIGIN, index: first }
    },
    revision: () => ({ revision: state.revision, digest: '' }),
    refresh: async (stale) => {
      state.refreshed.push(stale.revision)
      state.revision += 1
    },
    isBadEntry: () => false,
    now: () => time,
    batchMax: 4,
    batchBytesMax: 1000,
    queueMax: 100,
    queueAgeMaxMs: 500,
    ...over,
  }
  const hold = () => {
    let open = () => {}
    gate = new Promise((resolve) => {
      open = resolve
    })
    return open
  }
  return { queue: appendQueue(options, lanes), batches, state, hold, pass: (ms: number) => (time += ms), options }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Many turns of the event loop: more than anything here takes that does not wait for ever. */
async function turns(count: number): Promise<string> {
  for (let passed = 0; passed < count; passed += 1) await turn()
  return 'still waiting'
}

t.test('what arrives in one turn goes into one batch, in order, each with its own index and value', async (t) => {
  const { queue, batches } = aLog()
  const all = await Promise.all(['a', 'b', 'c'].map((id) => queue.submit(build(id))))
  t.strictSame(batches, [['a', 'b', 'c']])
  t.strictSame(
    all.map(({ index, entry, value }) => [index, entry.id, value]),
    [
      [0, 'a', 'value of a'],
      [1, 'b', 'value of b'],
      [2, 'c', 'value of c'],
    ],
  )
})

t.test('what comes alone goes at once; where several come, those of the next turns go with them while more and more come', async (t) => {
  const { queue, batches } = aLog({ batchMax: 100 }, 2)
  const alone = queue.submit(build('alone'))
  await turn()
  t.strictSame(batches, [['alone']])
  await alone
  const all = ['a', 'b'].map((id) => queue.submit(build(id)))
  await turn()
  all.push(queue.submit(build('c')))
  await Promise.all(all)
  t.strictSame(batches.slice(1), [['a', 'b', 'c']])
})

t.test('a batch is waited for no longer than until it is large, however many more come', async (t) => {
  const { queue, batches } = aLog({ batchMax: 100, queueMax: 1000 }, 1)
  const all = [queue.submit(build('first'))]
  for (let n = 0; n < 200; n += 1) {
    all.push(queue.submit(build(String(n))))
    await turn()
  }
  await Promise.all(all)
  t.equal(batches[0]?.length, 64)
})

t.test('what arrives while a commit is under way becomes the next batch', async (t) => {
  const { queue, batches, hold } = aLog()
  const open = hold()
  const first = queue.submit(build('a'))
  await turn()
  const rest = ['b', 'c'].map((id) => queue.submit(build(id)))
  t.strictSame(batches, [['a']])
  open()
  await Promise.all([first, ...rest])
  t.strictSame(batches, [['a'], ['b', 'c']])
})

t.test('nothing is answered before its commit was acknowledged', async (t) => {
  const { queue, hold } = aLog()
  const open = hold()
  let isAnswered = false
  const answered = queue.submit(build('a')).then(() => {
    isAnswered = true
  })
  for (let turns = 0; turns < 5; turns += 1) await turn()
  t.notOk(isAnswered)
  open()
  await answered
  t.ok(isAnswered)
})

t.test('a batch holds no more entries and no more bytes than it may', async (t) => {
  const { queue, batches } = aLog({ batchMax: 3, batchBytesMax: 250 })
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => queue.submit(build(id, 100))))
  t.strictSame(batches, [['a', 'b'], ['c'], ['d', 'e']])
  await queue.submit(build('huge', 900))
  t.strictSame(batches.at(-1), ['huge'], 'one that is larger than a batch goes alone')
})

t.test('with two lanes two batches are under way at once, and never three', async (t) => {
  const { queue, batches, hold } = aLog({ batchMax: 1 }, 2)
  const open = hold()
  const all = ['a', 'b', 'c'].map((id) => queue.submit(build(id)))
  await turn()
  await turn()
  t.strictSame(batches, [['a'], ['b']])
  open()
  await Promise.all(all)
  t.strictSame(batches, [['a'], ['b'], ['c']])
})

t.test('a full queue takes nothing, and takes again when there is room', async (t) => {
  const { queue, hold } = aLog({ queueMax: 2, batchMax: 1 })
  const open = hold()
  const first = queue.submit(build('a'))
  await turn()
  const waiting = ['b', 'c'].map((id) => queue.submit(build(id)))
  await t.rejects(queue.submit(build('d')), QueueFullError)
  t.match(queue.state(), { length: 2 })
  open()
  await Promise.all([first, ...waiting])
  t.equal((await queue.submit(build('d'))).index, 3, 'the refused one had taken no index')
})

t.test('a queue whose oldest has waited too long takes nothing more', async (t) => {
  const { queue, hold, pass } = aLog({ queueAgeMaxMs: 500 })
  const open = hold()
  const first = queue.submit(build('a'))
  await turn()
  const second = queue.submit(build('b'))
  pass(500)
  const third = queue.submit(build('c'))
  pass(1)
  await t.rejects(queue.submit(build('d')), QueueFullError)
  t.equal(queue.state().oldestMs, 501)
  open()
  await Promise.all([first, second, third])
})

t.test('when the policy has moved, nothing was written and everything is built again on the new revision', async (t) => {
  const revisions: number[] = []
  const log = aLog({
    append: async (_entries, { revision }) => {
      revisions.push(revision)
      return revision === 1 ? null : { origin: ORIGIN, index: 0 }
    },
  })
  let builds = 0
  const appended = await log.queue.submit(() => {
    builds += 1
    return { entry: anEntry('a'), value: `built on ${log.state.revision}` }
  })
  t.strictSame(revisions, [1, 2])
  t.strictSame(log.state.refreshed, [1])
  t.equal(builds, 2)
  t.equal(appended.value, 'built on 2')
})

t.test('a policy that never stops moving ends in a refusal, not in a loop', async (t) => {
  const { queue } = aLog({ append: async () => null })
  await t.rejects(queue.submit(build('a')), NotRecordedError)
  await queue.drained()
})

t.test('that ends for all who came together, also those whom the batch had no room for', async (t) => {
  const { queue } = aLog({ append: async () => null, batchBytesMax: 250 })
  const outcomes = await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map((id) => Promise.race([queue.submit(build(id, 100)).catch((error: unknown) => error), turns(1_000)])),
  )
  for (const outcome of outcomes) t.match(outcome, { name: 'NotRecordedError', message: 'the policy keeps changing' })
  await queue.drained()
})

t.test('one bad row of 256 is refused alone: the other 255 are appended without a gap (FM-27)', async (t) => {
  class BadRow extends Error {}
  const written: string[] = []
  const { queue } = aLog({
    batchMax: 256,
    batchBytesMax: 1_000_000,
    queueMax: 256,
    isBadEntry: (error) => error instanceof BadRow,
    append: async (entries) => {
      if (entries.some(({ id }) => id === '77')) throw new BadRow('too long')
      const first = written.length
      written.push(...entries.map(({ id }) => id))
      return { origin: ORIGIN, index: first }
    },
  })
  const ids = Array.from({ length: 256 }, (_none, at) => String(at))
  const outcomes = await Promise.allSettled(ids.map((id) => queue.submit(build(id))))
  const refused = outcomes.flatMap((outcome, at) => (outcome.status === 'rejected' ? [{ at, reason: outcome.reason }] : []))
  t.strictSame(
    refused.map(({ at }) => at),
    [77],
  )
  t.type(refused[0]?.reason, NotRecordedError, 'its caller is told that it was not recorded: there is no answer')
  t.match(
    refused[0]?.reason,
    { message: 'the log refused the entry', cause: { message: 'too long' } },
    'and the log lines say that the row is bad',
  )
  t.equal(written.length, 255)
  const indexes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.index] : []))
  t.strictSame(
    indexes.toSorted((a, b) => a - b),
    Array.from({ length: 255 }, (_none, at) => at),
  )
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') t.equal(written[outcome.value.index], outcome.value.entry.id)
})

t.test('when the log cannot be written, the whole batch is told so, and the next one is tried anew', async (t) => {
  let isDown = true
  const { queue } = aLog({
    append: async () => {
      if (isDown) throw new Error('connection refused')
      return { origin: ORIGIN, index: 0 }
    },
  })
  const outcomes = await Promise.allSettled(['a', 'b'].map((id) => queue.submit(build(id))))
  for (const outcome of outcomes) {
    t.equal(outcome.status, 'rejected')
    if (outcome.status === 'rejected') t.match(outcome.reason, { name: 'NotRecordedError', cause: { message: 'connection refused' } })
  }
  isDown = false
  t.equal((await queue.submit(build('c'))).index, 0)
})

t.test('a question that cannot be built refuses its own caller and nobody else', async (t) => {
  const { queue, batches } = aLog()
  const bad = queue.submit(() => {
    throw new TypeError('a defect of one evaluation')
  })
  const good = queue.submit(build('b'))
  await t.rejects(bad, TypeError)
  t.equal((await good).index, 0)
  t.strictSame(batches, [['b']])
})

t.test('drained waits for what waits and what is under way', async (t) => {
  const { queue, hold } = aLog()
  await queue.drained()
  const open = hold()
  const first = queue.submit(build('a'))
  await turn()
  const second = queue.submit(build('b'))
  let isDrained = false
  const drained = queue.drained().then(() => {
    isDrained = true
  })
  await turn()
  t.notOk(isDrained)
  open()
  await Promise.all([first, second, drained])
  t.ok(isDrained)
  t.strictSame(queue.state(), { length: 0, oldestMs: 0 })
})

t.test('a call that was refused while its batch was built is not recorded when the batch is built again', async (t) => {
  const written: string[][] = []
  const { queue } = aLog({
    append: async (entries, on) => {
      if (on?.revision === 1) return null
      written.push(entries.map(({ id }) => id))
      return { origin: ORIGIN, index: 0 }
    },
  })
  let built = 0
  const refused = queue.submit(() => {
    built += 1
    if (built === 1) throw new Error('revoked')
    return { entry: anEntry('b'), value: 'b' }
  })
  const other = queue.submit(build('a'))
  await t.rejects(refused, /revoked/)
  await other
  t.strictSame(written, [['a']])
  t.equal(built, 1)
})
