import type { PolicyPublication } from '../commands/commands.service.ts'
import type { NotificationsService } from '../notifications/notifications.service.ts'
import { refused } from '../platform/kernel/refusal.ts'
import type { SubjectRoom } from '../workflow/subject-room.service.ts'
import type { DisclosureRecord } from './disclosure-record.ts'
import { approvedDecision, conditionsOf, type DisclosureRequest, windowOver } from './disclosure-request.ts'
import { disclosureRequestsRepository } from './disclosure-requests.repository.ts'
import { disclosuresRepository } from './disclosures.repository.ts'

export interface DisclosureRoomOptions {
  readonly notifications: NotificationsService
  readonly policy: PolicyPublication<{ readonly disclosures: readonly DisclosureRecord[] }>
}

/** What a sign-off of a one-off disclosure comes to: approved it permits from now on, refused or returned it does not. */
export function disclosureRoom({ notifications, policy }: DisclosureRoomOptions): SubjectRoom {
  return {
    async lock(tx, id) {
      return (await disclosureRequestsRepository(tx).find(id, true)) && { facts: [] }
    },

    async onEvents(tx, signOff, events, { at, now, principal }) {
      const repository = disclosureRequestsRepository(tx)
      const found = (await repository.find(signOff.subject.id))?.request
      // What becomes of an earlier revision is no longer about it.
      if (!found || found.revision !== signOff.subject.version) return
      const tell = (kind: 'DISCLOSURE_RETURNED' | 'DISCLOSURE_DECIDED', { status, reasons }: DisclosureRequest) => {
        const orgs = [found.content.provider, found.content.recipient].filter((org) => org !== principal.org || org === found.asked_by.org)
        const subject = { type: 'disclosure', id: found.id }
        return notifications.tell(tx, orgs, { kind, subject, at: now, detail: { status, reasons }, toldBy: principal.org })
      }
      for (const event of events) {
        if (event.type === 'RETURNED') {
          const returned: DisclosureRequest = { ...found, status: 'RETURNED', reasons: event.reasons }
          await repository.update(returned)
          await tell('DISCLOSURE_RETURNED', returned)
        } else if (event.type === 'RETURN_TAKEN_BACK') {
          await repository.update({ ...found, status: 'OPEN', reasons: null })
        } else if (event.type === 'ENDED' && event.how === 'COMPLETE') {
          const detail = windowOver(found.content, at)
          if (detail) throw refused('UNPROCESSABLE', detail, [{ pointer: '', detail, code: 'WINDOW' }])
          const approved: DisclosureRequest = {
            ...found,
            status: 'APPROVED',
            decided_at: now,
            reasons: null,
            conditions: conditionsOf(signOff),
          }
          await repository.update(approved)
          await disclosuresRepository(tx).insert([approvedDecision(approved, now)])
          await tell('DISCLOSURE_DECIDED', approved)
        } else if (event.type === 'ENDED' && event.how === 'REFUSED') {
          const why = events.flatMap((one) => (one.type === 'STEP_REFUSED' || one.type === 'CHAIN_ENDED' ? (one.reason ?? []) : []))
          const refusedNow: DisclosureRequest = { ...found, status: 'REFUSED', decided_at: now, reasons: why[0] ?? event.reason }
          await repository.update(refusedNow)
          await tell('DISCLOSURE_DECIDED', refusedNow)
        }
      }
    },

    async publish(tx, id, now) {
      const decided = await disclosuresRepository(tx).find(id)
      return decided && policy.publish(tx, { disclosures: [decided] }, now)
    },
  }
}
