import { Buffer } from 'node:buffer'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import type { RandomBytes } from '../platform/kernel/ids.ts'
import { type Refused, refused } from '../platform/kernel/refusal.ts'
import { type Appended, type Build, NotRecordedError, type Place } from './append/append-queue.ts'
import { watchPool } from './append/commit-watch.service.ts'
import { currentLogs } from './append/current-logs.service.ts'
import { type DecisionLanesOptions, decisionLanes } from './append/decision-lanes.service.ts'
import { durabilityWatch } from './append/durability.service.ts'
import { type GovernanceAct, governanceLeaf } from './append/governance-act.ts'
import { payloadDays } from './append/payload-days.service.ts'
import { type BareEntry, bareEntryOf, type Entry, entryOf } from './format/entry.ts'
import type { IncidentLeaf, ReadLeaf } from './format/leaf.ts'
import { urnOfOrganisation } from './format/leaf-codes.ts'
import { appendInTransaction, isPlaceTaken, isSealed, NotDurableError } from './store/append.repository.ts'
import type { DurabilityLevel } from './store/durability.ts'
import { type LogRow, logsRepository } from './store/logs.repository.ts'
import type { PolicyRevision } from './store/policy-revision.ts'
import type { Failing } from './tree/failing.ts'
import { type HighWater, noHighWater } from './tree/high-water.service.ts'
import type { Incident } from './tree/incident.ts'
import { logKeeper } from './tree/log-keeper.service.ts'
import { logLifecycle } from './tree/log-lifecycle.service.ts'
import { pendingIncidents } from './watch/pending-incidents.ts'

export type { GovernanceAct } from './append/governance-act.ts'

/** What the log needs of the rest: the policy revision that decisions stand on, and how to get the database's. */
export interface PolicyRevisions {
  revision(): PolicyRevision
  refresh(stale: PolicyRevision): Promise<void>
}

/** `role` is that of the append connections; undefined: the session user, here and for the keepers. */
export interface AuditOptions
  extends Pick<DecisionLanesOptions, 'url' | 'role' | 'lanes' | 'batchMax' | 'queueMax' | 'queueAgeMaxMs' | 'stalledAfterMs' | 'onBatch'> {
  readonly db: Database
  readonly clock: Clock
  readonly random: RandomBytes
  readonly newId: () => string
  readonly publicHost: string
  readonly logKey: Uint8Array
  readonly policy: PolicyRevisions
  /** Absent: nothing is asserted (a test's own database). */
  readonly durability?: DurabilityLevel
  /** Absent: a second. */
  readonly checkpointIntervalMs?: number
  /** Absent: none is kept. */
  readonly highWater?: HighWater
  /** The pool in which acts are recorded: its commits are watched too. */
  readonly pool?: Parameters<typeof watchPool>[0]
  /** Told of everything that is wrong with a log, once. */
  readonly onIncident?: (incident: Incident) => void
  /** Told once when the keeping of a log begins to fail, and once when it works again. */
  readonly onFailing?: (failing: Failing) => void
}

/** Who read what of the log (R39). */
export interface LogRead {
  readonly reader: { readonly sub: string; readonly issuer: string; readonly org: string | null; readonly roles: readonly string[] }
  readonly what: ReadLeaf['what']
  readonly origin: string
  readonly first: number
  readonly count: number
  /** Organisations that what was shown is about, for them to see who read it; absent: codes alone were shown. */
  readonly concerns?: readonly string[]
}

/** A leaf should be under a published checkpoint within this time; beyond ten times of it no more are taken (FM-22). */
export const MERGE_DELAY_MAX_MS = 60_000

export type AuditService = Awaited<ReturnType<typeof openAudit>>

/**
 * Opens the current logs, the lanes through which decisions are appended, and the keeper that grows and signs the trees. It may
 * never call recorded what no commit acknowledged, and takes nothing while the log could not be signed.
 */
