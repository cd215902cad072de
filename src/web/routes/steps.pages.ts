import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import type { NewRoute, RouteStep } from '../../workflow/model/route.ts'
import { stepId, withoutStep } from '../../workflow/model/route-editing.ts'
import type { RouteDraftsService, RouteDraftView } from '../../workflow/route-drafts.service.ts'
import { answersIn, digestOf, inWords } from '../drafting/answers.ts'
import { field, once, type Page, type Redirect } from '../forms.pages.ts'
import { answered, questionsIn, refusedBeside } from '../questions.pages.ts'
import { labelled } from '../rendering.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'
import { conditionAnswers, conditionFields, conditionIn } from './conditions.ts'
import { codeOf } from './routes.pages.ts'
import { aboutPart, newStepPart, type RoutePart, STEP_PARTS, waitingFor } from './step-parts.ts'
import { faultWords, type Label, stepAt } from './words.ts'

export interface RouteStepsOptions extends Pick<RequestLists, 'listsFor'> {
  readonly drafts: Pick<RouteDraftsService, 'read' | 'save'>
}

type Form = Readonly<Record<string, unknown>>
/** A draft as a page finds it. */
interface Opened {
  readonly draft: RouteDraftView
  readonly version: string
  readonly label: Label
  readonly base: string
}

const CHANGED = 'Somebody else changed this while you had it open. What you typed is below: compare, then save it again.'
const NO_STEP = 'There is no such step in this draft any more.'

/** The parts of a draft of a route, a page each: what the route is called and when it is used, and each step. */
export function routeStepPages({ drafts, listsFor }: RouteStepsOptions) {
  async function opened(request: FastifyRequest): Promise<Opened> {
    const { outcome: draft, version } = orThrow(await drafts.read(callerOf(request), codeOf(request)))
    const base = `/routes/${encodeURIComponent(codeOf(request))}/draft`
    return { draft, version, label: labelled(await listsFor(request)), base }
  }
  const save = (request: FastifyRequest, { version }: Opened, route: NewRoute) =>
    drafts.save({ principal: callerOf(request), idempotency: once(request), ifMatch: etagOf(version) }, codeOf(request), route)

  function shown(
    request: FastifyRequest,
    { draft, base, label }: Opened,
    part: RoutePart,
    step: RouteStep | null,
    over: Partial<Page> = {},
  ): Page {
    const isStale = over.errors?.some(({ text }) => text === CHANGED) ?? false
    const was = request.body === undefined || isStale ? digestOf(part.standing) : field(request, 'was')
    return {
      template: 'routes/part.njk',
      title: part.title,
      ...over,
      data: {
        ...{ fields: questionsIn(request, part.fields, part.standing), hidden: { was }, button: 'Save', step },
        back: { text: draft.route.title, href: base },
        findings:
          step === null
            ? []
            : draft.faults
                .filter(({ pointer }) => stepAt(draft.route, pointer)?.id === step.id)
                .map((one) => faultWords(one, draft.route, label)),
        now: isStale
          ? {
              by: draft.changedBy,
              at: draft.changedAt,
              lines: part.fields.map((one) => ({ label: one.label, said: inWords(one, part.standing[one.name]).join(', ') })),
            }
          : null,
      },
    }
  }

  /** Saves what a page asks, where nobody else has answered it otherwise meanwhile; other parts of the draft may have changed. */
  async function saved(request: FastifyRequest, open: Opened, part: RoutePart, step: RouteStep | null): Promise<Page | Redirect> {
    const stale = () => ({ status: 422, errors: [{ field: '', text: CHANGED }] })
    if (field(request, 'was') !== digestOf(part.standing)) return shown(request, open, part, step, stale())
    const { fields, wanted, routeOf: bodyOf } = part
    const { body, errors } = answered('saveSignOffRouteDraft', request, { fields, wanted, bodyOf })
    if (errors.length > 0) return shown(request, open, part, step, { status: 422, errors })
    const route = body as NewRoute
    const done = await save(request, open, part.placed?.(route, answersIn(request.body as Form, fields)) ?? route)
    if (done.ok) return { to: `${open.base}${step ? `#${step.id}` : ''}` }
    if (done.refusal.code === 'PRECONDITION_FAILED') return shown(request, await opened(request), part, step, stale())
    return shown(request, open, part, step, { status: 422, errors: refusedBeside(done.refusal, fields) })
  }

  return ({ page, form }: Web): void => {
    const both = (
      path: string,
      found: (request: FastifyRequest, open: Opened) => { readonly part: RoutePart; readonly step: RouteStep | null },
    ) => {
      page(path, 'saveSignOffRouteDraft', async (request) => {
        const open = await opened(request)
        const { part, step } = found(request, open)
        return shown(request, open, part, step)
      })
      form(path, 'saveSignOffRouteDraft', async (request) => {
        const open = await opened(request)
        const { part, step } = found(request, open)
        return saved(request, open, part, step)
      })
    }
    both('/routes/:code/draft/about', (_request, { draft }) => ({ part: aboutPart(draft.route), step: null }))
    both('/routes/:code/draft/used', (_request, { draft }) => ({ part: usedPart(draft.route), step: null }))
    both('/routes/:code/draft/steps/new', (_request, { draft: { route }, label }) => ({
      part: newStepPart(route, label, (title) => stepId(route, title)),
      step: null,
    }))
    both('/routes/:code/draft/steps/:step/:part', (request, { draft: { route }, label }) => {
      const step = stepOf(request, route)
      const { part: name } = request.params as { readonly part: string }
      const part = Object.hasOwn(STEP_PARTS, name) ? STEP_PARTS[name] : undefined
      if (!part) throw refused('NOT_FOUND', 'There is nothing at this address.')
      return { part: part(route, step, label), step }
    })

    const removing = async (request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> => {
      const { draft, base } = await opened(request)
      const step = stepOf(request, draft.route)
      const data = { step, base, routeTitle: draft.route.title, waiting: waitingFor(draft.route, step.id) }
      return { template: 'routes/remove.njk', title: 'Take a step out', ...over, data }
    }
    page('/routes/:code/draft/steps/:step/removal', 'saveSignOffRouteDraft', (request) => removing(request))
    form('/routes/:code/draft/steps/:step/removal', 'saveSignOffRouteDraft', async (request): Promise<Page | Redirect> => {
      const open = await opened(request)
      const step = stepOf(request, open.draft.route)
      if (open.draft.route.steps.length === 1) return removing(request, { status: 422, errors: [{ field: '', text: LAST_STEP }] })
      const done = await save(request, open, withoutStep(open.draft.route, step.id))
      if (done.ok) return { to: open.base }
      return removing(request, { status: 422, errors: [{ field: '', text: CHANGED }] })
    })
  }
}

const LAST_STEP = 'A route has at least one step. Add another one first.'

/** When the route may be used at all. */
function usedPart(route: NewRoute): RoutePart {
  return {
    title: 'When it may be used',
    fields: conditionFields(route.when, '/when'),
    wanted: {},
    standing: conditionAnswers(route.when),
    routeOf(answers) {
      const { when: _before, ...rest } = route
      const when = conditionIn(answers, route.when)
      return when === undefined ? rest : { ...rest, when }
    },
  }
}

/** @throws Refused where the draft has no such step */
function stepOf(request: FastifyRequest, { steps }: NewRoute): RouteStep {
  const { step } = request.params as { readonly step: string }
  const found = steps.find(({ id }) => id === step)
  if (!found) throw refused('NOT_FOUND', NO_STEP)
  return found
}
