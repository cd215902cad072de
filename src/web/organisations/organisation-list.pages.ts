import type { FastifyRequest } from 'fastify'
import type { OrganisationStatus } from '../../parties/organisation.ts'
import { ORGANISATION_COLUMNS, organisationLine } from '../../parties/organisation-line.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen } from '../forms.pages.ts'
import { fileAt, LINES_MAX, sendCsv } from '../list-files.pages.ts'
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
  const listed = async (request: FastifyRequest, limit: number) => {
    const form = { q: chosen(request, 'q').slice(0, 200), type: chosen(request, 'type'), status: chosen(request, 'status') }
    const query = {
      ...{ q: form.q || undefined, type: form.type || undefined, status: STATUSES.find(([status]) => status === form.status)?.[0] },
      ...{ after: chosen(request, 'after') || undefined, limit },
    }
    return { form, after: query.after, ...orThrow(await parties.list(query)) }
  }

  return ({ page, file }: Web): void => {
    page('/organisations', 'listOrganisations', async (request) => {
      const { form, after, organisations, next_after: next } = await listed(request, PAGE)
      const asked = Object.entries(form).filter(([, value]) => value !== '')
      return {
        template: 'organisations/list.njk',
        title: 'Organisations',
        data: {
          ...{ form, organisations, statuses: STATUSES, isNarrowed: asked.length > 0, at: now().toISOString() },
          next: next && `/organisations?${new URLSearchParams([...asked, ['after', next]])}`,
          csv: fileAt('/organisations.csv', { ...form, after }),
        },
      }
    })
    file('/organisations.csv', 'listOrganisations', async (request, reply) => {
      const { organisations } = await listed(request, LINES_MAX)
      return sendCsv(reply, 'organisations.csv', ORGANISATION_COLUMNS, organisations.map(organisationLine))
    })
  }
}
