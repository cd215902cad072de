import { SILENCE_MAX_MS, WatchedClient } from '../../platform/database/watched-client.ts'

/** A connection of its own that hears of new policy revisions. */
export interface PolicyChannel {
  close(): Promise<void>
}

const CHANNEL = 'accord_policy'
const CONNECT_TIMEOUT_MS = 5_000

/**
 * Listens on the channel that `policy.publish` notifies (its payload is the revision). Notifications are hints: they come after
 * the commit, and those sent while nobody listened are lost, so whoever opens this refreshes once it is open.
 *
 * @param onLost told once when the connection ends that was open, without `close` having been called
 * @throws when the server cannot be reached; then `onLost` is not told, however the attempt ended
 */
export async function openPolicyChannel(options: {
  readonly url: string
  readonly onRevision: (revision: number) => void
  readonly onLost: () => void
}): Promise<PolicyChannel> {
  const client = new WatchedClient({
    connectionString: options.url,
    application_name: 'accord-policy',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    silenceMaxMs: SILENCE_MAX_MS,
  })
  let isOpen = false
  const over = () => {
    if (!isOpen) return
    isOpen = false
    options.onLost()
  }
  client.on('error', over)
  client.on('end', over)
  client.on('notification', ({ payload }) => options.onRevision(Number(payload ?? 0)))
  try {
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
  isOpen = true
  return {
    async close() {
      isOpen = false
      await client.end().catch(() => {})
    },
  }
}
