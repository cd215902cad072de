import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { mayKeepFor } from '../../people/people.service.ts'
import type { StaffRolesService, StaffRoleView } from '../../people/staff-roles.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { mayCall } from '../access.pages.ts'
import { dayIn } from '../days.pages.ts'
import { type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { missing } from './roles.pages.ts'

export interface StaffRolePagesOptions {
  readonly staffRoles: Pick<StaffRolesService, 'list' | 'give' | 'end'>
  readonly parties: Pick<PartiesService, 'get'>
  readonly now: Clock
}

/** Whether all signed-in staff of an organisation are practitioners: since when, switching it on for some days, and off. */
export function staffRolePages({ staffRoles, parties, now }: StaffRolePagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly code: string; readonly id: string }
  const at = (code: string) => `/organisations/${encodeURIComponent(code)}/staff-roles`

  async function shown(request: FastifyRequest, errors: readonly FieldError[] = []): Promise<Page> {
    const principal = callerOf(request)
    const { outcome: body } = orThrow(await parties.get(params(request).code))
    const all = orThrow(await staffRoles.list(principal, body.code)).staff_roles
    const today = londonDay(now().getTime())
    const isOver = ({ to, ended_at }: StaffRoleView) => ended_at !== null || (to !== null && to < today)
    return {
      template: 'people/staff-role.njk',
      title: 'All staff as practitioners',
      ...(errors.length > 0 ? { status: 422, errors } : {}),
      data: {
        ...{ body, all: all.map((one) => ({ ...one, isOver: isOver(one) })), form: request.body ?? {} },
        mayKeep: body.status === 'CONFIRMED' && mayCall(principal, 'giveStaffRole') && mayKeepFor(principal, body.code),
        // What has no last day is ended before another is given.
        mayGive: all.every((one) => isOver(one) || one.to !== null),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/organisations/:code/staff-roles', 'listStaffRoles', (request) => shown(request))
    form('/organisations/:code/staff-roles', 'giveStaffRole', async (request): Promise<Page | Redirect> => {
      const { code } = params(request)
      const from = dayIn(request, 'from')
      const body = { ...(from === '' ? {} : { from }), to: dayIn(request, 'to') || null, reason: field(request, 'reason') }
      const missed = missing(request, [['reason', 'Say on what it rests']])
      const errors = missed.length > 0 ? missed : faultsOf('giveStaffRole', body)
      if (errors.length > 0) return shown(request, errors)
      const done = await staffRoles.give({ principal: callerOf(request), idempotency: once(request) }, code, body)
      return done.ok ? { to: at(code) } : shown(request, refusedWith(done.refusal, memberAt))
    })
    form('/organisations/:code/staff-roles/:id', 'endStaffRole', async (request): Promise<Page | Redirect> => {
      const { code, id } = params(request)
      const last = dayIn(request, 'last_day')
      const body = { last_day: last === '' ? null : last, reason: field(request, 'end_reason') }
      const missed = missing(request, [['end_reason', 'Say why it ends']])
      const errors = missed.length > 0 ? missed : faultsOf('endStaffRole', body)
      if (errors.length > 0) return shown(request, errors)
      const done = await staffRoles.end({ principal: callerOf(request), idempotency: once(request) }, code, id, body)
      return done.ok
        ? { to: at(code) }
        : shown(
            request,
            refusedWith(done.refusal, (pointer) => (pointer === '' ? '' : 'last_day')),
          )
    })
  }
}
