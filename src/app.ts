import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { actShell } from './agreements/act-shell.service.ts'
import { agreementsService } from './agreements/agreements.service.ts'
import { openAudit } from './audit/audit.service.ts'
import { decisionsRoutes } from './decisions/decisions.routes.ts'
import { decisionsService } from './decisions/decisions.service.ts'
import { engineDigest } from './decisions/engine.service.ts'
import { oneOffUse } from './decisions/one-off.service.ts'
import { policyPublication, policyService } from './decisions/policy.service.ts'
import { disclosuresService } from './disclosures/disclosures.service.ts'
import { identityPlugin, type TokenTrust } from './identity/identity.plugin.ts'
import { partiesRoutes } from './parties/parties.routes.ts'
import { partiesService } from './parties/parties.service.ts'
import type { Config } from './platform/config.ts'
import { openDatabase } from './platform/database/database.ts'
import { pendingMigrations } from './platform/database/migrate.ts'
import { docs } from './platform/http/docs.plugin.ts'
import { healthRoutes } from './platform/http/health.routes.ts'
import { problemPages } from './platform/http/problem-pages.plugin.ts'
import { buildServer } from './platform/http/server.ts'
import type { Clock } from './platform/kernel/clock.ts'
import { uuidv7Generator } from './platform/kernel/ids.ts'
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
  /** Check every reply against the contract (tests). */
  readonly checkReplies?: boolean
}

export type App = Awaited<ReturnType<typeof buildApp>>

/** Wires every service once. No logic here; whoever reads this file sees what depends on what. */
export async function buildApp({ config, databaseUrl, publicUrl, trust, logKey, clock, checkReplies }: AppOptions) {
  const newId = uuidv7Generator(clock, randomBytes)
  const database = await openDatabase({
    url: databaseUrl,
    applicationName: 'accord',
    poolMax: config.databasePoolMax,
    statementTimeoutMs: config.statementTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
  })
  const { db } = database

  const reference = referenceService(db)
  const parties = partiesService(db)
  const agreements = agreementsService(newId)
  const disclosures = disclosuresService()
  const policy = policyService(db)
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
  })
  await policy.refresh()
  const acts = actShell({ db, clock, newId, audit, agreements, policy: policyPublication(policy) })
  const decisions = decisionsService({
    audit,
    policy,
    oneOffUse: oneOffUse({ db, audit, policy, disclosures, clock }),
    permits: { permitTtlSeconds: config.permitTtlSeconds, restrictedPurposes: new Set(config.restrictedPurposes) },
    clock,
    random: randomBytes,
    newId,
    engine: engineDigest(),
    deadlineMs: config.decisionDeadlineMs,
    liveToleranceMs: config.liveAtToleranceSeconds * 1000,
  })

  const server: FastifyInstance = await buildServer({
    newId,
    bodyLimitBytes: config.bodyLimitBytes,
    requestTimeoutSeconds: config.requestTimeoutSeconds,
    logLevel: config.logLevel,
    checkReplies: checkReplies ?? false,
  })
  await server.register(identityPlugin, trust)
  await server.register(docs)
  await server.register(problemPages)
  await server.register(
    healthRoutes({
      database: () => database.pool.query('select 1').then(() => true),
      migrations: async () => (await pendingMigrations({ url: databaseUrl })).length === 0,
      index: async () => policy.current().revision > 0,
      log: async () => audit.queue().length < config.auditQueueMax,
    }),
  )
  await server.register(referenceRoutes(reference))
  await server.register(partiesRoutes(parties))
  await server.register(decisionsRoutes(decisions))

  return {
    server,
    services: { db, acts, reference, parties, agreements, disclosures, policy, audit, clock },
    /** Refuses new requests, answers the open ones, flushes the log, closes the connections. */
    async close(): Promise<void> {
      await server.close()
      await audit.close()
      await database.close()
    },
  }
}
