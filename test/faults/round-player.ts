import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endAllClusters } from './cluster.ts'
import { askOracle } from './oracle.ts'
import type { Round } from './round.ts'
import { mount, unmount, unmountAll } from './rounds/disk-full.ts'
import { checkOracle } from './self-check.ts'
import { endAllServices } from './service-process.ts'
import { askStranger } from './stranger.ts'
import { openFolder, type TestSystem } from './test-system.ts'
import { openSingle, openTrio, type Trio } from './test-systems.ts'
import type { RoundResult, Verdict } from './words.ts'

/** Rounds that share a test system, and so a log that grows through their faults, before it is replaced by a fresh one. */
const ROUNDS_PER_SYSTEM = 12
const LEAVES_PER_SYSTEM = 40_000

/** Keeps the test systems between rounds, plays rounds on them, asks the oracle. */
export interface RoundPlayer {
  play(round: Round, random: () => number): Promise<{ readonly verdict: Verdict; readonly notes: RoundResult['notes'] }>
  /** Ends every process and removes every folder of the run. */
  close(): Promise<void>
}

export function openRoundPlayer(logFile: string): RoundPlayer {
  const root = openFolder(mkdtempSync(join(tmpdir(), 'accord-faults-')))
  const systems = new Map<'single' | 'trio', { system: TestSystem; rounds: number }>()
  const unanswered = new WeakMap<TestSystem, number>()
  let made = 0

  const folder = (name: string) => {
    made += 1
    return join(root, `${name}-${made}`)
  }

  async function systemFor<S extends TestSystem>(on: 'single' | 'trio', open: (folder: string, logFile: string) => Promise<S>): Promise<S> {
    const held = systems.get(on)
    if (held && held.rounds < ROUNDS_PER_SYSTEM && held.system.ledger.decisions.length < LEAVES_PER_SYSTEM) {
      held.rounds += 1
      return held.system as S
    }
    if (held) await closeSystem(held.system)
    const system = await open(folder(on), logFile)
    systems.set(on, { system, rounds: 1 })
    return system
  }

  async function playOn<S extends TestSystem>(
    system: S,
    random: () => number,
    run: (context: { system: S; random: () => number }) => Promise<RoundResult>,
    isRestored = false,
  ) {
    const since = { decisions: system.ledger.decisions.length, suspensions: system.ledger.suspensions.length }
    const { findings, notes } = await run({ system, random })
    if (system.urls().length === 0) await system.oneService()
    const seen = await askOracle(system, since)
    const strange = await askStranger(system, isRestored)
    const missed = unanswered.has(system) ? [] : await checkOracle(system)
    const leavesWithoutAnswer = seen.leavesWithoutAnswer - (unanswered.get(system) ?? 0)
    unanswered.set(system, seen.leavesWithoutAnswer)
    return { verdict: { ...seen, leavesWithoutAnswer, findings: [...findings, ...seen.findings, ...strange, ...missed] }, notes }
  }

  async function onOwnDisk(random: () => number, run: (context: { system: TestSystem; random: () => number }) => Promise<RoundResult>) {
    const own = openFolder(folder('disk'))
    // Beside the test system's folder, where the ledger and the kept checkpoints are: only the database is out of room.
    const disk = `${own}-small`
    if (!mount(disk)) throw new Error('the small file system could not be mounted')
    try {
      const system = await openSingle(own, logFile, disk)
      const result = await playOn(system, random, run)
      await closeSystem(system)
      return result
    } finally {
      await endAllClusters(own)
      unmount(disk)
      rmSync(own, { recursive: true, force: true })
    }
  }

  async function onItsOwn(round: Extract<Round, { on: 'own' }>, random: () => number) {
    const system = await round.open(folder(round.kind), logFile)
    try {
      return await playOn(system, random, (context) => round.run(context), round.restores)
    } finally {
      await closeSystem(system)
    }
  }

  return {
    async play(round, random) {
      if (round.on === 'disk') return onOwnDisk(random, (context) => round.run(context))
      if (round.on === 'own') return onItsOwn(round, random)
      const on = round.on
      try {
        if (on === 'trio')
          return await playOn(await systemFor(on, openTrio), random, (context: { system: Trio; random: () => number }) =>
            round.run(context),
          )
        return await playOn(await systemFor(on, (path, log) => openSingle(path, log)), random, (context) => round.run(context))
      } catch (error) {
        // A test system on which a round broke off is not to be trusted by the next.
        const held = systems.get(on)
        systems.delete(on)
        if (held) await closeSystem(held.system)
        throw error
      }
    },
    async close() {
      await endAllServices()
      await endAllClusters()
      unmountAll()
      for (const { system } of systems.values()) await system.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function closeSystem(system: TestSystem): Promise<void> {
  await Promise.all(system.services.map((service) => service.kill()))
  await endAllClusters(system.folder)
  await system.close()
}
