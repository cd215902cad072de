import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { AttestedPolicyService } from '../../parties/attested-policy.service.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { type FieldError, faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface AcceptingPagesOptions {
  readonly parties: Pick<PartiesService, 'find'>
  readonly attestedPolicy: AttestedPolicyService
}

/** Whether one's organisation accepts signatures that two people attest: seen by everybody of it, said by its SIRO. */
export function acceptingPages({ parties, attestedPolicy }: AcceptingPagesOptions) {
  const shown = async (request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> => {
    const { org, roles } = callerOf(request)
    const found = await parties.find(org)
    return {
      template: 'evidence/accepting.njk',
      title: 'Whether we accept attested signatures',
      ...over,
      data: {
        since: found?.accepts_attested_since ?? null,
        maySay: permits(roles, 'organisation:accept_attested'),
        form: request.body ?? {},
      },
    }
  }
  return ({ page, form }: Web): void => {
    page('/attested-signatures', 'getOrganisation', (request) => shown(request))
    form('/attested-signatures', 'acceptAttestedSignatures', async (request): Promise<Page | Redirect> => {
      const [said, reason] = [field(request, 'accepted'), field(request, 'reason')]
      const body = { accepted: said === 'yes', reason }
      const missing: FieldError[] = [
        ...(said === '' ? [{ field: 'accepted', text: 'Select whether your organisation accepts them' }] : []),
        ...(reason === '' ? [{ field: 'reason', text: 'Say why' }] : []),
      ]
      const errors = missing.length > 0 ? missing : faultsOf('acceptAttestedSignatures', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const principal = callerOf(request)
      const done = await attestedPolicy.put({ principal, idempotency: once(request) }, principal.org, body)
      return done.ok ? { to: '/attested-signatures' } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}
