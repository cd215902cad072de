import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { holdsOn } from '../../people/held-role.ts'
import { rolesNeededBy } from '../../people/needed-roles.ts'
import { mayKeepFor, type PeopleService } from '../../people/people.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { mayCall } from '../access.pages.ts'
import { dayIn } from '../days.pages.ts'
import { faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { rolesOn } from '../organisations/organisation.pages.ts'
import type { Web } from '../web.plugin.ts'
import { type PersonRole, ROLE_ACTS } from './role-acts.ts'
import { missing } from './roles.pages.ts'

export interface EndingPagesOptions {
  readonly people: Pick<PeopleService, 'list' | 'read' | 'end'>
  readonly parties: Pick<PartiesService, 'get'>
  readonly now: Clock
}

/** One role that somebody holds, with what was done to it; ending it, with what that takes from them. */
export function endingPages({ people, parties, now }: EndingPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly code: string; readonly id: string }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { code, id } = params(request)
    const principal = callerOf(request)
    const { outcome: held } = orThrow(await people.read(principal, code, id))
    const history = held.history.map((one) => ({ ...one, actor: { issuer: one.actor_issuer, subject: one.actor_sub } }))
    const { outcome: body } = orThrow(await parties.get(code))
    const today = londonDay(now().getTime())
    const others = (await rolesOn(people, principal, code, today)).filter((one) => one.counts && one.id !== id)
    const isSame = ({ issuer, subject }: typeof held.person) => issuer === held.person.issuer && subject === held.person.subject
    return {
      template: 'people/role.njk',
      title: 'A role and who holds it',
      ...over,
      data: {
        ...{ body, held, history, form: request.body ?? {}, act: ROLE_ACTS[held.role as PersonRole] },
        isOver: held.ended_at !== null || (held.to !== null && held.to < today),
        isToCome: !holdsOn(held, today) && held.from > today,
        mayEnd: mayCall(principal, 'endRole') && mayKeepFor(principal, code),
        left: others.filter(({ person }) => isSame(person)).map(({ role }) => role),
        isLast: rolesNeededBy(body).includes(held.role) && !others.some(({ role }) => role === held.role),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/organisations/:code/roles/:id', 'getRole', (request) => shown(request))
    form('/organisations/:code/roles/:id', 'endRole', async (request): Promise<Page | Redirect> => {
      const { code, id } = params(request)
      const [when, last] = [field(request, 'when'), dayIn(request, 'last_day')]
      const missed = [
        ...missing(request, [['when', 'Select when it ends']]),
        ...(when === 'later' && last === '' ? [{ field: 'last_day', text: 'Enter the last day' }] : []),
        ...missing(request, [['reason', 'Say why it ends']]),
      ]
      const body = { last_day: when === 'later' ? last : null, reason: field(request, 'reason') }
      const errors = missed.length > 0 ? missed : faultsOf('endRole', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await people.end({ principal: callerOf(request), idempotency: once(request), ifMatch: '*' }, code, id, body)
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal, (at) => (at === '' ? '' : 'last_day')) })
      return { to: `/organisations/${encodeURIComponent(code)}/roles/${id}` }
    })
  }
}
