import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { ownRouteFrom } from '../../workflow/model/route-editing.ts'
import type { RouteDraftsService, RouteDraftView } from '../../workflow/route-drafts.service.ts'
import type { RoutesService } from '../../workflow/routes.service.ts'
import { field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { labelled } from '../rendering.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'
import { codeOf, routeInUse } from './routes.pages.ts'
import { changesBetween, shownRoute } from './shown-route.ts'
import { faultWords } from './words.ts'

export interface RouteDraftingOptions extends Pick<RequestLists, 'listsFor'> {
  readonly routes: Pick<RoutesService, 'list'>
  readonly drafts: Pick<RouteDraftsService, 'read' | 'save' | 'discard' | 'putInForce'>
}

const CHANGED = 'Somebody else changed this draft since you opened this page. Read it as it is now, then decide again.'
const BEGUN_ALREADY = 'PRECONDITION_REQUIRED'

/** The draft of a route as a whole: begun, read with what its checks say, given up, and put in force. */
export function routeDraftingPages({ routes, drafts, listsFor }: RouteDraftingOptions) {
  const here = (request: FastifyRequest) => `/routes/${encodeURIComponent(codeOf(request))}`

  async function shown(request: FastifyRequest, page: Pick<Page, 'template' | 'title'>, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    const { outcome: draft, version } = orThrow(await drafts.read(principal, codeOf(request)))
    const label = labelled(await listsFor(request))
    const inUse = await routeInUse(routes, principal.org, codeOf(request))
    const { route, faults, cautions } = draft
    return {
      ...page,
      ...over,
      data: {
        ...{ draft, state: version, inUse, base: `${here(request)}/draft`, shown: shownRoute(route, label, faults) },
        cautions: cautions.map((one) => faultWords(one, route, label)),
        changes: changesBetween(ownRouteFrom(inUse), route, label),
      },
    }
  }
  const OVERVIEW = { template: 'routes/draft.njk', title: 'Write the next version' }
  const FORCE = { template: 'routes/in-force.njk', title: 'Put the next version in force' }
  const DISCARD = { template: 'routes/discard.njk', title: 'Give the draft up' }
  /** What an act on the draft as it was shown came to: on to another page, or the same one with what was refused. */
  async function acted(
    request: FastifyRequest,
    page: typeof FORCE,
    done: Awaited<ReturnType<typeof drafts.discard | typeof drafts.putInForce>>,
  ) {
    if (done.ok) return { to: here(request) }
    const errors = done.refusal.code === 'PRECONDITION_FAILED' ? [{ field: '', text: CHANGED }] : refusedWith(done.refusal)
    return shown(request, page, { status: 422, errors })
  }
  const callOn = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), ifMatch: etagOf(field(request, 'state')) },
  })

  return ({ page, form }: Web): void => {
    page('/routes/:code/draft', 'getSignOffRouteDraft', (request) => shown(request, OVERVIEW))
    form('/routes/:code/draft', 'saveSignOffRouteDraft', async (request): Promise<Page | Redirect> => {
      const principal = callerOf(request)
      const begun = ownRouteFrom(await routeInUse(routes, principal.org, codeOf(request)))
      const done = await drafts.save({ principal, idempotency: once(request) }, codeOf(request), withoutWriting(begun))
      if (!done.ok && done.refusal.code !== BEGUN_ALREADY) orThrow(done)
      return { to: `${here(request)}/draft` }
    })
    page('/routes/:code/draft/in-force', 'putSignOffRouteInForce', (request) => shown(request, FORCE))
    form('/routes/:code/draft/in-force', 'putSignOffRouteInForce', async (request) =>
      acted(request, FORCE, await drafts.putInForce(callOn(request), codeOf(request))),
    )
    page('/routes/:code/draft/discard', 'discardSignOffRouteDraft', (request) => shown(request, DISCARD))
    form('/routes/:code/draft/discard', 'discardSignOffRouteDraft', async (request) =>
      acted(request, DISCARD, await drafts.discard(callOn(request), codeOf(request))),
    )
  }
}

/** A route without since when it is in force: a draft is in force never. */
function withoutWriting(route: RouteDraftView['route'] & { readonly written_at?: string }): RouteDraftView['route'] {
  const { written_at: _at, ...written } = route
  return written
}
