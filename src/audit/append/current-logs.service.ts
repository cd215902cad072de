import type { LogRow } from '../store/logs.repository.ts'
import type { LogKeeper } from '../tree/log-keeper.service.ts'
import type { LogLifecycle } from '../tree/log-lifecycle.service.ts'

type Kind = LogRow['kind']
const ATTEMPTS_MAX = 20

/**
 * Which logs take entries now, as this process knows it: finds or opens both, and asks anew when one is found sealed (FM-28). It
 * may never open a log beside one that still takes entries.
 */
export async function currentLogs(lifecycle: LogLifecycle, keeper: Pick<LogKeeper, 'round'>) {
  const turning = new Map<Kind, Promise<LogRow>>()
  /** Why there is no log to go on with, while there is none. */
  const stuck = new Map<Kind, string>()
  const now = { decisions: await find('decisions'), governance: await find('governance') }

  /** One that ended with its year is signed to its end first; if that cannot be done, the next opens on what was published. */
  async function find(kind: Kind): Promise<LogRow> {
    for (let attempt = 1; ; attempt++) {
      const log = await lifecycle.current(kind, { isFinal: attempt < ATTEMPTS_MAX })
      if (log) return log
      await keeper.round()
    }
  }

  function turn(kind: Kind): Promise<LogRow> {
    const running =
      turning.get(kind) ??
      find(kind)
        .then(
          (log) => {
            now[kind] = log
            stuck.delete(kind)
            return log
          },
          (error: Error) => {
            stuck.set(kind, error.message)
            throw error
          },
        )
        .finally(() => turning.delete(kind))
    turning.set(kind, running)
    return running
  }

  return {
    get: (kind: Kind): LogRow => now[kind],
    /** Why entries of a kind cannot be taken although nothing is wrong with its last log; empty when they can. */
    stuck: (): readonly string[] => [...stuck.values()],
    /** Asks which log takes entries now; calls at the same time share one question. */
    turn,
    /** Ends the logs whose year is over and opens the next ones. */
    async turnYear(): Promise<void> {
      for (const kind of ['decisions', 'governance'] as const) {
        if (!lifecycle.isOver(now[kind])) continue
        await lifecycle.close(kind)
        await turn(kind)
      }
    },
    /** Ends a log at its last published checkpoint and opens its next incarnation. */
    async reopen(kind: Kind, ...about: Parameters<LogLifecycle['reopen']> extends [Kind, ...infer R] ? R : never): Promise<void> {
      now[kind] = await lifecycle.reopen(kind, ...about)
    },
  }
}
