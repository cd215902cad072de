import type { FastifyRequest } from 'fastify'
import type { DisposalBody, disposingService } from '../../agreements/acts/disposing.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { dayIn } from '../days.pages.ts'
import { boxes, type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface DisposalPagesOptions {
  readonly disposing: Pick<ReturnType<typeof disposingService>, 'confirm' | 'list'>
  readonly drafting: Pick<DraftingService, 'read'>
}

/** What became of the data that was received once sharing is over, and saying so: for one's own organisation, or for a body that it follows (LC-5). */
export function disposalPages({ disposing, drafting }: DisposalPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly id: string; readonly org: string }
  const here = (request: FastifyRequest) => `/agreements/${encodeURIComponent(params(request).id)}/disposals`

  async function listed(request: FastifyRequest): Promise<Page> {
    const { id } = params(request)
    const principal = callerOf(request)
    const { disposals } = orThrow(await disposing.list(principal, id))
    // Whoever follows a party that has ended may read no more of the agreement than this.
    const known = await drafting.read(principal, id, undefined)
    return {
      template: 'agreements/disposals.njk',
      title: 'What became of the data that was received',
      data: { id, here: here(request), disposals, agreementTitle: known.ok ? known.value.outcome.title : null },
    }
  }

  async function asked(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { id, org } = params(request)
    const principal = callerOf(request)
    const { disposals } = orThrow(await disposing.list(principal, id))
    const party = disposals.find((one) => one.org === org && one.answered_by === principal.org)
    if (!party) throw refused('NOT_FOUND', 'There is nothing here that your organisation confirms.')
    const isOpen = ({ confirmed }: (typeof party.flows)[number]) => confirmed === null || confirmed.how === 'RETAINED_BY_LAW'
    return {
      template: 'agreements/disposal.njk',
      title: 'Say what became of the data',
      ...over,
      data: {
        ...{ id, party, here: here(request), form: request.body ?? {}, isOwn: org === principal.org },
        ticked: boxes(request, 'flows'),
        open: party.flows.filter(isOpen),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/disposals', 'listDisposals', listed)
    page('/agreements/:id/disposals/:org', 'confirmDisposal', (request) => asked(request))
    form('/agreements/:id/disposals/:org', 'confirmDisposal', async (request): Promise<Page | Redirect> => {
      const { id, org } = params(request)
      const principal = callerOf(request)
      const body = bodyOf(request, org === principal.org ? null : org)
      const missed = missing(request)
      const errors = missed.length > 0 ? missed : faultsOf('confirmDisposal', body)
      if (errors.length > 0) return asked(request, { status: 422, errors })
      const call = { principal, idempotency: once(request), agreementId: id, ifMatch: '*' }
      const done = await disposing.confirm(call, body)
      return done.ok ? { to: here(request) } : asked(request, { status: 422, errors: refusedWith(done.refusal, memberAt) })
    })
  }
}

/** What the form says, in the words of the contract; a law is of what the law keeps alone. */
function bodyOf(request: FastifyRequest, in_place_of: string | null): DisposalBody {
  const how = field(request, 'how') as DisposalBody['how']
  const kept = how === 'RETAINED_BY_LAW' ? { law: field(request, 'law'), keep_until: dayIn(request, 'keep_until') || null } : {}
  return {
    ...{ in_place_of, how, flows: boxes(request, 'flows'), what: field(request, 'what'), on: dayIn(request, 'on') },
    ...{ done_by: field(request, 'done_by'), ...kept },
  }
}

/** What the form has not said, each beside its field. */
function missing(request: FastifyRequest): FieldError[] {
  const isKept = field(request, 'how') === 'RETAINED_BY_LAW'
  const wanted: readonly (readonly [field: string, isMissing: boolean, text: string])[] = [
    ['flows', boxes(request, 'flows').length === 0, 'Select what it is about'],
    ['how', field(request, 'how') === '', 'Select what was done'],
    ['law', isKept && field(request, 'law') === '', 'Name the law that makes you keep it'],
    ['what', field(request, 'what') === '', 'Say which data, in which systems and copies'],
    ['on', dayIn(request, 'on') === '', 'Enter the day on which it was done'],
    ['done_by', field(request, 'done_by') === '', 'Enter the post or team that did it'],
  ]
  return wanted.filter(([, isMissing]) => isMissing).map(([name, , text]) => ({ field: name, text }))
}
