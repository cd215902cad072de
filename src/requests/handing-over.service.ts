import type { RequestInHand } from '../people/handover/handover.ts'
import type { HandoverRoom } from '../people/handover/handover-room.service.ts'
import type { RequestActs } from './request-acts.service.ts'
import { requestsRepository } from './requests.repository.ts'

/** The role whose people answer requests. */
const ANSWERS = 'IG_OFFICER'
const SHOWN_MAX = 200
const EVERY = 1_000_000

/** Requests for shares that somebody has picked up who leaves. */
export function requestsHandedOver({ acts }: { readonly acts: Pick<RequestActs, 'handOver'> }): HandoverRoom<RequestInHand> {
  return {
    async inHands(tx, org, person, takesOver) {
      const { person: passes_to, whyNot: why_not } = takesOver(ANSWERS)
      return (await requestsRepository(tx).pickedUpBy({ ...person, org }, SHOWN_MAX)).map(({ id, question }) => ({
        ...{ id, provider: question.provider, recipient: question.recipient, purpose: question.purpose },
        ...{ role: ANSWERS, passes_to, why_not },
      }))
    },

    allInHands: async (tx, org, person) => (await requestsRepository(tx).pickedUpBy({ ...person, org }, EVERY)).map(({ id }) => id),

    passOn(id, { org, person, within }, takesOver) {
      const { person: next } = takesOver(ANSWERS)
      const to = next && { issuer: next.issuer, sub: next.subject, org }
      return acts.handOver({ requestId: id, ...(within ? { within } : {}) }, { ...person, org }, to)
    },
  }
}
