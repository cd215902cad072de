import type { Socket } from 'node:net'
import pg from 'pg'

/** `silenceMaxMs`: after this time without an answer a statement ends its connection; absent: a statement may take as long as it does. */
export type AudibleClientConfig = pg.ClientConfig & { readonly silenceMaxMs?: number }

/**
 * A connection whose server must be heard. A host that dies silently (power, a cut cable, a firewall that forgets) sends
 * nothing, and TCP would wait for a quarter of an hour: a statement of which nothing has been heard for too long ends its
 * connection, and fails like any statement whose connection broke. The server's own limit (`statement_timeout`) is shorter, so
 * a server that lives is never cut off, but for a commit that waits for a standby: its outcome is then unknown (R17, R19).
 */
export class AudibleClient extends pg.Client {
  constructor({ silenceMaxMs, ...config }: AudibleClientConfig) {
    super({ ...config, keepAlive: true, keepAliveInitialDelayMillis: KEEPALIVE_IDLE_MS })
    this.end = limitedTo(GOODBYE_MS, this, super.end.bind(this)) as typeof this.end
    if (silenceMaxMs !== undefined) this.query = limitedTo(silenceMaxMs, this, super.query.bind(this)) as typeof this.query
  }
}

type Call = (...args: readonly unknown[]) => unknown

/** The call, cutting the connection off when it has not come back in time. It may answer by promise or by callback. */
function limitedTo(limitMs: number, client: pg.Client, call: unknown): Call {
  return (...args) => {
    const timer = setTimeout(() => cutOff(client), limitMs)
    const heard = () => clearTimeout(timer)
    const then = args.at(-1)
    if (typeof then !== 'function') return ((call as Call)(...args) as Promise<unknown>).finally(heard)
    return (call as Call)(...args.slice(0, -1), (...outcome: readonly unknown[]) => {
      heard()
      then(...outcome)
    })
  }
}

/** Ends a connection without a word, as a broken line does: what runs on it fails, and its pool or owner opens another. */
export function cutOff(client: pg.Client): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: Socket } }
  connection.stream.destroy()
}

/** The kernel asks about an idle line after this time, then each second, ten times: what is dead is known within half a minute. */
const KEEPALIVE_IDLE_MS = 10_000
/** How long a server may take to close a connection that we end. */
const GOODBYE_MS = 2_000

/** What every session of ours asks of the server's end of the line: what it sends must be acknowledged within this time (R19). */
export const TCP_USER_TIMEOUT_MS = 10_000

/** How much longer than a statement may take its answer may be on the way. */
export const ANSWER_MARGIN_MS = 2_000
