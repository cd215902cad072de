import type { LogState, TreeRepository } from '../store/tree.repository.ts'
import type { OperatorAlert } from '../tree/incident.ts'

/** Where an entry stands whose payload is not the recorded one. */
export interface AlteredPayload {
  readonly log: string
  readonly index: number
  /** The event: for a decision its `decision_id`. */
  readonly id: string
}

export type AlteredPayloads = ReturnType<typeof alteredPayloads>

/** Entries that one statement compares. */
const SLICE = 256

/**
 * Knows the payloads that are not what their leaf commits to, whoever found them: a reader that was about to show one, or
 * the monitor. Each is told once. It stops nobody: leaves, proofs and new decisions are not touched by it.
 */
export function alteredPayloads(onFound: (incident: OperatorAlert) => void) {
  const known = new Map<string, AlteredPayload>()
  const reached = new Map<number, number>()

  function report(found: AlteredPayload): void {
    const key = `${found.log} ${found.index}`
    if (known.has(key)) return
    known.set(key, found)
    onFound(alertOf(found))
  }

  /** One slice compared; what was altered and is as recorded again is forgotten. */
  async function look(repository: TreeRepository, log: LogState, first: number): Promise<void> {
    const found = await repository.alteredPayloads(log.logId, first, SLICE)
    for (const [key, { log: name, index }] of known) {
      const isLookedAt = name === log.name && index >= first && index < first + SLICE
      if (isLookedAt && !found.some((one) => one.index === index)) known.delete(key)
    }
    for (const one of found) report({ log: log.name, ...one })
  }

  return {
    report,
    /** Those that are known, as an operator is told of them. */
    known: () => [...known.values()].map((one) => alertOf(one)),
    /** How many are known, for metrics. */
    count: () => known.size,
    /** Compares the next entries of a log, at most `slices` of 256, from where it stopped; after the last it begins again. */
    async patrol(repository: TreeRepository, log: LogState, slices: number): Promise<void> {
      for (let done = 0; done < slices; done++) {
        const first = reached.get(log.logId) ?? 0
        await look(repository, log, first)
        const isAtEnd = first + SLICE >= log.size
        reached.set(log.logId, isAtEnd ? 0 : first + SLICE)
        if (isAtEnd) return
      }
    },
  }
}

/** Every payload of a log that is kept, compared where it lies: nobody's words leave the database for it. */
export async function alteredPayloadsOf(repository: TreeRepository, { logId, name, size }: LogState): Promise<AlteredPayload[]> {
  const altered: AlteredPayload[] = []
  for (let first = 0; first < size; first += SLICE) {
    const found = await repository.alteredPayloads(logId, first, SLICE)
    altered.push(...found.map((one) => ({ log: name, ...one })))
  }
  return altered
}

function alertOf(found: AlteredPayload): OperatorAlert {
  return { log: found.log, why: 'ALTERED_PAYLOAD', at: found.index, detail: inWords(found) }
}

/** What an operator reads of one. */
export function inWords({ index, id }: Omit<AlteredPayload, 'log'>): string {
  return `the payload of entry ${index} (${id}) is not the one that was recorded`
}
