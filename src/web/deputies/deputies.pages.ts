import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { isSamePerson } from '../../identity/principal.ts'
import type { DeputiesService, NewDeputy } from '../../people/deputies.service.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { dayIn } from '../days.pages.ts'
import { chosen, type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

/** Who stands in for whom in the reader's organisation; naming a deputy for oneself, and ending one. */
export function deputyPages({ deputies }: { readonly deputies: Pick<DeputiesService, 'list' | 'name' | 'end'> }) {
  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    const after = chosen(request, 'after') || null
    const found = orThrow(await deputies.list(principal, principal.org, { after }))
    const isOwn = ({ issuer, subject: sub }: { readonly issuer: string; readonly subject: string }) =>
      isSamePerson(principal, { issuer, sub })
    return {
      template: 'deputies/deputies.njk',
      title: 'Deputies',
      ...over,
      data: {
        ...{ roles: principal.roles, next: found.next_after, form: request.body ?? {} },
        deputies: found.deputies.map((one) => ({ ...one, isOwn: isOwn(one.person), isMe: isOwn(one.deputy) })),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/deputies', 'listDeputies', (request) => shown(request))
    form('/deputies', 'nameDeputy', async (request): Promise<Page | Redirect> => {
      const principal = callerOf(request)
      const { issuer, org } = principal
      const deputy = { issuer, subject: field(request, 'deputy') }
      const days = { first: dayIn(request, 'first'), last: dayIn(request, 'last') }
      // Stood in for is whoever asks, by the issuer of their own session.
      const body = {
        role: field(request, 'role'),
        person: { issuer, subject: principal.sub },
        deputy,
        ...days,
        reason: field(request, 'reason'),
      }
      const missed = missing(request)
      const errors = missed.length > 0 ? missed : faultsOf('nameDeputy', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await deputies.name({ principal, idempotency: once(request) }, org, body as NewDeputy)
      return done.ok ? { to: '/deputies' } : shown(request, { status: 422, errors: refusedWith(done.refusal, memberAt) })
    })
    form('/deputies/:id', 'endDeputy', async (request): Promise<Page | Redirect> => {
      const principal = callerOf(request)
      const { id } = request.params as { readonly id: string }
      const body = { reason: field(request, 'reason') }
      const at = `end-${id}`
      const wrong =
        body.reason === '' ? [{ field: at, text: 'Say why it ends' }] : faultsOf('endDeputy', body).map(({ text }) => ({ field: at, text }))
      if (wrong.length > 0) return shown(request, { status: 422, errors: wrong })
      const done = await deputies.end({ principal, idempotency: once(request) }, principal.org, id, body)
      return done.ok ? { to: '/deputies' } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}

/** What a form has not said, in words: the contract says only that it is too short. */
function missing(request: FastifyRequest): FieldError[] {
  const wanted = [
    ['role', 'Select the role'],
    ['deputy', 'Say who stands in for you'],
    ['first', 'Enter the first day'],
    ['last', 'Enter the last day'],
    ['reason', 'Say why'],
  ] as const
  return wanted
    .filter(([name]) => field(request, name) === '' && dayIn(request, name) === '')
    .map(([name, text]) => ({ field: name, text }))
}
