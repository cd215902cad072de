import { setTimeout as after } from 'node:timers/promises'
import type { Principal } from '../../identity/principal.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import type { CommittingService } from './committing.service.ts'
import type { ImportView } from './import-view.ts'

/** What is done with the lines of an import, for as long as it takes. */
export type ImportRun = 'commit' | 'undo'

export type ImportRunsService = ReturnType<typeof importRunsService>

/** So many imports are at work in one process; each is one line at a time. */
const RUNS_MAX = 4
/** Whoever begins a run waits so long for its end: a short register is in by then. Milliseconds. */
const WAITED_MS = 3000

/**
 * Takes imports in and out of the register without anybody waiting for it: slice after slice, until every line had its turn. A process that
 * ends leaves an import where it is; begun again it goes on from there.
 *
 * @param committing what does a slice: a short one, since the end of the process waits for it
 * @param onFailure hears of a run that broke, whoever still waits for it
 */
export function importRunsService({
  committing,
  onFailure,
}: {
  readonly committing: Pick<CommittingService, 'commit' | 'undo'>
  readonly onFailure: (error: unknown) => void
}) {
  const running = new Map<string, { readonly what: ImportRun; readonly over: Promise<Refusal | null> }>()
  let isStopping = false

  /** @returns why it was refused; null: every line had its turn, or no line more can have one now */
  async function work(what: ImportRun, principal: Principal, id: string, ifMatch: string | null): Promise<Refusal | null> {
    for (let left = Number.POSITIVE_INFINITY; !isStopping; ) {
      const done = what === 'commit' ? await committing.commit(principal, id, ifMatch) : await committing.undo(principal, id)
      if (!done.ok) return done.refusal
      const now = leftOf(what, done.value.outcome)
      if (now === null || now >= left) return null
      left = now
    }
    return null
  }

  return {
    /**
     * Begins a run, or joins the one that is at work on the import, and waits a little for its end. Refused as the act itself is, and
     * where too many imports are at work.
     *
     * @param ifMatch the state of the import that the caller read
     */
    async begin(what: ImportRun, principal: Principal, id: string, ifMatch: string | null): Promise<Refusal | null> {
      const before = running.get(id)
      if (before === undefined && running.size >= RUNS_MAX)
        return refusal('OVERLOADED', 'Other registers are being brought in. Try again in a minute.')
      const over = before?.over ?? work(what, principal, id, ifMatch).finally(() => running.delete(id))
      if (before === undefined) {
        running.set(id, { what, over })
        over.catch(onFailure)
      }
      const waited = new AbortController()
      return Promise.race([over, after(WAITED_MS, null, { signal: waited.signal })]).finally(() => waited.abort())
    },

    /** What this process is doing with an import; undefined: nothing. */
    at: (id: string): ImportRun | undefined => running.get(id)?.what,

    /** Begins nothing more, and ends when the slices that are at work are done. */
    async stop(): Promise<void> {
      isStopping = true
      await Promise.allSettled([...running.values()].map(({ over }) => over))
    },
  }
}

/** How many lines have yet to have their turn; null: none. */
function leftOf(what: ImportRun, { status, counts }: ImportView): number | null {
  if (what === 'commit') return status === 'COMMITTING' ? counts.open : null
  return status === 'UNDONE' ? null : counts.committed
}
