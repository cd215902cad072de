import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { REQUEST_COLUMNS, requestLine } from '../../requests/request-line.ts'
import type { RequestsService } from '../../requests/requests.service.ts'
import { chosen, faultsOf, field, isKey, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { everyRow, fileAt, READ_AT_ONCE, sendCsv } from '../list-files.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface RequestPagesOptions {
  readonly requests: Pick<RequestsService, 'open' | 'waitingFor' | 'list' | 'pickUp' | 'withdraw'>
}

const PAGE = 50

/** Requests for shares that no agreement covers: what waits for the reader, all of their organisation, and one with what happens next. */
export function requestPages({ requests }: RequestPagesOptions) {
  const idOf = (request: FastifyRequest) => (request.params as { readonly id: string }).id

  const asked = (request: FastifyRequest) => {
    const before = chosen(request, 'before')
    return { before: isKey(before) ? before : undefined, mine: chosen(request, 'mine') === 'yes' }
  }

  async function listed(request: FastifyRequest): Promise<Page> {
    const principal = callerOf(request)
    const { before, mine } = asked(request)
    const found = await requests.list(principal, { mine, before, limit: PAGE })
    return {
      template: 'requests/list.njk',
      title: 'Requests for shares',
      data: {
        ...{ mine, requests: found.requests, next: found.next_before, waiting: await requests.waitingFor(principal) },
        csv: fileAt('/requests.csv', { mine: mine ? 'yes' : undefined, before }),
      },
    }
  }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { request: one, acts } = orThrow(await requests.open(callerOf(request), idOf(request)))
    return {
      template: 'requests/request.njk',
      title: 'Request for a share',
      ...over,
      data: { one, acts, reason: field(request, 'reason') },
    }
  }
  const callFor = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), ifMatch: '*', requestId: idOf(request) },
  })

  return ({ page, form, file }: Web): void => {
    page('/requests', 'listShareRequests', listed)
    file('/requests.csv', 'listShareRequests', async (request, reply) => {
      const { before: from, mine } = asked(request)
      const rows = everyRow(from, async (before) => {
        const found = await requests.list(callerOf(request), { mine, before, limit: READ_AT_ONCE })
        return { rows: found.requests.map(requestLine), next: found.next_before }
      })
      return sendCsv(reply, 'requests.csv', REQUEST_COLUMNS, rows)
    })
    page('/requests/:id', 'getShareRequest', (request) => shown(request))
    form('/requests/:id/pick-up', 'pickUpShareRequest', async (request): Promise<Page | Redirect> => {
      const done = await requests.pickUp(callFor(request))
      return done.ok ? { to: `/requests/${idOf(request)}/answer` } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
    page('/requests/:id/withdrawal', 'withdrawShareRequest', (request) => shown(request))
    form('/requests/:id/withdrawal', 'withdrawShareRequest', async (request): Promise<Page | Redirect> => {
      const body = { reason: field(request, 'reason') }
      const errors =
        body.reason === '' ? [{ field: 'reason', text: 'Say why you withdraw the request' }] : faultsOf('withdrawShareRequest', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await requests.withdraw(callFor(request), body)
      return done.ok ? { to: `/requests/${idOf(request)}` } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}
