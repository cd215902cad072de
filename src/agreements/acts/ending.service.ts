import { instantOf, written } from '../../platform/kernel/instant.ts'
import { othersThan } from '../model/standing.ts'
import type { ActReply } from './act.ts'
import type { ActContext, ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { decided } from './decided.ts'
import { type NoticeKind, noticesRepository } from './notices.repository.ts'
import { REVIEW_CYCLE_MONTHS } from './review-cycle.ts'
import { standingRepository } from './standing.repository.ts'
import { versionsRepository } from './versions.repository.ts'

export interface Terminated extends ActOutcome {
  /** null: the end was taken back. */
  readonly terminated_at: string | null
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

interface Reason {
  readonly reason: string
}

/** LC-5 and 5.6: how an agreement ends or goes on, is given up, or has its end put off. */
export function endingService({ acts }: { readonly acts: ActShell }) {
  return {
    terminate: (call: ActCall, { at: asked = null, reason }: Reason & { readonly at?: string | null }): Promise<ActReply<Terminated>> =>
      acts.perform({ ...call, act: 'terminate', event: 'agreement.terminated' }, async (context) => {
        const { tx, agreement, principal, at, now } = context
        const change = decided({ type: 'terminate', at: asked === null ? null : instantOf(asked) }, agreement, principal, at)
        const terminated_at = written(change.at)
        await standingRepository(tx).terminate(agreement.id, terminated_at, change.to)
        await tellOthers(context, 'TERMINATED', { org: principal.org, terminated_at, reason })
        const outcome = { agreement: agreement.id, act: 'terminate', at: now, from: agreement.status, to: change.to }
        return { status: 200, to: change.to, detail: { terminated_at, reason }, body: { ...outcome, terminated_at } }
      }),

    /** Takes back an end that has not come. */
    goOn: (call: ActCall, { reason }: Reason): Promise<ActReply<Terminated>> =>
      acts.perform({ ...call, act: 'go_on', event: 'agreement.end_taken_back' }, async (context) => {
        const { tx, agreement, principal, at, now } = context
        const standing = standingRepository(tx)
        const change = decided({ type: 'go_on', setBy: await standing.endSetBy(agreement.id) }, agreement, principal, at)
        await standing.terminate(agreement.id, null, change.to)
        const detail = { org: principal.org, end: 'TERMINATION', was: change.was, reason }
        await tellOthers(context, 'END_TAKEN_BACK', detail)
        const outcome = { agreement: agreement.id, act: 'go_on', at: now, from: agreement.status, to: change.to }
        return { status: 200, to: change.to, detail, body: { ...outcome, terminated_at: null } }
      }),

    confirmReview: (call: ActCall, { reason }: Reason): Promise<ActReply<Reviewed>> =>
      acts.perform(
        { ...call, act: 'confirm_review', event: 'agreement.review_confirmed' },
        async ({ tx, agreement, principal, at, now }) => {
          const standing = standingRepository(tx)
          const cycleMonths = (await standing.reviewCycle(agreement.id)) ?? REVIEW_CYCLE_MONTHS
          const change = decided({ type: 'confirm_review', cycleMonths }, agreement, principal, at)
          await standing.setReviewDue(agreement.id, change.reviewDue, { at: now, before: agreement.review_due })
          return {
            status: 200,
            to: change.to,
            detail: { review_due: change.reviewDue, before: agreement.review_due, cycle_months: cycleMonths, reason },
            body: {
              ...{ agreement: agreement.id, act: 'confirm_review', at: now, from: agreement.status, to: change.to },
              review_due: change.reviewDue,
            },
          }
        },
      ),

    withdrawDraft: (call: ActCall, { reason }: Reason): Promise<ActReply<Dropped>> =>
      acts.perform({ ...call, act: 'withdraw_draft', event: 'agreement.withdrawn' }, async (context) => {
        const { tx, agreement, principal, at, now } = context
        const change = decided({ type: 'withdraw_draft' }, agreement, principal, at)
        await versionsRepository(tx).drop(agreement.id, change.abandons, 'ABANDONED', now)
        await standingRepository(tx).setStatus(agreement.id, change.to)
        await tellOthers(context, 'DRAFT_WITHDRAWN', { org: principal.org, reason })
        return dropped(context, 'withdraw_draft', { ...change, left_at: null, reason })
      }),

    reject: (call: ActCall, { reason }: Reason): Promise<ActReply<Dropped>> =>
      acts.perform({ ...call, act: 'reject', event: 'agreement.rejected' }, async (context) => {
        const { tx, agreement, principal, at, now, sequence } = context
        const change = decided({ type: 'reject' }, agreement, principal, at)
        const standing = standingRepository(tx)
        await versionsRepository(tx).drop(agreement.id, change.abandons, 'ABANDONED', now)
        if (change.endsAll) await standing.setStatus(agreement.id, change.to)
        else await standing.leave(agreement.id, principal.org, { at: now, how: 'DECLINED', sequence })
        await tellOthers(context, 'REJECTED', { org: principal.org, ends: change.endsAll, abandons: change.abandons, reason })
        return dropped(context, 'reject', { ...change, left_at: change.endsAll ? null : now, reason })
      }),
  }
}

/** Tells everybody who takes part, and the keeper, but not whoever acts. */
async function tellOthers(
  { tx, agreement, principal, at, now, newId }: ActContext,
  kind: NoticeKind,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await noticesRepository(tx).tell(othersThan(agreement, principal.org, at), { agreementId: agreement.id, kind, at: now, detail }, newId)
}

function dropped(
  { agreement, now }: ActContext,
  act: 'withdraw_draft' | 'reject',
  change: { readonly to: Dropped['to']; readonly abandons: readonly number[]; readonly left_at: string | null; readonly reason: string },
) {
  const { to, abandons, left_at, reason } = change
  return {
    status: 200 as const,
    to,
    detail: { reason, abandons, left_at },
    body: { ...{ agreement: agreement.id, act, at: now, from: agreement.status, to }, abandons, left_at },
  }
}
