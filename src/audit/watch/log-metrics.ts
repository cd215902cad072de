import type { Incident } from '../tree/incident.ts'

/** Where the numbers go: the part of the platform's metrics that is read when somebody asks. */
export interface GaugeSink {
  read(name: string, help: string, value: () => number): void
  readEach(name: string, help: string, label: string, values: () => ReadonlyMap<string, number>): void
}

/** What the keeper, the monitor and the witnesses know. Times in milliseconds, sizes in entries. */
export interface LogNumbers {
  status(): readonly {
    readonly logId: number
    readonly isSealed: boolean
    readonly size: number
    readonly integrated: number
    readonly published: number
    readonly name: string
    readonly uncoveredMs: number
    readonly checkpointAgeMs: number | null
    readonly incident: Incident | null
  }[]
  monitor(): {
    readonly findings: readonly unknown[]
    readonly passes: number
    readonly mergeDelayMs: number | null
    readonly ageMs: number
    readonly database: { readonly deadHeadRows: number; readonly bytes: number } | null
  }
  /** How long the keeping of some log, ended ones too, has been failing; 0 while it does not. */
  failingMs(): number
  witnessIncidents(): number
  /** Payloads that are not the recorded ones. */
  alteredPayloads(): number
  /** Since the witness silent the longest last cosigned this log, milliseconds; since the start if it never did, 0 without witnesses. */
  witnessAgeMs(logId: number): number
}

/** The numbers of the log (R46): each is the worst of the logs that take entries, where it does not name its log. */
export function logGauges(metrics: GaugeSink, log: LogNumbers): void {
  const worst = (value: (one: ReturnType<LogNumbers['status']>[number]) => number) => () =>
    Math.max(
      0,
      ...log
        .status()
        .filter(({ isSealed }) => !isSealed)
        .map(value),
    )
  metrics.read(
    'accord_log_integrator_lag_entries',
    'Entries not under the tree yet.',
    worst(({ size, integrated }) => size - integrated),
  )
  metrics.read(
    'accord_log_unpublished_entries',
    'Entries not under a published checkpoint yet.',
    worst(({ size, published }) => size - published),
  )
  metrics.read(
    'accord_log_uncovered_seconds',
    'How long an entry has waited for a checkpoint; alarm at 60.',
    worst(({ uncoveredMs }) => uncoveredMs / 1000),
  )
  metrics.readEach(
    'accord_log_checkpoint_age_seconds',
    'Since the newest checkpoint of a log that takes entries was published; one that nobody appends to signs none.',
    'log',
    () =>
      new Map(
        log.status().flatMap(({ name, isSealed, checkpointAgeMs: age }) => (isSealed || age === null ? [] : [[name, age / 1000] as const])),
      ),
  )
  metrics.read(
    'accord_log_failing_seconds',
    'How long some log, an ended one too, could not be kept and signed; alarm at 60.',
    () => log.failingMs() / 1000,
  )
  metrics.read(
    'accord_log_witness_age_seconds',
    'Since the witness that is silent the longest last cosigned; 0 without witnesses; alarm at 3600.',
    worst(({ logId }) => log.witnessAgeMs(logId) / 1000),
  )
  metrics.read('accord_log_incidents', 'Logs whose signing has stopped, and forks a witness has shown; alarm at 1.', () => {
    const stopped = log.status().filter(({ isSealed, incident }) => !isSealed && incident !== null).length
    return stopped + log.witnessIncidents()
  })
  metrics.read('accord_log_monitor_findings', 'Faults the monitor knows of; alarm at 1.', () => log.monitor().findings.length)
  metrics.read('accord_log_altered_payloads', 'Payloads found that are not what their entry commits to; alarm at 1.', () =>
    log.alteredPayloads(),
  )
  metrics.read('accord_log_monitor_passes', 'Passes of the monitor over all logs.', () => log.monitor().passes)
  metrics.read(
    'accord_log_monitor_age_seconds',
    'Since the monitor last looked at what is new; alarm at 600.',
    () => log.monitor().ageMs / 1000,
  )
  metrics.read(
    'accord_log_head_dead_rows',
    'Dead versions of the rows that give entries their numbers; alarm at 50000.',
    () => log.monitor().database?.deadHeadRows ?? 0,
  )
  metrics.read(
    'accord_database_size_bytes',
    'Everything in the database, bytes; 0 before the first look.',
    () => log.monitor().database?.bytes ?? 0,
  )
  metrics.read(
    'accord_log_merge_delay_seconds',
    'Time the last canary waited for a checkpoint; 0 before the first.',
    () => (log.monitor().mergeDelayMs ?? 0) / 1000,
  )
}
