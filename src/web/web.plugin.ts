// Pages: what people see in a browser, made of the same services as the API.
// Words: page, form, error summary, session, sign-in.
// It must never hold a rule, a second validation or SQL.
import cookies, { type CookieSerializeOptions, fastifyCookie } from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { isPermission, permits } from '../identity/permissions.ts'
import type { LiveSession, SessionsService } from '../identity/sessions/sessions.service.ts'
import type { SignInService } from '../identity/sessions/sign-in.service.ts'
import type { PartiesService } from '../parties/parties.service.ts'
import { contract, type OperationId } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/http/problem.ts'
import { problemOf, retryAfterOf, withStatus } from '../platform/http/problem-handler.ts'
import { problemKinds } from '../platform/http/refusals.ts'
import type { ReferenceService } from '../reference/reference.service.ts'
import type { Page, PageHandler } from './forms.pages.ts'
import { labelled, pageRendering } from './rendering.ts'

/** An account of the demo, as the sign-in page offers it. */
export interface DemoAccount {
  readonly id: string
  readonly name: string
  readonly organisation: string
  readonly roles: readonly string[]
}

export interface WebOptions {
  readonly sessions: SessionsService
  readonly sessionOf: SessionOf
  readonly signIn: SignInService
  readonly parties: Pick<PartiesService, 'all'>
  readonly reference: Pick<ReferenceService, 'lists'>
  /** Whether browsers reach the service by https: cookies are then sent by nothing else. */
  readonly isSecure: boolean
  /** How long a browser keeps the cookie of a session: as long as one lasts at most. */
  readonly sessionSeconds: number
  /** Of the demo alone; absent: a real issuer knows the people. */
  readonly demoAccounts?: readonly DemoAccount[]
  readonly areas: readonly ((web: Web) => void)[]
}

/** What an area registers its pages with. */
export interface Web {
  readonly app: FastifyInstance
  readonly options: Omit<WebOptions, 'areas'>
  /** A page for everybody. */
  open(path: string, handler: PageHandler): void
  /** A page for whoever signed in, acts for an organisation, and may call that operation of the API. */
  page(path: string, operation: OperationId, handler: PageHandler): void
  /** What a form of such a page does: for whoever may call that operation. */
  form(path: string, operation: OperationId, handler: PageHandler): void
  /** Something else than a page, for whoever may call that operation. */
  file(path: string, operation: OperationId, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>): void
  /** What a form does that needs a session, but no organisation. */
  openForm(path: string, handler: PageHandler): void
  setCookie(reply: FastifyReply, name: 'session' | 'sign-in', value: string, seconds: number): void
}

const POLICY = [
  "default-src 'none'",
  ...['style-src', 'script-src', 'img-src', 'form-action'].map((directive) => `${directive} 'self'`),
  ...["base-uri 'none'", "frame-ancestors 'none'"],
].join('; ')
/** Sets of parties that a flow may name, in words (LC-4). */
const GROUPS: Readonly<Record<string, string>> = { ALL_SIGNED_BOROUGHS: 'every London borough that has signed' }
const YEAR_SECONDS = 31_536_000

/** The name of a cookie that browsers keep for this host alone, where they reach it by https (RFC 6265bis, 4.1.3). */
export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name
}

/** The session that a request carries; undefined: it carries none that counts. */
export type SessionOf = (request: FastifyRequest) => Promise<LiveSession | undefined>

/** Looks up the session of a request when it is asked for first, and once. */
export function sessionOfRequest({ find }: Pick<SessionsService, 'find'>, isSecure: boolean): SessionOf {
  const asked = new WeakMap<FastifyRequest, ReturnType<SessionOf>>()
  return async (request) => {
    const secret = sessionSecret(request, isSecure)
    if (secret === undefined) return undefined
    const found = asked.get(request) ?? find(secret)
    asked.set(request, found)
    return found
  }
}

/** The secret of the session that a request carries; undefined: it carries none. */
export function sessionSecret({ headers }: Pick<FastifyRequest, 'headers'>, isSecure: boolean): string | undefined {
  const sent = headers.cookie
  return sent === undefined ? undefined : fastifyCookie.parse(sent)[cookieName('session', isSecure)] || undefined
}

/** Who may open a page is who may call the operation of the API that it stands for. @throws ProblemError 403 */
function mustBePermitted(request: FastifyRequest, id: OperationId): void {
  const sufficient = [contract.operations.get(id)?.permission ?? []].flat()
  const { roles } = callerOf(request)
  if (sufficient.some((one) => isPermission(one) && permits(roles, one))) return
  throw new ProblemError(problem('FORBIDDEN', 'None of your roles lets you see or do this.'))
}

