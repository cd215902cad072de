import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { openDecisions } from './decision-services.ts'
import { batchLimitPlugin, revocationPlugin } from './decisions/clients/clients.routes.ts'
import { failedAuthentications } from './identity/failed-authentications.service.ts'
import { type IdentityOptions, identityPlugin } from './identity/identity.plugin.ts'
import { speaksFor, type TokenTrust } from './identity/issuers.ts'
import { rateLimitPlugin } from './identity/rate-limit.plugin.ts'
import type { Person } from './people/held-role.ts'
import { pendingMigrations } from './platform/database/migrate.ts'
import { docs } from './platform/http/docs.plugin.ts'
import { healthRoutes } from './platform/http/health.routes.ts'
import { pageScope } from './platform/http/pages.plugin.ts'
import { problemPages } from './platform/http/problem-pages.plugin.ts'
import { securityTxt } from './platform/http/security-txt.routes.ts'
import { buildServer, type ServerOptions } from './platform/http/server.ts'
import { storableTextPlugin } from './platform/http/storable-text.plugin.ts'
import { londonDay } from './platform/kernel/london-day.ts'
import { metricsRoutes } from './platform/metrics/metrics.routes.ts'
import { openRegister } from './register-services.ts'
import { openServices, type ServicesOptions } from './services.ts'
import { type BrowserSignIn, openWeb } from './web-services.ts'

/** What the service is a function of: its configuration, its database, whom it trusts, its log key, its clock. */
export interface AppOptions extends Omit<ServicesOptions, 'isAuthoritative' | 'speaksFor' | 'isTrusted' | 'knowsPeople'> {
  /** Whose tokens are trusted; its people are meant where a person is named without an issuer. */
  readonly trust: TokenTrust
  /** Whose tokens are trusted besides. */
  readonly furtherTrust?: readonly TokenTrust[]
  /** Check every reply against the contract (tests). */
  readonly checkReplies?: boolean
  /** How people sign in with a browser; absent: there are no pages for them. */
  readonly browserSignIn?: BrowserSignIn
  /** Further pages, beside the API. */
  readonly pages?: readonly FastifyPluginAsync[]
  /** Whom a session is of; absent: nobody has one. */
  readonly principalOfSession?: NonNullable<IdentityOptions['principalOfSession']>
  /** Where the log lines of requests go; absent: standard output. */
  readonly logStream?: NonNullable<ServerOptions['logStream']>
}

/** How often failures of authentication are recorded, at most. */
const FAILURES_TOLD_MS = 60_000

export type App = Awaited<ReturnType<typeof buildApp>>

