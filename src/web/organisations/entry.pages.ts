import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { ContactsService } from '../../parties/contacts.service.ts'
import type { EntriesService } from '../../parties/entries.service.ts'
import { toConfirmFrom } from '../../parties/entry.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface EntryPagesOptions {
  readonly parties: Pick<PartiesService, 'get'>
  readonly organisationContacts: Pick<ContactsService, 'read'>
  readonly entries: EntriesService
}

/** The entry of one's organisation in the register: seen by everybody of it, confirmed by those who keep its contacts. */
export function organisationEntryPages({ parties, organisationContacts, entries }: EntryPagesOptions) {
  const shown = async (request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> => {
    const principal = callerOf(request)
    // The version of what is read first: whoever changes either in between is noticed when it is confirmed.
    const { outcome: organisation, version } = orThrow(await parties.get(principal.org))
    const { contacts } = orThrow(await organisationContacts.read(principal, principal.org)).outcome
    const { entry_confirmed_on: confirmed } = organisation
    return {
      template: 'organisations/entry.njk',
      title: 'Your organisation in the register',
      ...over,
      data: { organisation, contacts, version, confirmed, next: confirmed && toConfirmFrom(confirmed) },
    }
  }
  return ({ page, form }: Web): void => {
    page('/organisation-entry', 'getOrganisationContacts', (request) => shown(request))
    form('/organisation-entry', 'confirmEntry', async (request): Promise<Page | Redirect> => {
      const principal = callerOf(request)
      const call = { principal, idempotency: once(request), ifMatch: etagOf(field(request, 'version')) }
      const done = await entries.confirm(call, principal.org)
      if (done.ok) return { to: '/organisation-entry' }
      const isStale = done.refusal.code === 'PRECONDITION_FAILED'
      const errors = isStale
        ? [{ field: '', text: 'The entry was changed while you read it. Read it once more, as it stands now, then confirm it.' }]
        : refusedWith(done.refusal)
      return shown(request, { status: 422, errors })
    })
  }
}
