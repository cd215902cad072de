import type { Agreement } from '../agreement.ts'
import type { ActReply } from './act.ts'
import type { ActDone, ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { type ChangeOf, decided } from './decided.ts'
import { hasLeft } from './governing.ts'
import { noticesRepository } from './notices.repository.ts'
import { REVIEW_CYCLE_MONTHS } from './review-cycle.ts'
import { standingRepository } from './standing.repository.ts'
import { versionsRepository } from './versions.repository.ts'

export interface Terminated extends ActOutcome {
  readonly terminated_at: string
}

export interface Reviewed extends ActOutcome {
  readonly review_due: string
}

export interface Dropped extends ActOutcome {
  /** Versions that will never govern. */
  readonly abandons: readonly number[]
  /** From when the party that rejected takes no part; null: the whole agreement ended. */
  readonly left_at: string | null
}

/** LC-5 and 5.6: how an agreement ends, is given up, or has its end put off. */
export function endingService({ acts }: { readonly acts: ActShell }) {
  return {
    terminate: (
      call: ActCall,
      { at = null, reason }: { readonly at?: string | null; readonly reason: string },
    ): Promise<ActReply<Terminated>> =>
      acts.perform({ ...call, act: 'terminate', event: 'agreement.terminated' }, async ({ tx, agreement, principal, now, newId }) => {
        const change = decided({ type: 'terminate', at: at && new Date(at).toISOString() }, agreement, principal, now)
        await standingRepository(tx).terminate(agreement.id, change.at, change.to)
        const detail = { org: principal.org, terminated_at: change.at }
        const others = othersThan(agreement, principal.org, now)
        await noticesRepository(tx).tell(others, { agreementId: agreement.id, kind: 'PARTY_LEFT', at: now, detail }, newId)
        return {
          status: 200,
          to: change.to,
          detail: { terminated_at: change.at, reason },
          body: {
            ...{ agreement: agreement.id, act: 'terminate', at: now, from: agreement.status, to: change.to },
            terminated_at: change.at,
          },
        }
      }),

    confirmReview: (call: ActCall, { reason }: { readonly reason: string }): Promise<ActReply<Reviewed>> =>
      acts.perform({ ...call, act: 'confirm_review', event: 'agreement.review_confirmed' }, async ({ tx, agreement, principal, now }) => {
        const standing = standingRepository(tx)
        const cycleMonths = (await standing.reviewCycle(agreement.id)) ?? REVIEW_CYCLE_MONTHS
        const change = decided({ type: 'confirm_review', cycleMonths }, agreement, principal, now)
        await standing.setReviewDue(agreement.id, change.reviewDue)
        return {
          status: 200,
          to: change.to,
          detail: { review_due: change.reviewDue, cycle_months: cycleMonths, reason },
          body: {
            ...{ agreement: agreement.id, act: 'confirm_review', at: now, from: agreement.status, to: change.to },
            review_due: change.reviewDue,
          },
        }
      }),

    withdrawDraft: (call: ActCall, { reason }: { readonly reason: string }): Promise<ActReply<Dropped>> =>
      acts.perform({ ...call, act: 'withdraw_draft', event: 'agreement.withdrawn' }, async ({ tx, agreement, principal, now }) => {
        const change = decided({ type: 'withdraw_draft' }, agreement, principal, now)
        await versionsRepository(tx).setStatus(agreement.id, change.abandons, 'ABANDONED')
        await standingRepository(tx).setStatus(agreement.id, change.to)
        return dropped('withdraw_draft', agreement, change, { reason, now })
      }),

    reject: (call: ActCall, { reason }: { readonly reason: string }): Promise<ActReply<Dropped>> =>
      acts.perform({ ...call, act: 'reject', event: 'agreement.rejected' }, async ({ tx, agreement, principal, now, newId }) => {
        const change = decided({ type: 'reject' }, agreement, principal, now)
        const standing = standingRepository(tx)
        await versionsRepository(tx).setStatus(agreement.id, change.abandons, 'ABANDONED')
        if (change.leavesAt === null) await standing.setStatus(agreement.id, change.to)
        else await standing.leave(agreement.id, principal.org, change.leavesAt)
        const detail = { org: principal.org, rejected: true, left_at: change.leavesAt }
        const others = othersThan(agreement, principal.org, now)
        await noticesRepository(tx).tell(others, { agreementId: agreement.id, kind: 'PARTY_LEFT', at: now, detail }, newId)
        return dropped('reject', agreement, change, { reason, now })
      }),
  }
}

function othersThan(agreement: Agreement, org: string, now: string): string[] {
  return agreement.parties.filter((party) => party.org !== org && !hasLeft(party.left_at, now)).map((party) => party.org)
}

function dropped(
  act: 'withdraw_draft' | 'reject',
  agreement: Agreement,
  change: ChangeOf<'reject'>,
  { reason, now }: { readonly reason: string; readonly now: string },
): ActDone<Dropped> {
  return {
    status: 200,
    to: change.to,
    detail: { reason, abandons: change.abandons, left_at: change.leavesAt },
    body: {
      ...{ agreement: agreement.id, act, at: now, from: agreement.status, to: change.to },
      abandons: change.abandons,
      left_at: change.leavesAt,
    },
  }
}
