// Pages: what people see in a browser, made of the same services as the API.
// Words: page, form, error summary, session, sign-in.
// It must never hold a rule, a second validation or SQL.
import cookies, { type CookieSerializeOptions, fastifyCookie } from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { outsideOperation } from '../identity/outsider.ts'
import { isPermission, permits } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { SessionsService } from '../identity/sessions/sessions.service.ts'
import type { SignInIssuer, SignInService } from '../identity/sessions/sign-in.service.ts'
import type { TypedFormsService } from '../identity/sessions/typed-forms.service.ts'
import type { OutsideSessionsService } from '../people/outside/outside-sessions.service.ts'
import { contract, type OperationId, operation } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/http/problem.ts'
import { problemOf, retryAfterOf, sendProblem, withStatus } from '../platform/http/problem-handler.ts'
import { problemKinds } from '../platform/http/refusals.ts'
import { cookieName } from './cookies.ts'
import type { RequestSessions } from './entry/request-sessions.ts'
import { type Typing, typing } from './entry/typed.ts'
import { isKey, type Page, type PageHandler, type Redirect } from './forms.pages.ts'
import { type OutsiderOf, outsideSecret } from './outside/outside-cookie.ts'
import { codesOf, labelled, pageRendering } from './rendering.ts'
import type { RequestLists } from './request-lists.ts'

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

export interface WebOptions extends RequestSessions, RequestLists {
  readonly sessions: SessionsService
  /** People without an account, and whom of them a request is of. */
  readonly outside: OutsideSessionsService
  readonly outsiderOf: OutsiderOf
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
  /** What a form does that needs a session, but no organisation. */
  openForm(path: string, handler: PageHandler): void
  setCookie(reply: FastifyReply, name: 'session' | 'sign-in' | 'typed' | 'outside', value: string, seconds: number): void
  /** What was sent in forms whose sender has to sign in first. */
  readonly typing: Typing
  /** Keeps what was typed into the form of this page, and asks its sender to prove once more who they are before it is shown again. */
  proveAgain(request: FastifyRequest, reply: FastifyReply): Promise<Redirect>
}

const POLICY = [
  "default-src 'none'",
  ...['style-src', 'script-src', 'img-src', 'form-action'].map((directive) => `${directive} 'self'`),
  ...["base-uri 'none'", "frame-ancestors 'none'"],
].join('; ')
/** Sets of parties that a flow may name, in words (LC-4). */
const GROUPS: Readonly<Record<string, string>> = { ALL_SIGNED_BOROUGHS: 'every London borough that has signed' }
const YEAR_SECONDS = 31_536_000

/** A page is for whoever has a session; the operation says who of them. */
function standingFor(id: OperationId) {
  const standsFor = contract.operations.get(id)
  return { access: 'session', ...(standsFor ? { standsFor } : {}) } as const
}

/** Whether somebody may call an operation of the API: by their roles, and without an account only what is open to outsiders. */
function mayCall({ roles, invitedTo }: Pick<Principal, 'roles' | 'invitedTo'>, id: OperationId): boolean {
  const sufficient = [contract.operations.get(id)?.permission ?? []].flat()
  const isOpen = invitedTo === undefined || outsideOperation(id) !== undefined
  return isOpen && sufficient.some((one) => isPermission(one) && permits(roles, one))
}

