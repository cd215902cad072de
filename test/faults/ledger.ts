import { closeSync, fdatasync, openSync, writeSync } from 'node:fs'
import type { AcknowledgedDecision, AcknowledgedSuspension } from './words.ts'

/**
 * What clients were told, written to a file and flushed before it counts: the list the database is held against.
 * It may never count what is not on disk.
 */
export interface Ledger {
  readonly decisions: AcknowledgedDecision[]
  readonly suspensions: AcknowledgedSuspension[]
  /** Resolves when the answer is on disk and counted. */
  decided(decision: AcknowledgedDecision): Promise<void>
  suspended(suspension: AcknowledgedSuspension): Promise<void>
  close(): void
}

/** Opens the ledger; one flush takes everything that came while the one before ran. */
export function openLedger(path: string): Ledger {
  const file = openSync(path, 'a', 0o600)
  const decisions: AcknowledgedDecision[] = []
  const suspensions: AcknowledgedSuspension[] = []
  let lines: string[] = []
  let next: Promise<void> | undefined
  let flushing: Promise<void> = Promise.resolve()

  function onDisk(line: object): Promise<void> {
    lines.push(JSON.stringify(line))
    next ??= flushing.then(() => {
      next = undefined
      const batch = lines
      lines = []
      writeSync(file, `${batch.join('\n')}\n`)
      flushing = new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())))
      return flushing
    })
    return next
  }

  return {
    decisions,
    suspensions,
    async decided(decision) {
      await onDisk(decision)
      decisions.push(decision)
    },
    async suspended(suspension) {
      await onDisk({ suspension: suspension.id, received: suspension.received })
      suspensions.push(suspension)
    },
    close: () => closeSync(file),
  }
}
