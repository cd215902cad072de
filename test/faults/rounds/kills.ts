import { answersAfter, between, judged, type Round, type RoundContext, sleep, underLoad } from '../round.ts'
import { DATABASE } from '../test-system.ts'
import { instant } from '../words.ts'

/** FM-1, FM-2: the service is killed at any moment; what it acknowledged stands, what it had not is whole or absent. */
export const killService: Round = {
  kind: 'kill-service',
  faults: 'F1, F2',
  on: 'single',
  async run({ system, random }) {
    const service = await system.oneService()
    const loaded = await underLoad(system, async () => {
      await sleep(between(random, 200, 1_500))
      await service.kill()
      await system.oneService()
    })
    return judged(loaded)
  },
}

/** FM-3: one server process of PostgreSQL dies, which ends every session at once; the lane that lost it opens anew. */
export const killBackend: Round = {
  kind: 'kill-backend',
  faults: 'F3',
  on: 'single',
  async run({ system, random }) {
    await system.oneService()
    let killed = 0
    const loaded = await underLoad(
      system,
      async () => {
        await sleep(between(random, 200, 1_500))
        const sql = "select pid from pg_stat_activity where application_name = 'accord-audit' and datname = $1 limit 1"
        const [row] = await system.primary.ask<{ pid: number }>('postgres', sql, [DATABASE])
        if (row) process.kill(row.pid, 'SIGKILL')
        killed += row ? 1 : 0
      },
      { afterMs: 1_800 },
    )
    return judged(loaded, { findings: [killed !== 1 && 'no backend was there to be killed'] })
  },
}

/** FM-3, FM-4: the whole server is killed or stopped at once, and started again. */
export const killPostmaster = serverEnd('kill-postmaster', 'SIGKILL')
export const stopImmediate = serverEnd('stop-immediate', 'SIGQUIT')

function serverEnd(kind: string, signal: 'SIGKILL' | 'SIGQUIT'): Round {
  return {
    kind,
    faults: 'F3, F4',
    on: 'single',
    async run({ system, random }) {
      await system.oneService()
      let [downMs, backAt] = [0, 0]
      const loaded = await underLoad(
        system,
        async () => {
          await sleep(between(random, 200, 1_500))
          const begun = instant()
          await system.primary.end(signal)
          await system.primary.start()
          backAt = instant()
          downMs = Math.round(backAt - begun)
        },
        { afterMs: 2_000 },
      )
      const findings = [!answersAfter(loaded.seen, backAt) && 'no answer within 2 s of the server being back']
      return judged(loaded, { findings, notes: { down_ms: downMs } })
    },
  }
}

/** SIGTERM under load: whatever was recorded is also answered, and the process ends with 0. */
export const drain: Round = {
  kind: 'drain',
  faults: 'SIGTERM',
  on: 'single',
  async run(context) {
    return drainRound(context)
  },
}

async function drainRound({ system, random }: RoundContext) {
  const service = await system.oneService()
  const before = await stillUnanswered({ system, random })
  let ended: { readonly code: number | null; readonly ms: number } = { code: null, ms: 0 }
  const loaded = await underLoad(
    system,
    async () => {
      await sleep(between(random, 400, 1_200))
      ended = await service.drain()
    },
    { afterMs: 0 },
  )
  const unanswered = (await stillUnanswered({ system, random })) - before
  await system.oneService()
  const findings = [
    ended.code !== 0 && `the service ended with ${ended.code}`,
    unanswered > 0 && `${unanswered} decisions were recorded and never answered`,
  ]
  return judged(loaded, { findings, notes: { drained_ms: ended.ms, unanswered } })
}

/** Leaves of decisions beyond those that somebody was told of. */
async function stillUnanswered({ system }: RoundContext): Promise<number> {
  const sql = `select count(*)::int as n from audit.leaf l join audit.log g using (log_id)
     where g.kind = 'decisions' and position('"t":"adl.access_evaluation"'::bytea in l.leaf) > 0`
  const [row] = await system.primary.ask<{ n: number }>(DATABASE, sql)
  return (row?.n ?? 0) - system.ledger.decisions.length
}
