import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refusalOfDatabaseError } from '../database/sql-state.ts'
import { Refused } from '../kernel/refusal.ts'
import { UnreadableRequest } from './json-body.ts'
import { WrongMediaType } from './openapi.ts'
import { type Problem, ProblemError, problem, problemOfRefusal } from './problem.ts'
import { isValidationFailure, problemOfValidation } from './validation-problem.ts'

/** Is told of a body that cannot be read at all, before the reply; may throw a `ProblemError`, which is then the reply. */
type MalformedObserver = (request: FastifyRequest, found: Problem) => Promise<void>

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Lets a module see bodies that never reach its handler, on paths that begin with `urlPrefix`: malformed JSON, an empty body,
     * a wrong media type where the operation answers that with 400. (What is JSON but does not fit reaches the handler, see `x-attach-validation`.)
     */
    onMalformed(urlPrefix: string, observer: MalformedObserver): void
    /** Is told of each token that is refused, before the reply; may throw a `ProblemError`, which is then the reply. */
    onUnauthenticated(observer: (request: FastifyRequest) => Promise<void>): void
    /** Who is told of each problem that is sent: of which operation (`none` where there is none at the address), and its code. */
    readonly refusalObservers: ((operation: string, code: Problem['code']) => void)[]
  }
}

const RETRY_AFTER_SECONDS = 1
const MEDIA_TYPE = 'application/problem+json'

/**
 * Makes every refusal of the app an RFC 9457 problem: thrown `ProblemError`s, faults against the contract, refusals of Fastify,
 * known errors of the database. Anything else is a defect: a 500 that says nothing but the request id, logged once, here.
 */
export function handleProblems(app: FastifyInstance): void {
  const observers: { readonly prefix: string; readonly observer: MalformedObserver }[] = []
  app.decorate('onMalformed', (prefix: string, observer: MalformedObserver) => void observers.push({ prefix, observer }))
  const refusedTokens: ((request: FastifyRequest) => Promise<void>)[] = []
  app.decorate('onUnauthenticated', (observer) => void refusedTokens.push(observer))
  app.decorate('refusalObservers', [])
  const methodsOf = rememberMethods(app)

  app.setErrorHandler(async (error, request, reply) => {
    const found = problemOf(error, request)
    if (found === undefined) return sendDefect(error, request, reply)
    try {
      if (found.status === 401) for (const observer of refusedTokens) await observer(request)
      if (isUnreadable(error) && found.status === 400 && request.routeOptions.config?.operation?.seesMalformed) {
        for (const { prefix, observer } of observers) if (isUnder(request.url, prefix)) await observer(request, found)
      }
    } catch (failure) {
      const instead = problemOf(failure, request)
      return instead ? sendRefusal(request, reply, instead, failure) : sendDefect(failure, request, reply)
    }
    return sendRefusal(request, reply, found, error)
  })

  app.setNotFoundHandler(async (request, reply) => {
    const allowed = methodsOf(pathOf(request.url))
    // With this method the address was looked up already, and there was nothing.
    if (allowed.length === 0 || allowed.includes(request.method)) return sendProblem(request, reply, NOTHING_HERE)
    reply.header('allow', allowed.join(', '))
    return sendProblem(request, reply, problem('METHOD_NOT_ALLOWED', `this address takes ${allowed.join(', ')}`))
  })
}

/** Sends a problem; 429 and 503 carry `Retry-After` (seconds). */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, found: Problem, retryAfterSeconds?: number): FastifyReply {
  for (const observer of request.server.refusalObservers) observer(request.routeOptions.config?.operation?.id ?? 'none', found.code)
  return withStatus(reply, found, retryAfterSeconds)
    .type(MEDIA_TYPE)
    .send({ ...found, instance: `urn:uuid:${request.id}` })
}

/** Seconds after which what was refused may be asked again, where the refusal says so. */
export function retryAfterOf(error: unknown): number | undefined {
  if (error instanceof Refused) return error.refusal.facts.retryAfterSeconds
  return error instanceof ProblemError ? error.retryAfterSeconds : undefined
}

/** Gives a reply the status of a refusal, with the headers that go with it. */
export function withStatus(reply: FastifyReply, found: Problem, retryAfterSeconds?: number): FastifyReply {
  reply.code(found.status)
  if ((found.status === 503 || found.status === 429) && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', retryAfterSeconds ?? RETRY_AFTER_SECONDS)
  }
  if (found.status === 408) reply.header('connection', 'close')
  if (found.status === 401 && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', 'Bearer')
  return reply
}

function sendRefusal(request: FastifyRequest, reply: FastifyReply, found: Problem, error: unknown): FastifyReply {
  if (error instanceof Refused && error.refusal.facts.receipt !== undefined) reply.header('accord-receipt', error.refusal.facts.receipt)
  if (error instanceof ProblemError) reply.headers(error.headers)
  return sendProblem(request, reply, found, retryAfterOf(error))
}

function sendDefect(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.log.error({ err: error }, 'defect')
  return sendProblem(request, reply, problem('INTERNAL', 'something in this service is broken; quote the request identifier'))
}

/** The problem an error stands for; undefined for a defect. */
export function problemOf(error: unknown, request: FastifyRequest): Problem | undefined {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof Refused) return problemOfRefusal(error.refusal)
  if (isValidationFailure(error)) return problemOfValidation(error)
  const operation = request.routeOptions.config?.operation
  const code = (error as Partial<FastifyError>).code
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem('PAYLOAD_TOO_LARGE', 'the body is larger than this service reads')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return wrongMediaType(operation?.mediaTypes ?? [], operation?.wrongMediaTypeStatus)
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return malformedBody(code, operation?.seesMalformed ?? false)
  }
  if (error instanceof WrongMediaType) return wrongMediaType(error.mediaTypes, operation?.wrongMediaTypeStatus)
  if (error instanceof UnreadableRequest) {
    const code = error.isMalformed && !operation?.seesMalformed ? 'MALFORMED_JSON' : 'INVALID_REQUEST'
    return problem(code, error.summary, [{ pointer: error.pointer, detail: error.detail }])
  }
  const fromDatabase = refusalOfDatabaseError(error)
  if (fromDatabase) return problemOfRefusal(fromDatabase)
  const status = (error as Partial<FastifyError>).statusCode
  if (error instanceof SyntaxError && status === 400)
    return malformedBody('FST_ERR_CTP_INVALID_JSON_BODY', operation?.seesMalformed ?? false)
  // A caller that left while its body was read is no defect; nobody reads the reply.
  if (request.raw.destroyed && !request.raw.complete) return problem('REQUEST_TIMEOUT', 'the caller left before its request was here')
  return status === undefined ? undefined : refusalOfLibrary(status)
}

