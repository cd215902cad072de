import { randomUUID } from 'node:crypto'
import { askOracle } from './oracle.ts'
import type { TestSystem } from './test-system.ts'

/**
 * An oracle that finds nothing proves nothing: shows it a ledger with an answer nobody gave, one told the other way round, a
 * suspension nobody made and a permit inside it, and demands that it counts each. Answers what it missed.
 */
export async function checkOracle(system: TestSystem): Promise<string[]> {
  const real = system.ledger.decisions.at(-1)
  if (!real) return []
  const turned = { ...real, decision: real.decision === 'PERMIT' ? 'DENY' : 'PERMIT' } as const
  const invented = { id: randomUUID(), decision: 'PERMIT', begun: 2, received: 3 } as const
  const suspension = { id: randomUUID(), received: 1, liftAsked: 4 }
  const ledger = { ...system.ledger, decisions: [turned, invented], suspensions: [suspension] }
  const seen = await askOracle({ ...system, ledger }, { decisions: 0, suspensions: 0 })
  const missed: string[] = []
  if (seen.lost !== 2) missed.push(`self-check: of an invented decision and an invented suspension it counts ${seen.lost} as lost`)
  if (seen.answersWithoutLeaf !== 1) missed.push('self-check: an answer told the other way round is not noticed')
  if (seen.stalePermits !== 1) missed.push('self-check: a permit inside a suspension is not noticed')
  return missed
}
