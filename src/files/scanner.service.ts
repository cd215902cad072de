import { connect, type Socket } from 'node:net'
import type { ClamdAddress } from '../platform/config-values.ts'
import type { ReadBytes } from './media-types.service.ts'

/** What a scanner says; UNKNOWN: nothing that can be relied on. */
export type Verdict = 'CLEAN' | 'INFECTED' | 'UNKNOWN'

/** Whoever scans files. */
export interface Scanner {
  scan(bytes: ReadBytes): Promise<Verdict>
}

export interface ClamdOptions {
  /** How long the scanner may say and take nothing, and how long a scan may last in all; milliseconds. */
  readonly silenceMs?: number
  readonly scanMs?: number
}

const SILENCE_MS = 10_000
const SCAN_MS = 60_000
/** A reply is one short line: who sends more is no clamd. */
const REPLY_BYTES_MAX = 1_000

/**
 * A clamd (`clamd(8)`, command INSTREAM): each piece after its length in four bytes, a length of 0 at the end, then one line that ends
 * with a null byte. Only the very line that says that nothing was found counts as that, and only once everything was sent: whatever
 * else comes, or does not come, is UNKNOWN. The protocol is these lines; a library for it would be more code than they are.
 */
export function clamdScanner(address: ClamdAddress, { silenceMs = SILENCE_MS, scanMs = SCAN_MS }: ClamdOptions = {}): Scanner {
  return {
    async scan(bytes) {
      const socket = connect(address)
      const reply = replyOf(socket)
      socket.setTimeout(silenceMs, () => socket.destroy(new Error('the scanner fell silent')))
      const deadline = setTimeout(() => socket.destroy(new Error('the scan took too long')), scanMs)
      try {
        await written(socket, Buffer.from('zINSTREAM\0'))
        for await (const piece of bytes()) {
          // Whoever answers before it has seen everything has not looked at everything.
          if (reply.isThere()) break
          await written(socket, Buffer.concat([lengthOf(piece.length), piece]))
        }
        const isEarly = reply.isThere()
        if (!isEarly) await written(socket, lengthOf(0))
        const line = await reply.line
        if (/^stream: .+ FOUND$/.test(line)) return 'INFECTED'
        return line === 'stream: OK' && !isEarly ? 'CLEAN' : 'UNKNOWN'
      } catch {
        return 'UNKNOWN'
      } finally {
        clearTimeout(deadline)
        socket.destroy()
      }
    },
  }
}

/** The one line that the scanner sends. */
function replyOf(socket: Socket): { readonly line: Promise<string>; isThere(): boolean } {
  let text = ''
  const line = new Promise<string>((done, failed) => {
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
      if (text.length > REPLY_BYTES_MAX) failed(new Error('no line of a scanner'))
    })
    socket.once('error', failed)
    // Only a line that ended, with nothing behind it, is one.
    socket.once('close', () => (/^[^\0]*\0$/.test(text) ? done(text.slice(0, -1)) : failed(new Error('the scanner broke off'))))
    socket.once('end', () => socket.end())
  })
  // A failure before anybody waits for the line is told by the write that fails.
  line.catch(() => {})
  return { line, isThere: () => text !== '' }
}

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((done, failed) => {
    if (socket.destroyed) return failed(socket.errored ?? new Error('the scanner is gone'))
    socket.once('close', gone)
    socket.write(bytes, (error) => {
      socket.off('close', gone)
      if (error) failed(error)
      else done()
    })
    function gone() {
      failed(new Error('the scanner is gone'))
    }
  })
}

function lengthOf(count: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(count)
  return length
}
