import { createServer, type Socket } from 'node:net'
import type { ClamdAddress } from '../../src/platform/config-values.ts'
import type { Teardown } from './postgres.ts'
import { EICAR } from './sample-files.ts'

/** How a scanner behaves; HONEST finds the EICAR file and nothing else, as clamd answers INSTREAM. */
export type Manner = 'HONEST' | 'EARLY' | 'SILENT' | 'GARBAGE' | 'ENDLESS' | 'ERROR' | 'BREAKS_OFF' | 'TWO_LINES'

/** A real TCP server that speaks clamd's protocol, well or badly. */
export interface TestClamd {
  readonly address: ClamdAddress
  manner: Manner
  /** Bytes that it was sent to scan. */
  readonly seen: () => number
}

const COMMAND = Buffer.from('zINSTREAM\0')

export async function testClamd(t: Teardown): Promise<TestClamd> {
  const sockets = new Set<Socket>()
  let seen = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let waiting = Buffer.alloc(0)
    let content = Buffer.alloc(0)
    let isCommanded = false
    const { manner } = clamd
    if (manner === 'EARLY') socket.end('stream: OK\0')
    socket.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes as Buffer])
      if (!isCommanded && waiting.length >= COMMAND.length) {
        if (!waiting.subarray(0, COMMAND.length).equals(COMMAND)) return socket.end('UNKNOWN COMMAND\0')
        isCommanded = true
        waiting = waiting.subarray(COMMAND.length)
        if (manner === 'BREAKS_OFF') return socket.destroy()
      }
      while (isCommanded && waiting.length >= 4) {
        const length = waiting.readUInt32BE()
        if (length === 0) return answer(socket, content)
        if (waiting.length < 4 + length) return
        content = Buffer.concat([content, waiting.subarray(4, 4 + length)])
        waiting = waiting.subarray(4 + length)
        seen += length
      }
    })
  })
  function answer(socket: Socket, content: Buffer): void {
    const said = content.includes(EICAR) ? 'stream: Eicar-Test-Signature FOUND\0' : 'stream: OK\0'
    const replies: Readonly<Record<Manner, string | undefined>> = {
      ...{ HONEST: said, EARLY: undefined, SILENT: undefined, GARBAGE: 'stream: Ok then\0', ENDLESS: 'x'.repeat(100_000) },
      ...{ ERROR: 'INSTREAM size limit exceeded. ERROR\0', BREAKS_OFF: undefined, TWO_LINES: `${said}${said}` },
    }
    const reply = replies[clamd.manner]
    if (reply !== undefined) socket.end(reply)
  }
  const clamd: TestClamd = { address: { host: '127.0.0.1', port: 0 }, manner: 'HONEST', seen: () => seen }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((done) => server.close(() => done()))
  })
  const { port } = server.address() as { readonly port: number }
  return Object.assign(clamd, { address: { host: '127.0.0.1', port } })
}
