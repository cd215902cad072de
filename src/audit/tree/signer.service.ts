import { Buffer } from 'node:buffer'
import { openCheckpoint, signCheckpoint } from '../format/checkpoint.ts'
import type { RecordedCheckpoint } from '../format/leaf.ts'
import { type NoteSigner, parseVkey } from '../format/signed-note.ts'
import type { KeeperConnection } from '../store/keeper-connection.repository.ts'
import {
  barrier,
  inTransaction,
  isDuplicate,
  isEnded,
  type LogState,
  type StoredCheckpoint,
  treeRepository,
} from '../store/tree.repository.ts'
import type { HighWater } from './high-water.service.ts'
import { IncidentError } from './incident.ts'
import { readEdge } from './integrator.service.ts'
import { MissingTileError, rootFromTiles, tilesOf } from './tree-reading.service.ts'

/** What was published before, kept by the signer between rounds: the checkpoint that others may have seen. */
export interface Published {
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
}

/** Nobody knows whether the checkpoint was stored: the signer must drop it, reconnect and read everything anew (R26). */
export class SigningOutcomeUnknownError extends Error {
  override name = 'SigningOutcomeUnknownError'
}

/**
 * One round of signing a log: proves to itself that the tree still extends everything published before, then signs the
 * size reached, if it grew (R22 to R26). Answers what may be published now, undefined while nothing was ever signed.
 *
 * @throws IncidentError ROLLBACK when the log is shorter than what was published, FORK when it differs
 * @throws SigningOutcomeUnknownError when the commit was not acknowledged, or not by a standby
 */
export async function signRound(
  connection: KeeperConnection,
  log: LogState,
  options: {
    readonly signer: NoteSigner | undefined
    readonly highWater: HighWater
    readonly published: Published | undefined
    readonly now: () => string
    /** For tests: what happens between the commit and its publication. */
    readonly afterCommit?: () => Promise<void>
  },
): Promise<Published | undefined> {
  const repository = treeRepository(connection)
  const fetch = tilesOf(repository, log.logId)
  const { published } = options
  // Before the tree: another node may grow and sign it between two statements, and a tree read first would then look rolled back.
  const kept = highWaterOf(log, options.highWater)
  const stored = await repository.newestCheckpoint(log.logId)
  const tree = await repository.tree(log.logId)
  if (!tree) throw new Error(`${log.name} has no tree`)
  // Nothing has moved since the last round. The monitor looks deeper (R46).
  if (published && tree.size === published.size && stored?.size === published.size && stored.root.equals(published.root)) return published
  const seen = [stored && { ...stored, what: 'the newest checkpoint' }, kept, publishedOf(published)]
  for (const [at, one] of seen.entries()) {
    const isNew = !seen.slice(0, at).some((other) => other?.size === one?.size && other && one && Buffer.from(other.root).equals(one.root))
    if (one && isNew) await mustExtend(one)
  }
  if (stored) mustBeOurs(stored)
  if (tree.size > (stored?.size ?? 0) && options.signer && log.sealedWhy !== 'INCIDENT') {
    readEdge(log, tree)
    const root = await rootAt(tree.size)
    if (!root.equals(tree.root)) fork(tree.size, `the leaves stored today do not hash to the root of the tree of ${tree.size} leaves`)
    const note = signCheckpoint({ origin: log.origin, size: tree.size, root }, [options.signer])
    if (await store({ size: tree.size, root, note })) {
      await options.afterCommit?.()
      return keep({ size: tree.size, root, note })
    }
  }
  if (!stored) return undefined
  if (stored.size !== published?.size) await mustBeDurable(connection)
  return keep(stored)

  /** Says whether it was stored; false when the log ended with an incident since this round began. */
  async function store(checkpoint: Published): Promise<boolean> {
    connection.takeWarning()
    try {
      await inTransaction(connection, async () => {
        await connection.query('set local synchronous_commit = on')
        await repository.insertCheckpoint(log.logId, checkpoint, options.now())
      })
    } catch (error) {
      if (isEnded(error)) return false
      if (!isDuplicate(error)) throw new SigningOutcomeUnknownError('the commit of the checkpoint was not acknowledged', { cause: error })
      // Another node signed this size. One root for a size, ever (R25).
      const [other] = await repository.checkpoints(log.logId, checkpoint.size - 1, 1)
      if (!other?.root.equals(checkpoint.root)) fork(checkpoint.size, `another root was signed for ${checkpoint.size} leaves`)
      await mustBeDurable(connection)
      return true
    }
    mustHaveWaited(connection)
    return true
  }

  function keep(published: Published): Published {
    options.highWater.write(log, published.note)
    return published
  }

  async function mustExtend({ size, root, what }: { size: number; root: Uint8Array; what: string }): Promise<void> {
    const recorded: RecordedCheckpoint = { origin: log.origin, size, root: Buffer.from(root).toString('hex') }
    if (!tree || tree.size < size) {
      const detail = `${what} covers ${size} leaves, the log has ${tree?.size ?? 0}: it was rolled back`
      throw new IncidentError({ log: log.name, why: 'ROLLBACK', at: tree?.size ?? 0, detail, seen: recorded })
    }
    const now = await rootAt(size)
    if (!now.equals(root)) fork(size, `the first ${size} leaves no longer hash to the root of ${what}`, recorded)
  }

  async function rootAt(size: number): Promise<Buffer> {
    try {
      return Buffer.from(await rootFromTiles(fetch, size))
    } catch (error) {
      if (!(error instanceof MissingTileError)) throw error
      throw new IncidentError({
        log: log.name,
        why: 'GAP',
        at: size,
        detail: `${error.message}: leaves or tiles are missing below ${size}`,
      })
    }
  }

  function mustBeOurs(checkpoint: StoredCheckpoint): void {
    try {
      const { checkpoint: signed } = openCheckpoint(checkpoint.note, [parseVkey(log.vkey)])
      if (signed.origin === log.origin && signed.size === checkpoint.size && Buffer.from(signed.root).equals(checkpoint.root)) return
    } catch {
      // Told below, the same for every kind of damage.
    }
    fork(checkpoint.size, `the stored checkpoint of ${checkpoint.size} leaves is not what this log signed`)
  }

  function fork(at: number, detail: string, recorded?: RecordedCheckpoint): never {
    throw new IncidentError({ log: log.name, why: 'FORK', at, detail, ...(recorded ? { seen: recorded } : {}) })
  }
}

/**
 * Another node's checkpoint may be visible before a standby has it: our own commit waits for all that came before.
 *
 * @throws SigningOutcomeUnknownError when it did not wait
 */
export async function mustBeDurable(connection: KeeperConnection): Promise<void> {
  connection.takeWarning()
  await barrier(connection)
  mustHaveWaited(connection)
}

function mustHaveWaited(connection: KeeperConnection): void {
  if (connection.takeWarning()) throw new SigningOutcomeUnknownError('the commit was acknowledged without waiting for a standby')
}

/** @throws Error when it cannot be verified: a rollback cannot be ruled out then, so nothing is signed */
function highWaterOf(log: LogState, highWater: HighWater) {
  try {
    const known = highWater.read(log)
    return known && { size: known.size, root: known.root, what: 'the checkpoint kept on this machine' }
  } catch (error) {
    throw new Error(`the checkpoint kept on this machine cannot be verified: ${(error as Error).message}`, { cause: error })
  }
}

function publishedOf(published: Published | undefined) {
  return published && { size: published.size, root: published.root, what: 'the checkpoint published by this process' }
}
