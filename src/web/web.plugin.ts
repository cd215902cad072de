// Pages: what people see in a browser, made of the same services as the API.
// Words: page, form, error summary, session, sign-in.
// It must never hold a rule, a second validation or SQL.
import cookies, { type CookieSerializeOptions } from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { SessionsService } from '../identity/sessions/sessions.service.ts'
import type { SignInIssuer, SignInService } from '../identity/sessions/sign-in.service.ts'
import type { TypedFormsService } from '../identity/sessions/typed-forms.service.ts'
import type { OutsideSessionsService } from '../people/outside/outside-sessions.service.ts'
import { type OperationId, operation } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/http/problem.ts'
import { mustBePermitted, readsPages, standingFor } from './access.pages.ts'
import { cookieName } from './cookies.ts'
import type { RequestSessions } from './entry/request-sessions.ts'
import { type Typing, typing } from './entry/typed.pages.ts'
import { errorPages } from './errors.pages.ts'
import type { PageHandler, Redirect } from './forms.pages.ts'
import { outsideSecret } from './outside/outside-cookie.ts'
import { type SendingOptions, sendingPages } from './sending.pages.ts'

/** An account of the demo, as the sign-in page offers it. */
export interface DemoAccount {
  readonly id: string
  readonly name: string
  readonly organisation: string
  readonly roles: readonly string[]
}

/** An issuer that people choose, and how they sign in there. */
export interface OfferedSignIn extends Pick<SignInIssuer, 'key' | 'name' | 'issuer'> {
  readonly signIn: SignInService
}

export interface WebOptions extends RequestSessions, Omit<SendingOptions, 'senderOf'> {
  readonly sessions: SessionsService
  /** People without an account. */
  readonly outside: OutsideSessionsService
  /** Where people sign in: at one issuer, or at that of their organisation. */
  readonly signIns: readonly OfferedSignIn[]
  readonly typed: TypedFormsService
  /** Secret with which the token of a form is bound to whoever opened it. */
  readonly formKey: string
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
  /** A page for everybody that is an operation of the API itself: whoever reads pages is shown one where there is nothing; other refusals are the problems of the API. */
  openOperation(id: OperationId, handler: PageHandler): void
  /**
   * A page for whoever signed in, acts for an organisation, and may call that operation of the API. Where it is shown again with a form
   * that was sent after the session had ended, `request.body` holds what was typed, as when a form is refused.
   */
  page(path: string, operation: OperationId, handler: PageHandler): void
  /** What a form of such a page does: for whoever may call that operation. */
  form(path: string, operation: OperationId, handler: PageHandler): void
  /** The same of a form with a file behind its other fields: the handler takes it as it comes. */
  fileForm(path: string, operation: OperationId, handler: PageHandler): void
  /** Something else than a page, for whoever may call that operation. */
  file(path: string, operation: OperationId, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>): void
  /** What a form does that needs a session, but no organisation. Of a form with a file the fields before it are read; the file is the handler's to leave. */
  openForm(path: string, handler: PageHandler): void
  setCookie(reply: FastifyReply, name: 'session' | 'sign-in' | 'typed' | 'outside', value: string, seconds: number): void
  /** What was sent in forms whose sender has to sign in first. */
  readonly typing: Typing
  /** Keeps what was typed into the form of this page, and asks its sender to prove once more who they are before it is shown again. */
  proveAgain(request: FastifyRequest, reply: FastifyReply): Promise<Redirect>
}

const YEAR_SECONDS = 31_536_000

