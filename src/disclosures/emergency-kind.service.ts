import type { SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { writerFor } from '../identity/permissions.ts'
import { isService } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import { emergenciesRepository } from './emergencies.repository.ts'
import type { Emergency, EmergencyView } from './emergency.ts'

/** What was done to an emergency. */
export interface EmergencyDone extends WorkDone<EmergencyView> {
  readonly emergency: Emergency
}

export const NO_SUCH_EMERGENCY = 'There is no such emergency here.'

/** Emergencies as commands act on them. */
export function emergencyKind(mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>): SubjectKind<Emergency, EmergencyDone> {
  return {
    type: 'emergency',
    unknown: NO_SUCH_EMERGENCY,
    readerFor: writerFor,
    async lock(tx, id) {
      const found = await emergenciesRepository(tx).find(id, true)
      return found && { state: found.emergency, version: found.version, actCount: found.actCount }
    },
    // The review of what has happened opens whatever has become of the organisation since.
    admit: async (tx, principal) => (isService(principal) ? undefined : mustBeConfirmed(tx, principal.org)),
    write: (tx, { id }) => emergenciesRepository(tx).touch(id),
    publish: async () => undefined,
    record: ({ before, now, done: { emergency, detail } }) => ({
      leaf: { ...(before ? { from: before.status } : {}), to: emergency.status, textHash: emergency.content_hash },
      payload: { at: now, emergency: emergency.id, detail },
    }),
    async known(tx, id) {
      const found = await emergenciesRepository(tx).find(id)
      return found && { leaf: { from: found.emergency.status }, payload: { emergency: id } }
    },
  }
}
