import type { Incident } from '../tree/incident.ts'

/** Incidents about which something is still to be done. */
export interface Unsettled {
  /** Does what is to be done about one; where that fails it is kept. Never throws. */
  meet(incident: Incident): Promise<void>
  /** Tries again whatever failed before; calls at the same time share one attempt, and a failure costs a rest. Never throws. */
  retry(): Promise<void>
  /** Those that were met and are not settled, oldest first. */
  open(): readonly Incident[]
}

/**
 * Settles each incident until that has succeeded once: a database that was rolled back is often also one that somebody is at
 * work on, and the first attempt fails on a lock.
 *
 * @param settle does what is to be done; throws when it could not be done
 */
export function unsettled(settle: (incident: Incident) => Promise<void>, restMs = 1_000): Unsettled {
  const waiting = new Set<Incident>()
  let running: Promise<void> | undefined
  let triedAt = Number.NEGATIVE_INFINITY

  async function attempt(incident: Incident): Promise<void> {
    try {
      await settle(incident)
      waiting.delete(incident)
    } catch {
      // It stays among those that wait, and in health and metrics.
    }
  }

  async function attemptAll(): Promise<void> {
    for (const incident of [...waiting]) await attempt(incident)
    triedAt = performance.now()
    running = undefined
  }

  return {
    meet(incident) {
      waiting.add(incident)
      triedAt = performance.now()
      return attempt(incident)
    },
    retry() {
      if (running) return running
      if (waiting.size === 0 || performance.now() - triedAt < restMs) return Promise.resolve()
      running = attemptAll()
      return running
    },
    open: () => [...waiting],
  }
}
