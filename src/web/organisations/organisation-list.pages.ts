import type { OrganisationStatus } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

const PAGE = 50
const STATUSES: readonly (readonly [status: OrganisationStatus, words: string])[] = [
  ['CONFIRMED', 'Confirmed'],
  ['UNCONFIRMED', 'Waiting to be confirmed'],
  ['MERGED', 'Another name of a body'],
]

export interface OrganisationListOptions {
  readonly parties: Pick<PartiesService, 'list'>
  readonly now: Clock
}

/** The register of organisations, searched by name, number, type and state. */
export function organisationListPages({ parties, now }: OrganisationListOptions) {
  return ({ page }: Web): void =>
    page('/organisations', 'listOrganisations', async (request) => {
      const form = { q: chosen(request, 'q').slice(0, 200), type: chosen(request, 'type'), status: chosen(request, 'status') }
      const { organisations, next_after: next } = orThrow(
        await parties.list({
          ...{ q: form.q || undefined, type: form.type || undefined },
          ...{
            status: STATUSES.find(([status]) => status === form.status)?.[0],
            after: chosen(request, 'after') || undefined,
            limit: PAGE,
          },
        }),
      )
      const asked = Object.entries(form).filter(([, value]) => value !== '')
      return {
        template: 'organisations/list.njk',
        title: 'Organisations',
        data: {
          ...{ form, organisations, statuses: STATUSES, isNarrowed: asked.length > 0, at: now().toISOString() },
          next: next && `/organisations?${new URLSearchParams([...asked, ['after', next]])}`,
        },
      }
    })
}
