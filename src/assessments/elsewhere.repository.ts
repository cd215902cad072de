import type { Selectable } from 'kysely'
import type { Identity } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { DB } from '../platform/database/schema.gen.ts'
import type { ElsewhereRecord } from './elsewhere.ts'

/** A record with whoever recorded it. */
export interface StoredRecord {
  readonly record: ElsewhereRecord
  readonly recordedBy: Identity
}

/** Assessments made elsewhere, as they are stored; joins the caller's transaction. */
export function elsewhereRepository(tx: Transaction) {
  return {
    async add(assessmentId: string, record: Omit<ElsewhereRecord, 'confirmed_at'>, by: Identity): Promise<void> {
      const { agreement, file, advice, overruled, ...row } = record
      await tx
        .insertInto('assessment_elsewhere')
        .values({
          ...{ ...row, assessment_id: assessmentId, agreement_id: agreement, file_id: file.id, file_sha256: file.sha256 },
          ...{ advice: advice.says, advice_by: advice.by, advice_on: advice.on, advice_words: advice.words },
          ...{ overruled_by: overruled?.by ?? null, overruled_reason: overruled?.reason ?? null },
          ...{ recorded_by_issuer: by.issuer, recorded_by_sub: by.sub },
        })
        .execute()
    },

    async confirm(id: string, by: Identity, at: string): Promise<void> {
      const confirmed = { confirmed_at: at, confirmed_by_issuer: by.issuer, confirmed_by_sub: by.sub }
      await tx.updateTable('assessment_elsewhere').set(confirmed).where('id', '=', id).execute()
    },

    /** Everything recorded of an assessment, oldest first. */
    async of(assessmentId: string): Promise<StoredRecord[]> {
      const rows = await tx
        .selectFrom('assessment_elsewhere as e')
        .selectAll('e')
        .where('e.assessment_id', '=', assessmentId)
        .orderBy('e.position')
        .execute()
      return rows.map(toRecord)
    },

    async restsOn(agreementId: string, fileId: string): Promise<boolean> {
      const found = tx.selectFrom('assessment_elsewhere as e').select('e.id').where('e.agreement_id', '=', agreementId)
      return (await found.where('e.file_id', '=', fileId).executeTakeFirst()) !== undefined
    },

    /** Agreements through which an organisation recorded one that nobody has confirmed, that is the last of its assessment, about which nothing else was stated since, and that another person than this one recorded; the oldest first. */
    async waiting(org: string, { issuer, sub }: Identity, limit: number): Promise<{ readonly agreement: string; readonly id: string }[]> {
      return await tx
        .selectFrom('assessment_elsewhere as e')
        .select(['e.agreement_id as agreement', 'e.id'])
        .where('e.org', '=', org)
        .where('e.confirmed_at', 'is', null)
        .where((eb) => eb.not(eb.and([eb('e.recorded_by_issuer', '=', issuer), eb('e.recorded_by_sub', '=', sub)])))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('assessment_elsewhere as l')
                .select('l.id')
                .whereRef('l.assessment_id', '=', 'e.assessment_id')
                .whereRef('l.position', '>', 'e.position'),
            ),
          ),
        )
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('earlier_assessment as b')
                .select('b.assessment_id')
                .whereRef('b.assessment_id', '=', 'e.assessment_id')
                .whereRef('b.until', '>', 'e.recorded_at'),
            ),
          ),
        )
        .orderBy('e.position')
        .limit(limit)
        .execute()
    },
  }
}

function toRecord(row: Selectable<DB['assessment_elsewhere']>): StoredRecord {
  const { id, org, outcome, residual, prior_consultation, review_due, recorded_at, confirmed_at, overruled_by, overruled_reason } = row
  return {
    record: {
      ...{ id, agreement: row.agreement_id, org, file: { id: row.file_id, sha256: row.file_sha256 } },
      ...{ outcome: outcome as ElsewhereRecord['outcome'], residual, prior_consultation, review_due },
      advice: { says: row.advice as ElsewhereRecord['advice']['says'], by: row.advice_by, on: row.advice_on, words: row.advice_words },
      overruled: overruled_by === null || overruled_reason === null ? null : { by: overruled_by, reason: overruled_reason },
      ...{ recorded_at, confirmed_at },
    },
    recordedBy: { issuer: row.recorded_by_issuer, sub: row.recorded_by_sub },
  }
}