/** All pages, in the scope of pages. */
export function webPages({ areas, ...options }: WebOptions): FastifyPluginAsync {
  const { sessionOf, knownOf, outsiderOf, isSecure, typed, formKey } = options
  const cookieOptions: CookieSerializeOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure }
  const setCookie: Web['setCookie'] = (reply, name, value, seconds) =>
    reply.setCookie(cookieName(name, isSecure), value, { ...cookieOptions, maxAge: seconds })
  const outsidePerson = async (request: FastifyRequest) => {
    const outsider = await outsiderOf(request)
    return outsider && { issuer: outsider.principal.issuer, subject: outsider.principal.sub }
  }
  const kept = typing({
    ...{ typed, isSecure, setCookie },
    personOf: async (request) => (await outsidePerson(request)) ?? (await sessionOf(request))?.session,
    lastPersonOf: async (request) => (await outsidePerson(request)) ?? (await knownOf(request))?.session,
  })
  /**
   * Whom the forms of a request are for: another person's do nothing, also in the same browser, and neither does what was opened for another
   * organisation of the same person.
   */
  const senders = new WeakMap<FastifyRequest, string>()
  const senderOf = async (request: FastifyRequest): Promise<string> => {
    const outside = outsideSecret(request, isSecure)
    const known = await knownOf(request)
    const sender = outside ?? (known ? JSON.stringify([known.session.issuer, known.session.subject, known.session.org]) : 'nobody')
    senders.set(request, sender)
    return sender
  }
  const { send, assets } = sendingPages({ ...options, senderOf })

  return async (app) => {
    await app.register(cookies)
    await app.register(csrf, {
      cookieKey: cookieName('form', isSecure),
      cookieOpts: cookieOptions,
      csrfOpts: { hmacKey: formKey, userInfo: true },
      getUserInfo: (request: FastifyRequest) => senders.get(request) ?? '',
      getToken: (request: FastifyRequest) => String((request.body as Readonly<Record<string, unknown>> | undefined)?.['_csrf'] ?? ''),
    })
    app.addHook('preHandler', (request, reply, done) => {
      if (request.method !== 'POST') return done()
      senderOf(request).then(() => app.csrfProtection(request, reply, done), done)
    })
    errorPages(app, { send, sessionOf, isSecure })
    for (const { path, type, bytes } of assets)
      app.get(path, { config: { access: 'public' } }, async (_request, reply) =>
        reply.header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`).type(type).send(bytes),
      )

    const answering = (handler: PageHandler, operation?: OperationId) => async (request: FastifyRequest, reply: FastifyReply) => {
      if (operation) mustBePermitted(request, operation)
      const answered = await handler(request, reply)
      return 'to' in answered ? reply.redirect(answered.to, 303) : send(request, reply, answered)
    }
    const withTyped =
      (handler: PageHandler): PageHandler =>
      async (request, reply) => {
        const typedBefore = await kept.find(request, request.url)
        if (!typedBefore) return handler(request, reply)
        const { fields, isFileLeft } = typedBefore
        request.body = fields
        const answered = await handler(request, reply)
        return 'to' in answered ? answered : { ...answered, data: { ...answered.data, isTypedBefore: true, isFileLeft } }
      }
    const sent =
      (handler: PageHandler): PageHandler =>
      async (request, reply) => {
        const answered = await handler(request, reply)
        await kept.sent(request)
        return answered
      }
    const web: Web = {
      ...{ app, options },
      open: (path, handler) => app.get(path, { config: { access: 'public' } }, answering(handler)),
      openOperation: (id, handler) => app.route({ ...operation(id), handler: answering(handler) }),
      page: (path, operation, handler) => app.get(path, { config: standingFor(operation) }, answering(withTyped(handler), operation)),
      form: (path, operation, handler) => app.post(path, { config: standingFor(operation) }, answering(sent(handler), operation)),
      fileForm: (path, operation, handler) =>
        app.post(path, { config: { ...standingFor(operation), takesFile: true } }, answering(sent(handler), operation)),
      file: (path, operation, handler) =>
        app.get(path, { config: standingFor(operation) }, async (request, reply) => {
          mustBePermitted(request, operation)
          return handler(request, reply)
        }),
      openForm: (path, handler) => app.post(path, { config: { access: 'public', takesFile: true } }, answering(handler)),
      setCookie,
      typing: kept,
      async proveAgain(request, reply) {
        await kept.keep(request, reply, request.url)
        const again = (await outsiderOf(request)) ? '/invited/again?' : '/sign-in/start?again=1&'
        return { to: `${again}return_to=${encodeURIComponent(request.url)}` }
      },
    }
    for (const area of areas) area(web)
    // Whoever reads pages is shown one where there is nothing; a system gets the problem.
    app.get('/*', { config: { access: 'public', isFallback: true } }, (request, reply) => {
      if (!readsPages(request) || request.url.startsWith('/v1/')) return reply.callNotFound()
      throw new ProblemError(problem('NOT_FOUND', 'There is nothing at this address.'))
    })
  }
}
