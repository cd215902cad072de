import { serverSettings } from '../store/durability.repository.ts'
import { type DurabilityLevel, durabilityFaults } from '../store/durability.ts'
import { type KeeperConnection, keeperConnection } from '../store/keeper-connection.repository.ts'
import { barrier } from '../store/tree.repository.ts'

/** Watches whether what is acknowledged is durable; while it is not, nothing may be answered (R13, R16). */
export interface DurabilityOptions {
  readonly url: string
  readonly role: string | undefined
  readonly level: DurabilityLevel
  readonly everyMs?: number
}

const EVERY_MS = 60_000
const AGAIN_MS = 1_000
const STATEMENT_TIMEOUT_MS = 2_000
/** A connection that fails sooner was dead already; a silent host takes longer to be noticed. */
const AT_ONCE_MS = 500

export function durabilityWatch({ url, role, level, everyMs = EVERY_MS }: DurabilityOptions) {
  let faults: readonly string[] = []
  /** What an append met that was not durable: only a commit made after it, and waited for as it should be, makes good for it. */
  let suspicion: string | undefined
  let connection: KeeperConnection | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let running: Promise<void> = Promise.resolve()

  async function look(): Promise<void> {
    const [isKept, began] = [connection !== undefined, performance.now()]
    try {
      connection ??= await keeperConnection({ url, role, name: 'accord-durability', statementTimeoutMs: STATEMENT_TIMEOUT_MS })
      const settings = await serverSettings(connection)
      const found = durabilityFaults(level, settings)
      if (suspicion !== undefined && found.length === 0) {
        connection.takeWarning()
        await barrier(connection)
        if (!connection.takeWarning()) suspicion = undefined
      }
      faults = [...new Set([...found, ...(suspicion === undefined ? [] : [suspicion])])]
      // The address may lead to another server by now; this connection would lead to the standby for as long as that lives.
      if (settings.isStandby) await disconnect()
    } catch (error) {
      // A connection that ended since the last look says nothing of the server of now. One that was waited for in vain does.
      const wasDead = isKept && performance.now() - began < AT_ONCE_MS
      // A server that cannot be asked takes no entries either; when it is back it is asked again.
      if (!wasDead) faults = [`the server could not be asked: ${(error as Error).message}`]
      await disconnect()
      if (wasDead) await look()
    }
  }

  async function disconnect(): Promise<void> {
    const old = connection
    connection = undefined
    await old?.close()
  }

  function check(): Promise<void> {
    running = running.then(look)
    return running
  }

  function schedule(): void {
    if (isClosed) return
    clearTimeout(timer)
    timer = setTimeout(() => void check().then(schedule), faults.length > 0 ? AGAIN_MS : everyMs)
    timer.unref()
  }

  return {
    /** Looks once, then again and again. */
    async start(): Promise<void> {
      if (level === 'D0') return
      await check()
      schedule()
    },
    /** Looks now. */
    check,
    /** Why nothing may be answered; empty when all is well. */
    faults: (): readonly string[] => faults,
    /** A commit came back that is not durable although it looks done (R16), or an append met what the text says. */
    suspect(why = 'a commit was acknowledged without a standby'): void {
      suspicion = why
      faults = [why]
      void check().then(schedule)
    },
    async close(): Promise<void> {
      isClosed = true
      clearTimeout(timer)
      await running
      await connection?.close()
    },
  }
}
