import { sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'
import { type JsonRows, readJson, rowsOf } from '../platform/database/rows-in-json.ts'
import { grouped } from '../platform/kernel/grouped.ts'
import type { Assessment, StatedAssessment } from './assessment.ts'

/** What `stored_assessments` answers: rows of which table under which name. */
export const STORED = {
  assessments: 'assessment',
  changes: 'assessment_status_change',
  earlier: 'earlier_assessment',
  elsewhere: 'assessment_elsewhere',
  made: 'made_assessment',
  accepted: 'assessment_acceptance',
} as const

/** Assessments as they are stored; joins the caller's transaction. */
export function assessmentsRepository(tx: Transaction) {
  return {
    /** @throws a unique violation when the id is taken */
    async insert(id: string, { required, status, status_changes, residual, prior_consultation, review_due }: Assessment): Promise<void> {
      await tx.insertInto('assessment').values({ id, required, status, residual, prior_consultation, review_due }).execute()
      const changes = status_changes.map((change, position) => ({ assessment_id: id, position, at: change.at, status: change.status }))
      if (changes.length > 0) await tx.insertInto('assessment_status_change').values(changes).execute()
    },

    /** Some assessments with all they were, by id. */
    async read(ids: readonly string[]): Promise<ReadonlyMap<string, Assessment>> {
      return ids.length === 0 ? new Map() : assessmentsOf(await readJson(tx, sql`public.stored_assessments(${[...new Set(ids)]}::text[])`))
    },

    /** Locks an assessment until the transaction ends. */
    async lock(id: string): Promise<void> {
      await tx.selectFrom('assessment').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
    },

    /** States it anew from an instant on; what it was until then stays on record. */
    async state(id: string, before: Assessment, { status, ...after }: StatedAssessment, at: string, isNewStatus: boolean): Promise<void> {
      const { required, residual, prior_consultation, review_due } = before
      const until = { assessment_id: id, until: at, required, residual, prior_consultation, review_due }
      await tx.insertInto('earlier_assessment').values(until).execute()
      await tx.updateTable('assessment').set(after).where('id', '=', id).execute()
      if (!isNewStatus) return
      const position = before.status_changes.length
      await tx.insertInto('assessment_status_change').values({ assessment_id: id, position, at, status }).execute()
    },
  }
}

/** Assessments by id, out of what `stored_assessments` answered. */
export function assessmentsOf(found: JsonRows): ReadonlyMap<string, Assessment> {
  const { assessments, changes, earlier: before, elsewhere, made, accepted } = rowsOf(STORED, found)
  const changesOf = grouped(changes, (change) => change.assessment_id)
  const earlierOf = grouped(before, (earlier) => earlier.assessment_id)
  const elsewhereOf = grouped(elsewhere, (one) => one.assessment_id)
  const madeOf = grouped(made, (one) => one.assessment_id)
  const acceptedOf = grouped(accepted, (one) => one.made_id)
  const accepting = (one: (typeof made)[number] | undefined) => {
    if (!one || one.first_approved_at === null) return {}
    const isUnderWay = one.state !== 'APPROVED' || one.version !== one.approved_version
    const by = acceptedOf(one.id).map(({ org, version, at, holds_to, until }) => ({ org, version, at, holds_to, until }))
    return { made: { id: one.id, since: one.first_approved_at, accepted: by, isUnderWay } }
  }
  return new Map(
    assessments.map(({ id, required, status, residual, prior_consultation, review_due }) => {
      const earlier = earlierOf(id).map(({ assessment_id: _id, position: _position, ...held }) => held)
      const status_changes = changesOf(id).map(({ at, status: became }) => ({ at, status: became }))
      const recorded = elsewhereOf(id).map((one) => ({
        ...{ id: one.id, org: one.org, outcome: one.outcome, recorded_at: one.recorded_at, confirmed_at: one.confirmed_at },
      }))
      return [
        id,
        {
          ...{ required, status, status_changes, residual, prior_consultation, review_due },
          ...(earlier.length > 0 ? { earlier } : {}),
          ...(recorded.length > 0 ? { elsewhere: recorded } : {}),
          ...accepting(madeOf(id)[0]),
        },
      ]
    }),
  )
}
