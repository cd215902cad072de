import type { FastifyRequest } from 'fastify'
import type { freezingService } from '../../agreements/acts/freezing.service.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import type { AdviceService } from '../../decisions/advice/advice.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import type { RoutesService } from '../../workflow/routes.service.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { viewOf } from '../../workflow/view.ts'
import { type FieldError, faultsOf, field, once, type Page, type Redirect } from '../forms.pages.ts'
import { routesOf } from '../routes/routes.pages.ts'
import type { Web } from '../web.plugin.ts'
import { answeredIn } from './answered.ts'
import { type DraftReading, draftReading, hrefOf, noDraft } from './drafting.pages.ts'
import { type Found, findingsIn } from './findings.ts'
import { permittedIn } from './permitted.ts'
import type { DraftContext } from './steps.pages.ts'
import { mayWrite } from './task-list.pages.ts'

export interface CheckOptions extends Omit<DraftReading, 'history'> {
  readonly advice: Pick<AdviceService, 'adviseInFull' | 'checked'>
  readonly history: Pick<HistoryService, 'state'>
  readonly freezing: ReturnType<typeof freezingService>
  readonly routes: Pick<RoutesService, 'list'>
  readonly signOffs: Pick<SignOffsService, 'read'>
}

/** The rule by which a route is for agreements between organisations: whoever asked reviews nothing (SD-1). */
const FOR_AGREEMENTS = 'SD-1'

/** Checking a draft before it is sent, and sending it: from then on nobody changes that text. */
export function checkPages({ advice, history, freezing, routes, signOffs, ...reading }: CheckOptions) {
  const read = draftReading(reading)

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const context = await read(request)
    if (!context.isWritable) return noDraft(context)
    const { view, draft, principal } = context
    const [checked, state, offered] = await Promise.all([
      advice.checked(principal, view.id, draft.version),
      history.state(principal, view.id, undefined),
      routesOf(routes, principal.org),
    ])
    const { advice: found, groups } = orThrow(checked)
    const findings = (severity: string) =>
      spokenFindings(
        context,
        found.filter((one) => one.severity === severity),
      )
    const wrong = findings('ERROR')
    return {
      template: 'drafting/check.njk',
      title: 'Check the draft before you send it',
      ...over,
      data: {
        ...{ agreement: view, draft, base: hrefOf(context, ''), rowVersion: context.rowVersion, mayWrite: mayWrite(context) },
        ...{ wrong, known: findings('WARNING'), count: wrong.reduce((sum, { lines }) => sum + lines.length, 0) },
        ...answeredIn(context),
        permitted: permittedIn(groups),
        maySend: orThrow(state).commands.includes('freeze'),
        routes: offered
          .filter(({ requester_rule }) => requester_rule === FOR_AGREEMENTS)
          .map(({ code, title, purpose }) => ({ code, title, purpose })),
        form: request.body ?? {},
      },
    }
  }

  async function sent(request: FastifyRequest): Promise<Page | Redirect> {
    const { id = '' } = request.params as { readonly id?: string }
    const order = orderIn(request)
    const route = field(request, 'route')
    const body: unknown = {
      ...(route === '' ? {} : { route }),
      ...(order.length === 0 ? {} : { signing_order: order }),
      ...(field(request, 'statutory_deadline') === 'yes' ? { statutory_deadline: true } : {}),
    }
    if (!isFreezing(body)) return shown(request, { status: 422, errors: faultsOf('freezeAgreement', body) })
    const call = {
      principal: callerOf(request),
      idempotency: once(request),
      agreementId: id,
      ifMatch: `"${field(request, 'version').replaceAll('"', '')}"`,
    }
    const done = await freezing.freeze(call, body)
    if (done.ok) return { to: `/agreements/${encodeURIComponent(id)}/sent` }
    const { code, detail, errors } = done.refusal
    if (code === 'PRECONDITION_FAILED')
      return shown(request, {
        status: 409,
        errors: [{ field: 'answers', text: 'Somebody changed the draft since you opened this page. Check it once more, then send it' }],
      })
    const context = await read(request)
    const full = orThrow(await advice.adviseInFull(call.principal, id, context.draft.version)).filter(
      ({ severity }) => severity === 'ERROR',
    )
    const isOfAdvice = (one: Found) => full.some(({ pointer }) => pointer === one.pointer)
    // A refusal names no more than so many faults, some of them in other words: the advice names all.
    const found = [...errors.filter((one) => !isOfAdvice(one)), ...(errors.some(isOfAdvice) ? full : [])]
    return shown(request, { status: 422, errors: toldOf(context, found.length > 0 ? found : [{ pointer: '', detail }]) })
  }

  /** What happens next: whose step is open, and until when. */
  async function confirmation(request: FastifyRequest): Promise<Page> {
    const { id = '' } = request.params as { readonly id?: string }
    const principal = callerOf(request)
    const { outcome: agreement } = orThrow(await reading.drafting.read(principal, id, undefined))
    const sent = agreement.versions.findLast(({ sign_off }) => sign_off !== null)?.sign_off
    if (!sent) throw refused('NOT_FOUND', 'This agreement was not sent for review.')
    const signOff = viewOf(orThrow(await signOffs.read(principal, sent)).outcome.signOff)
    const next = signOff.chains.flatMap(({ org, steps }) =>
      steps.filter(({ state }) => state === 'OPEN').map(({ title, role, due }) => ({ org, title, role, due })),
    )
    return { template: 'drafting/sent.njk', title: 'Sent for review', data: { agreement, signOff, next } }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/draft/check', 'adviseAgreement', (request) => shown(request))
    form('/agreements/:id/draft/check', 'freezeAgreement', sent)
    page('/agreements/:id/sent', 'getAgreementState', confirmation)
  }
}

