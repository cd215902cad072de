import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { mayKeepFor, type NewRole, type PeopleService } from '../../people/people.service.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { dayIn } from '../days.pages.ts'
import { chosen, type FieldError, faultsOf, field, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { OfferedSignIn, Web } from '../web.plugin.ts'
import { type PersonRole, ROLE_ACTS } from './role-acts.ts'

export interface RolePagesOptions {
  readonly people: Pick<PeopleService, 'list' | 'record'>
  readonly parties: Pick<PartiesService, 'get'>
}

const PAGE = 50

/** Every role that was recorded in an organisation, and recording one for somebody. */
export function rolePages({ people, parties }: RolePagesOptions) {
  const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code

  async function recording(request: FastifyRequest, signIns: readonly OfferedSignIn[], over: Partial<Page> = {}): Promise<Page> {
    const principal = callerOf(request)
    const { outcome: body } = orThrow(await parties.get(codeOf(request)))
    if (!mayKeepFor(principal, body.code)) throw refused('FORBIDDEN', 'Its SIRO, or a register administrator, records its roles.')
    const isAdministrator = permits(principal.roles, 'role:keep_any')
    const offered = (Object.keys(ROLE_ACTS) as PersonRole[]).filter(
      (role) => isAdministrator || (role !== 'REGISTER_ADMIN' && role !== 'AUDITOR'),
    )
    return {
      template: 'people/record.njk',
      title: 'Record a role',
      ...over,
      data: { body, offered, acts: ROLE_ACTS, form: request.body ?? {}, issuers: issuersOf(signIns) },
    }
  }

  return ({ page, form, options: { signIns } }: Web): void => {
    page('/organisations/:code/roles', 'listRoles', async (request) => {
      const { outcome: body } = orThrow(await parties.get(codeOf(request)))
      const after = chosen(request, 'after') || null
      const found = orThrow(await people.list(callerOf(request), body.code, { after, limit: PAGE }))
      return { template: 'people/roles.njk', title: `Roles ever recorded for ${body.short_name}`, data: { body, found } }
    })
    page('/organisations/:code/roles/new', 'recordRole', (request) => recording(request, signIns))
    form('/organisations/:code/roles/new', 'recordRole', async (request): Promise<Page | Redirect> => {
      const issuers = issuersOf(signIns)
      const issuer = issuers.length === 1 ? issuers[0]?.issuer : issuers.find(({ key }) => key === field(request, 'issuer'))?.issuer
      const [from, to, address] = [dayIn(request, 'from'), dayIn(request, 'to'), field(request, 'mail_address')]
      const body = {
        person: { ...(issuer === undefined ? {} : { issuer }), subject: field(request, 'subject') },
        ...{ role: field(request, 'role'), reason: field(request, 'reason'), to: to || null },
        ...(from === '' ? {} : { from }),
        ...(address === '' ? {} : { mail_address: address }),
      }
      const missed = [
        ...(issuer === undefined ? [{ field: 'issuer', text: 'Select where they sign in' }] : []),
        ...missing(request, [
          ['subject', 'Enter the name under which they sign in'],
          ['role', 'Select the role'],
          ['reason', 'Say on what it rests'],
        ]),
      ]
      const errors = missed.length > 0 ? missed : faultsOf('recordRole', body, atField)
      if (errors.length > 0) return recording(request, signIns, { status: 422, errors })
      const call = { principal: callerOf(request), idempotency: once(request) }
      const done = await people.record(call, codeOf(request), body as NewRole)
      if (!done.ok) return recording(request, signIns, { status: 422, errors: refusedWith(done.refusal, atField) })
      return { to: `/organisations/${encodeURIComponent(codeOf(request))}/roles/${done.value.outcome.id}` }
    })
  }
}

/** The sign-in services that somebody can be known by, each once. */
function issuersOf(signIns: readonly OfferedSignIn[]) {
  return signIns.map(({ key, name, issuer }) => ({ key, name, issuer }))
}

/** The field of a member of the body. */
function atField(pointer: string): string {
  const member = memberAt(pointer)
  return member === 'person' ? 'subject' : member
}

/** What a form has not said, in words: the contract says only that it is too short. */
export function missing(request: FastifyRequest, wanted: readonly (readonly [field: string, text: string])[]): FieldError[] {
  return wanted.filter(([name]) => field(request, name) === '').map(([name, text]) => ({ field: name, text }))
}
