import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endAllClusters } from './cluster.ts'
import { askOracle } from './oracle.ts'
import type { Round } from './round.ts'
import { mount, unmount, unmountAll } from './rounds/disk-full.ts'
import { checkOracle } from './self-check.ts'
import { endAllServices } from './service-process.ts'
import { openFolder, type Stand } from './stand.ts'
import { openSingle, openTrio, type Trio } from './stands.ts'
import { askStranger } from './stranger.ts'
import type { RoundResult, Verdict } from './words.ts'

/** Rounds that share a stand, and so a log that grows through their faults, before it is replaced by a fresh one. */
const ROUNDS_PER_STAND = 12
const LEAVES_PER_STAND = 40_000

/** Keeps the stands between rounds, plays rounds on them, asks the oracle. */
export interface Theatre {
  play(round: Round, random: () => number): Promise<{ readonly verdict: Verdict; readonly notes: RoundResult['notes'] }>
  /** Ends every process and removes every folder of the run. */
  close(): Promise<void>
}

export function openTheatre(logFile: string): Theatre {
  const root = openFolder(mkdtempSync(join(tmpdir(), 'accord-faults-')))
  const stands = new Map<'single' | 'trio', { stand: Stand; rounds: number }>()
  const unanswered = new WeakMap<Stand, number>()
  let made = 0

  const folder = (name: string) => {
    made += 1
    return join(root, `${name}-${made}`)
  }

  async function standFor<S extends Stand>(on: 'single' | 'trio', open: (folder: string, logFile: string) => Promise<S>): Promise<S> {
    const held = stands.get(on)
    if (held && held.rounds < ROUNDS_PER_STAND && held.stand.ledger.decisions.length < LEAVES_PER_STAND) {
      held.rounds += 1
      return held.stand as S
    }
    if (held) await closeStand(held.stand)
    const stand = await open(folder(on), logFile)
    stands.set(on, { stand, rounds: 1 })
    return stand
  }

  async function playOn<S extends Stand>(
    stand: S,
    random: () => number,
    run: (context: { stand: S; random: () => number }) => Promise<RoundResult>,
  ) {
    const since = { decisions: stand.ledger.decisions.length, suspensions: stand.ledger.suspensions.length }
    const { findings, notes } = await run({ stand, random })
    if (stand.urls().length === 0) await stand.oneService()
    const seen = await askOracle(stand, since)
    const strange = await askStranger(stand)
    const missed = unanswered.has(stand) ? [] : await checkOracle(stand)
    const leavesWithoutAnswer = seen.leavesWithoutAnswer - (unanswered.get(stand) ?? 0)
    unanswered.set(stand, seen.leavesWithoutAnswer)
    return { verdict: { ...seen, leavesWithoutAnswer, findings: [...findings, ...seen.findings, ...strange, ...missed] }, notes }
  }

  async function onOwnDisk(random: () => number, run: (context: { stand: Stand; random: () => number }) => Promise<RoundResult>) {
    const own = openFolder(folder('disk'))
    // Beside the stand's folder, where the ledger and the kept checkpoints are: only the database is out of room.
    const disk = `${own}-small`
    if (!mount(disk)) throw new Error('the small file system could not be mounted')
    try {
      const stand = await openSingle(own, logFile, disk)
      const result = await playOn(stand, random, run)
      await closeStand(stand)
      return result
    } finally {
      await endAllClusters(own)
      unmount(disk)
      rmSync(own, { recursive: true, force: true })
    }
  }

  return {
    async play(round, random) {
      if (round.on === 'disk') return onOwnDisk(random, (context) => round.run(context))
      const on = round.on
      try {
        if (on === 'trio')
          return await playOn(await standFor(on, openTrio), random, (context: { stand: Trio; random: () => number }) => round.run(context))
        return await playOn(await standFor(on, (path, log) => openSingle(path, log)), random, (context) => round.run(context))
      } catch (error) {
        // A stand on which a round broke off is not to be trusted by the next.
        const held = stands.get(on)
        stands.delete(on)
        if (held) await closeStand(held.stand)
        throw error
      }
    },
    async close() {
      await endAllServices()
      await endAllClusters()
      unmountAll()
      for (const { stand } of stands.values()) await stand.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function closeStand(stand: Stand): Promise<void> {
  await Promise.all(stand.services.map((service) => service.kill()))
  await endAllClusters(stand.folder)
  await stand.close()
}
