// `npm run faults -- --rounds N [--seed S] [--resume] [--only KIND] [--from REV]`: what operations do to a service at their worst, and what clients still have.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Round } from './round.ts'
import { openRoundPlayer } from './round-player.ts'
import { rollingUpgradeFrom } from './rounds/upgrade.ts'
import { type Counts, keepCounts, noCounts, readCounts, withSkipped, withVerdict } from './state.ts'
import { momentsOf, ROUNDS, roundAt } from './table.ts'
import { instant, type Verdict } from './words.ts'

const USAGE = `usage: npm run faults -- [--rounds N] [--seed S] [--resume] [--only KIND[,KIND]] [--from REV]
kinds: ${[...new Set(ROUNDS.map(({ kind }) => kind))].join(', ')}`
const folder = resolve(process.env['ACCORD_VAR'] ?? 'var', 'faults')
const stateFile = join(folder, 'state.json')

const asked = readArguments()
if (!asked) {
  console.error(USAGE)
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const player = openRoundPlayer(join(folder, 'services.log'))
let stopWanted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop())
process.exit(await play(asked))

async function play({ rounds, table, seed, resume }: NonNullable<typeof asked>): Promise<number> {
  const kept = resume ? readCounts(stateFile) : undefined
  let counts = kept ?? noCounts(seed)
  try {
    while (counts.rounds < rounds && !stopWanted) {
      counts = await playOne(counts, table)
      keepCounts(stateFile, counts)
    }
  } finally {
    await player.close()
  }
  console.log(JSON.stringify(counts))
  const isClean = counts.lost + counts.answers_without_leaf + counts.stale_permits + counts.failed === 0
  return isClean && counts.rounds >= rounds ? 0 : 1
}

async function playOne(counts: Counts, table: readonly Round[]): Promise<Counts> {
  const number = counts.rounds + 1
  const round = roundAt(number, counts.seed, table)
  const title = `round ${number} ${round.kind} (${round.faults})`
  const missing = round.lacks?.() ?? null
  if (missing !== null) {
    console.log(`${title} SKIPPED: ${missing}`)
    return withSkipped(counts, round.kind)
  }
  const begun = instant()
  const { verdict, notes } = await player.play(round, momentsOf(number, counts.seed)).catch((error: Error) => ({
    verdict: brokenOff(error),
    notes: {},
  }))
  if (stopWanted) return counts
  const { acknowledged, suspensions, lost, answersWithoutLeaf, stalePermits } = verdict
  const words = Object.entries(notes).map(([name, value]) => `, ${name} ${value}`)
  const seconds = ((instant() - begun) / 1_000).toFixed(1)
  console.log(
    `${title} acknowledged ${acknowledged}, suspensions ${suspensions}, lost ${lost}, without leaf ${answersWithoutLeaf}, stale ${stalePermits}${words.join('')}, ${seconds} s`,
  )
  for (const finding of verdict.findings) console.log(`  FINDING ${finding}`)
  return withVerdict(counts, verdict)
}

/** A round that could not be played to its end is a failed one. */
function brokenOff(error: Error): Verdict {
  const nothing = { acknowledged: 0, suspensions: 0, lost: 0, answersWithoutLeaf: 0, stalePermits: 0, leavesWithoutAnswer: 0 }
  return { ...nothing, findings: [`broken off: ${error.stack ?? error.message}`] }
}

/** Ctrl-C: everything that was started is ended, by its number, then the process. */
async function stop(): Promise<void> {
  if (stopWanted) return
  stopWanted = true
  console.error('stopping')
  await player.close()
  process.exit(130)
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '20' },
        seed: { type: 'string', default: '1' },
        resume: { type: 'boolean', default: false },
        only: { type: 'string' },
        from: { type: 'string' },
      },
    })
    const kinds = values.only?.split(',')
    const { from } = values
    const all = from ? ROUNDS.map((round) => (round.kind === 'rolling-upgrade' ? rollingUpgradeFrom(from) : round)) : ROUNDS
    const table = kinds ? all.filter(({ kind }) => kinds.includes(kind)) : all
    const [rounds, seed] = [Number(values.rounds), Number(values.seed)]
    const isProper = Number.isInteger(rounds) && rounds > 0 && Number.isInteger(seed) && table.length > 0
    return isProper ? { rounds, seed, resume: values.resume, table } : undefined
  } catch {
    return undefined
  }
}
