import type { Incident } from '../tree/incident.ts'

/** Incidents about which something is still to be done. */
export interface PendingIncidents {
  /** Does what is to be done about one; where that fails it is kept. Never throws. */
  handle(incident: Incident): Promise<void>
  /** Tries again whatever failed before; calls at the same time share one attempt, and a failure costs a rest. Never throws. */
  retry(): Promise<void>
  /** Those about which it has not been done yet, oldest first. */
  open(): readonly Incident[]
}

/**
 * Records each incident until that has succeeded once: a database that was rolled back is often also one that somebody is at
 * work on, and the first attempt fails on a lock.
 *
 * @param record does what is to be done; throws when it could not be done
 */
export function pendingIncidents(record: (incident: Incident) => Promise<void>, restMs = 1_000): PendingIncidents {
  const waiting = new Set<Incident>()
  let running: Promise<void> | undefined
  let triedAt = Number.NEGATIVE_INFINITY

  async function attempt(incident: Incident): Promise<void> {
    try {
      await record(incident)
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
    handle(incident) {
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
