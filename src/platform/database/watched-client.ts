import pg from 'pg'

interface WatchedClientConfig extends pg.ClientConfig {
  readonly connectionString: string
  /** After this time without an answer the server is asked about the statement, again and again. */
  readonly silenceMaxMs: number
  /** What a statement does while the server cannot even be asked; absent: it fails. */
  readonly whenUnreachable?: 'FAIL' | 'WAIT'
}

/**
 * A connection whose server must be heard. A host that dies silently (power, a cut cable, a firewall that forgets) sends
 * nothing, and TCP would wait for a quarter of an hour. A statement of which nothing has been heard for too long is asked
 * about over another connection: one that the server works on, or that waits for a standby, is left alone however long it
 * takes (R18); where the server knows nothing of it the line is dead and is cut, and its outcome unknown (R17, R19).
 */
export class WatchedClient extends pg.Client {
  readonly #config: WatchedClientConfig
  #pid = 0

  constructor(config: WatchedClientConfig) {
    super({ ...config, keepAlive: true, keepAliveInitialDelayMillis: KEEPALIVE_IDLE_MS })
    this.#config = config
    const [connect, query, end] = [super.connect, super.query, super.end].map((call) => call.bind(this) as Call) as [Call, Call, Call]
    this.connect = eitherWay(() => connect().then(() => this.#introduce(query))) as typeof this.connect
    this.query = limited(query, () => this.#listen()) as typeof this.query
    this.end = limited(end, () => this.#limit(GOODBYE_MS)) as typeof this.end
  }

  /** The number of the server's process; a pooler's own would be of no use. */
  async #introduce(query: Call): Promise<void> {
    const stop = this.#limit(this.#config.silenceMaxMs)
    const asked = query('select pg_backend_pid() as pid') as Promise<{ rows: { pid: number }[] }>
    this.#pid = (await asked.finally(stop)).rows[0]?.pid ?? 0
  }

  /** Cuts the line after this time; answers how to prevent it. */
  #limit(ms: number): () => void {
    const timer = setTimeout(() => cutOff(this), ms)
    return () => clearTimeout(timer)
  }

  /** Looks after a statement until it is over; answers how to say that it is. */
  #listen(): () => void {
    const { connectionString, silenceMaxMs, whenUnreachable } = this.#config
    const since = performance.now()
    let isOver = false
    const look = async () => {
      const state = await backendState(connectionString, this.#pid, performance.now() - since)
      if (isOver) return
      if (state === 'AT_WORK' || (state === 'UNREACHABLE' && whenUnreachable === 'WAIT')) timer = setTimeout(look, AGAIN_MS)
      else cutOff(this)
    }
    let timer = setTimeout(look, silenceMaxMs)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }
}

type Call = (...args: readonly unknown[]) => Promise<unknown>

/** The call, watched from its beginning to its end. It may answer by promise or by callback. */
function limited(call: Call, watch: () => () => void): Call {
  return (...args) => {
    const stop = watch()
    const then = args.at(-1)
    if (typeof then !== 'function') return call(...args).finally(stop)
    return call(...args.slice(0, -1), (...outcome: readonly unknown[]) => {
      stop()
      then(...outcome)
    })
  }
}

/** What answers by promise, for callers of both kinds. */
function eitherWay(work: () => Promise<unknown>): Call {
  return (...args) => {
    const then = args[0] as ((error: unknown) => void) | undefined
    if (!then) return work()
    return work().then(() => then(undefined), then)
  }
}

/** The kernel asks about an idle line after this time, then each second, ten times: what is dead is known within half a minute. */
const KEEPALIVE_IDLE_MS = 10_000
/** How long a server may take to close a connection that we end. */
const GOODBYE_MS = 2_000
const AGAIN_MS = 2_000

/** What every session of ours asks of the server's end of the line: what it sends must be acknowledged within this time (R19). */
export const TCP_USER_TIMEOUT_MS = 10_000
/** How long a server may be silent before it is asked. */
export const SILENCE_MAX_MS = 5_000
/** How long the server may take to say what its process does. */
const PROBE_LIMIT_MS = 2_000

/** What a server says of its process that serves a connection: works or waits, knows nothing of the statement, cannot be asked. */
type BackendState = 'AT_WORK' | 'GONE' | 'UNREACHABLE'

/**
 * Asks the server, over another connection, whether its process is busy with what was sent `sinceMs` ago. A process with the
 * same number that began later is another; one that is idle has answered, and the answer was lost.
 *
 * @param url the address under which the server is now, whatever it was when the connection was made
 */
async function backendState(url: string, pid: number, sinceMs: number): Promise<BackendState> {
  const probe = new pg.Client({ connectionString: url, application_name: 'accord-probe', connectionTimeoutMillis: PROBE_LIMIT_MS })
  probe.on('error', () => {})
  const timer = setTimeout(() => cutOff(probe), 2 * PROBE_LIMIT_MS)
  try {
    await probe.connect()
    const { rows } = await probe.query(
      `select 1 from pg_stat_activity
        where pid = $1 and coalesce(state, '') not like 'idle%'
          and backend_start <= clock_timestamp() - $2 * interval '1 millisecond'`,
      [pid, Math.floor(sinceMs)],
    )
    return rows.length > 0 ? 'AT_WORK' : 'GONE'
  } catch {
    return 'UNREACHABLE'
  } finally {
    clearTimeout(timer)
    cutOff(probe)
  }
}

/** Ends a connection without a word, as a broken line does: what runs on it fails, and its pool or owner opens another. */
function cutOff(client: pg.Client): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
  connection.stream.destroy()
}
