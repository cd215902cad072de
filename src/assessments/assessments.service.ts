import type { Identity } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { JsonRows } from '../platform/database/rows-in-json.ts'
import { refused } from '../platform/kernel/refusal.ts'
import type { Assessment, StatedAssessment } from './assessment.ts'
import { assessmentsOf, assessmentsRepository } from './assessments.repository.ts'
import { elsewhereRepository, type StoredRecord } from './elsewhere.repository.ts'
import type { ElsewhereRecord } from './elsewhere.ts'

/**
 * Assessments as the rest of the house uses them: state that stands by itself and that agreements refer to, several of them to
 * one where they share it (DP-3). Everything here joins the caller's transaction; whom an assessment serves is not asked here.
 */
export const assessments = {
  /** @throws a unique violation when the id is taken */
  store: (tx: Transaction, id: string, assessment: Assessment): Promise<void> => assessmentsRepository(tx).insert(id, assessment),

  /** Assessments by id, with all they were, out of what was read of agreements: those that the reader may see. */
  of: (read: JsonRows): ReadonlyMap<string, Assessment> => assessmentsOf(read),

  /**
   * States an assessment anew from an instant on.
   * @param before as the caller judged it, with the status that it had at that instant
   * @throws Refused 409 where somebody else stated it in between
   */
  async state(
    tx: Transaction,
    id: string,
    after: StatedAssessment,
    { at, before, status }: { readonly at: string; readonly before: Assessment; readonly status: string },
  ): Promise<void> {
    const repository = assessmentsRepository(tx)
    await repository.lock(id)
    const now = (await repository.read([id])).get(id)
    if (!now || JSON.stringify(now) !== JSON.stringify({ ...now, ...before }))
      throw refused('CONFLICT', 'Somebody recorded this assessment at the same moment: read it again.')
    await repository.state(id, now, after, at, status !== after.status)
  },

  /** Records one made elsewhere. What decisions stand on is stated besides. */
  addElsewhere: (tx: Transaction, id: string, record: Omit<ElsewhereRecord, 'confirmed_at'>, by: Identity): Promise<void> =>
    elsewhereRepository(tx).add(id, record, by),
  /** Keeps who has confirmed it, and when. */
  confirmElsewhere: (tx: Transaction, record: string, by: Identity, at: string): Promise<void> =>
    elsewhereRepository(tx).confirm(record, by, at),
  /** Everything recorded elsewhere of an assessment, oldest first. */
  elsewhere: (tx: Transaction, id: string): Promise<StoredRecord[]> => elsewhereRepository(tx).of(id),
  /** Whether something recorded through an agreement rests on a file. */
  restOn: (tx: Transaction, agreement: string, file: string): Promise<boolean> => elsewhereRepository(tx).restsOn(agreement, file),
  /** What waits for this person to confirm it, the oldest first. */
  waiting: (tx: Transaction, org: string, person: Identity, limit: number) => elsewhereRepository(tx).waiting(org, person, limit),
}
