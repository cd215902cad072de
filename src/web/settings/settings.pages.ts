import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { CalendarsService } from '../../insight/calendars/calendars.service.ts'
import { MAIL_GROUPS } from '../../notifications/mail/mail-kinds.ts'
import type { MailSettingsService, WantedSettings } from '../../notifications/mail/mail-settings.service.ts'
import type { PeopleService } from '../../people/people.service.ts'
import type { TrainingService } from '../../people/training/training.service.ts'
import { orThrow, type Refusal } from '../../platform/kernel/refusal.ts'
import { boxes, type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface SettingsPagesOptions {
  readonly settings: MailSettingsService
  readonly people: Pick<PeopleService, 'own'>
  readonly calendars: Pick<CalendarsService, 'list'>
  readonly training: Pick<TrainingService, 'own'>
}

/** What somebody is here, where they get mail and what one by one, and how many calendars they have: each for themselves, for the organisation that they act for. */
export function settingsPages({ settings, people, calendars, training }: SettingsPagesOptions) {
  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    const { outcome: now } = orThrow(await settings.read(principal))
    const recorded = await people.own(principal)
    // A form that was sent says all of its boxes; one that was not shows what is kept.
    const isSent = field(request, 'part') === 'mail'
    return {
      template: 'settings/settings.njk',
      title: 'Your settings',
      ...over,
      data: {
        ...{ now, recorded, groups: MAIL_GROUPS, code: field(request, 'code') },
        trained: await training.own(principal),
        unrecorded: principal.roles.filter((role) => !recorded.some((one) => one.role === role && one.counts)),
        address: isSent ? field(request, 'address') : (now.pending ?? (now.counts === 'CONFIRMED' ? now.address : '')),
        single: isSent ? boxes(request, 'single') : now.single,
        weekly: isSent ? field(request, 'weekly') === 'yes' : now.weekly,
        calendars: permits(principal.roles, 'calendar:keep') ? (await calendars.list(principal)).length : 0,
      },
    }
  }
  const refusedTo = (request: FastifyRequest, errors: readonly FieldError[]) => shown(request, { status: 422, errors })

  return ({ page, form }: Web): void => {
    page('/settings', 'getNotificationSettings', (request) => shown(request))
    form('/settings', 'setNotificationSettings', async (request): Promise<Page | Redirect> => {
      const body = {
        address: field(request, 'address') || null,
        single: boxes(request, 'single') as WantedSettings['single'],
        weekly: field(request, 'weekly') === 'yes',
      }
      const wrong = faultsOf('setNotificationSettings', body)
      if (wrong.length > 0) return refusedTo(request, wrong.some((one) => one.field === 'address') ? [NO_ADDRESS] : wrong)
      const done = await settings.set({ principal: callerOf(request), idempotency: once(request), ifMatch: '*' }, body)
      if (done.ok) return { to: '/settings' }
      return refusedTo(request, refusedAtAddress(done.refusal))
    })
    page('/settings/code', 'confirmMailAddress', (request) => shown(request))
    form('/settings/code', 'confirmMailAddress', async (request): Promise<Page | Redirect> => {
      const body = { code: field(request, 'code').replaceAll(' ', '') }
      if (faultsOf('confirmMailAddress', body).length > 0)
        return refusedTo(request, [{ field: 'code', text: 'Enter the six digits of the code that was mailed to you' }])
      const done = await settings.confirm({ principal: callerOf(request), idempotency: once(request) }, body.code)
      return done.ok ? { to: '/settings' } : refusedTo(request, refusedWith(done.refusal, memberAt))
    })
  }
}

/** What the service refuses of mail is of the address: it is what costs a code. */
const refusedAtAddress = (refusal: Refusal) => refusedWith(refusal, () => 'address')

const NO_ADDRESS: FieldError = { field: 'address', text: 'Enter an email address, like name@council.gov.uk, or nothing' }
