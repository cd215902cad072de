import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Principal } from '../../identity/principal.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import type { WrittenRoute } from '../../workflow/model/route.ts'
import type { RouteDraftsService } from '../../workflow/route-drafts.service.ts'
import type { RoutesService } from '../../workflow/routes.service.ts'
import { chosen, versionIn } from '../forms.pages.ts'
import { labelled } from '../rendering.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'
import { shownRoute } from './shown-route.ts'

export interface RoutePagesOptions extends Pick<RequestLists, 'listsFor'> {
  readonly routes: Pick<RoutesService, 'list' | 'read' | 'versions'>
  readonly drafts: Pick<RouteDraftsService, 'list'>
}

const VERSIONS_PAGE = 50
const EVERYBODY = 'everybody'

export const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code

/** The routes that the chains of an organisation go by: its own where it has one, else everybody's. */
export async function routesOf(routes: Pick<RoutesService, 'list'>, org: string): Promise<WrittenRoute[]> {
  const all = await routes.list(org)
  return all.filter(({ owner, code }) => owner !== null || !all.some((other) => other.owner === org && other.code === code))
}

/** The route of a code that the chains of an organisation go by. @throws Refused where there is none */
export async function routeInUse(routes: Pick<RoutesService, 'list'>, org: string, code: string): Promise<WrittenRoute> {
  const found = (await routesOf(routes, org)).find((route) => route.code === code)
  if (!found) throw refused('NOT_FOUND', 'There is no such route.')
  return found
}

/** By which steps an organisation approves: each route with since when, its versions, as a picture and as a list. */
export function routePages({ routes, drafts, listsFor }: RoutePagesOptions) {
  const draftOf = async (principal: Principal, code: string) => (await drafts.list(principal)).find(({ route }) => route.code === code)

  return ({ page }: Web): void => {
    page('/routes', 'listSignOffRoutes', async (request) => {
      const principal = callerOf(request)
      const [inUse, drafted] = await Promise.all([routesOf(routes, principal.org), drafts.list(principal)])
      return {
        template: 'routes/routes.njk',
        title: 'How your organisation approves',
        data: { routes: inUse, drafts: Object.fromEntries(drafted.map((draft) => [draft.route.code, draft])) },
      }
    })
    page('/routes/:code', 'listSignOffRouteVersions', async (request) => {
      const principal = callerOf(request)
      const code = codeOf(request)
      const label = labelled(await listsFor(request))
      const inUse = await routeInUse(routes, principal.org, code)
      const asked = chosen(request, 'version')
      const owner = chosen(request, 'whose') === EVERYBODY ? null : asked === '' ? inUse.owner : principal.org
      const route = asked === '' ? inUse : orThrow(await routes.read({ owner, code, version: versionIn(asked) }))
      const before = versionIn(chosen(request, 'before')) || null
      const own = await routes.versions({ owner: principal.org, code }, { before, limit: VERSIONS_PAGE })
      return {
        template: 'routes/route.njk',
        title: route.title,
        data: {
          ...{ route, shown: shownRoute(route, label), draft: await draftOf(principal, code) },
          isInUse: route.owner === inUse.owner && route.version === inUse.version,
          versions: own.ok ? own.value : { versions: [], nextBefore: null },
          everybodys: (await routes.list(principal.org)).find((one) => one.owner === null && one.code === code),
        },
      }
    })
  }
}
