import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { awaitInstant } from '../../workflow/timed-rooms.service.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { PLANNED_DAYS } from '../model/agreement-timers.ts'
import { endsOf, instantsOfEnds, type SignOffEnd } from '../model/sign-off-ends.ts'

/** The room of timers at which something of the sign-offs of an agreement ends. */
export const SIGN_OFF_ENDS = 'sign_off_ends'

export interface SignOffEndsOptions {
  readonly db: Database
  readonly agreements: Pick<AgreementsService, 'read'>
  readonly workflow: Pick<WorkflowService, 'atWork' | 'subjectsAtWork'>
  readonly signOffs: Pick<SignOffsService, 'follow'>
}

/** Agreements that are read at a time. */
const BATCH = 100
const PLANNED_MS = PLANNED_DAYS * 24 * 3_600_000

/** Lets an end that was arranged be followed when it comes; `sequence`: of the act that arranged it, so that another one sets its own. */
export function awaitEnd(tx: Transaction, agreementId: string, at: Instant, sequence: number): Promise<void> {
  const dueAt = new Date(at).toISOString()
  return awaitInstant(tx, { room: SIGN_OFF_ENDS, subjectId: agreementId, name: `${dueAt}/${sequence}`, dueAt })
}

/**
 * Ends what of sign-offs is over when its instant comes: nobody is asked any more for what can no longer be signed, and no quorum waits for
 * whoever has left. What has ended is worked out when the timer fires; one leaf for each sign-off and party.
 */
export function signOffsThatEnd({ db, agreements, workflow, signOffs }: SignOffEndsOptions): TimedRoom {
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)

  async function ends(tx: Transaction, id: string, at: Instant): Promise<{ readonly signOff: string; readonly end: SignOffEnd }[]> {
    const [agreement] = await agreements.read(tx, [id])
    if (!agreement) return []
    const found = await workflow.atWork(tx, { type: 'agreement', id })
    return found.flatMap((signOff) => endsOf(agreement, signOff, at).map((end) => ({ signOff: signOff.id, end })))
  }

  return {
    /** Arranged long ago, for later than timers are set: those of agreements that are being signed. */
    async plan(tx: Transaction, now: Date) {
      const ids = await workflow.subjectsAtWork(tx, 'agreement')
      const planned: { readonly subjectId: string; readonly name: string; readonly dueAt: string }[] = []
      const pause = pauses()
      for (let first = 0; first < ids.length; first += BATCH)
        for (const agreement of await agreements.read(tx, ids.slice(first, first + BATCH))) {
          const instants = instantsOfEnds(agreement).filter((at) => at <= now.getTime() + PLANNED_MS)
          for (const dueAt of instants.map((at) => new Date(at).toISOString()))
            planned.push({ subjectId: agreement.id, name: dueAt, dueAt })
          await pause()
        }
      return planned
    },

    async fire({ subjectId }, fired, now) {
      for (const { signOff, end } of await asSystem((tx) => ends(tx, subjectId, now.getTime()))) {
        const isSame = (one: { readonly signOff: string; readonly end: SignOffEnd }) =>
          one.signOff === signOff && JSON.stringify(one.end) === JSON.stringify(end)
        await signOffs.follow(signOff, end, async (tx, at) => (await ends(tx, subjectId, Date.parse(at))).some(isSame))
      }
      // Doing it again finds nothing that is still open: the timer is done once all of it is.
      await asSystem((tx) => fired(tx, now.toISOString()))
    },
  }
}
