import type { FastifyRequest } from 'fastify'
import type { successionService } from '../../agreements/acts/succession.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { isDay, londonMidnight } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { dayIn } from '../days.pages.ts'
import { type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { missing } from '../people/roles.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface SuccessionPagesOptions extends Pick<RequestLists, 'organisationsFor'> {
  readonly parties: Pick<PartiesService, 'get'>
  readonly succession: Pick<ReturnType<typeof successionService>, 'succeed'>
}

/** A register administrator says that a body ends and which one of the register follows it: from now, or from the first moment of a day. */
export function successionPages({ parties, succession, organisationsFor }: SuccessionPagesOptions) {
  const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { outcome: body, version } = orThrow(await parties.get(codeOf(request)))
    const offered = (await organisationsFor(request))
      .filter(({ code, status, active_to: end }) => code !== body.code && status === 'CONFIRMED' && end === null)
      .toSorted((one, other) => one.short_name.localeCompare(other.short_name, 'en-GB'))
    return {
      template: 'organisations/succession.njk',
      title: 'Say that another body follows it',
      ...over,
      data: { body, version, offered, form: request.body ?? {} },
    }
  }

  return ({ page, form }: Web): void => {
    page('/organisations/:code/succession', 'succeedOrganisation', (request) => shown(request))
    form('/organisations/:code/succession', 'succeedOrganisation', async (request): Promise<Page | Redirect> => {
      const day = field(request, 'when') === 'now' ? '' : dayIn(request, 'at')
      const missed = [
        ...missing(request, [
          ['successor', 'Select the body that follows it'],
          ['when', 'Select from when'],
        ]),
        ...(field(request, 'when') === 'later' && !isDay(day) ? [NO_DAY] : []),
        ...missing(request, [['reason', 'Say why']]),
      ]
      const at = isDay(day) ? new Date(londonMidnight(day)).toISOString() : null
      const body = { successor: field(request, 'successor'), reason: field(request, 'reason'), at }
      const errors = missed.length > 0 ? missed : faultsOf('succeedOrganisation', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const call = { principal: callerOf(request), idempotency: once(request), ifMatch: etagOf(field(request, 'version')) }
      const done = await succession.succeed(call, codeOf(request), body)
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal, memberAt) })
      return { to: `/organisations/${encodeURIComponent(codeOf(request))}` }
    })
  }
}

const NO_DAY: FieldError = { field: 'at', text: 'Enter the day from which it takes part in nothing, as day, month and year' }
