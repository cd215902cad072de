import { fastifyCookie } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PersonNamesService } from '../identity/sessions/person-names.service.ts'
import type { SessionsService } from '../identity/sessions/sessions.service.ts'
import type { OperationId } from '../platform/http/openapi.ts'
import { mayCall } from './access.pages.ts'
import type { RequestSessions } from './entry/request-sessions.ts'
import type { Page } from './forms.pages.ts'
import type { OutsiderOf } from './outside/outside-cookie.ts'
import { identityOf, type Named, peopleIn } from './people.pages.ts'
import { codesOf, labelled, pageRendering } from './rendering.ts'
import type { RequestLists } from './request-lists.ts'
import { withSpokenDays } from './spoken-days.ts'

/** What a page may load, whom it may send forms to, and who may frame it: the service itself, and nobody. */
const POLICY = [
  "default-src 'none'",
  ...['style-src', 'script-src', 'img-src', 'form-action'].map((directive) => `${directive} 'self'`),
  ...["base-uri 'none'", "frame-ancestors 'none'"],
].join('; ')
/** Sets of parties that a flow may name, in words (LC-4). */
const GROUPS: Readonly<Record<string, string>> = { ALL_SIGNED_BOROUGHS: 'every London borough that has signed' }

export interface SendingOptions extends Pick<RequestSessions, 'sessionOf'>, RequestLists {
  readonly sessions: Pick<SessionsService, 'orgsOf'>
  readonly personNames: Pick<PersonNamesService, 'namesOf'>
  /** Whom without an account a request is of. */
  readonly outsiderOf: OutsiderOf
  /** Whom the forms of a page are for: their token is bound to them. */
  readonly senderOf: (request: FastifyRequest) => Promise<string>
}

/** Answers a request with a page. */
export type SendPage = (request: FastifyRequest, reply: FastifyReply, page: Page) => Promise<FastifyReply>

/** Answers requests with pages, each rendered with what every page shows: who reads it, names and code lists in words, the token of its forms. */
export function sendingPages({ sessions, personNames, sessionOf, outsiderOf, namesFor, listsFor, senderOf }: SendingOptions) {
  const { render, assets } = pageRendering()

  /** Who reads the page; undefined: nobody who is known. */
  async function personOf(request: FastifyRequest) {
    const { principal } = request
    const outsider = await outsiderOf(request)
    if (outsider) {
      const { org, roles, invitedTo } = outsider.principal
      return { name: outsider.name, org, roles, orgs: [], invitedTo, until: outsider.expires_at }
    }
    const live = await sessionOf(request)
    if (!live) return undefined
    const { name, issuer, subject } = live.session
    return { name, issuer, subject, org: principal?.org ?? null, roles: principal?.roles ?? [], orgs: await sessions.orgsOf(live) }
  }

  const send: SendPage = async (request, reply, { template, title, status = 200, data = {}, errors: found = [] }) => {
    const errors = found.map(({ field, text }) => ({ field, text: withSpokenDays(text) }))
    const named = personNames.namesOf(peopleIn(data))
    const [organisations, lists, person, calledOf] = await Promise.all([namesFor(request), listsFor(request), personOf(request), named])
    const names = new Map(organisations.map(({ code, short_name }) => [code, short_name]))
    const { principal } = request
    // Whoever was not let in was refused before anybody read their cookies.
    request.cookies ??= fastifyCookie.parse(request.headers.cookie ?? '')
    const html = render(template, {
      ...data,
      ...{ title, errors, person, path: request.url.split('?')[0] },
      csrf: reply.generateCsrf({ userInfo: await senderOf(request) }),
      error: Object.fromEntries(errors.map(({ field, text }) => [field, { text }])),
      nameOf: (code: string | null) => (code === null ? 'nobody' : (names.get(code) ?? GROUPS[code] ?? code)),
      personName: (one: Named) => calledOf(identityOf(one)) ?? identityOf(one).sub,
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
  return { send, assets }
}
