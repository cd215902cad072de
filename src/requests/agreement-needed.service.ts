import type { RunningCommand } from '../commands/command.ts'
import { servicePrincipal } from '../identity/principal.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import type { RequestActs } from './request-acts.service.ts'
import { requestsRepository } from './requests.repository.ts'
import type { RequestOrigin, ShareQuestion, ShareRequest } from './share-request.ts'

/** What became the rule and is to be an agreement, and for which of the two the service asks. */
export interface NeededAgreement extends Pick<ShareQuestion, 'provider' | 'recipient' | 'purpose' | 'data_items'> {
  readonly org: string
  readonly origin: Exclude<RequestOrigin, 'PERSON'>
  readonly why: string
}

/**
 * Asks for an agreement on what was meant for the exception and became the rule (EM-5, AH-2), once until that is answered. Within a
 * running command, or by itself. What nobody stated (subjects, method, country) is for the officer who takes it up.
 */
export function agreementNeeded(acts: RequestActs) {
  return async (needed: NeededAgreement, within?: RunningCommand): Promise<void> => {
    const { org, origin, provider, recipient, purpose, data_items, why } = needed
    const principal = servicePrincipal(org)
    const asked = await acts.ask({ principal, idempotency: null, ...(within ? { within } : {}) }, async ({ tx, now, newId }) => {
      const open = await requestsRepository(tx).openOfService({ origin, provider, recipient, purpose })
      const request: ShareRequest = open ?? {
        ...{
          id: newId(),
          origin,
          asked_by: { org, issuer: principal.issuer, sub: principal.sub },
          asked_at: now,
          decision_id: null,
          why,
          needed_by: null,
        },
        ...{ status: 'OPEN', answer: null, join_agreement: null, agreement: null, picked_up_by: null },
        question: {
          ...{ provider, recipient, purpose, data_items, data_subjects: [], method: null, country: null },
          ...{ lawful_basis: null, data_form: null, subject_count: null, record_count: null },
        },
      }
      return {
        request,
        isRepeat: open !== undefined,
        tell: [{ kind: 'REQUEST_RECEIVED', orgs: [provider, recipient] }],
        detail: { origin, why },
      }
    })
    orThrow(asked)
  }
}
