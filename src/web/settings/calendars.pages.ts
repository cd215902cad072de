import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { CalendarsService } from '../../insight/calendars/calendars.service.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import { faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

/** The addresses at which calendar programs read what is due: made, shown once, withdrawn. */
export function calendarPages({ calendars }: { readonly calendars: Pick<CalendarsService, 'list' | 'make' | 'revoke'> }) {
  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    return {
      template: 'settings/calendars.njk',
      title: 'Your calendar addresses',
      ...over,
      data: {
        calendars: await calendars.list(principal),
        mayForAll: permits(principal.roles, 'calendar:keep_for_organisation'),
        scope: field(request, 'scope'),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/settings/calendars', 'listCalendars', (request) => shown(request))
    form('/settings/calendars', 'makeCalendar', async (request): Promise<Page | Redirect> => {
      const scope = field(request, 'scope') as BodyOf<'makeCalendar'>['scope']
      if (faultsOf('makeCalendar', { scope }).length > 0)
        return shown(request, { status: 422, errors: [{ field: 'scope', text: 'Select what the calendar shows' }] })
      const done = await calendars.make({ principal: callerOf(request), idempotency: null }, scope)
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal, () => 'scope') })
      // Not led on to another page: nothing keeps the address, so it is in this answer or nowhere.
      return { template: 'settings/calendar-made.njk', title: 'Calendar address made', data: { made: done.value.outcome } }
    })
    form('/settings/calendars/:id', 'revokeCalendar', async (request): Promise<Page | Redirect> => {
      const { id } = request.params as { readonly id: string }
      const done = await calendars.revoke({ principal: callerOf(request), idempotency: once(request) }, id)
      return done.ok ? { to: '/settings/calendars' } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}
