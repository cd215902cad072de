import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { agreementActsRoutes } from './agreements/acts/agreement-acts.routes.ts'
import { draftingRoutes } from './agreements/drafting/drafting.routes.ts'
import { findingRoutes } from './agreements/finding/finding.routes.ts'
import { importsRoutes } from './agreements/register-import/imports.routes.ts'
import { agreementTextsRoutes } from './agreements/texts/agreement-texts.routes.ts'
import { logRoutes } from './audit/reading/log.routes.ts'
import { adviceRoutes } from './decisions/advice/advice.routes.ts'
import { clientsRoutes, revocationPlugin } from './decisions/clients/clients.routes.ts'
import { decisionsRoutes } from './decisions/decisions.routes.ts'
import { logSearchRoutes } from './decisions/history/log-search.routes.ts'
import { decisionRecordRoutes } from './decisions/history/recorded-decision.routes.ts'
import { decisionRecords } from './decisions/history/recorded-decision.service.ts'
import { replayRoutes } from './decisions/history/replay.routes.ts'
import { localCodesRoutes } from './decisions/local-codes/local-codes.routes.ts'
import { callerOf, type IdentityOptions, identityPlugin } from './identity/identity.plugin.ts'
import { rateLimitPlugin } from './identity/rate-limit.plugin.ts'
import type { TokenTrust } from './identity/token-verifier.service.ts'
import { notificationsRoutes } from './notifications/notifications.routes.ts'
import { partiesRoutes } from './parties/parties.routes.ts'
import { peopleRoutes } from './people/people.routes.ts'
import { pendingMigrations } from './platform/database/migrate.ts'
import { docs } from './platform/http/docs.plugin.ts'
import { healthRoutes } from './platform/http/health.routes.ts'
import { pageScope } from './platform/http/pages.plugin.ts'
import { problemPages } from './platform/http/problem-pages.plugin.ts'
import { securityTxt } from './platform/http/security-txt.routes.ts'
import { buildServer, type ServerOptions } from './platform/http/server.ts'
import { storableTextPlugin } from './platform/http/storable-text.plugin.ts'
import { metricsRoutes } from './platform/metrics/metrics.routes.ts'
import { referenceRoutes } from './reference/reference.routes.ts'
import { openServices, type ServicesOptions } from './services.ts'

/** What the service is a function of: its configuration, its database, whom it trusts, its log key, its clock. */
export interface AppOptions extends ServicesOptions {
  readonly trust: TokenTrust
  /** Check every reply against the contract (tests). */
  readonly checkReplies?: boolean
  /** The pages, beside the API; absent: none. */
  readonly pages?: readonly FastifyPluginAsync[]
  /** Whom a session is of; absent: nobody has one. */
  readonly principalOfSession?: NonNullable<IdentityOptions['principalOfSession']>
  /** Where the log lines of requests go; absent: standard output. */
  readonly logStream?: NonNullable<ServerOptions['logStream']>
}

export type App = Awaited<ReturnType<typeof buildApp>>

/** The whole service: every service opened, every route registered on one server. */
export async function buildApp(options: AppOptions) {
  const { config, databaseUrl, trust, checkReplies } = options
  const services = await openServices(options)
  const { log } = services
  const server: FastifyInstance = await buildServer({
    newId: services.newId,
    bodyLimitBytes: config.bodyLimitBytes,
    requestTimeoutSeconds: config.requestTimeoutSeconds,
    inFlightMax: config.requestsInFlightMax,
    replyTimeoutSeconds: config.replyTimeoutSeconds,
    shares: {
      callerPercent: config.callerSharePercent,
      organisationPercent: config.organisationSharePercent,
      anonymousPercent: config.anonymousSharePercent,
      decisionPercent: config.decisionReservePercent,
      // Nobody has more than half of the connections of the pool.
      callerAtWork: Math.max(1, Math.floor(config.databasePoolMax / 2)),
    },
    connections: { max: config.connectionsMax, perAddressMax: config.connectionsPerAddressMax },
    trustedProxies: config.trustedProxies,
    logLevel: config.logLevel,
    checkReplies: checkReplies ?? false,
    ...(options.logStream ? { logStream: options.logStream } : {}),
  })
  log.incidents.subscribe((incident) => server.log.error({ incident }, 'the log is not as it should be'))
  log.failing.subscribe(({ log: name, error }) => {
    if (error) server.log.error({ log: name, err: error }, 'the log cannot be signed at present')
    else server.log.info({ log: name }, 'the log is signed again')
  })
  const { principalOfSession } = options
  await server.register(identityPlugin, { ...trust, rolesOf: services.rolesToday, ...(principalOfSession ? { principalOfSession } : {}) })
  await server.register(revocationPlugin, { clients: services.clients })
  await server.register(rateLimitPlugin, { perMinute: config.rateLimitPerMinute, refusedTokensPerMinute: config.refusedTokensPerMinute })
  await server.register(storableTextPlugin)
  const { metrics } = services
  metrics.readEach('accord_http_requests_held', 'Requests that hold a place, of each kind.', 'kind', server.admission.counts)
  metrics.read('accord_http_connections', 'Open connections.', server.connectionCount)
  await server.register(async (api) => {
    await api.register(docs)
    await api.register(problemPages)
    await api.register(
      healthRoutes({
        database: () => services.reserve.pool.query('select 1').then(() => true),
        migrations: async () => (await pendingMigrations({ url: databaseUrl })).length === 0,
        index: services.policy.isReady,
        log: async () => log.faults().length === 0,
        requests: async () => server.admission.hasRoom(),
      }),
    )
    await api.register(securityTxt(config.security, options.publicUrl, options.clock))
    await api.register(referenceRoutes(services.reference))
    await api.register(partiesRoutes(services))
    await api.register(peopleRoutes(services.people))
    await api.register(agreementActsRoutes(services.agreementActs))
    await api.register(notificationsRoutes(services.notifications))
    await api.register(agreementTextsRoutes(services.documents, services.history))
    await api.register(draftingRoutes({ drafting: services.drafting, overlapsWith: services.overlaps.withDraft }))
    await api.register(findingRoutes(services))
    await api.register(decisionsRoutes(services.decisions))
    await api.register(logSearchRoutes(services.logSearch))
    await api.register(replayRoutes(services.replays, services.impact))
    await api.register(clientsRoutes(services.clients))
    await api.register(metricsRoutes(services.metrics))
    await api.register(adviceRoutes(services.advice))
    await api.register(importsRoutes(services))
    await api.register(localCodesRoutes(services.localCodes))
    await api.register(
      decisionRecordRoutes(
        decisionRecords({ ...log, partiesOfErased: services.logSearch.partiesOf, waitMaxMs: config.checkpointWaitMaxMs }),
        callerOf,
      ),
    )
    await api.register(logRoutes({ ...log, receiptKey: log.receipts.keyOf, readerOf: callerOf }))
  })
  await server.register(pageScope, { pages: options.pages ?? [] })

  return {
    server,
    services,
    /** Refuses new requests, answers the open ones, flushes the log, closes the connections. */
    async close(): Promise<void> {
      await server.close()
      await services.close()
    },
  }
}
