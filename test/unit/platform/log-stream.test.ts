import { execFileSync } from 'node:child_process'
import { constants, openSync, read as readOnce } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { logStream } from '../../../src/platform/http/log-stream.ts'

const read = promisify(readOnce)

t.test('a reader of the log that stands still costs some lines, never the memory of the service, and is parsed how many', async (t) => {
  const pipe = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [pipe])
  // Open for both, as a pipe to a reader that hangs is: whoever writes waits.
  const reading = openSync(pipe, constants.O_RDWR)
  const waitingMax = 100_000
  const stream = logStream(pipe, waitingMax) as ReturnType<typeof logStream> & { readonly _len: number; destroy(): void }
  const line = `${JSON.stringify({ msg: 'x'.repeat(988) })}\n`
  const written = 2_000
  for (let n = 0; n < written; n++) {
    stream.write(line)
    if (n % 100 === 0) await new Promise(setImmediate)
    if (stream._len > waitingMax) t.fail(`${stream._len} bytes wait`)
  }
  let lines = 0
  let rest = ''
  for (let dropped: number | undefined; dropped === undefined; ) {
    const chunk = await read(reading, Buffer.alloc(65_536), 0, 65_536, null)
    const text = rest + chunk.buffer.toString('utf8', 0, chunk.bytesRead)
    const complete = text.slice(0, text.lastIndexOf('\n')).split('\n')
    rest = text.slice(text.lastIndexOf('\n') + 1)
    const parsed = complete.map((one) => JSON.parse(one) as { readonly dropped?: number })
    lines += parsed.filter((one) => one.dropped === undefined).length
    dropped = parsed.find((one) => one.dropped !== undefined)?.dropped
    if (dropped === undefined) continue
    t.ok(dropped > written / 2, `${dropped} lines`)
    t.equal(lines + dropped, written, 'every line was written or is counted')
  }
  stream.destroy()
})
