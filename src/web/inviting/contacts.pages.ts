import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits, type Role } from '../../identity/permissions.ts'
import type { InvitationsService } from '../../people/outside/invitations.service.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import { boxes, chosen, type FieldError, faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface ContactPagesOptions {
  readonly invitations: Pick<InvitationsService, 'contacts' | 'confirmContact' | 'withdrawContact'>
}

/** The roles in which a contact may act, in the order in which they are offered. */
const ROLES: BodyOf<'confirmContact'>['roles'] = ['IG_OFFICER', 'IAO', 'DPO', 'CALDICOTT_GUARDIAN', 'SIRO', 'INFOSEC', 'LEGAL', 'SIGNATORY']

/** Whose address at an organisation is confirmed: a register administrator confirms one and withdraws one. */
export function contactPages({ invitations }: ContactPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly code: string; readonly contact: string }
  const at = (code: string) => `/confirmed-contacts?org=${encodeURIComponent(code)}`
  const callFor = (request: FastifyRequest) => ({ principal: callerOf(request), idempotency: once(request) })

  async function shown(request: FastifyRequest, org: string, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    return {
      template: 'inviting/contacts.njk',
      title: 'Contacts without an account',
      ...over,
      data: {
        ...{ org, roles: ROLES, form: request.body ?? {}, ticked: boxes(request, 'roles') },
        contacts: org === '' ? [] : await invitations.contacts(principal, [org]),
        mayConfirm: permits(principal.roles, 'organisation:confirm'),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/confirmed-contacts', 'listConfirmedContacts', (request) => shown(request, chosen(request, 'org')))
    form('/organisations/:code/confirmed-contacts', 'confirmContact', async (request): Promise<Page | Redirect> => {
      const { code } = params(request)
      const body = {
        ...{ name: field(request, 'name'), post: field(request, 'post'), address: field(request, 'address') },
        ...{ roles: boxes(request, 'roles') as Role[], checked_how: field(request, 'checked_how') },
      }
      const missed = missing(request)
      const errors = missed.length > 0 ? missed : faultsOf('confirmContact', body)
      if (errors.length > 0) return shown(request, code, { status: 422, errors })
      const done = await invitations.confirmContact(callFor(request), code, body)
      if (done.ok) return { to: at(code) }
      const [first] = done.refusal.errors
      const isOfRoles = first?.pointer === '/roles'
      return shown(request, code, {
        status: 422,
        errors: isOfRoles ? [{ field: 'roles', text: done.refusal.detail }] : refusedWith(done.refusal),
      })
    })
    form('/organisations/:code/confirmed-contacts/:contact/withdrawal', 'withdrawContact', async (request): Promise<Page | Redirect> => {
      const { code, contact } = params(request)
      const done = await invitations.withdrawContact(callFor(request), code, contact)
      return done.ok ? { to: at(code) } : shown(request, code, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}

/** What the form has not said, each beside its field. */
function missing(request: FastifyRequest): FieldError[] {
  const wanted: readonly (readonly [field: string, text: string])[] = [
    ['name', 'Enter who it is'],
    ['post', 'Enter their post'],
    ['address', 'Enter the address at which mail reaches them'],
    ['checked_how', 'Say how you checked that the address is theirs'],
  ]
  const said = wanted.filter(([name]) => field(request, name) === '').map(([name, text]) => ({ field: name, text }))
  const roles = boxes(request, 'roles').length === 0 ? [{ field: 'roles', text: 'Select in which roles they act' }] : []
  return [...said.slice(0, 3), ...roles, ...said.slice(3)]
}
