import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { grouped } from '../../platform/kernel/grouped.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import { type Route, routeStep } from '../model/route.ts'
import { routesRepository } from '../store/routes.repository.ts'
import { type CountedSignOff, insightRepository, type TaskOfOthers } from './insight.repository.ts'
import { type Passage, passagesOf } from './passages.ts'
import { type StagePassage, type StageTimes, stageTimes, type WaitedFor, waitedFor } from './stage-times.ts'

/** Sign-offs that are read at a time. */
const BATCH = 200
/** A sign-off may have begun so long before the period in which a step of it was answered. */
const BEGUN_BEFORE_MS = 366 * 86_400_000

/** Where sign-offs wait, and how long their steps take. */
export interface SignOffInsight {
  readonly stages: readonly StageTimes[]
  readonly waited_for: readonly WaitedFor[]
}

export type SignOffInsightService = ReturnType<typeof signOffInsight>

/** Insight into the sign-offs that somebody may know as they stand now. */
export function signOffInsight({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const asSystem = <T>(tx: Transaction, work: () => Promise<T>) => readingAs(tx, { kind: 'system' }, work)

  return {
    /** How long steps took that were answered in a period (ISO 8601, `to` not included), and what waits now. */
    stages: (principal: Principal, { from, to }: { readonly from: string; readonly to: string }): Promise<SignOffInsight> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const now = clock().getTime()
        const period = { from: instantOf(from), to: instantOf(to) }
        const passages: StagePassage[] = []
        for await (const signOffs of batches(tx, period.from - BEGUN_BEFORE_MS)) {
          const { events, routes } = await asSystem(tx, async () => ({
            events: await insightRepository(tx).events(signOffs.map(({ id }) => id)),
            routes: await routesRepository(tx).byKey([...new Set(signOffs.flatMap((one) => [one.route, ...Object.values(one.routes)]))]),
          }))
          const eventsOf = grouped(events, ({ signOff }) => signOff)
          for (const one of signOffs) passages.push(...passagesOf(eventsOf(one.id), now).map((passage) => ofStage(passage, one, routes)))
        }
        return { stages: stageTimes(passages, period, now), waited_for: waitedFor(passages, now) }
      }),

    /** What others have to do in sign-offs that the caller's organisation may know, what is due first. */
    waitingOnOthers: (principal: Principal, limit: number): Promise<readonly TaskOfOthers[]> =>
      withTransactionAs(db, { kind: 'party', org: principal.org }, async (tx) => {
        const ids: string[] = []
        for await (const signOffs of batches(tx, null)) ids.push(...signOffs.map(({ id }) => id))
        return asSystem(tx, () => insightRepository(tx).tasksOfOthers(principal.org, ids, limit))
      }),
  }

  /** The sign-offs that count, some at a time, with a turn of the event loop for others between them. */
  async function* batches(tx: Transaction, since: number | null): AsyncGenerator<readonly CountedSignOff[]> {
    const pause = pauses()
    for (let after: string | null = null; ; ) {
      const found: CountedSignOff[] = await insightRepository(tx).counted(since, after, BATCH)
      if (found.length > 0) yield found
      if (found.length < BATCH) return
      after = found.at(-1)?.id ?? null
      await pause()
    }
  }
}

/** A passage with what its route says of its step. */
function ofStage(
  passage: Passage,
  { subject, route, routes: byOrg }: CountedSignOff,
  routes: Readonly<Record<string, Route>>,
): StagePassage {
  const key = (passage.org === null ? undefined : byOrg[passage.org]) ?? route
  const definition = routes[key]
  if (!definition) throw new RangeError(`route ${key} is stored nowhere`)
  const { kind, role } = routeStep(definition, passage.step)
  return { ...passage, subject, kind, role }
}
