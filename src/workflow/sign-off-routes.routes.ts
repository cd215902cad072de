import type { FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply } from '../platform/http/answer.ts'
import { etagOf } from '../platform/kernel/entity-tags.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import type { NewRoute, Route } from './model/route.ts'
import type { RouteDraftsService, RouteDraftView } from './route-drafts.service.ts'
import type { RoutesService } from './routes.service.ts'

const VERSIONS_PAGE = 50

export interface SignOffRouteRoutesOptions {
  readonly routes: RoutesService
  readonly drafts: RouteDraftsService
}

/** Routes over HTTP: everybody's and an organisation's own, every version of them, and the next one while it is written. */
export function signOffRouteRoutes({ routes, drafts }: SignOffRouteRoutesOptions): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listSignOffRoutes', async (request) =>
      reply(200, { routes: await routes.list(request.query.owner ?? callerOf(request).org) }),
    )
    answer(app, 'getSignOffRoute', async (request) => {
      const { code, version } = request.params
      return reply(200, orThrow(await routes.read({ owner: request.query.owner ?? null, code, version })))
    })
    answer(app, 'listSignOffRouteVersions', async (request) => {
      const { owner = null, before = null, limit = VERSIONS_PAGE } = request.query
      const { versions, nextBefore } = orThrow(await routes.versions({ owner, code: request.params.code }, { before, limit }))
      return reply(200, { versions, next_before: nextBefore })
    })
    answer(app, 'writeSignOffRoute', async (request) => {
      const { status, body, headers } = outcomeReply(201, await routes.write(callOf(request), request.body as NewRoute))
      return reply(status, body, { ...headers, location: locationOf(body) })
    })
    answer(app, 'listSignOffRouteDrafts', async (request) => reply(200, { drafts: (await drafts.list(callerOf(request))).map(inShort) }))
    answer(app, 'getSignOffRouteDraft', async (request) => {
      const { outcome, version } = orThrow(await drafts.read(callerOf(request), request.params.code))
      return reply(200, viewOf(outcome), { etag: etagOf(version) })
    })
    answer(app, 'saveSignOffRouteDraft', async (request) => {
      const done = await drafts.save(callOf(request), request.params.code, request.body as NewRoute)
      const { status, body, headers } = outcomeReply(200, done)
      return reply(status, viewOf(body), headers)
    })
    answer(app, 'discardSignOffRouteDraft', async (request) => {
      const { status, body, headers } = outcomeReply(200, await drafts.discard(changeOf(request), request.params.code))
      return reply(status, inShort(body), headers)
    })
    answer(app, 'putSignOffRouteInForce', async (request) => {
      const { status, body, headers } = outcomeReply(201, await drafts.putInForce(changeOf(request), request.params.code))
      return reply(status, body, { ...headers, location: locationOf(body) })
    })
  }
}

function locationOf({ code, version, owner }: Pick<Route, 'code' | 'version' | 'owner'>): string {
  return `/v1/sign-off-routes/${code}/${version}?owner=${owner}`
}

function inShort({ route, basedOn, changedAt, changedBy }: Pick<RouteDraftView, 'route' | 'basedOn' | 'changedAt' | 'changedBy'>) {
  const { code, title } = route
  return { code, title, based_on: basedOn, changed_at: changedAt, changed_by: { issuer: changedBy.issuer, subject: changedBy.sub } }
}

function viewOf({ faults, cautions, ...draft }: RouteDraftView) {
  return { ...inShort(draft), route: draft.route, faults, cautions }
}
