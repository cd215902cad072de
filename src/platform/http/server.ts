import accepts from '@fastify/accepts'
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { type DestinationStream, pino } from 'pino'
import { addressMatcher } from './addresses.ts'
import { admit, type Shares } from './admission.ts'
import { answerConnectionFaults, refuseTunnels } from './connection-faults.ts'
import { type ConnectionLimits, limitConnections, limitPipelining } from './connections.ts'
import { checkFraming } from './framing.ts'
import { readJsonBodies } from './json-body.ts'
import { logStream } from './log-stream.ts'
import { type Contract, contract as ownContract } from './openapi.ts'
import { problem } from './problem.ts'
import { handleProblems, sendProblem } from './problem-handler.ts'
import { requestIdFor } from './request-ids.ts'
import { sendSecurityHeaders } from './security-headers.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** How many connections are open, where they are limited. */
    connectionCount(): number
  }
  interface FastifyRequest {
    /** What a module adds to the one log line of this request: ids and codes, never personal data. */
    logFields: Record<string, string>
  }
}

/** What a server needs; times carry their unit. */
export interface ServerOptions {
  /** Names each request; a UUIDv7 generator. */
  readonly newId: () => string
  readonly bodyLimitBytes: number
  /** How long a request may take to arrive. */
  readonly requestTimeoutSeconds: number
  /** Requests that are answered at once; the next is refused with 503. Absent: no limit. */
  readonly inFlightMax?: number
  /** Whose of these are how many. Absent: everybody may have all. */
  readonly shares?: Shares
  /** How long a caller may take to take a reply; default 60. */
  readonly replyTimeoutSeconds?: number
  /** Absent: no limit. */
  readonly connections?: Omit<ConnectionLimits, 'isProxy'>
  /** Addresses, also of networks (CIDR), of the proxies whose `X-Forwarded-For` is believed. Absent: nobody's is. */
  readonly trustedProxies?: readonly string[]
  readonly logLevel: string
  /** Default: standard output. */
  readonly logStream?: DestinationStream
  /** Default: the contract of this release. */
  readonly contract?: Pick<Contract<string>, 'plugin'>
  /** Check every reply against the contract (tests). */
  readonly checkReplies?: boolean
  /** The app answers a part of the contract only (tests of one module). */
  readonly isPartial?: boolean
}

const HEADERS_TIMEOUT_MS = 10_000
/** How often connections are looked at whose time may be over: every limit holds to within this. */
const LOOK_EVERY_MS = 250
const REPLY_TIMEOUT_SECONDS = 60
const KEEP_ALIVE_TIMEOUT_MS = 72_000
const PARAMETER_LENGTH_MAX = 200

/**
 * Connections that may wait until they are accepted, for `listen`: as many as Linux lets wait (`net.core.somaxconn`). One is accepted a
 * turn of the event loop, and those whose callers left count until then; beyond it the system drops a caller's first packet, who then
 * waits a second to send it again (RFC 6298, 2.1).
 */
export const CONNECTIONS_WAITING_MAX = 4_096

/**
 * A Fastify server with every manner of the house and no route: limits and time-outs, request ids, one log line a request,
 * the contract's validation, problems instead of errors, security headers, and a close that answers what is open.
 *
 * Nothing is ever derived from Host, nor from X-Forwarded headers but the address of a caller behind a trusted proxy. Register modules on it, then `listen` or `inject`.
 */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const requestTimeout = options.requestTimeoutSeconds * 1000
  const isProxy = addressMatcher(options.trustedProxies ?? [])
  const app = fastify({
    loggerInstance: logger(options),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => options.newId(),
    requestIdHeader: false,
    trustProxy: options.trustedProxies?.length ? isProxy : false,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: {
      requestTimeout,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
      connectionsCheckingInterval: LOOK_EVERY_MS,
      // The refusal is ours: Node's own has no body.
      requireHostHeader: false,
    },
    clientErrorHandler: answerConnectionFaults(options.newId),
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX, ignoreTrailingSlash: false, caseSensitive: true },
    // The refusal while closing is ours (below): the framework's own is no problem document.
    return503OnClosing: false,
    frameworkErrors: refuseAddress,
    forceCloseConnections: 'idle',
  })
  // A text body would otherwise reach handlers that expect JSON, past the validation.
  app.removeContentTypeParser('text/plain')
  readJsonBodies(app)
  app.decorateRequest('logFields')
  handleProblems(app)
  sendSecurityHeaders(app)
  nameAndLogRequests(app)
  refuseWhileClosing(app)
  limitPipelining(app.server)
  refuseTunnels(app.server, options.newId)
  checkFraming(app)
  admit(app, {
    ...options.shares,
    max: options.inFlightMax ?? Number.MAX_SAFE_INTEGER,
    replyTimeoutMs: (options.replyTimeoutSeconds ?? REPLY_TIMEOUT_SECONDS) * 1000,
  })
  await app.register(accepts)
  app.decorate('connectionCount', options.connections ? limitConnections(app.server, { ...options.connections, isProxy }) : () => 0)
  await app.register((options.contract ?? ownContract).plugin, {
    checkReplies: options.checkReplies ?? false,
    isPartial: options.isPartial ?? false,
  })
  return app
}

/** An address that the router gives up on reaches no route and no hook; the framework's own words would repeat it to the caller. */
function refuseAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const isTooLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH'
  reply.header('x-request-id', requestIdFor(request))
  sendProblem(
    request,
    reply,
    isTooLong ? problem('NOT_FOUND', 'there is nothing at this address') : problem('INVALID_REQUEST', 'the address cannot be read'),
  )
}

function logger(options: ServerOptions): FastifyBaseLogger {
  const settings = { level: options.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(settings, options.logStream ?? standardOutput())
}

const STANDARD_OUTPUT = 1
let opened: DestinationStream | undefined

/** One for the process, however many servers it has. */
function standardOutput(): DestinationStream {
  opened ??= logStream(STANDARD_OUTPUT)
  return opened
}

/** The route's pattern is logged and never the address itself: an address can hold what a caller typed about a person. */
function nameAndLogRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    request.logFields = {}
    reply.header('x-request-id', requestIdFor(request))
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...request.logFields,
    })
    done()
  })
}

/** While closing, requests that were open are answered; new ones on a kept connection are refused and the connection ends. */
function refuseWhileClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onRequest', (request, reply, done) => {
    if (!isClosing) return done()
    reply.header('connection', 'close')
    sendProblem(request, reply, problem('NOT_READY', 'the service is stopping'))
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })
}
