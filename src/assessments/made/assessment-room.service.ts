import type { Transaction } from '../../platform/database/database.ts'
import type { SignOffEvent, StepName } from '../../workflow/model/events.ts'
import { chainOf, routeOf, type SignOff } from '../../workflow/model/sign-off.ts'
import type { SubjectRoom } from '../../workflow/subject-room.service.ts'
import type { AssessedAgreements } from './assessed-agreement.service.ts'
import { madeRepository } from './made.repository.ts'
import { asApproved, type MadeAssessment, type SentVersion, stateIn } from './made-assessment.ts'
import { type MadeKindOptions, publishStated, restated } from './made-kind.service.ts'

export interface AssessmentRoomOptions extends Pick<MadeKindOptions, 'notifications' | 'policy'> {
  readonly agreementOf: AssessedAgreements
}

/** What its sign-off makes of an assessment: advice, acceptance by each controller, a return, a refusal (DP-4, DP-7). */
export function assessmentRoom({ notifications, policy, agreementOf }: AssessmentRoomOptions): SubjectRoom {
  /** Keeps what the people of a controller said: advice of its data protection officer, what overruled it, its acceptance. */
  async function keep(tx: Transaction, id: string, signOff: SignOff, event: SignOffEvent, sent: Sent, now: string): Promise<void> {
    const repository = madeRepository(tx)
    const { version } = signOff.subject
    if (!('org' in event) || event.org === null) return
    const { org } = event
    if (event.type === 'OVERRULED') return repository.overrule(id, { org, version }, event.by, now, event.reason)
    if (event.type === 'STEP_REFUSED' && isAdvice(signOff, event))
      return repository.addAdvice(id, { org, version, at: now, says: 'DO_NOT_PROCEED', words: event.reason, conditions: [] }, event.by)
    if (event.type !== 'TASK_DONE') return
    const { result } = event
    if (!isAdvice(signOff, event)) return repository.accept(id, { org, version, at: now, holds_to: sent.review_due }, result.by)
    const says = result.outcome === 'APPROVED' ? 'PROCEED' : 'PROCEED_WITH_CONDITIONS'
    const conditions = result.conditions.map(({ text, due }) => ({ text, due }))
    return repository.addAdvice(id, { org, version, at: now, says, words: result.comment, conditions }, result.by)
  }

  return {
    async lock(tx, id) {
      return (await madeRepository(tx).find(id, true)) && { facts: [] }
    },

    async onEvents(tx, signOff, events, acting) {
      const found = (await madeRepository(tx).find(signOff.subject.id))?.made
      // What becomes of an earlier version is no longer about it.
      if (!found || found.version !== signOff.subject.version) return
      const sent = (await madeRepository(tx).versions(found.id)).at(-1)
      if (!sent) throw new RangeError(`assessment ${found.id} is signed off and was never sent`)
      for (const event of events) await keep(tx, found.id, signOff, event, sent, acting.now)
      const made = asApproved({ ...found, state: stateIn(found, signOff, sent.residual), changed_at: acting.now })
      if (made.state === found.state) return
      await madeRepository(tx).update(made)
      const about = await agreementOf(tx, made.agreement, { org: signOff.keeper }, acting.at)
      if (about) await restated({ tx, now: acting.now }, made, about.stated)
      const kind = NOTICES[made.state]
      if (!kind) return
      const subject = { type: 'assessment', id: made.id }
      const detail = { agreement: made.agreement, version: made.version, state: made.state }
      const orgs = signOff.chains.flatMap(({ org }) => (org === null || org === acting.principal.org ? [] : [org]))
      await notifications.tell(tx, orgs, { kind, subject, at: acting.now, toldBy: acting.principal.org, detail })
    },

    publishes: (events) => events.some(({ type }) => OF_NOTE.has(type)),
    async publish(tx, id, now) {
      const made = (await madeRepository(tx).find(id))?.made
      return made && publishStated(tx, made.assessment, now, policy)
    },
  }
}

/** What may change what decisions stand on: not who has a task, nor what is said of it. */
const OF_NOTE: ReadonlySet<SignOffEvent['type']> = new Set([
  ...(['TASK_DONE', 'STEP_REFUSED', 'OVERRULED', 'RETURNED', 'RETURN_TAKEN_BACK', 'CHAIN_ENDED', 'ENDED'] as const),
])

type Sent = Omit<SentVersion, 'document'>

/** What is told when it comes to a state. */
const NOTICES: Partial<Record<MadeAssessment['state'], 'ASSESSMENT_RETURNED' | 'ASSESSMENT_DECIDED' | 'HIGH_RESIDUAL_RISK'>> = {
  DRAFT: 'ASSESSMENT_RETURNED',
  IN_REVIEW: 'ASSESSMENT_RETURNED',
  APPROVED: 'ASSESSMENT_DECIDED',
  REJECTED: 'ASSESSMENT_DECIDED',
  PRIOR_CONSULTATION: 'HIGH_RESIDUAL_RISK',
}

function isAdvice(signOff: SignOff, { org, step }: StepName): boolean {
  const chain = chainOf(signOff, org)
  return chain !== undefined && routeOf(signOff, chain).steps.some(({ id, kind }) => id === step && kind === 'DPO_REVIEW')
}