/** All pages, in the scope of pages. */
export function webPages({ areas, ...options }: WebOptions): FastifyPluginAsync {
  const { sessions, sessionOf, isSecure, parties, reference } = options
  const { render, assets } = pageRendering()
  const cookieOptions: CookieSerializeOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure }

  return async (app) => {
    await app.register(cookies)
    await app.register(csrf, {
      cookieKey: cookieName('form', isSecure),
      cookieOpts: cookieOptions,
      getToken: (request: FastifyRequest) => String((request.body as Readonly<Record<string, unknown>> | undefined)?.['_csrf'] ?? ''),
    })
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('content-security-policy', POLICY)
    })
    app.addHook('preHandler', (request, reply, done) => {
      if (request.method === 'POST') app.csrfProtection(request, reply, done)
      else done()
    })
    app.setErrorHandler(async (error: FastifyError, request, reply) => {
      const isForged = error.code?.startsWith('FST_CSRF') ?? false
      const found = isForged
        ? problem(
            'FORBIDDEN',
            'This form was opened too long ago, or in another browser. Go back, load the page again, and send it once more.',
          )
        : (problemOf(error, request) ?? problem('INTERNAL', 'Something in this service is broken.'))
      if (found.code === 'INTERNAL') request.log.error({ err: error }, 'defect')
      if (found.code === 'UNAUTHENTICATED') return await sendToSignIn(request, reply)
      const title = found.status === 404 ? 'Page not found' : problemKinds[found.code].title
      return send(request, withStatus(reply, found, retryAfterOf(error)), {
        ...{ template: 'entry/problem.njk', title, status: found.status },
        data: { problem: found, requestId: String(request.id) },
      })
    })
    for (const { path, type, bytes } of assets)
      app.get(path, { config: { access: 'public' } }, async (_request, reply) =>
        reply.header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`).type(type).send(bytes),
      )

    const answering = (handler: PageHandler, operation?: OperationId) => async (request: FastifyRequest, reply: FastifyReply) => {
      if (operation) mustBePermitted(request, operation)
      const answered = await handler(request, reply)
      return 'to' in answered ? reply.redirect(answered.to, 303) : send(request, reply, answered)
    }
    const web: Web = {
      ...{ app, options },
      open: (path, handler) => app.get(path, { config: { access: 'public' } }, answering(handler)),
      page: (path, operation, handler) => app.get(path, { config: { access: 'session' } }, answering(handler, operation)),
      form: (path, operation, handler) => app.post(path, { config: { access: 'session' } }, answering(handler, operation)),
      file: (path, operation, handler) =>
        app.get(path, { config: { access: 'session' } }, async (request, reply) => {
          mustBePermitted(request, operation)
          return handler(request, reply)
        }),
      openForm: (path, handler) => app.post(path, { config: { access: 'public' } }, answering(handler)),
      setCookie: (reply, name, value, seconds) => reply.setCookie(cookieName(name, isSecure), value, { ...cookieOptions, maxAge: seconds }),
    }
    for (const area of areas) area(web)
  }

  /** Whoever has no session signs in and comes back; who has one, and no organisation, is told so. */
  async function sendToSignIn(request: FastifyRequest, reply: FastifyReply) {
    if (await sessionOf(request))
      return send(request, reply, { template: 'entry/no-access.njk', title: 'You do not have access yet', status: 403 })
    const returnTo = request.method === 'GET' ? request.url : '/work'
    return reply.redirect(`/sign-in?return_to=${encodeURIComponent(returnTo)}`, 303)
  }

  async function send(request: FastifyRequest, reply: FastifyReply, { template, title, status = 200, data = {}, errors = [] }: Page) {
    const [organisations, lists, liveSession] = await Promise.all([parties.all(), reference.lists(), sessionOf(request)])
    const names = new Map(organisations.map(({ code, legal_name, short_name }) => [code, short_name ?? legal_name]))
    const { principal } = request
    const person = liveSession && {
      name: liveSession.session.name,
      org: principal?.org ?? null,
      roles: principal?.roles ?? [],
      orgs: await sessions.orgsOf(liveSession),
    }
    const html = render(template, {
      ...data,
      ...{ title, errors, person, path: request.url.split('?')[0], csrf: reply.generateCsrf() },
      error: Object.fromEntries(errors.map(({ field, text }) => [field, { text }])),
      nameOf: (code: string | null) => (code === null ? 'nobody' : (names.get(code) ?? GROUPS[code] ?? code)),
      organisationsByName: () => [...names].toSorted(([, one], [, other]) => one.localeCompare(other, 'en-GB')),
      label: labelled(lists),
    })
    return reply.code(status).type('text/html; charset=utf-8').send(html)
  }
}
