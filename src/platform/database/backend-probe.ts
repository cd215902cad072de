import pg from 'pg'

/** What a server says of its process that serves a connection: works or waits, knows nothing of the statement, cannot be asked. */
export type Standing = 'AT_WORK' | 'GONE' | 'UNREACHABLE'

/**
 * Asks the server, over another connection, whether its process is busy with what was sent `sinceMs` ago. A process with the
 * same number that began later is another; one that is idle has answered, and the answer was lost.
 *
 * @param url the address under which the server is now, whatever it was when the connection was made
 */
export async function standingOf(url: string, pid: number, sinceMs: number): Promise<Standing> {
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
export function cutOff(client: pg.Client): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
  connection.stream.destroy()
}

const PROBE_LIMIT_MS = 2_000
