import type { Principal } from '../identity/principal.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import type { GroupsService } from './groups.service.ts'
import type { AnsweredPartners, PartnerAnswer } from './partner-answers.ts'
import type { RegisteringService } from './registering.service.ts'

export type PartnerAnswers = (principal: Principal, answer: PartnerAnswer) => Promise<AnsweredPartners>

/**
 * Turns such answers into bodies of the register. The same new body said twice by one organisation is proposed once.
 * @throws ProblemError 409 where the body is in the register already, 422 for a group that is not there or has no member today
 */
export function partnerAnswers({
  registering,
  groups,
}: {
  readonly registering: RegisteringService
  readonly groups: GroupsService
}): PartnerAnswers {
  return async (principal, answer) => {
    if ('create' in answer) return { organisations: [await registering.proposeOnce({ principal, idempotency: null }, answer.create)] }
    const group = (await groups.list()).find(({ code }) => code === answer.group)
    const refuse = (detail: string, code: string) =>
      new ProblemError(problem('UNPROCESSABLE', detail, [{ pointer: '/answers', detail, code }]))
    if (!group) throw refuse(`There is no group ${JSON.stringify(answer.group)}.`, 'UNKNOWN_GROUP')
    if (group.members_on.length === 0) throw refuse(`${group.code} has no member on ${group.on}.`, 'EMPTY_GROUP')
    return { organisations: group.members_on, group: group.code, on: group.on }
  }
}