/** Whether whoever asks reads pages, as browsers say that they do. */
function readsPages({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false
}

/** A word of an address that is no key, where the operation takes one, names nothing. @throws ProblemError 404 */
function mustNameSomething(request: FastifyRequest, id: OperationId): void {
  const { properties = {} } = (contract.operations.get(id)?.schema.params ?? {}) as {
    readonly properties?: Readonly<Record<string, { readonly format?: string }>>
  }
  const words = Object.entries(request.params as Readonly<Record<string, string>>)
  if (words.some(([name, word]) => properties[name]?.format === 'uuid' && !isKey(word)))
    throw new ProblemError(problem('NOT_FOUND', 'There is nothing at this address.'))
}

/** Who may open a page is who may call the operation of the API that it stands for. @throws ProblemError 403, and 404 for an address of nothing */
function mustBePermitted(request: FastifyRequest, id: OperationId): void {
  if (!mayCall(callerOf(request), id)) throw new ProblemError(problem('FORBIDDEN', 'None of your roles lets you see or do this.'))
  mustNameSomething(request, id)
}

/** All pages, in the scope of pages. */
export function webPages({ areas, ...options }: WebOptions): FastifyPluginAsync {
  const { sessions, sessionOf, knownOf, outsiderOf, isSecure, organisationsFor, listsFor, typed, formKey } = options
  const { render, assets } = pageRendering()
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
    app.setErrorHandler(async (error: FastifyError, request, reply) => {
      const isForged = error.code?.startsWith('FST_CSRF') ?? false
      const found = isForged
        ? problem(
            'FORBIDDEN',
            'This form was opened too long ago, in another browser, or for another organisation. Go back, load the page again, and send it once more.',
          )
        : (problemOf(error, request) ?? problem('INTERNAL', 'Something in this service is broken.'))
      if (found.code === 'INTERNAL') request.log.error({ err: error }, 'defect')
      const isShown = !request.routeOptions.config.operation || (found.code === 'NOT_FOUND' && readsPages(request))
      if (!isShown) return sendProblem(request, reply, found, retryAfterOf(error))
      if (found.code === 'UNAUTHENTICATED') return await sendToSignIn(app, request, reply)
      const ownTitles: Readonly<Partial<Record<typeof found.code, string>>> = {
        NOT_FOUND: 'Page not found',
        FORBIDDEN: isForged ? 'This form cannot be taken' : 'You may not see or do this',
      }
      const title = ownTitles[found.code] ?? problemKinds[found.code].title
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
    const withTyped =
      (handler: PageHandler): PageHandler =>
      async (request, reply) => {
        const fields = await kept.find(request, request.url)
        if (!fields) return handler(request, reply)
        request.body = fields
        const answered = await handler(request, reply)
        return 'to' in answered ? answered : { ...answered, data: { ...answered.data, isTypedBefore: true } }
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
      openForm: (path, handler) => app.post(path, { config: { access: 'public' } }, answering(handler)),
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

  /**
   * Whoever has no session signs in and comes back; who has one, and no organisation, is told so, and so is whose invitation or hour is
   * over. A form is sent on, with what was typed, to where that is kept or shown: 307 (RFC 9110, 15.4.8).
   */
  async function sendToSignIn(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply) {
    if (outsideSecret(request, isSecure) !== undefined) return reply.redirect('/invited/over', request.method === 'POST' ? 307 : 303)
    if (await sessionOf(request))
      return send(request, reply, { template: 'entry/no-access.njk', title: 'You do not have access yet', status: 403 })
    const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(request.headers['content-type'] ?? '')
    if (request.method === 'GET') return reply.redirect(`/sign-in?return_to=${encodeURIComponent(request.url)}`, 303)
    if (!isForm) return reply.redirect('/sign-in', 303)
    const isPage = app.hasRoute({ method: 'GET', url: request.routeOptions.url ?? '' })
    return reply.redirect(`/sign-in/typed?${new URLSearchParams({ to: request.url, page: isPage ? 'yes' : 'no' })}`, 307)
  }

  async function send(request: FastifyRequest, reply: FastifyReply, { template, title, status = 200, data = {}, errors = [] }: Page) {
    const [organisations, lists, outsider] = await Promise.all([organisationsFor(request), listsFor(request), outsiderOf(request)])
    const liveSession = outsider ? undefined : await sessionOf(request)
    const names = new Map(organisations.map(({ code, legal_name, short_name }) => [code, short_name ?? legal_name]))
    const { principal } = request
    const invited = outsider && {
      ...{ name: outsider.name, org: outsider.principal.org, roles: outsider.principal.roles, orgs: [] },
      ...{ invitedTo: outsider.principal.invitedTo, until: outsider.expires_at },
    }
    const person = liveSession && {
      name: liveSession.session.name,
      issuer: liveSession.session.issuer,
      subject: liveSession.session.subject,
      org: principal?.org ?? null,
      roles: principal?.roles ?? [],
      orgs: await sessions.orgsOf(liveSession),
    }
    // Whoever was not let in was refused before anybody read their cookies.
    request.cookies ??= fastifyCookie.parse(request.headers.cookie ?? '')
    const html = render(template, {
      ...data,
      ...{ title, errors, person: invited ?? person, path: request.url.split('?')[0] },
      csrf: reply.generateCsrf({ userInfo: await senderOf(request) }),
      error: Object.fromEntries(errors.map(({ field, text }) => [field, { text }])),
      nameOf: (code: string | null) => (code === null ? 'nobody' : (names.get(code) ?? GROUPS[code] ?? code)),
      organisationsByName: () => [...names].toSorted(([, one], [, other]) => one.localeCompare(other, 'en-GB')),
      label: labelled(lists),
      codesOf: (list: string) => codesOf(lists, list),
      may: (id: OperationId) => principal !== null && mayCall(principal, id),
    })
    return reply
      .code(status)
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(html)
  }
}