const TOLD_MAX = 10

/** Why a text was not sent: what is wrong with its route, then each thing once. */
function toldOf(context: DraftContext, errors: readonly Found[]): FieldError[] {
  const isOfRoute = ({ pointer }: Found) => pointer === '/route'
  const ofText = spokenFindings(
    context,
    errors.filter((one) => !isOfRoute(one)),
  )
  const lines = [
    ...errors.filter(isOfRoute).map(({ detail }) => ({ field: 'route', text: context.plain(detail) })),
    ...ofText.flatMap(({ title, lines }) =>
      lines.map(({ text, orgs }) => ({
        field: 'wrong',
        text: `${title}: ${text}${orgs.length > 1 ? ` For ${orgs.length} organisations` : ''}`,
      })),
    ),
  ]
  const left = lines.length - TOLD_MAX
  return left > 0 ? [...lines.slice(0, TOLD_MAX), { field: 'wrong', text: `And ${left} more below` }] : lines
}

/** What is found, in words and with the addresses of the pages. */
function spokenFindings(context: DraftContext, found: readonly Found[]) {
  return findingsIn(found, context).map(({ title, path, lines }) => ({
    ...{ title: context.plain(title), href: path === null ? null : hrefOf(context, path) },
    lines: lines.map(({ text, orgs }) => ({ text: context.plain(text), orgs })),
  }))
}

function isFreezing(body: unknown): body is NonNullable<BodyOf<'freezeAgreement'>> {
  return faultsOf('freezeAgreement', body).length === 0
}

/** The parties in the order in which they sign, as their places were chosen; whoever has none signs in any. */
function orderIn(request: FastifyRequest): readonly string[] {
  const places = Object.entries((request.body ?? {}) as Readonly<Record<string, unknown>>).flatMap(([name, place]) =>
    name.startsWith('place-') && typeof place === 'string' && /^\d{1,3}$/.test(place)
      ? [{ org: name.slice('place-'.length), place: Number(place) }]
      : [],
  )
  return places.toSorted((one, other) => one.place - other.place).map(({ org }) => org)
}
