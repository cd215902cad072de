import type { Socket } from 'node:net'
import { type Connection, cutOff } from './connections.ts'

/** Ends connections whose replies are not taken. */
interface SlowReaders {
  /** A reply is on its way to the caller. */
  begun(connection: Connection): void
  /** It was taken, or its connection has ended. */
  over(connection: Connection): void
  close(): void
}

const LOOK_EVERY_MS = 250
/** Replies that move by so much while their time runs may take as long again: large ones are sent piece by piece. */
const PROGRESS_BYTES = 262_144

/** A caller has `timeoutMs` to take what was answered; then its connection ends. Memory and places wait for nobody. */
export function slowReaders(timeoutMs: number): SlowReaders {
  /** Since when each is waited for, and what it had taken once the network had been filled. */
  const replying = new Map<Connection, { readonly since: number; taken: number | undefined }>()
  const begin = (connection: Connection, taken?: number) => void replying.set(connection, { since: performance.now(), taken })
  const looking = setInterval(look, LOOK_EVERY_MS)
  looking.unref()

  function look(): void {
    for (const [connection, waited] of [...replying]) {
      const taken = takenBy(connection)
      waited.taken ??= taken
      if (performance.now() - waited.since < timeoutMs) continue
      // Where nothing waits for the caller it is our own next piece that is not there yet.
      if (connection.socket.writableLength === 0 || taken - waited.taken >= PROGRESS_BYTES) begin(connection, taken)
      else cutOff(connection)
    }
  }

  return {
    begun(connection) {
      connection.replies += 1
      if (connection.replies === 1) begin(connection)
    },
    over(connection) {
      connection.replies -= 1
      if (connection.replies === 0) replying.delete(connection)
    },
    close: () => clearInterval(looking),
  }
}

/** What has left for the caller. A large reply is one write, and how far that is only the handle under the socket knows. */
function takenBy({ socket }: Connection): number {
  const handle = (socket as Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null })._handle
  return socket.bytesWritten - (handle?.writeQueueSize ?? socket.writableLength)
}
