// One process that runs many test files, one after another as they are sent to it: `tap` in a test file is here the subtest of
// that file. It reports in TAP on standard output. Starting a process and loading the service for each file cost more than most tests.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import '../support/properties.ts'
import { recordQueries } from './recorded-queries.ts'

/** What a test file may call on `tap` itself, outside of its tests. */
const TOP_LEVEL = [
  'test',
  'teardown',
  'before',
  'after',
  'beforeEach',
  'afterEach',
  'setTimeout',
  'comment',
  'pass',
  'ok',
  'equal',
  'skip',
] as const
/** Of a whole file. */
const FILE_LIMIT_MS = Number(process.env['FILE_LIMIT_MS'] ?? 240_000)

/** What the process says when it is free: it takes another file, or ends (its memory is full of what the files before left behind). The loader of TypeScript talks on the same channel, in words of its own. */
export interface Ask {
  readonly wantsFile: boolean
}

/** The file to run next; null: there is none, end. */
export interface Give {
  readonly file: string | null
}

type Root = Record<string, (...args: unknown[]) => unknown>

const root = t as unknown as Root
const test = t.test.bind(t)
let current: Root | undefined
let running = ''
for (const name of TOP_LEVEL) {
  Object.defineProperty(root, name, {
    value: (...args: unknown[]) => {
      if (!current) throw new Error(`${name}() is called outside of a test file`)
      return current[name]?.(...args)
    },
  })
}

/** So long may what the files opened take to close. */
const CLOSES_WITHIN_MS = 30_000

/** Memory at which a process makes room for a new one: a large heap makes long pauses, and some tests measure them. */
const MEMORY_MAX_BYTES = 500_000_000

const folder = process.env['TEST_QUERIES']
// What the fuzzer asks for is another thing each time.
const recorded = folder ? recordQueries(folder, () => /fuzz/.test(running)) : undefined

function end(): void {
  clearInterval(waiting)
  recorded?.end()
  process.off('disconnect', endAlone)
  process.disconnect()
  setTimeout(() => {
    console.error(`A process of tests does not end, for what they left open: ${process.getActiveResourcesInfo().join(', ')}`)
    process.exit(1)
  }, CLOSES_WITHIN_MS).unref()
}

/** Whoever asked for these tests is gone. */
function endAlone(): void {
  process.kill(process.pid, 'SIGKILL')
}
process.on('disconnect', endAlone)

/** Asks for the next file, or says that this was the last. */
function ask(): void {
  const wantsFile = process.memoryUsage.rss() < MEMORY_MAX_BYTES
  process.send?.({ wantsFile } satisfies Ask, () => {
    if (!wantsFile) end()
  })
}

// The loader lets go of the channel, and tap ends when nothing is left to do: it must not while a file is waited for.
const waiting = setInterval(() => {}, 60_000)
process.on('message', async ({ file }: Give) => {
  if (file === null) return end()
  await test(file, { timeout: FILE_LIMIT_MS }, async (t) => {
    current = t as unknown as Root
    running = file
    await import(pathToFileURL(resolve(file)).href)
  })
  ask()
})
ask()
