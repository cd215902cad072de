import { receiptsService } from './audit/append/receipts.service.ts'
import type { PolicyRevisions } from './audit/audit.service.ts'
import { openAudit } from './audit/audit.service.ts'
import { logReading } from './audit/reading/log-reading.service.ts'
import type { DurabilityLevel } from './audit/store/durability.ts'
import type { Failing } from './audit/tree/failing.ts'
import { highWaterFiles, noHighWater } from './audit/tree/high-water.service.ts'
import { alertBuffer, type OperatorAlert } from './audit/tree/incident.ts'
import { newestPublished } from './audit/tree/newest-published.service.ts'
import { witnessClient } from './audit/tree/witness-client.service.ts'
import { alteredPayloads } from './audit/watch/altered-payloads.service.ts'
import { logMonitor } from './audit/watch/log-monitor.service.ts'
import type { Config } from './platform/config.ts'
import type { OpenDatabase } from './platform/database/database.ts'
import { openDatabase } from './platform/database/database.ts'
import type { Clock } from './platform/kernel/clock.ts'
import type { RandomBytes } from './platform/kernel/ids.ts'

/** What the log of this service stands on. */
interface LogServicesOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly publicUrl: URL
  readonly logKey: Uint8Array
  readonly clock: Clock
  readonly newId: () => string
  readonly random: RandomBytes
  readonly database: OpenDatabase
  readonly policy: PolicyRevisions
  /** What the database must keep to before anything is answered; absent: nothing, for data that is thrown away. */
  readonly durability?: DurabilityLevel
  /** Where the newest published checkpoints are kept, outside the database; absent: nowhere. */
  readonly highWaterDirectory?: string
  readonly onBatch: (size: number, milliseconds: number) => void
}

/** Connections for the public paths of the log and the monitor. */
const LOG_READERS = 2

/** Opens the log and everything that keeps, reads and watches it. */
export async function openLogServices(options: LogServicesOptions) {
  const { config, databaseUrl, logKey, clock, newId, random, database } = options
  const hasRoles = database.role !== 'session user'
  const highWater = options.highWaterDirectory ? highWaterFiles(options.highWaterDirectory) : noHighWater
  // What is found before there is a server to log it is logged once there is.
  const incidents = alertBuffer<OperatorAlert>()
  const failing = alertBuffer<Failing>()
  const onIncident = (incident: OperatorAlert) => incidents.raise(incident)
  const reader = await openDatabase({
    url: databaseUrl,
    applicationName: 'accord-log-reader',
    poolMax: LOG_READERS,
    statementTimeoutMs: config.statementTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
    role: 'audit_reader',
  })
  const audit = await openAudit({
    db: database.db,
    url: databaseUrl,
    role: hasRoles ? 'audit_writer' : undefined,
    clock,
    random,
    newId,
    publicHost: options.publicUrl.host,
    logKey,
    lanes: config.auditLanes,
    batchMax: config.auditBatchMax,
    queueMax: config.auditQueueMax,
    queueAgeMaxMs: config.auditQueueAgeMs,
    stalledAfterMs: config.auditStallMs,
    policy: options.policy,
    onBatch: options.onBatch,
    checkpointIntervalMs: config.checkpointIntervalMs,
    ...(options.durability ? { durability: options.durability } : {}),
    highWater,
    pool: database.pool,
    onIncident,
    onFailing: failing.raise,
  })
  const newest = newestPublished({ url: databaseUrl, role: hasRoles ? 'audit_integrator' : undefined, highWater, keeper: audit.keeper })
  const altered = alteredPayloads(onIncident)
  const monitor = logMonitor({
    sql: reader.pool,
    audit,
    highWater,
    altered,
    everyMs: config.monitorIntervalMs,
    rereadMs: config.logRereadSeconds * 1000,
    onFinding: onIncident,
  })
  monitor.start()
  const witnesses = witnessClient({
    url: databaseUrl,
    role: hasRoles ? 'audit_integrator' : undefined,
    witnesses: config.witnesses,
    keeper: audit.keeper,
    now: () => clock().toISOString(),
    onIncident,
    everyMs: config.witnessIntervalMs,
  })
  witnesses.start()
  return {
    audit,
    incidents,
    failing,
    altered,
    monitor,
    witnesses,
    receipts: receiptsService(config.signedReceipts === 'on' ? logKey : undefined),
    reading: logReading({ sql: reader.pool, keeper: audit.keeper, refresh: newest.refresh }),
    /**
     * Why the service is not ready, as far as the log goes; empty when it is. What is wrong with a log that has ended stays in
     * the metrics and stops nobody: decisions go into the next one.
     */
    faults(): readonly string[] {
      const open = audit.logs.map(({ name }) => name)
      const found = [...monitor.state().findings, ...witnesses.incidents()].filter(({ log }) => open.includes(log))
      return [...audit.faults(), ...found.map(({ log, detail }) => `${log}: ${detail}`)]
    },
    async close(): Promise<void> {
      await witnesses.close()
      await monitor.close()
      await newest.close()
      await audit.close()
      await reader.close()
    },
  }
}
