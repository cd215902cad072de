import type { Identity } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { JsonRows } from '../platform/database/rows-in-json.ts'
import { refused } from '../platform/kernel/refusal.ts'
import type { Assessment, StatedAssessment } from './assessment.ts'
import { assessmentsOf, assessmentsRepository } from './assessments.repository.ts'
import { elsewhereRepository, type StoredRecord } from './elsewhere.repository.ts'
import type { ElsewhereRecord } from './elsewhere.ts'
import { madeRepository } from './made/made.repository.ts'
import type { MadeAssessment, SentVersion } from './made/made-assessment.ts'

/**
 * Assessments as the rest of the house uses them: state that stands by itself and that agreements refer to, several of them to
 * one where they share it (DP-3). Everything here joins the caller's transaction; whom an assessment serves is not asked here.
 */
export const assessments = {
  /** @throws a unique violation when the id is taken */
  store: (tx: Transaction, id: string, assessment: Assessment): Promise<void> => assessmentsRepository(tx).insert(id, assessment),

  /** Assessments by id, with all they were, out of what was read of agreements: those that the reader may see. */
  of: (read: JsonRows): ReadonlyMap<string, Assessment> => assessmentsOf(read),

  /** One with all it was. @throws RangeError for one that is not there */
  async find(tx: Transaction, id: string): Promise<Assessment> {
    const found = (await assessmentsRepository(tx).read([id])).get(id)
    if (!found) throw new RangeError(`there is no assessment ${id}`)
    return found
  },

  /**
   * One as it is published from this transaction: locked until it ends, so that no agreement that stands on it publishes it as it was before.
   * @throws RangeError for one that is not there
   */
  async toPublish(tx: Transaction, id: string): Promise<Assessment> {
    await assessmentsRepository(tx).lock(id)
    return assessments.find(tx, id)
  },

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

  /** The one that is made here, and its version that was sent for review last; undefined: none is made here. */
  async madeHere(
    tx: Transaction,
    id: string,
  ): Promise<{ readonly made: MadeAssessment; readonly sent: SentVersion | undefined } | undefined> {
    const made = await madeRepository(tx).ofAssessment(id)
    return made && { made, sent: made.sign_off === null ? undefined : await madeRepository(tx).lastSent(made.id) }
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
