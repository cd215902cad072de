import type { FastifyRequest } from 'fastify'
import type { mergingService } from '../../agreements/acts/merging.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { ContactsService } from '../../parties/contacts.service.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { RegisteringService } from '../../parties/registering.service.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { missing } from '../people/roles.pages.ts'
import type { Web } from '../web.plugin.ts'
import { CONTACT_WORDS } from './organisation.pages.ts'

export interface KeepingPagesOptions {
  readonly parties: Pick<PartiesService, 'get'>
  readonly registering: Pick<RegisteringService, 'confirm'>
  readonly merging: Pick<ReturnType<typeof mergingService>, 'merge'>
  readonly contacts: Pick<ContactsService, 'read' | 'write'>
}

const YES_OR_NO = ['yes', 'no']

/** What a register administrator does to a body, and how a body is reached. */
export function keepingPages({ parties, registering, merging, contacts }: KeepingPagesOptions) {
  const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code
  const at = (request: FastifyRequest) => `/organisations/${encodeURIComponent(codeOf(request))}`
  /** The state that the page showed; nothing is changed that became another one meanwhile. */
  const callOn = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), ifMatch: etagOf(field(request, 'version')) },
  })

  async function shown(request: FastifyRequest, page: Pick<Page, 'template' | 'title'>, over: Partial<Page> = {}): Promise<Page> {
    const { outcome: body, version } = orThrow(await parties.get(codeOf(request)))
    return { ...page, ...over, data: { body, version, form: request.body ?? {} } }
  }
  const CONFIRM = { template: 'organisations/confirm.njk', title: 'Confirm this organisation' }
  const MERGE = { template: 'organisations/merge.njk', title: 'Say that this entry is another body' }

  async function reaching(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { outcome: kept, version } = orThrow(await contacts.read(callerOf(request), codeOf(request)))
    const { outcome: body } = orThrow(await parties.get(codeOf(request)))
    return {
      template: 'organisations/contacts.njk',
      title: 'How it is reached',
      ...over,
      data: { body, version, form: request.body ?? kept.contacts, words: CONTACT_WORDS },
    }
  }

  return ({ page, form }: Web): void => {
    page('/organisations/:code/confirmation', 'confirmOrganisation', (request) => shown(request, CONFIRM))
    form('/organisations/:code/confirmation', 'confirmOrganisation', async (request): Promise<Page | Redirect> => {
      const isYes = (name: string) => field(request, name) === 'yes'
      const body = {
        ...{ public_authority: isYes('public_authority'), health_or_social_care_authority: isYes('health_or_social_care_authority') },
        ...{ competent_authority: field(request, 'competent_authority'), reason: field(request, 'reason') },
      }
      const missed = [
        ...unanswered(request, 'public_authority', 'Select whether it is a public authority'),
        ...missing(request, [['competent_authority', 'Select whether it is a competent authority']]),
        ...unanswered(request, 'health_or_social_care_authority', 'Select whether it is one'),
        ...missing(request, [['reason', 'Say on what it rests']]),
      ]
      const errors = missed.length > 0 ? missed : faultsOf('confirmOrganisation', body)
      if (errors.length > 0) return shown(request, CONFIRM, { status: 422, errors })
      const done = await registering.confirm(callOn(request), codeOf(request), body as BodyOf<'confirmOrganisation'>)
      return done.ok ? { to: at(request) } : shown(request, CONFIRM, { status: 422, errors: refusedWith(done.refusal) })
    })

    page('/organisations/:code/merger', 'mergeOrganisation', (request) => shown(request, MERGE))
    form('/organisations/:code/merger', 'mergeOrganisation', async (request): Promise<Page | Redirect> => {
      const body = { into: field(request, 'into'), reason: field(request, 'reason') }
      const missed = missing(request, [
        ['into', 'Select the body that it is'],
        ['reason', 'Say how that is known'],
      ])
      const errors = missed.length > 0 ? missed : faultsOf('mergeOrganisation', body)
      if (errors.length > 0) return shown(request, MERGE, { status: 422, errors })
      const done = await merging.merge(callOn(request), codeOf(request), body)
      return done.ok ? { to: at(request) } : shown(request, MERGE, { status: 422, errors: refusedWith(done.refusal, memberAt) })
    })

    page('/organisations/:code/contacts', 'putOrganisationContacts', (request) => reaching(request))
    form('/organisations/:code/contacts', 'putOrganisationContacts', async (request): Promise<Page | Redirect> => {
      const said = CONTACT_WORDS.map(([name]) => [name, field(request, name)]).filter(([, value]) => value !== '')
      const body = Object.fromEntries(said)
      const errors = faultsOf('putOrganisationContacts', body)
      if (errors.length > 0) return reaching(request, { status: 422, errors })
      const done = await contacts.write(callOn(request), codeOf(request), body)
      return done.ok ? { to: at(request) } : reaching(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}

function unanswered(request: FastifyRequest, name: string, text: string): FieldError[] {
  return YES_OR_NO.includes(field(request, name)) ? [] : [{ field: name, text }]
}