export async function openAudit(options: AuditOptions) {
  const { db, clock, random, url } = options
  const highWater = options.highWater ?? noHighWater
  const lifecycle = logLifecycle({ ...options, highWater })
  const keeper = logKeeper({
    url,
    role: options.role && 'audit_integrator',
    clock,
    logKey: options.logKey,
    highWater,
    checkpointIntervalMs: options.checkpointIntervalMs ?? 1_000,
    onIncident: (incident) => {
      options.onIncident?.(incident)
      return incidents.handle(incident)
    },
    ...(options.onFailing ? { onFailing: options.onFailing } : {}),
    onRound: (found) => {
      if (!isOpen) return
      void incidents.retry()
      if (
        found.some(
          ({ logId, isSealed: ended }) => ended && [logs.get('decisions'), logs.get('governance')].some((log) => log.logId === logId),
        )
      )
        for (const kind of ['decisions', 'governance'] as const) logs.turn(kind).catch(() => {})
      logs.turnYear().catch(() => {})
      days.openAhead().catch(() => {})
    },
  })
  const incidents = pendingIncidents(recordIncident)
  const days = payloadDays({ db, clock })
  let isOpen = false
  const durability = durabilityWatch({ url, role: options.role, level: options.durability ?? 'D0' })
  const logs = await currentLogs(lifecycle, keeper)
  isOpen = true
  await withTransaction(db, days.open)
  if (options.pool) watchPool(options.pool, () => durability.suspect())
  await durability.start()
  await keeper.start()

  const lanes = decisionLanes({
    ...options,
    ...options.policy,
    log: () => logs.get('decisions'),
    turn: () => logs.turn('decisions'),
    today: days.today,
    onAppend: keeper.wake,
    onNotDurable: durability.suspect,
  })

  /** Appends inside a transaction; what no standby would confirm is refused, and the transaction with it. */
  async function appendAndWake(tx: Transaction, kind: LogRow['kind'], entry: BareEntry | Entry): Promise<Place> {
    const { logId, origin } = logs.get(kind)
    try {
      const index = await appendInTransaction(tx, logId, [entry], days.today(), options.durability)
      keeper.wake()
      return { origin, index }
    } catch (error) {
      if (isPlaceTaken(error)) throw unavailable('the log is not as it was left; nothing was changed', error)
      if (!(error instanceof NotDurableError)) throw error
      durability.suspect()
      throw unavailable('no standby would have confirmed it; nothing was changed', error)
    }
  }

  /** Appends to the log of acts, or another. @throws Refused where it was sealed at this very moment: `onOpenLog` runs the whole again */
  async function appendAct(tx: Transaction, entry: BareEntry | Entry, kind: LogRow['kind'] = 'governance'): Promise<number> {
    try {
      return (await appendAndWake(tx, kind, entry)).index
    } catch (error) {
      if (!isSealed(error)) throw error
      throw unavailable('the log is being turned over; nothing was changed', error)
    }
  }

  /**
   * Runs a transaction that ends with an entry; once more, on the log that goes on, where it met one that was sealed meanwhile (FM-28):
   * what was begun as the year turned is done in the new one.
   */
  async function onOpenLog<T>(transaction: () => Promise<T>, kind: LogRow['kind'] = 'governance'): Promise<T> {
    try {
      return await transaction()
    } catch (error) {
      if (!(error instanceof Error) || !(isSealed(error) || isSealed(error.cause))) throw error
      const isTurned = await logs.turn(kind).then(
        () => true,
        () => false,
      )
      if (!isTurned) throw error
      return transaction()
    }
  }

  /**
   * Says what is wrong in the log itself; one that was rolled back is over, and its next incarnation begins (R31).
   *
   * @throws Error when that could not be written: it is tried again, and until then a log that was rolled back takes no entries
   */
  async function recordIncident(incident: Incident): Promise<void> {
    if (!isOpen) throw new Error('the logs are not open yet')
    const kind = kindOf(incident)
    if (incident.why === 'ROLLBACK' && kind) return logs.reopen(kind, incident)
    const leaf = { t: 'audit.incident', why: incident.why, ...(incident.at === undefined ? {} : { at: incident.at }) } as const
    await recordOwn({ ...leaf, ...(incident.seen ? { seen: incident.seen } : {}) })
  }

  /** The kind of the log that the incident is about, while that log still takes entries. */
  function kindOf({ log }: Incident): LogRow['kind'] | undefined {
    return isOpen ? (['decisions', 'governance'] as const).find((one) => logs.get(one).name === log) : undefined
  }

  type OwnLeaf = Omit<IncidentLeaf, 'id' | 'ts' | 'v'> | { readonly t: 'audit.canary' }
  async function recordOwn(leaf: OwnLeaf, kind?: LogRow['kind']): Promise<number> {
    const entry = bareEntryOf({ ...leaf, id: options.newId(), ts: clock().getTime(), v: 1 } as IncidentLeaf)
    return onOpenLog(() => withTransaction(db, (tx) => appendAct(tx, entry, kind)), kind)
  }

  const trace = () => Buffer.from(random(16)).toString('hex')
  const active = () => keeper.status().filter(({ isSealed: ended }) => !ended)

  /** Why nothing may be recorded now, and therefore nothing answered; empty when it may. */
  function closedBecause(): readonly string[] {
    const faults = durability.faults()
    if (faults.length > 0) return faults
    const rolledBack = incidents.open().filter((incident) => incident.why === 'ROLLBACK' && kindOf(incident))
    if (rolledBack.length > 0) return rolledBack.map(({ log }) => `${log} was rolled back, and the next one could not be opened yet`)
    return active().flatMap(({ name, uncoveredMs, failure }) =>
      uncoveredMs > 10 * MERGE_DELAY_MAX_MS ? [unsigned(name, uncoveredMs, failure)] : [],
    )
  }

  function mustBeOpen(): void {
    const [why] = closedBecause()
    if (why) throw unavailable('the log takes no entries at present', new Error(why))
  }

  return {
    /** The logs that take entries now: decisions, then acts. */
    get logs(): readonly LogRow[] {
      return [logs.get('decisions'), logs.get('governance')]
    },
    /** Records one decision call; resolves once its commit was acknowledged. `build` runs again when the policy moves. */
    record: <T>(build: Build<T>): Promise<Appended<T>> => {
      const [why] = closedBecause()
      return why ? Promise.reject(new NotRecordedError(why)) : lanes.submit(build)
    },
    onOpenLog,
    /** Records one decision call inside a transaction that changes the policy itself, as its last statement. */
    async recordInTransaction(tx: Transaction, entry: Entry): Promise<Place> {
      mustBeOpen()
      return appendAndWake(tx, 'decisions', entry)
    },
    /** Records one act in the governance log, as the last statement of the transaction that did it. Answers its leaf's id. */
    async recordAct(tx: Transaction, act: GovernanceAct): Promise<string> {
      mustBeOpen()
      const entry = entryOf(governanceLeaf(act, act.id ?? options.newId(), clock(), trace()), act.payload, random)
      await appendAct(tx, entry)
      return entry.id
    },
    /** Records that somebody read entries, payload or an export, before it is given to them (R39). */
    async recordRead({ reader, what, origin, first, count, concerns }: LogRead): Promise<void> {
      mustBeOpen()
      const leaf = {
        id: options.newId(),
        ts: clock().getTime(),
        v: 1,
        t: 'audit.read',
        what,
        origin,
        first,
        n: count,
        trace: trace(),
        ...(reader.org === null ? {} : { org: urnOfOrganisation(reader.org) }),
      } as const
      await onOpenLog(() =>
        withTransaction(db, (tx) => appendAct(tx, entryOf(leaf, { reader, ...(concerns ? { concerns } : {}) }, random))),
      )
    },
    /** An entry that says nothing, to see how long it stays uncovered; answers where it stands. */
    async recordCanary(kind: LogRow['kind'] = 'governance'): Promise<{ readonly logId: number; readonly index: number }> {
      const { logId } = logs.get(kind)
      return { logId, index: await recordOwn({ t: 'audit.canary' }, kind) }
    },
    /** Salt and body of one event's payload; undefined when it was erased. `at` is the instant in its leaf, milliseconds. */
    payloadOf: (id: string, at: number) =>
      withTransaction(db, (tx) => logsRepository(tx).payloadOf(id, new Date(at).toISOString().slice(0, 10))),
    queue: lanes.state,
    keeper,
    /** What keeps the log from being ready, in words; empty when it is. */
    faults(): string[] {
      const { length, inFlightMs } = lanes.state()
      return [
        ...closedBecause(),
        ...logs.stuck(),
        ...(length >= options.queueMax ? [`${length} entries wait`] : []),
        ...(inFlightMs > options.stalledAfterMs ? [`the database has kept an append for ${Math.round(inFlightMs / 1000)} s`] : []),
        ...active().flatMap(({ incident, name, uncoveredMs, failure }) => [
          ...(incident ? [`${name}: ${incident.detail}`] : []),
          ...(uncoveredMs > MERGE_DELAY_MAX_MS ? [unsigned(name, uncoveredMs, failure)] : []),
        ]),
      ]
    },
    async close(): Promise<void> {
      await lanes.close()
      await keeper.close()
      await durability.close()
    },
  }
}

function unsigned(name: string, uncoveredMs: number, failure: string | null): string {
  return `${name} has not been signed for ${Math.round(uncoveredMs / 1000)} s${failure === null ? '' : `: ${failure}`}`
}

function unavailable(detail: string, cause: unknown): Refused {
  return refused('LOG_UNAVAILABLE', detail, [], { cause })
}
