// One process that runs many test files, one after another as they are sent to it: `tap` in a test file is here the subtest of
// that file. It reports in TAP on standard output. Starting a process and loading the service for each file cost more than most tests.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import '../support/properties.ts'

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
const FILE_LIMIT_MS = 240_000

/** What the process says when it is free. The loader of TypeScript talks on the same channel, in words of its own. */
export interface Ask {
  readonly wantsFile: true
}

/** The file to run next; null: there is none, end. */
export interface Give {
  readonly file: string | null
}

type Root = Record<string, (...args: unknown[]) => unknown>

const root = t as unknown as Root
const test = t.test.bind(t)
let current: Root | undefined
for (const name of TOP_LEVEL) {
  Object.defineProperty(root, name, {
    value: (...args: unknown[]) => {
      if (!current) throw new Error(`${name}() is called outside of a test file`)
      return current[name]?.(...args)
    },
  })
}

/** Asks for the next file. */
function ask(): void {
  process.send?.({ wantsFile: true } satisfies Ask)
}

// The loader lets go of the channel, and tap ends when nothing is left to do: it must not while a file is waited for.
const waiting = setInterval(() => {}, 60_000)
process.on('message', async ({ file }: Give) => {
  if (file === null) {
    clearInterval(waiting)
    return process.disconnect()
  }
  await test(file, { timeout: FILE_LIMIT_MS }, async (t) => {
    current = t as unknown as Root
    await import(pathToFileURL(resolve(file)).href)
  })
  ask()
})
ask()
