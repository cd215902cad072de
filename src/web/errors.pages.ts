import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../platform/http/problem.ts'
import { problemOf, retryAfterOf, sendProblem, withStatus } from '../platform/http/problem-handler.ts'
import { problemKinds } from '../platform/http/refusals.ts'
import { readsPages } from './access.pages.ts'
import type { RequestSessions } from './entry/request-sessions.ts'
import { outsideSecret } from './outside/outside-cookie.ts'
import type { SendPage } from './sending.pages.ts'

export interface ErrorPagesOptions extends Pick<RequestSessions, 'sessionOf'> {
  readonly send: SendPage
  readonly isSecure: boolean
}

/** What is answered in the scope of pages where something was refused or broke: a page for people, the problem of the API for systems. */
export function errorPages(app: FastifyInstance, { send, sessionOf, isSecure }: ErrorPagesOptions): void {
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
    if (found.code === 'UNAUTHENTICATED') return await sendToSignIn(request, reply)
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

  /**
   * Whoever has no session signs in and comes back; who has one, and no organisation, is told so, and so is whose invitation or hour is
   * over. A form is sent on, with what was typed, to where that is kept or shown: 307 (RFC 9110, 15.4.8).
   */
  async function sendToSignIn(request: FastifyRequest, reply: FastifyReply) {
    if (outsideSecret(request, isSecure) !== undefined) return reply.redirect('/invited/over', request.method === 'POST' ? 307 : 303)
    if (await sessionOf(request))
      return send(request, reply, { template: 'entry/no-access.njk', title: 'You do not have access yet', status: 403 })
    const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(request.headers['content-type'] ?? '')
    if (request.method === 'GET') return reply.redirect(`/sign-in?return_to=${encodeURIComponent(request.url)}`, 303)
    if (!isForm) return reply.redirect('/sign-in', 303)
    const isPage = app.hasRoute({ method: 'GET', url: request.routeOptions.url ?? '' })
    return reply.redirect(`/sign-in/typed?${new URLSearchParams({ to: request.url, page: isPage ? 'yes' : 'no' })}`, 307)
  }
}