/** The whole service: every service opened, every route registered on one server. */
export async function buildApp(options: AppOptions) {
  const { config, databaseUrl, trust, checkReplies } = options
  const issuers = [trust, ...(options.furtherTrust ?? [])]
  const ofPeople = [...issuers, ...(options.browserSignIn?.issuers ?? [])]
  const claiming = ofPeople.filter(({ isAuthoritative }) => isAuthoritative)
  const authoritative = new Set(claiming.map(({ issuer }) => issuer))
  const services = await openServices({
    ...options,
    isTrusted: (issuer) => issuers.some((one) => one.issuer === issuer),
    knowsPeople: (issuer) => ofPeople.some((one) => one.issuer === issuer),
    isAuthoritative: (issuer) => authoritative.has(issuer),
    speaksFor: (issuer, org) => ofPeople.some((one) => one.issuer === issuer && speaksFor(one, org)),
    onTimerFailure: (error, timer) => server.log.error({ err: error, timer }, 'what fell due could not be done: it is tried again'),
    onWebhookFailure: (err) => server.log.error({ err }, 'a webhook could not be seen to: it is tried again'),
  })
  const decisions = openDecisions(services, options.logKey)
  // What follows from decisions is looked at from here on; the server, which writes it down, comes a moment later.
  let onFollowFailure = (_error: unknown) => {}
  const register = openRegister(services, decisions, (error) => onFollowFailure(error))
  const { log, metrics, people } = services
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
  onFollowFailure = (err) => server.log.error({ err }, 'what follows from decisions could not be done, and is tried again')
  log.incidents.subscribe((incident) => server.log.error({ incident }, 'the log is not as it should be'))
  log.failing.subscribe(({ log: name, error }) => {
    if (error) server.log.error({ log: name, err: error }, 'the log cannot be signed at present')
    else server.log.info({ log: name }, 'the log is signed again')
  })
  const { permissions, logSearch, trail, clients, records, replays, notShared, manifestUses } = decisions
  const rooms = {
    ...register.rooms,
    decisions: decisions.decisions,
    permissions,
    logSearch,
    trail,
    clients,
    records,
    replays,
    notShared,
    manifestUses,
  }
  const web = options.browserSignIn && openWeb(services, rooms, options.browserSignIn, options.logKey)
  const failedCallers = failedAuthentications({
    ...{ db: services.db, audit: services.audit, clock: options.clock },
    revision: () => services.policy.current().revision,
    everyMs: Math.max(FAILURES_TOLD_MS, config.monitorIntervalMs),
  })
  const principalOfSession = web?.principalOfSession ?? options.principalOfSession
  const today = () => londonDay(options.clock().getTime())
  const rolesOf = (person: Person, org: string) => people.rolesOf(person, org, today())
  const traceFailed = metrics.count('accord_trace_exports_failed_total', 'Messages of spans that the receiver did not take.', [])
  // First of all, so that those who are refused are seen too.
  if (config.tracesUrl) {
    const { tracesPlugin } = await import('./platform/http/traces.plugin.ts')
    await server.register(tracesPlugin, { url: config.tracesUrl.href, onFailure: () => traceFailed({}) })
  }
  await server.register(identityPlugin, {
    issuers,
    isAuthoritative: services.isAuthoritative,
    organisationOfClient: decisions.clients.organisationOf,
    shareOfClient: (clientId) => decisions.clients.limitsOf(clientId)?.share_percent,
    rolesOf,
    staffRolesOf: (org) => services.staffRoles.rolesOn(org, today()),
    outsiders: services.outside.sessions,
    ...(principalOfSession ? { principalOfSession } : {}),
  })
  await server.register(revocationPlugin, { clients: decisions.clients })
  await server.register(rateLimitPlugin, {
    perMinute: config.rateLimitPerMinute,
    onRefusedToken: failedCallers.seen,
    perMinuteOfClient: (clientId) => decisions.clients.limitsOf(clientId)?.requests_per_minute,
    refusedTokensPerMinute: config.refusedTokensPerMinute,
  })
  await server.register(batchLimitPlugin, { clients: decisions.clients })
  await server.register(storableTextPlugin)
  const refused = metrics.count('accord_http_refusals_total', 'Problems sent, by operation and code.', ['operation', 'code'])
  server.refusalObservers.push((operation, code) => refused({ operation, code }))
  metrics.readEach('accord_http_requests_held', 'Requests that hold a place, of each kind.', 'kind', server.admission.counts)
  metrics.read('accord_http_connections', 'Open connections.', server.connectionCount)
  await server.register(async (api) => {
    await api.register(docs)
    // Where there are pages for people they hold these too.
    if (!web) await api.register(problemPages)
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
    await api.register(metricsRoutes(metrics))
    for (const routes of [...register.routes, ...decisions.routes]) await api.register(routes)
  })
  await server.register(pageScope, { pages: [...(web?.pages ?? []), ...(options.pages ?? [])] })

  return {
    server,
    services,
    decisions: decisions.decisions,
    /** Does what follows from decisions behind their answers. */
    follower: register.follower,
    failedCallers,
    /** Takes away sessions of browsers and of people without an account, forms that waited for one, and sections of drafts left open, whose time is over. */
    async forgetOldSessions(): Promise<void> {
      await services.outside.sessions.forgetOld()
      await register.rooms.openSections.forgetOld()
      await web?.forgetOld()
    },
    /** Refuses new requests, answers the open ones, flushes the log, closes the connections. */
    async close(): Promise<void> {
      await server.close()
      await failedCallers.close()
      await register.follower.close()
      await decisions.close()
      await services.close()
    },
  }
}
