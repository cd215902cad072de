import type { Principal } from '../identity/principal.ts'
import { type Refusal, refusal } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import type { GroupsService } from './groups.service.ts'
import type { AnsweredPartners, PartnerAnswer } from './partner-answers.ts'
import type { RegisteringService } from './registering.service.ts'

export type PartnerAnswers = (principal: Principal, answer: PartnerAnswer) => Promise<Result<AnsweredPartners, Refusal>>

/**
 * Turns such answers into bodies of the register. The same new body said twice by one organisation is proposed once.
 * Refused where the body is in the register already, and for a group that is not there or has no member today.
 */
export function partnerAnswers({
  registering,
  groups,
}: {
  readonly registering: RegisteringService
  readonly groups: GroupsService
}): PartnerAnswers {
  return async (principal, answer) => {
    if ('create' in answer) {
      const proposed = await registering.proposeOnce({ principal, idempotency: null }, answer.create)
      return proposed.ok ? ok({ organisations: [proposed.value] }) : proposed
    }
    const group = (await groups.list()).find(({ code }) => code === answer.group)
    const no = (detail: string, code: string) => refuse(refusal('UNPROCESSABLE', detail, [{ pointer: '/answers', detail, code }]))
    if (!group) return no(`There is no group ${JSON.stringify(answer.group)}.`, 'UNKNOWN_GROUP')
    if (group.members_on.length === 0) return no(`${group.code} has no member on ${group.on}.`, 'EMPTY_GROUP')
    return ok({ organisations: group.members_on, group: group.code, on: group.on })
  }
}
