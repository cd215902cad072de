import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { actShell } from './agreements/acts/act-shell.service.ts'
import { agreementActsRoutes } from './agreements/acts/agreement-acts.routes.ts'
import { amendingService } from './agreements/acts/amending.service.ts'
import { endingService } from './agreements/acts/ending.service.ts'
import { freezingService } from './agreements/acts/freezing.service.ts'
import { membershipService } from './agreements/acts/membership.service.ts'
import { onceOnly } from './agreements/acts/once.service.ts'
import { noReviewRoute } from './agreements/acts/review-route.ts'
import { signingService } from './agreements/acts/signing.service.ts'
import { successionService } from './agreements/acts/succession.service.ts'
import { suspendingService } from './agreements/acts/suspending.service.ts'
import { agreementsRoutes } from './agreements/agreements.routes.ts'
import { agreementsService } from './agreements/agreements.service.ts'
import { draftingService } from './agreements/drafting/drafting.service.ts'
import { listingService } from './agreements/finding/listing.service.ts'
import { overlapService } from './agreements/finding/overlap.service.ts'
import { overlapsRoutes } from './agreements/finding/overlaps.routes.ts'
import { committingService } from './agreements/register-import/committing.service.ts'
import { importsRoutes } from './agreements/register-import/imports.routes.ts'
import { importsService } from './agreements/register-import/imports.service.ts'
import { agreementTextsRoutes } from './agreements/texts/agreement-texts.routes.ts'
import { difference } from './agreements/texts/difference.ts'
import { documentsService } from './agreements/texts/documents.service.ts'
import { historyService } from './agreements/texts/history.service.ts'
import type { DurabilityLevel } from './audit/append/durability.ts'
import { openAudit } from './audit/audit.service.ts'
import { decisionRecordRoutes } from './audit/reading/decision-record.routes.ts'
import { decisionRecords } from './audit/reading/decision-record.service.ts'
import { logRoutes } from './audit/reading/log.routes.ts'
import { logReading } from './audit/reading/log-reading.service.ts'
import { highWaterFiles, noHighWater } from './audit/tree/high-water.service.ts'
import { witnessClient } from './audit/tree/witness-client.service.ts'
import { incidentTeller } from './audit/watch/incident.ts'
import { logGauges } from './audit/watch/log-metrics.ts'
import { logMonitor } from './audit/watch/log-monitor.service.ts'
import { adviceRoutes } from './decisions/advice/advice.routes.ts'
import { adviceService } from './decisions/advice/advice.service.ts'
import { clientsRoutes, revocationPlugin } from './decisions/clients/clients.routes.ts'
import { clientsService } from './decisions/clients/clients.service.ts'
import { decisionCounters, decisionGauges } from './decisions/decision-metrics.ts'
import { decisionsRoutes } from './decisions/decisions.routes.ts'
import { decisionsService } from './decisions/decisions.service.ts'
import { engineDigest } from './decisions/engine.service.ts'
import { impactService } from './decisions/history/impact.service.ts'
import { logFiller } from './decisions/history/log-filler.service.ts'
import { logSearchRoutes } from './decisions/history/log-search.routes.ts'
import { logSearchService } from './decisions/history/log-search.service.ts'
import { replayRoutes } from './decisions/history/replay.routes.ts'
import { replayService } from './decisions/history/replay.service.ts'
import { oneOffUse } from './decisions/one-off.service.ts'
import { policyPublication, policyService, policySuccession } from './decisions/policy/policy.service.ts'
import { LISTENER_DEFAULTS, policyListener } from './decisions/policy/policy-listener.service.ts'
import { spareTime } from './decisions/remedies/spare-time.ts'
import { disclosuresService } from './disclosures/disclosures.service.ts'
import { callerOf, identityPlugin, type TokenTrust } from './identity/identity.plugin.ts'
import { rateLimitPlugin } from './identity/rate-limit.plugin.ts'
import { isLondonAuthority } from './parties/organisation.ts'
import { partiesRoutes } from './parties/parties.routes.ts'
import { partiesService } from './parties/parties.service.ts'
import type { Config } from './platform/config.ts'
import { openDatabase } from './platform/database/database.ts'
import { pendingMigrations } from './platform/database/migrate.ts'
import { docs } from './platform/http/docs.plugin.ts'
import { healthRoutes } from './platform/http/health.routes.ts'
import { problemPages } from './platform/http/problem-pages.plugin.ts'
import { buildServer, type ServerOptions } from './platform/http/server.ts'
import { storableTextPlugin } from './platform/http/storable-text.plugin.ts'
import type { Clock } from './platform/kernel/clock.ts'
import { uuidv7Generator } from './platform/kernel/ids.ts'
import { metricsRoutes } from './platform/metrics/metrics.routes.ts'
import { openMetrics } from './platform/metrics/metrics.ts'
import { referenceRoutes } from './reference/reference.routes.ts'
import { referenceService } from './reference/reference.service.ts'

