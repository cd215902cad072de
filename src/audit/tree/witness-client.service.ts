import { cosignatureBy } from '../format/cosignature.ts'
import { type NoteVerifier, parseVkey } from '../format/signed-note.ts'
import { formatAddCheckpoint } from '../format/tlog-proof.ts'
import { type KeeperConnection, keeperConnection } from '../store/keeper-connection.repository.ts'
import { type LogState, type TreeRepository, treeRepository } from '../store/tree.repository.ts'
import { type Incident, IncidentError } from './incident.ts'
import type { LogKeeper } from './log-keeper.service.ts'
import { repeating } from './repeating.ts'
import { consistencyFromTiles, tilesOf } from './tree-reading.service.ts'

/** A witness of ours: where it listens, and the key its cosignatures are checked with. */
export interface Witness {
  readonly url: URL
  readonly vkey: string
}

/** Asks the witnesses to cosign what was published (C2SP tlog-witness); never in anyone's way (FM-24). */
export interface WitnessClientOptions {
  readonly url: string
  readonly role: string | undefined
  readonly witnesses: readonly Witness[]
  readonly keeper: Pick<LogKeeper, 'published' | 'stop'>
  readonly now: () => string
  readonly onIncident?: (incident: Incident) => void
  /** Absent: ten seconds. */
  readonly everyMs?: number
}

const EVERY_MS = 10_000
const REQUEST_LIMIT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 10_000

export function witnessClient({ url, role, witnesses, keeper, now, onIncident, everyMs = EVERY_MS }: WitnessClientOptions) {
  /** Size each witness last said it holds, by log and key. */
  const sizes = new Map<string, number>()
  /** Logs whose fork or rollback a witness has shown: nothing more of them is signed or sent (R23). */
  const stopped = new Map<string, Incident>()
  /** When each witness last cosigned, by log and key. */
  const cosignedAt = new Map<string, number>()
  const startedAt = performance.now()
  let connection: KeeperConnection | undefined

  const placeOf = (logId: number, { vkey }: Witness) => `${logId} ${vkey}`

  async function round(): Promise<void> {
    try {
      connection ??= await keeperConnection({ url, role, name: 'accord-witness-client', statementTimeoutMs: STATEMENT_TIMEOUT_MS })
      const open = connection
      for (const log of await treeRepository(open).logs()) {
        if (log.sealedWhy === 'INCIDENT' || stopped.has(log.name)) continue
        await Promise.all(witnesses.map((witness) => askOnce(open, log, witness)))
      }
    } catch {
      await connection?.close()
      connection = undefined
    }
  }

  /** A witness that is down or slow costs nothing but the age of the witnessed checkpoint. */
  async function askOnce(open: KeeperConnection, log: LogState, witness: Witness): Promise<void> {
    try {
      await ask(open, log, witness, parseVkey(witness.vkey))
    } catch (error) {
      if (!(error instanceof IncidentError)) return
      stopped.set(log.name, error.incident)
      keeper.stop(error.incident)
      onIncident?.(error.incident)
    }
  }

  async function ask(open: KeeperConnection, log: LogState, witness: Witness, verifier: NoteVerifier): Promise<void> {
    const published = keeper.published(log.logId)
    const key = placeOf(log.logId, witness)
    if (!published || published.size === sizes.get(key)) return
    const repository = treeRepository(open)
    for (let attempt = 0; attempt < 2; attempt++) {
      const old = sizes.get(key) ?? 0
      const proof = await consistencyFromTiles(tilesOf(repository, log.logId), old, published.size)
      const reply = await fetch(new URL('/add-checkpoint', witness.url), {
        method: 'POST',
        body: formatAddCheckpoint(old, proof, published.note),
        signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      })
      const text = await reply.text()
      if (reply.status === 200) {
        const line = cosignatureBy(published.note, text, verifier)
        if (!line) return
        await repository.insertCosignature(log.logId, published.size, verifier.name, line, now())
        sizes.set(key, published.size)
        cosignedAt.set(key, performance.now())
        return
      }
      const held = reply.status === 409 && /^\d{1,15}\n$/.test(text) ? Number(text) : undefined
      // Asked from the very size it holds, a witness can only mean another root: some say 422, some 409 with that size.
      if (reply.status === 422 || (held === old && old === published.size))
        stop(log, 'FORK', `witness ${verifier.name} holds another history than ours`, old)
      if (held === undefined) return
      if (held > published.size) {
        await mustHaveSigned(repository, log, held, verifier.name)
        // What it cosigned for another node is newer than all that this one knows of.
        cosignedAt.set(key, performance.now())
        return
      }
      sizes.set(key, held)
    }
  }

  /** A witness ahead of this process has seen another node's checkpoint, which then stands in the database; else we were rolled back. */
  async function mustHaveSigned(repository: TreeRepository, log: LogState, held: number, witness: string): Promise<void> {
    const newest = (await repository.newestCheckpoint(log.logId))?.size ?? 0
    if (newest < held) stop(log, 'ROLLBACK', `witness ${witness} has seen ${held} leaves, we have ${newest}`, newest)
  }

  function stop(log: LogState, why: Incident['why'], detail: string, at: number): never {
    throw new IncidentError({ log: log.name, why, detail, at })
  }

  const rounds = repeating(round, everyMs)
  return {
    start: () => {
      if (witnesses.length > 0) rounds.start()
    },
    round: rounds.once,
    incidents: (): readonly Incident[] => [...stopped.values()],
    /**
     * Since the witness that has been silent the longest last cosigned a checkpoint of the log, milliseconds; since our start when it
     * never did, 0 without witnesses.
     */
    ageMs: (logId: number): number =>
      Math.max(0, ...witnesses.map((witness) => performance.now() - (cosignedAt.get(placeOf(logId, witness)) ?? startedAt))),
    async close(): Promise<void> {
      await rounds.stop()
      await connection?.close()
    },
  }
}
