import type { Round, RoundContext } from '../round.ts'
import { hasReplication, type Trio } from '../test-systems.ts'
import { type RoundResult, until } from '../words.ts'

/** A kind of round on a primary and two standbys, both of which confirm when it begins. */
export function trioRound(kind: string, faults: string, run: (context: RoundContext<Trio>) => Promise<RoundResult>): Round {
  return {
    kind,
    faults,
    on: 'trio',
    lacks: () => (hasReplication ? null : 'no PostgreSQL 15 with pg_basebackup under /usr/lib/postgresql/15'),
    async run(context) {
      await ready(context.system)
      return run(context)
    },
  }
}

/** A service, and two standbys that confirm. */
async function ready(system: Trio): Promise<void> {
  for (const cluster of system.standbys()) await cluster.start()
  if (!(await until(async () => (await system.confirming()) === 2, 10_000))) throw new Error('the standbys do not follow')
  await system.oneService()
}