const NOTHING_HERE = problem('NOT_FOUND', 'there is nothing at this address')
const TOO_LONG = problem('HEADERS_TOO_LARGE', 'the address or the headers are longer than this service reads')
/** What a library refuses with a status of its own is a refusal and no defect of ours; its words stay inside. */
const REFUSALS_OF_LIBRARIES: Readonly<Record<number, Problem>> = {
  400: problem('INVALID_REQUEST', 'the request cannot be read'),
  // Which files there are is nobody's business.
  ...{ 401: NOTHING_HERE, 403: NOTHING_HERE, 404: NOTHING_HERE, 410: NOTHING_HERE },
  405: problem('METHOD_NOT_ALLOWED', 'this address does not take this method'),
  406: problem('NOT_ACCEPTABLE', 'this address has nothing of the form that is accepted'),
  408: problem('REQUEST_TIMEOUT', 'the request did not arrive in time'),
  412: problem('PRECONDITION_FAILED', 'the condition of the request does not hold'),
  413: problem('PAYLOAD_TOO_LARGE', 'the body is larger than this service reads'),
  ...{ 414: TOO_LONG, 431: TOO_LONG },
  415: problem('UNSUPPORTED_MEDIA_TYPE', 'this address reads no body of this media type'),
  416: problem('RANGE_NOT_SATISFIABLE', 'the range lies outside of what is there'),
  417: problem('EXPECTATION_FAILED', 'Expect may only say 100-continue'),
  422: problem('UNPROCESSABLE', 'the request is refused'),
  429: problem('TOO_MANY_REQUESTS', 'too many requests in the last minute'),
  503: problem('OVERLOADED', 'the service has no room to answer'),
}

function refusalOfLibrary(status: number): Problem | undefined {
  const other = status >= 400 && status < 500 ? problem('INVALID_REQUEST', 'the request is refused') : undefined
  return REFUSALS_OF_LIBRARIES[status] ?? other
}

function wrongMediaType(expected: readonly string[], status = 415): Problem {
  const detail = expected.length > 0 ? `send ${expected.join(' or ')}` : 'this address reads no body of this media type'
  return status === 400 ? problem('INVALID_REQUEST', detail, [{ pointer: '', detail }]) : problem('UNSUPPORTED_MEDIA_TYPE', detail)
}

function malformedBody(code: string, isDecisionPath: boolean): Problem {
  const words: Readonly<Record<string, string>> = {
    FST_ERR_CTP_EMPTY_JSON_BODY: 'a JSON body is required',
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as Content-Length says',
  }
  const detail = words[code] ?? 'the body is not valid JSON'
  return problem(isDecisionPath ? 'INVALID_REQUEST' : 'MALFORMED_JSON', detail, [{ pointer: '', detail }])
}

function isUnreadable(error: unknown): boolean {
  const code = (error as Partial<FastifyError>).code
  return (
    error instanceof UnreadableRequest ||
    error instanceof WrongMediaType ||
    error instanceof SyntaxError ||
    (code?.startsWith('FST_ERR_CTP_') ?? false)
  )
}

/** Notes every route, to tell "no such address" from "not with this method". */
function rememberMethods(app: FastifyInstance): (path: string) => readonly string[] {
  const routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.isFallback) return
    const route = routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    for (const one of [method].flat()) route.methods.add(one)
    routes.set(url, route)
  })
  return (path) => {
    const methods = [...routes.values()].filter(({ pattern }) => pattern.test(path)).flatMap((route) => [...route.methods])
    return [...new Set(methods)].toSorted()
  }
}

/** A route's address in Fastify's form as a regular expression: `:id` is one segment, `*` the rest. */
function patternOf(url: string): RegExp {
  const source = url.replaceAll(/:\w+|\*|[.+?^${}()|[\]\\]/g, (part) => {
    if (part.startsWith(':')) return '[^/]+'
    return part === '*' ? '.*' : `\\${part}`
  })
  return new RegExp(`^${source}$`)
}

function isUnder(url: string, prefix: string): boolean {
  const path = pathOf(url)
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? url
}
