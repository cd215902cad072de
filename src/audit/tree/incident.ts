/** What is wrong with a log: found by the integrator, the signer, the monitor or fsck, in words an operator can act on. */
import type { IncidentLeaf, RecordedCheckpoint } from '../format/leaf.ts'

/** `at`: the leaf index it was found at. `seen`: the last checkpoint published before it. */
export interface Incident {
  readonly log: string
  readonly why: IncidentLeaf['why']
  readonly detail: string
  readonly at?: number
  readonly seen?: RecordedCheckpoint
}

/** What an operator is told: an incident of a log, or a payload that is not the recorded one (which harms no log). */
export type OperatorAlert = Omit<Incident, 'why'> & { readonly why: Incident['why'] | 'ALTERED_PAYLOAD' }

/** What is said of a log from which somebody took one of the two rows that it stands on. */
export const HEAD_IS_MISSING = 'the row that numbers its entries is missing'
export const TREE_IS_MISSING = 'the tree is missing'

/** Thrown where work on a log must stop (R23): nothing is repaired, a human decides. */
export class IncidentError extends Error {
  override name = 'IncidentError'
  readonly incident: Incident

  constructor(incident: Incident) {
    super(`${incident.log}: ${incident.detail}`)
    this.incident = incident
  }
}

/** Passes alerts on to its listener; those raised before there is one are kept for it. */
export function alertBuffer<T>() {
  const early: T[] = []
  let listener: ((alert: T) => void) | undefined
  return {
    raise(alert: T): void {
      if (listener) listener(alert)
      else early.push(alert)
    },
    subscribe(next: (alert: T) => void): void {
      listener = next
      for (const alert of early.splice(0)) next(alert)
    },
  }
}
