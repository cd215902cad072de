import type { FastifyRequest } from 'fastify'
import type { ClientsService } from '../../decisions/clients/clients.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { chosen, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { missing } from '../people/roles.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface ClientPagesOptions {
  readonly clients: Pick<ClientsService, 'list' | 'register' | 'revoke' | 'limit' | 'limits'>
  readonly parties: Pick<PartiesService, 'get'>
}

const PAGE = 50
/** Longest identifier that the contract takes. */
const CLIENT_LENGTH_MAX = 200

/** The API clients of an organisation: registered, and answered no more. */
export function clientPages({ clients, parties }: ClientPagesOptions) {
  const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { outcome: body } = orThrow(await parties.get(codeOf(request)))
    const found = await clients.list({ organisation: body.code, after: chosen(request, 'after') || undefined, limit: PAGE })
    return { template: 'organisations/clients.njk', title: 'API clients', ...over, data: { body, found, form: request.body ?? {} } }
  }

  async function revoking(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const client = clientOf(request)
    const { outcome: body } = orThrow(await parties.get(codeOf(request)))
    return {
      template: 'organisations/revoke.njk',
      title: 'Revoke an API client',
      ...over,
      data: { body, client, form: request.body ?? {} },
    }
  }

  async function limiting(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const client = clientOf(request)
    const { outcome: body } = orThrow(await parties.get(codeOf(request)))
    const form = request.body ?? (await clients.limits(client))
    return { template: 'organisations/client-limits.njk', title: 'Limits of an API client', ...over, data: { body, client, form } }
  }

  return ({ page, form }: Web): void => {
    const here = (request: FastifyRequest) => `/organisations/${encodeURIComponent(codeOf(request))}/clients`
    page('/organisations/:code/clients', 'listClients', (request) => shown(request))
    form('/organisations/:code/clients', 'registerClient', async (request): Promise<Page | Redirect> => {
      const said = (name: string) => field(request, name)
      const body = { issuer: said('issuer'), client_id: said('client_id'), organisation: codeOf(request), reason: said('reason') }
      const missed = missing(request, [
        ['client_id', 'Enter how its issuer calls it'],
        ['issuer', 'Enter the issuer of its tokens'],
        ['reason', 'Say what it is'],
      ])
      const errors = missed.length > 0 ? missed : faultsOf('registerClient', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await clients.register({ principal: callerOf(request), idempotency: once(request) }, body)
      return done.ok ? { to: here(request) } : shown(request, { status: 422, errors: refusedWith(done.refusal, memberAt) })
    })
    page('/organisations/:code/clients/limits', 'limitClient', (request) => limiting(request))
    form('/organisations/:code/clients/limits', 'limitClient', async (request): Promise<Page | Redirect> => {
      const number = (name: string) => (field(request, name) === '' ? null : Number(field(request, name)))
      const body = {
        ...{ requests_per_minute: number('requests_per_minute'), batch_items_max: number('batch_items_max') },
        ...{ share_percent: number('share_percent'), reason: field(request, 'reason') },
      }
      const missed = missing(request, [['reason', 'Say why']])
      const errors = missed.length > 0 ? missed : faultsOf('limitClient', body)
      if (errors.length > 0) return limiting(request, { status: 422, errors })
      const done = await clients.limit({ principal: callerOf(request), idempotency: once(request) }, clientOf(request), body)
      return done.ok ? { to: here(request) } : limiting(request, { status: 422, errors: refusedWith(done.refusal) })
    })
    page('/organisations/:code/clients/revocation', 'revokeClient', (request) => revoking(request))
    form('/organisations/:code/clients/revocation', 'revokeClient', async (request): Promise<Page | Redirect> => {
      const body = { reason: field(request, 'reason') }
      const missed = missing(request, [['reason', 'Say why it is revoked']])
      const errors = missed.length > 0 ? missed : faultsOf('revokeClient', body)
      if (errors.length > 0) return revoking(request, { status: 422, errors })
      const done = await clients.revoke(callerOf(request), clientOf(request), body.reason)
      return done.ok ? { to: here(request) } : revoking(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}

/** The client that is revoked: named by the address, or by the form that was sent. @throws Refused where none is named */
function clientOf(request: FastifyRequest): string {
  const named = field(request, 'client') || chosen(request, 'client')
  if (named === '' || named.length > CLIENT_LENGTH_MAX) throw refused('NOT_FOUND', 'There is no such client.')
  return named
}
