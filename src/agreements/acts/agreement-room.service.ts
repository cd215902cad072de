import type { PolicyPublication } from '../../commands/commands.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import { isService } from '../../identity/principal.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import type { SignOff } from '../../workflow/model/sign-off.ts'
import type { ActingOn, RecordedInRoom, SubjectRoom } from '../../workflow/subject-room.service.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import {
  conditionsOf,
  type EventOfNote,
  isOfNote,
  type PartEnded,
  signaturesDue,
  withoutApproval,
  withoutQuorum,
} from '../model/sign-off-effects.ts'
import { assessment } from '../model/sign-off-facts.ts'
import { isUnsigned, othersThan, statusAt } from '../model/standing.ts'
import { actsRepository } from '../store/acts.repository.ts'
import { approvalsRepository } from '../store/approvals.repository.ts'
import { indexForSearch } from '../store/search.repository.ts'
import { standingRepository } from '../store/standing.repository.ts'
import { versionsRepository } from '../store/versions.repository.ts'
import { visibleTo } from '../visibility.ts'

export interface AgreementRoomOptions {
  readonly agreements: AgreementsService
  readonly notifications: NotificationsService
  readonly policy: PolicyPublication<{ readonly agreements: readonly Agreement[] }>
  /** Asked late: sign-off knows its rooms, and a room tells sign-off what else ends. */
  readonly workflow: () => Pick<WorkflowService, 'onSubject'>
}

/** Versions of agreements as sign-off knows them: what may be known of one, and what follows for it from what happens there. */
export function agreementRoom({ agreements, notifications, policy, workflow }: AgreementRoomOptions): SubjectRoom {
  /** Writes what follows from one event; answers what the history says of it. */
  async function follow(context: Following, event: EventOfNote): Promise<Readonly<Record<string, unknown>>> {
    const { tx, signOff, acting } = context
    const { id: agreementId, version } = signOff.subject
    switch (event.type) {
      case 'CHAIN_READY': {
        const conditions = conditionsOf(signOff, event.org)
        await approvalsRepository(tx).complete({ agreementId, version, org: event.org }, acting.now, conditions)
        return { org: event.org, conditions }
      }
      case 'OVERRULED': {
        const { org, reason } = event
        if (org !== null) await approvalsRepository(tx).overruled({ agreementId, version, org }, acting.now)
        return { org, reason }
      }
      case 'CHAIN_ENDED': {
        const { how, reason } = event
        const org = event.org ?? ''
        const ended = withoutApproval(context.agreement, org, acting.at)
        if (ended) await endPart(context, org, ended, reason)
        return { org, how, reason, abandons: ended?.abandons ?? [], ends: ended?.endsAll ?? false, left_at: ended ? acting.now : null }
      }
      case 'ENDED': {
        const ended = withoutQuorum(context.agreement, version, acting.at)
        if (ended) await giveUp(context, ended, 'Too many parties have refused it.')
        return { how: event.how, abandons: ended?.abandons ?? [], ends: ended?.endsAll ?? false }
      }
    }
  }

  async function endPart(context: Following, org: string, ended: PartEnded, reason: string | null): Promise<void> {
    const { tx, signOff, acting, agreement, sequence } = context
    const { id } = signOff.subject
    await giveUp(context, ended, reason ?? 'A party takes no part any more.')
    if (!ended.endsAll) {
      await standingRepository(tx).leave(id, org, { at: acting.now, how: 'DECLINED', sequence })
      // Its approvals of other versions end with its part.
      for (const { version } of agreement.versions.filter((one) => one.version !== signOff.subject.version))
        await workflow().onSubject(tx, { type: 'agreement', id, version }, { type: 'leave', org, reason: reason ?? '' }, acting)
    }
    const detail = { org, ends: ended.endsAll, abandons: ended.abandons, reason }
    const subject = { type: 'agreement', id } as const
    await notifications.tell(tx, othersThan(agreement, org, acting.at), {
      ...{ kind: 'REJECTED', subject, at: acting.now, detail, toldBy: acting.principal.org },
    })
  }

  /** Versions that are given up are approved no further. */
  async function giveUp({ tx, signOff, acting }: Following, { to, abandons }: PartEnded, reason: string): Promise<void> {
    const { id } = signOff.subject
    await versionsRepository(tx).drop(id, abandons, 'ABANDONED', acting.now)
    await standingRepository(tx).setStatus(id, to)
    for (const version of abandons) await workflow().onSubject(tx, { type: 'agreement', id, version }, { type: 'withdraw', reason }, acting)
  }

  return {
    async lock(tx, id, principal, at) {
      // What falls due is no organisation's act: whoever keeps the text may be another by then.
      const reader: Reader = isService(principal) ? { kind: 'system' } : writerFor(principal)
      const locked = await actsRepository(tx).lock(id, reader)
      const [state] = locked ? await agreements.read(tx, [id]) : []
      return state && visibleTo(reader, state, at) ? { facts: assessment(state, at) } : undefined
    },

    async onEvents(tx, signOff, events, acting): Promise<RecordedInRoom | undefined> {
      const { id, version, hash } = signOff.subject
      for (const { org, due } of signaturesDue(signOff, events)) {
        const detail = { version, version_hash: hash, due }
        const subject = { type: 'agreement', id } as const
        await notifications.tell(tx, [org], { kind: 'SIGNATURE_DUE', subject, at: acting.now, detail, toldBy: acting.principal.org })
      }
      const noted = events.filter(isOfNote)
      if (noted.length === 0) return undefined
      // An act on the agreement counts itself; what a person does to the sign-off, or the clock, is counted here.
      const locked = await actsRepository(tx).lock(id, { kind: 'system' })
      const sequence = (locked?.actCount ?? 0) + 1
      let last: RecordedInRoom | undefined
      for (const event of noted) {
        const [agreement] = await agreements.read(tx, [id])
        if (!agreement) continue
        const said = await follow({ tx, signOff, acting, agreement, sequence }, event)
        const [after] = await agreements.read(tx, [id])
        const to = after ? statusAt(after, acting.at) : agreement.status
        // With the last approval a text goes from review to its signatures.
        if (after && isUnsigned(after.status) && to !== after.status) await standingRepository(tx).setStatus(id, to)
        const moved = { from: last?.from ?? agreement.status, to }
        last = { agreement: id, sequence, ...moved, what: [...(last?.what ?? []), { event: event.type, ...said }] }
      }
      if (last && acting.leaf) await record(tx, signOff, acting, acting.leaf, last)
      return last
    },

    publishes: (events) => events.some(isOfNote),
    async publish(tx, id, now, events) {
      if (!events.some(isOfNote)) return undefined
      return policy.publish(tx, { agreements: await agreements.toPublish(tx, [id]) }, now)
    },
  }
}

/** Where an event is followed up. */
interface Following {
  readonly tx: Transaction
  readonly signOff: SignOff
  readonly acting: ActingOn
  readonly agreement: Agreement
  readonly sequence: number
}

/** One command, one line of the agreement's history: with the leaf of the command. */
async function record(
  tx: Transaction,
  { id: sign_off, subject }: SignOff,
  { principal, now }: ActingOn,
  { id: leafId, act }: NonNullable<ActingOn['leaf']>,
  { sequence, from, to, what }: RecordedInRoom,
): Promise<void> {
  const { id: agreementId, version, hash: versionHash } = subject
  const acts = actsRepository(tx)
  await acts.touch(agreementId, sequence, now)
  await indexForSearch(tx, agreementId)
  const done = { to, version, versionHash, detail: { sign_off, what } }
  await acts.addHistory({ agreementId, sequence, at: now, act, principal, from, done, leafId })
}
