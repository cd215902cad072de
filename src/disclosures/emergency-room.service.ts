import { refused } from '../platform/kernel/refusal.ts'
import type { SubjectRoom } from '../workflow/subject-room.service.ts'
import { emergenciesRepository } from './emergencies.repository.ts'

/** What a sign-off of an emergency comes to: it ends with what the review found (`emergencies.service.ts`), and in no other way. */
export function emergencyRoom(): SubjectRoom {
  return {
    async lock(tx, id) {
      return (await emergenciesRepository(tx).find(id, true)) && { facts: [] }
    },
    async onEvents(tx, signOff, events) {
      if (!events.some(({ type }) => type === 'ENDED')) return
      const found = await emergenciesRepository(tx).find(signOff.subject.id)
      if (found?.emergency.outcome) return
      const detail = 'What has happened is neither approved nor refused: say what the review found (/v1/emergencies/{id}/review).'
      throw refused('UNPROCESSABLE', detail, [{ pointer: '/command', detail, code: 'EM-5' }])
    },
    publishes: () => false,
    publish: async () => undefined,
  }
}
