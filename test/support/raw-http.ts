import { connect, type Socket } from 'node:net'

/** What came back on a connection until it ended or was left. */
export interface RawReply {
  /** All bytes, as text. */
  readonly text: string
  /** The status of each reply, in order. */
  readonly statuses: readonly number[]
  /** The `code` of each problem, in order. */
  readonly codes: readonly string[]
  /** Milliseconds from the first byte sent to the end. */
  readonly ms: number
  /** Whether the server ended the connection. */
  readonly isEnded: boolean
}

export interface RawOptions {
  /** Leaves after this time, if the server has not ended the connection; milliseconds. */
  readonly leaveAfterMs?: number
  /** With a reset instead of an orderly end. */
  readonly resets?: boolean
  /** What is sent later: after how many milliseconds, and what. */
  readonly later?: readonly (readonly [ms: number, bytes: string | Buffer])[]
}

/** Writes bytes as they are on a connection of its own, and answers what came back. */
export function sendRaw(port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<RawReply> {
  const { leaveAfterMs = 5_000, resets = false, later = [] } = options
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    const begun = performance.now()
    let text = ''
    let isEnded = true
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', () => {})
    socket.write(bytes)
    const timers = later.map(([ms, more]) => setTimeout(() => socket.writable && socket.write(more), ms))
    timers.push(setTimeout(() => leave(), leaveAfterMs))
    socket.once('close', () => {
      for (const timer of timers) clearTimeout(timer)
      done({
        text,
        statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
        codes: [...text.matchAll(/"code":"([A-Z_]+)"/g)].map(([, code]) => code ?? ''),
        ms: performance.now() - begun,
        isEnded,
      })
    })
    function leave() {
      isEnded = false
      if (resets) socket.resetAndDestroy()
      else socket.destroy()
    }
  })
}

/** A connection on which bytes are sent and nothing is read, until it is destroyed. */
export function unreadConnection(port: number, bytes: string | Buffer): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  socket.on('error', () => {})
  socket.write(bytes)
  return socket
}
