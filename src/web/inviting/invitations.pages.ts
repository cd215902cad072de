import type { FastifyRequest } from 'fastify'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { InvitationsService } from '../../people/outside/invitations.service.ts'
import { orThrow, type Refusal } from '../../platform/kernel/refusal.ts'
import { type FieldError, faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface InvitationPagesOptions {
  readonly invitations: Pick<InvitationsService, 'contacts' | 'list' | 'invite' | 'withdraw'>
  readonly drafting: Pick<DraftingService, 'read'>
  readonly now: () => Date
}

/** Who without an account is invited to an agreement: inviting a confirmed contact of a party, and withdrawing that. */
export function invitationPages({ invitations, drafting, now }: InvitationPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly id: string; readonly invitation: string }
  const here = (request: FastifyRequest) => `/agreements/${encodeURIComponent(params(request).id)}/outside-invitations`
  const callFor = (request: FastifyRequest) => ({ principal: callerOf(request), idempotency: once(request) })

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { id } = params(request)
    const principal = callerOf(request)
    const made = orThrow(await invitations.list(principal, id)).invitations
    const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
    const orgs = agreement.parties.filter(({ left_at }) => left_at === null).map(({ org }) => org)
    const contacts = await invitations.contacts(principal, orgs)
    const at = now().toISOString()
    const listed = made.map((one) => ({
      ...one,
      contact: contacts.find((contact) => contact.id === one.contact_id),
      state: stateOf(one, at),
      isOwn: one.invited_by === principal.org,
    }))
    const invited = new Set(listed.filter(({ state }) => state === 'OPEN').map(({ contact_id }) => contact_id))
    return {
      template: 'inviting/invitations.njk',
      title: 'People without an account',
      ...over,
      data: {
        ...{ agreement, orgs, here: here(request), form: request.body ?? {}, invitations: listed },
        contacts: contacts.filter((contact) => contact.withdrawn_at === null && !invited.has(contact.id)),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/outside-invitations', 'listOutsideInvitations', (request) => shown(request))
    form('/agreements/:id/outside-invitations', 'inviteOutsider', async (request): Promise<Page | Redirect> => {
      const contact = field(request, 'contact')
      const body = { contact, days: Number(field(request, 'days')) }
      const missing: FieldError[] = contact === '' ? [{ field: 'contact', text: 'Select whom you invite' }] : []
      const errors = missing.length > 0 ? missing : faultsOf('inviteOutsider', body).map(asWritten)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await invitations.invite(callFor(request), params(request).id, body)
      return done.ok ? { to: here(request) } : shown(request, { status: 422, errors: whyNot(done.refusal) })
    })
    form(
      '/agreements/:id/outside-invitations/:invitation/withdrawal',
      'withdrawOutsideInvitation',
      async (request): Promise<Page | Redirect> => {
        const { id, invitation } = params(request)
        const done = await invitations.withdraw(callFor(request), id, invitation)
        return done.ok ? { to: here(request) } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
      },
    )
  }
}

function stateOf(
  {
    withdrawn_at,
    locked_at,
    expires_at,
  }: { readonly withdrawn_at: string | null; readonly locked_at: string | null; readonly expires_at: string },
  now: string,
): 'WITHDRAWN' | 'LOCKED' | 'OVER' | 'OPEN' {
  if (withdrawn_at !== null) return 'WITHDRAWN'
  if (locked_at !== null) return 'LOCKED'
  return expires_at <= now ? 'OVER' : 'OPEN'
}

/** A fault of the contract in the words of this form. */
function asWritten({ field: name, text }: FieldError): FieldError {
  return { field: name, text: name === 'days' ? 'Enter a number of days from 1 to 30' : text }
}

/** Why a contact cannot be invited, beside the choice. */
function whyNot({ detail, errors: [first] }: Refusal): FieldError[] {
  return [{ field: 'contact', text: first?.pointer === '/contact' ? `Whom you selected ${first.detail}` : (first?.detail ?? detail) }]
}
