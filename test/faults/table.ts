import type { Round } from './round.ts'
import { diskFull } from './rounds/disk-full.ts'
import { failover, secondPrimary } from './rounds/failover.ts'
import { drain, killBackend, killPostmaster, killService, stopImmediate } from './rounds/kills.ts'
import { lostLift } from './rounds/lost-lift.ts'
import { clockBack, killKeeper, skewedClocks, twoIntegrators } from './rounds/nodes.ts'
import { overload } from './rounds/overload.ts'
import { restoreBackup } from './rounds/restore.ts'
import { cancelledWait, namesReset, standbyLost } from './rounds/standbys.ts'
import { tamper } from './rounds/tamper.ts'
import { rollingUpgrade } from './rounds/upgrade.ts'
import { silentHost, witnessedNodes } from './rounds/witnesses.ts'
import { seeded } from './words.ts'

/** Every kind of round. Those whose moment matters most come more than once. */
export const ROUNDS: readonly Round[] = [
  killService,
  killService,
  killPostmaster,
  killBackend,
  stopImmediate,
  drain,
  skewedClocks,
  clockBack,
  twoIntegrators,
  killKeeper,
  witnessedNodes,
  silentHost,
  overload,
  restoreBackup,
  rollingUpgrade,
  tamper,
  standbyLost,
  cancelledWait,
  namesReset,
  failover,
  failover,
  secondPrimary,
  lostLift,
  diskFull,
]

/** The round with this number (from 1): every block holds each kind, in an order drawn from the seed. */
export function roundAt(number: number, seed: number, rounds: readonly Round[] = ROUNDS): Round {
  const block = Math.floor((number - 1) / rounds.length)
  const random = seeded(seed * 1_000_003 + block)
  const order = rounds.map((round) => ({ round, at: random() })).toSorted((a, b) => a.at - b.at)
  const { round } = order[(number - 1) % rounds.length] ?? {}
  if (!round) throw new Error('no rounds')
  return round
}

/** The moments inside a round: its own sequence, so that a resumed run has the same. */
export function momentsOf(number: number, seed: number): () => number {
  return seeded(seed * 7_919 + number)
}
