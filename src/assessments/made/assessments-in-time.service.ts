import { servicePrincipal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { awaitInstant } from '../../workflow/timed-rooms.service.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import { type AssessedAgreements, agreementOfAny } from './assessed-agreement.service.ts'
import type { AssessmentCodes } from './codes.ts'
import { madeRepository } from './made.repository.ts'
import { factsIn, lawIn } from './made-assessment.ts'
import { dueReopening } from './reopening.ts'
import type { ReviewingService } from './reviewing.service.ts'

/** The room of timers of assessments that are made here. */
export const ASSESSMENTS = 'assessment'

/** Has the assessment that decisions stand on looked at at once, where it is made here and approved. Joins the transaction. */
export async function lookAgain(tx: Transaction, assessment: string, because: 'changed' | `joined:${string}`, now: string): Promise<void> {
  const subjectId = await madeRepository(tx).approvedOf(assessment)
  if (subjectId) await awaitInstant(tx, { room: ASSESSMENTS, subjectId, name: `${because}:${now}`, dueAt: now })
}

export interface AssessmentsInTimeOptions {
  readonly db: Database
  readonly agreementOf: AssessedAgreements
  readonly reviewing: Pick<ReviewingService, 'reopen' | 'joinedSince' | 'askJoined'>
  /** The code lists as they stand on a London day. */
  readonly codesOn: (day: Day) => Promise<AssessmentCodes>
}

/**
 * Approved assessments are looked at once a day, and soon after the draft of their agreement changed or a party was invited: where the share, the law or the date
 * calls for it, one is opened again by the service, with a record of why, and its controllers are told (DP-6); else controllers that joined are asked to accept it for themselves (DP-7).
 */
export function assessmentsInTime({ db, agreementOf, reviewing, codesOn }: AssessmentsInTimeOptions): TimedRoom {
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)

  /** What there is to look at; undefined: it is not approved, or its agreement is over. */
  async function approved(tx: Transaction, id: string, now: Date) {
    const made = (await madeRepository(tx).find(id))?.made
    if (made?.state !== 'APPROVED' || made.approved_version === null) return undefined
    const about = await agreementOfAny(agreementOf, tx, made, now.getTime())
    const sent = await madeRepository(tx).version(id, made.approved_version)
    if (!about || !sent || about.isOver) return undefined
    return { about, sent, joined: await reviewing.joinedSince(tx, { id, version: sent.version }, about) }
  }

  return {
    async plan(tx, now) {
      const name = `look:${londonDay(now.getTime())}`
      return (await madeRepository(tx).approvedIds()).map((subjectId) => ({ subjectId, name, dueAt: now.toISOString() }))
    },

    async fire({ subjectId: id }, fired, now) {
      const today = londonDay(now.getTime())
      const found = await asSystem((tx) => approved(tx, id, now))
      if (found) {
        const { about, sent, joined } = found
        const [codesThen, codesNow] = [await codesOn(londonDay(Date.parse(sent.sent_at))), await codesOn(today)]
        const { review_due } = sent
        const [assessed, law] = [factsIn(sent), lawIn(sent)]
        const due = dueReopening({ assessed, stands: about.facts, law, codesThen, codesNow, review_due, today })
        const call = { principal: servicePrincipal(about.keeper), idempotency: null, assessmentId: id }
        if (due) orThrow(await reviewing.reopen(call, due))
        else if (joined.length > 0) orThrow(await reviewing.askJoined(call))
      }
      // Looking again finds it open: the timer is done once that was done.
      await asSystem((tx) => fired(tx, now.toISOString()))
    },
  }
}
