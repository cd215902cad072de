import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { isSamePerson } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { mayKeepFor, type PeopleService } from '../../people/people.service.ts'
import type { NewTraining, TrainingService, TrainingView } from '../../people/training/training.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { mayCall } from '../access.pages.ts'
import { dayIn } from '../days.pages.ts'
import { chosen, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { rolesOn } from '../organisations/organisation.pages.ts'
import type { Web } from '../web.plugin.ts'
import { missing } from './roles.pages.ts'

export interface TrainingPagesOptions {
  readonly training: Pick<TrainingService, 'list' | 'record' | 'withdraw'>
  readonly people: Pick<PeopleService, 'list'>
  readonly parties: Pick<PartiesService, 'get'>
  readonly now: Clock
}

/** Training of the people of an organisation: what is recorded, when it ends and whom that stops from signing; recording it, and withdrawing what was wrong. */
export function trainingPages({ training, people, parties, now }: TrainingPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly code: string; readonly id: string }
  const at = (code: string) => `/organisations/${encodeURIComponent(code)}/training`

  const isOwn = (request: FastifyRequest, { issuer, subject }: TrainingView['person']) =>
    isSamePerson(callerOf(request), { issuer, sub: subject })

  /** Others who hold a role today, each once, by the key of a role of theirs: nobody records their own training. */
  async function holders(request: FastifyRequest) {
    const roles = await rolesOn(people, callerOf(request), params(request).code, londonDay(now().getTime()))
    const others = roles.filter(({ person }) => !isOwn(request, person))
    const known = new Map(others.map(({ id, person }) => [JSON.stringify([person.issuer, person.subject]), { id, person }]))
    return [...known.values()]
  }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    const { outcome: body } = orThrow(await parties.get(params(request).code))
    const found = orThrow(await training.list(principal, body.code, { after: chosen(request, 'after') || null }))
    const mayKeep = body.status === 'CONFIRMED' && mayCall(principal, 'recordTraining') && mayKeepFor(principal, body.code)
    return {
      template: 'people/training.njk',
      title: `Training at ${body.short_name}`,
      ...over,
      data: {
        ...{ body, found, mayKeep, holders: mayKeep ? await holders(request) : [], form: request.body ?? {} },
        mayWithdraw: (one: TrainingView) => mayKeep && one.withdrawn_at === null && !isOwn(request, one.person),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/organisations/:code/training', 'listTraining', (request) => shown(request))
    form('/organisations/:code/training', 'recordTraining', async (request): Promise<Page | Redirect> => {
      const { code } = params(request)
      const whose = (await holders(request)).find(({ id }) => id === field(request, 'holder'))
      const [completed_on, ends_on] = [dayIn(request, 'completed_on'), dayIn(request, 'ends_on')]
      const body = {
        ...{ person: whose?.person, course: field(request, 'course'), provider: field(request, 'provider') || null },
        ...{ completed_on, ends_on, is_required: field(request, 'is_required') === 'yes' },
      }
      const missed = [
        ...(whose ? [] : [{ field: 'holder', text: 'Select whose training it is' }]),
        ...missing(request, [['course', 'Enter the name of the course']]),
        ...(completed_on === '' ? [{ field: 'completed_on', text: 'Enter the day on which it was completed' }] : []),
        ...(ends_on === '' ? [{ field: 'ends_on', text: 'Enter the last day on which it counts' }] : []),
      ]
      const errors = missed.length > 0 ? missed : faultsOf('recordTraining', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await training.record({ principal: callerOf(request), idempotency: once(request) }, code, body as NewTraining)
      if (!done.ok)
        return shown(request, { status: 422, errors: refusedWith(done.refusal, (p) => (p === '/person' ? 'holder' : memberAt(p))) })
      return { to: at(code) }
    })
    form('/organisations/:code/training/:id', 'withdrawTraining', async (request): Promise<Page | Redirect> => {
      const { code, id } = params(request)
      const body = { reason: field(request, 'reason') }
      const missed = missing(request, [['reason', 'Say why it is withdrawn']])
      const errors = missed.length > 0 ? missed : faultsOf('withdrawTraining', body)
      if (errors.length > 0) return shown(request, { status: 422, errors: errors.map((one) => ({ ...one, field: `reason-${id}` })) })
      const done = await training.withdraw({ principal: callerOf(request), idempotency: once(request) }, code, id, body)
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal, () => `reason-${id}`) })
      return { to: at(code) }
    })
  }
}
