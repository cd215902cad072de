import type pg from 'pg'
import { AudibleClient, cutOff } from '../../platform/database/audible-client.ts'

/** Tells a database that works or waits from one that is gone, for a connection on which an append has been hanging. */
export interface StallWatch {
  /** Passes the outcome on. Where nothing is heard for too long, asks the server about it, again and again, over another connection. */
  over<T>(lane: Lane, running: Promise<T>): Promise<T>
  /** How long the append in flight has been waiting, milliseconds; 0: none is. */
  inFlightMs(): number
}

/** A connection, and what the server calls its end of it. */
export interface Lane {
  readonly client: pg.Client
  readonly pid: number
  /** Server's time after the connection was made: a later process with the same number is another. */
  readonly knownAt: Date
}

/** Names a connection to the server it leads to. */
export async function laneOf(client: pg.Client): Promise<Lane> {
  const timer = setTimeout(() => cutOff(client), PROBE_LIMIT_MS)
  const asked = client.query<{ pid: number; at: Date }>('select pg_backend_pid() as pid, clock_timestamp() as at')
  const { rows } = await asked.finally(() => clearTimeout(timer))
  const [row] = rows
  if (!row) throw new Error('the server has no number for its process')
  return { client, pid: row.pid, knownAt: row.at }
}

const AGAIN_MS = 1_000
const PROBE_LIMIT_MS = 2_000

/**
 * An append that hangs is left alone as long as the server works on it: it would commit all the same (R18). When the server
 * can be asked and knows nothing of it, or has answered and the answer was lost, the line is dead: it is cut, the outcome is
 * unknown, and the next connection begins with a barrier (R17, R19).
 *
 * @param url who is asked: the address under which the database is now, whatever it was when the connection was made
 */
export function stallWatch({ url, stalledAfterMs }: { readonly url: string; readonly stalledAfterMs: number }): StallWatch {
  let since: number | undefined

  async function isAtWork({ pid, knownAt }: Lane): Promise<boolean> {
    const limits = { connectionTimeoutMillis: PROBE_LIMIT_MS, silenceMaxMs: PROBE_LIMIT_MS }
    const probe = new AudibleClient({ connectionString: url, application_name: 'accord-stall', ...limits })
    probe.on('error', () => {})
    try {
      await probe.connect()
      const { rows } = await probe.query(`select 1 from pg_stat_activity where pid = $1 and backend_start <= $2 and state <> 'idle'`, [
        pid,
        knownAt,
      ])
      return rows.length > 0
    } catch {
      // Nobody can say: a database that cannot be asked may still commit what it was given.
      return true
    } finally {
      cutOff(probe)
    }
  }

  return {
    async over(lane, running) {
      since = performance.now()
      let isOver = false
      let timer: NodeJS.Timeout | undefined
      const look = async () => {
        const isAlive = await isAtWork(lane)
        if (isOver) return
        if (isAlive) timer = setTimeout(() => void look(), AGAIN_MS)
        else cutOff(lane.client)
      }
      timer = setTimeout(() => void look(), stalledAfterMs)
      try {
        return await running
      } finally {
        isOver = true
        since = undefined
        clearTimeout(timer)
      }
    },
    inFlightMs: () => (since === undefined ? 0 : performance.now() - since),
  }
}