/** What the service is a function of: its configuration, its database, whom it trusts, its log key, its clock. */
export interface AppOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly publicUrl: URL
  readonly trust: TokenTrust
  readonly logKey: Uint8Array
  readonly clock: Clock
  /** What the database must keep to before anything is answered; absent: nothing, for data that is thrown away. */
  readonly durability?: DurabilityLevel
  /** Where the newest published checkpoints are kept, outside the database; absent: nowhere. */
  readonly highWaterDirectory?: string
  /** Check every reply against the contract (tests). */
  readonly checkReplies?: boolean
  /** Where the log lines of requests go; absent: standard output. */
  readonly logStream?: NonNullable<ServerOptions['logStream']>
}

/** How often decisions are made searchable behind their answers. */
const SEARCH_FILL_MS = 1_000

/** Digest of this build of the rules; the files do not change under a running process. */
const ENGINE = engineDigest()

/** Connections for the public paths of the log and the monitor. */
const LOG_READERS = 2

export type App = Awaited<ReturnType<typeof buildApp>>

/** Wires every service once. No logic here; whoever reads this file sees what depends on what. */
export async function buildApp(options: AppOptions) {
  const { config, databaseUrl, publicUrl, trust, logKey, clock, checkReplies } = options
  const newId = uuidv7Generator(clock, randomBytes)
  const database = await openDatabase({
    url: databaseUrl,
    applicationName: 'accord',
    poolMax: config.databasePoolMax,
    statementTimeoutMs: config.statementTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
  })
  const { db } = database
  const logReader = await openDatabase({
    url: databaseUrl,
    applicationName: 'accord-log-reader',
    poolMax: LOG_READERS,
    statementTimeoutMs: config.statementTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
    role: 'audit_reader',
  })

  // What is found before there is a server to log it is told once there is.
  const incidents = incidentTeller()
  const highWater = options.highWaterDirectory ? highWaterFiles(options.highWaterDirectory) : noHighWater
  const reference = referenceService(db)
  const parties = partiesService(db)
  const agreements = agreementsService(newId)
  const disclosures = disclosuresService()
  const policy = policyService(db)
  const metrics = openMetrics()
  const counters = decisionCounters(metrics)
  const audit = await openAudit({
    db,
    url: databaseUrl,
    role: database.role === 'session user' ? undefined : 'audit_writer',
    clock,
    random: randomBytes,
    newId,
    publicHost: publicUrl.host,
    logKey,
    lanes: config.auditLanes,
    batchMax: config.auditBatchMax,
    queueMax: config.auditQueueMax,
    queueAgeMaxMs: config.auditQueueAgeMs,
    policy: { revision: () => policy.current().revision, refresh: () => policy.refresh() },
    onBatch: counters.onBatch,
    checkpointIntervalMs: config.checkpointIntervalMs,
    ...(options.durability ? { durability: options.durability } : {}),
    highWater,
    pool: database.pool,
    onIncident: (incident) => incidents.tell(incident),
  })
  const reading = logReading({ sql: logReader.pool, keeper: audit.keeper })
  const monitor = logMonitor({ sql: logReader.pool, audit, highWater, onFinding: (finding) => incidents.tell(finding) })
  monitor.start()
  const witnesses = witnessClient({
    url: databaseUrl,
    role: database.role === 'session user' ? undefined : 'audit_integrator',
    witnesses: config.witnesses,
    keeper: audit.keeper,
    now: () => clock().toISOString(),
    onIncident: (incident) => incidents.tell(incident),
  })
  witnesses.start()
  await policy.refresh()
  const listener = policyListener({ url: databaseUrl, policy, ...LISTENER_DEFAULTS })
  const filler = logFiller({ db, everyMs: SEARCH_FILL_MS })
  const acts = actShell({ db, clock, newId, audit, agreements, policy: policyPublication(policy) })
  const drafting = draftingService({ db, clock, random: randomBytes, acts, agreements, reference, parties })
  const listing = listingService({ db, clock, agreements })
  const advice = adviceService({ db, agreements, policy, clock })
  const overlaps = overlapService({ db, reference, clock })
  const imports = importsService({ db, clock, newId, reference, parties })
  const committing = committingService({ db, clock, random: randomBytes, acts, agreements, imports })
  const isBorough = async (code: string) => {
    const found = await parties.find(code)
    return found !== undefined && isLondonAuthority(found)
  }
  const agreementActs = {
    freezing: freezingService({
      acts,
      faults: advice.faults,
      difference: (before, after) => {
        const { clauses, change_class } = difference(before, after)
        return { changeClass: change_class, changes: clauses.length }
      },
      reviewRoute: noReviewRoute,
    }),
    signing: signingService({ acts }),
    amending: amendingService({ acts }),
    suspending: suspendingService({ acts, isBorough }),
    membership: membershipService({ acts, organisation: parties.find }),
    ending: endingService({ acts }),
    succession: successionService({ db, clock, newId, audit, parties, policy: policySuccession(policy) }),
  }
  const nameOf = async (code: string) => (await parties.find(code))?.legal_name
  const documents = documentsService({ db, agreements, differences: difference, nameOf })
  const history = historyService({ db, agreements, clock })
  const decisions = decisionsService({
    audit,
    policy,
    oneOffUse: oneOffUse({ db, audit, policy, disclosures, clock }),
    permits: { permitTtlSeconds: config.permitTtlSeconds, restrictedPurposes: new Set(config.restrictedPurposes) },
    clock,
    random: randomBytes,
    newId,
    engine: ENGINE,
    deadlineMs: config.decisionDeadlineMs,
    liveToleranceMs: config.liveAtToleranceSeconds * 1000,
    spare: spareTime(() => performance.now()),
    onAnswer: counters.onAnswer,
  })
  const clients = clientsService({ db, clock, newId, audit, policy })
  const logSearch = logSearchService({ db, audit, filler, clock })
  const replays = replayService({ db, policy, engine: ENGINE })
  const impact = impactService({ db, policy, agreements, filler, clock })
  logGauges(metrics, { status: audit.keeper.status, monitor: monitor.state, witnessIncidents: () => witnesses.incidents().length })
  decisionGauges(metrics, {
    queue: () => audit.queue(),
    revision: () => policy.current().revision,
    freshness: () => policy.freshness(),
    isListening: () => listener.isListening(),
    unsearched: () => filler.behind(),
  })

  const server: FastifyInstance = await buildServer({
    newId,
    bodyLimitBytes: config.bodyLimitBytes,
    requestTimeoutSeconds: config.requestTimeoutSeconds,
    inFlightMax: config.requestsInFlightMax,
    logLevel: config.logLevel,
    checkReplies: checkReplies ?? false,
    ...(options.logStream ? { logStream: options.logStream } : {}),
  })
  incidents.to((incident) => server.log.error({ incident }, 'the log is not as it should be'))
  await server.register(identityPlugin, trust)
  await server.register(revocationPlugin, { clients })
  if (config.rateLimitPerMinute !== undefined) await server.register(rateLimitPlugin, { perMinute: config.rateLimitPerMinute })
  await server.register(storableTextPlugin)
  await server.register(docs)
  await server.register(problemPages)
  await server.register(
    healthRoutes({
      database: () => database.pool.query('select 1').then(() => true),
      migrations: async () => (await pendingMigrations({ url: databaseUrl })).length === 0,
      index: async () => policy.current().revision > 0,
      log: async () => audit.faults().length + monitor.state().findings.length + witnesses.incidents().length === 0,
    }),
  )
  await server.register(referenceRoutes(reference))
  await server.register(partiesRoutes(parties))
  await server.register(agreementActsRoutes(agreementActs))
  await server.register(agreementTextsRoutes(documents, history))
  await server.register(agreementsRoutes({ drafting, listing, overlaps }))
  await server.register(decisionsRoutes(decisions))
  await server.register(logSearchRoutes(logSearch))
  await server.register(replayRoutes(replays, impact))
  await server.register(clientsRoutes(clients))
  await server.register(metricsRoutes(metrics))
  await server.register(adviceRoutes(advice))
  await server.register(overlapsRoutes(overlaps))
  await server.register(importsRoutes({ imports, committing, once: onceOnly({ db, clock }) }))
  await server.register(decisionRecordRoutes(decisionRecords({ audit, reading }), callerOf))
  await server.register(logRoutes({ reading, audit, readerOf: callerOf }))

  return {
    server,
    services: {
      db,
      acts,
      reference,
      parties,
      agreements,
      disclosures,
      policy,
      audit,
      monitor,
      witnesses,
      clock,
      metrics,
      clients,
      replays,
      filler,
      listener,
    },
    /** Refuses new requests, answers the open ones, flushes the log, closes the connections. */
    async close(): Promise<void> {
      await server.close()
      await listener.close()
      await filler.close()
      await witnesses.close()
      await monitor.close()
      await audit.close()
      await logReader.close()
      await database.close()
    },
  }
}
