import { instantOf, written } from '../../platform/kernel/instant.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import { REVIEW_CYCLE_MONTHS } from '../model/dates.ts'
import { lifecycleFacts } from '../model/lifecycle-facts.ts'
import { partOf } from '../model/standing.ts'
import { signaturesRepository } from '../store/signatures.repository.ts'
import { standingRepository } from '../store/standing.repository.ts'
import { versionsRepository } from '../store/versions.repository.ts'
import { tellDisposalDue } from './answering.service.ts'
import { type ChainsService, endChains } from './chains.service.ts'
import { awaitEnd } from './sign-off-ends.service.ts'

/** Why somebody acts, in their words. */
export interface StatedReason {
  readonly reason: string
}

export interface EndingOptions extends Pick<ActingService, 'act'> {
  readonly chains: Pick<ChainsService, 'follow'>
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
}

export type EndingService = ReturnType<typeof endingService>

/** LC-5 and 5.6: how an agreement ends or goes on, is given up, or has its end put off. */
export function endingService({ act, chains, boroughs: readBoroughs }: EndingOptions) {
  return {
    async terminate(call: ActCall, { at: asked = null, reason }: StatedReason & { readonly at?: string | null }) {
      // Read before the act, so that it needs no second connection while it holds one.
      const boroughs = await readBoroughs()
      return act(call, 'terminate', async (context) => {
        const { tx, agreement, principal, at, decided, tell } = context
        const change = decided({ type: 'terminate', at: asked === null ? null : instantOf(asked) })
        const terminated_at = written(change.at)
        await standingRepository(tx).terminate(agreement.id, terminated_at, change.to)
        if (change.to === 'TERMINATED') await chains.follow(context, { type: 'withdraw', reason })
        else await awaitEnd(tx, agreement.id, change.at, context.sequence)
        await tell('TERMINATED', { org: principal.org, terminated_at, reason })
        // Also of a body that has ended: whoever follows it answers for what it holds. Whoever has left was told then.
        const parties = [...lifecycleFacts(agreement).parties].filter(([, party]) => partOf(party, at) === 'IN').map(([org]) => org)
        await tellDisposalDue(context, { ended: { ...agreement, terminated_at }, boroughs }, parties)
        return { to: change.to, detail: { terminated_at, reason }, outcome: { terminated_at } }
      })
    },

    /** Takes back an end that has not come. */
    goOn: (call: ActCall, { reason }: StatedReason) =>
      act(call, 'go_on', async ({ tx, agreement, principal, decided, tell }) => {
        const standing = standingRepository(tx)
        const change = decided({ type: 'go_on', setBy: await standing.endSetBy(agreement.id) })
        await standing.terminate(agreement.id, null, change.to)
        const detail = { org: principal.org, end: 'TERMINATION', was: change.was, reason }
        await tell('END_TAKEN_BACK', detail)
        return { to: change.to, detail, outcome: { terminated_at: null } }
      }),

    confirmReview: (call: ActCall, { reason }: StatedReason) =>
      act(call, 'confirm_review', async ({ tx, agreement, now, decided }) => {
        const standing = standingRepository(tx)
        const cycle_months = (await standing.reviewCycle(agreement.id)) ?? REVIEW_CYCLE_MONTHS
        const { to, reviewDue: review_due } = decided({ type: 'confirm_review', cycleMonths: cycle_months })
        const before = agreement.review_due
        await standing.setReviewDue(agreement.id, review_due, { at: now, before })
        return { to, detail: { review_due, before, cycle_months, reason }, outcome: { review_due } }
      }),

    withdrawDraft: (call: ActCall, { reason }: StatedReason) =>
      act(call, 'withdraw_draft', async (context) => {
        const { tx, agreement, principal, now, decided, tell } = context
        const { to, abandons } = decided({ type: 'withdraw_draft' })
        await versionsRepository(tx).drop(agreement.id, abandons, 'ABANDONED', now)
        await standingRepository(tx).setStatus(agreement.id, to)
        await chains.follow(context, { type: 'withdraw', reason })
        await tell('DRAFT_WITHDRAWN', { org: principal.org, reason })
        return { to, detail: { reason, abandons, left_at: null }, outcome: { abandons, left_at: null, objects_to: null } }
      }),

    /** `left_at`: from when the party that rejected takes no part; null: the whole agreement ended, or it goes on under what it signed. */
    reject: (call: ActCall, { reason }: StatedReason) =>
      act(call, 'reject', async (context) => {
        const { tx, agreement, principal, now, sequence, decided, tell } = context
        const change = decided({ type: 'reject' })
        const { abandons, endsAll, leaves, objectsTo: objects_to } = change
        const standing = standingRepository(tx)
        if (objects_to !== null) await signaturesRepository(tx).object(agreement.id, objects_to, principal.org, now)
        await versionsRepository(tx).drop(agreement.id, abandons, 'ABANDONED', now)
        if (endsAll) await standing.setStatus(agreement.id, change.to)
        if (leaves) await standing.leave(agreement.id, principal.org, { at: now, how: 'DECLINED', sequence })
        if (leaves || endsAll) await endChains(chains, context, { org: principal.org, abandons, endsAll, reason })
        else if (objects_to !== null) await chains.follow(context, { type: 'object', org: principal.org, reason }, [objects_to])
        const to = await standing.status(agreement.id)
        if (objects_to !== null) await tell('CHANGE_OBJECTED', { org: principal.org, version: objects_to, reason })
        if (leaves || endsAll) await tell('REJECTED', { org: principal.org, ends: endsAll, abandons, reason })
        const outcome = { abandons, left_at: leaves ? now : null, objects_to }
        return { to, detail: { reason, ...outcome }, outcome }
      }),
  }
}
