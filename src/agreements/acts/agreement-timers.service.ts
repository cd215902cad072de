import { servicePrincipal } from '../../identity/principal.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import type { ActingService } from '../acting.service.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import {
  type AgreementTimer,
  type AgreementTimerKind,
  agreementTimers,
  nameOfTimer,
  PLANNED_DAYS,
  timersToSet,
} from '../model/agreement-timers.ts'
import { keeperOf, presentParties } from '../model/standing.ts'
import { withDeadlineBefore } from '../store/deadlines.repository.ts'

export interface AgreementTimersOptions {
  readonly db: Database
  readonly agreements: Pick<AgreementsService, 'read'>
  readonly notifications: NotificationsService
  readonly acts: Pick<ActingService, 'perform'>
}

/** What changes how a review stands (5.6) is recorded like an act of the service itself: the history and the log say since when. */
const ACTS: Readonly<Partial<Record<AgreementTimerKind, string>>> = { REVIEW_OVERDUE: 'review_overdue', REVIEW_BLOCKS: 'review_blocks' }

/** Agreements that are read at a time. */
const BATCH = 100

/** Reviews and ends of agreements: their parties are told before, and once a review is overdue. What denies is worked out at every decision. */
export function agreementsInTime({ db, agreements, notifications, acts }: AgreementTimersOptions): TimedRoom {
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)

  return {
    async plan(tx: Transaction, now: Date) {
      const ids = await withDeadlineBefore(tx, addDays(londonDay(now.getTime()), PLANNED_DAYS + 1))
      const planned: { readonly subjectId: string; readonly name: string; readonly dueAt: string }[] = []
      const pause = pauses()
      for (let first = 0; first < ids.length; first += BATCH)
        for (const agreement of await agreements.read(tx, ids.slice(first, first + BATCH))) {
          for (const timer of timersToSet(agreement, now.getTime()))
            planned.push({ subjectId: agreement.id, name: nameOfTimer(timer), dueAt: new Date(timer.at).toISOString() })
          await pause()
        }
      return planned
    },

    async fire({ subjectId, name }, fired, now) {
      const [before] = await asSystem((tx) => agreements.read(tx, [subjectId]))
      const org = before && (keeperOf(before, now.getTime()) ?? presentParties(before, now.getTime())[0])
      const act = Object.entries(ACTS).find(([kind]) => name.startsWith(`${kind}:`))?.[1]
      if (org === undefined || act === undefined)
        return asSystem(async (tx) => {
          if (!(await fired(tx, now.toISOString()))) return
          const [agreement] = await agreements.read(tx, [subjectId])
          if (agreement) await tellOf(tx, agreement, name, now)
        })
      const call = { principal: servicePrincipal(org), idempotency: null, agreementId: subjectId }
      const named = { act, event: `agreement.${act}` } as const
      orThrow(
        await acts.perform(call, named, async ({ tx, agreement }) => {
          const timer = (await fired(tx, now.toISOString())) ? await tellOf(tx, agreement, name, now) : undefined
          return { detail: timer ? detailOf(timer) : {}, outcome: null, isRepeat: timer === undefined }
        }),
      )
    },
  }

  /** Tells everybody who takes part and the keeper; undefined: a review that was done meanwhile, or an end that was put off, is another timer. */
  async function tellOf(tx: Transaction, agreement: Agreement, name: string, now: Date): Promise<AgreementTimer | undefined> {
    const at = now.getTime()
    const timer = agreementTimers(agreement, at).find((one) => nameOfTimer(one) === name)
    if (!timer) return undefined
    const keeper = keeperOf(agreement, at)
    const orgs = [...presentParties(agreement, at), ...(keeper === null ? [] : [keeper])]
    const subject = { type: 'agreement', id: agreement.id }
    await notifications.tell(tx, orgs, { kind: timer.kind, subject, at: now.toISOString(), detail: detailOf(timer) })
    return timer
  }
}

function detailOf({ kind, day, deniesFrom }: AgreementTimer) {
  return kind.startsWith('EXPIRY') ? { last_day: day } : { review_due: day, denies_from: deniesFrom }
}
