import { type Selectable, sql } from 'kysely'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { DB } from '../../platform/database/schema.gen.ts'
import { queryOfTerms } from '../../platform/database/words.ts'
import type { AskedTerm } from '../../platform/kernel/asked-terms.ts'
import type { Imported } from './assessment-view.ts'
import type { Acceptance, Advice, MadeAssessment, SentVersion } from './made-assessment.ts'
import type { AssessmentState } from './states.ts'

/** One with the version of its row. */
export interface StoredMade {
  readonly made: MadeAssessment
  readonly rowVersion: string
  readonly actCount: number
}

/** Assessments made here, as they are stored. Maps, never decides; joins the caller's transaction, which reads what its reader may. */
export function madeRepository(tx: Transaction) {
  const columns = (made: MadeAssessment) => ({
    ...{ state: made.state, version: made.version, approved_version: made.approved_version },
    ...{ first_approved_at: made.first_approved_at, edition: made.edition },
    ...{ content: JSON.stringify(made.content), writers: JSON.stringify(made.writers), sign_off_id: made.sign_off },
    ...{ consultation: jsonOrNull(made.consultation), reopened: jsonOrNull(made.reopened), changed_at: made.changed_at },
  })

  return {
    /** @throws a unique violation where the assessment is made here already */
    async insert(made: MadeAssessment): Promise<void> {
      const { id, assessment: assessment_id, agreement: agreement_id, begun_at } = made
      await tx
        .insertInto('made_assessment')
        .values({ id, assessment_id, agreement_id, begun_at, ...columns(made) })
        .execute()
    },

    async update(made: MadeAssessment): Promise<void> {
      await tx.updateTable('made_assessment').set(columns(made)).where('id', '=', made.id).execute()
    },

    /** One, locked until the transaction ends where that is asked for; undefined: there is none for this reader. */
    async find(id: string, lock = false): Promise<StoredMade | undefined> {
      const row = await tx
        .selectFrom('made_assessment')
        .selectAll()
        .where('id', '=', id)
        .$if(lock, (query) => query.forUpdate())
        .executeTakeFirst()
      return row && toStored(row)
    },

    /** The one that some agreement stands on, by the key of the assessment. */
    async ofAssessment(assessment: string): Promise<MadeAssessment | undefined> {
      const row = await tx.selectFrom('made_assessment').selectAll().where('assessment_id', '=', assessment).executeTakeFirst()
      return row && toStored(row).made
    },

    /** Those that are approved. */
    async approvedIds(): Promise<string[]> {
      const rows = await tx.selectFrom('made_assessment').select('id').where('state', '=', 'APPROVED').execute()
      return rows.map(({ id }) => id)
    },

    /** The key of the one that is approved by the key of the assessment. */
    async approvedOf(assessment: string): Promise<string | undefined> {
      const found = tx.selectFrom('made_assessment').select('id').where('assessment_id', '=', assessment).where('state', '=', 'APPROVED')
      return (await found.executeTakeFirst())?.id
    },

    /** Newest first; `agreement`: those that it stands on. */
    async list(filter: {
      readonly state: AssessmentState | null
      readonly agreement: string | null
      readonly before: string | null
      readonly limit: number
    }) {
      const { state, agreement, before, limit } = filter
      const rows = await tx
        .selectFrom('made_assessment as m')
        .leftJoin('agreement as a', 'a.id', 'm.agreement_id')
        .selectAll('m')
        .select('a.title')
        .$if(state !== null, (query) => query.where('m.state', '=', state))
        .$if(agreement !== null, (query) =>
          query.where('m.assessment_id', 'in', (of) => of.selectFrom('agreement').select('assessment_id').where('id', '=', agreement)),
        )
        .$if(before !== null, (query) => query.where('m.id', '<', before as string))
        .orderBy('m.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ title, ...row }) => ({ ...toStored(row).made, title }))
    },

    /** Those whose words hold all of the terms, with the title of the agreement, newest first. */
    async withWords(terms: readonly AskedTerm[], before: string | null, limit: number) {
      const rows = await tx
        .selectFrom('made_assessment as m')
        .leftJoin('agreement as a', 'a.id', 'm.agreement_id')
        .selectAll('m')
        .select('a.title')
        .where(sql<boolean>`m.id in (select public.assessments_with_words(${queryOfTerms(terms)}, ${before}::uuid, ${limit}::int))`)
        .orderBy('m.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ title, ...row }) => ({ ...toStored(row).made, title }))
    },

    /** Counts an act and moves the version of the row; answers it. */
    async touch(id: string): Promise<string> {
      const row = await tx
        .updateTable('made_assessment')
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },

    async addVersion(id: string, { version, sent_at, hash, residual, review_due, document }: SentVersion): Promise<void> {
      await tx.insertInto('assessment_version').values({ made_id: id, version, sent_at, hash, residual, review_due, document }).execute()
    },

    /** Versions that were sent, oldest first, without their documents. */
    async versions(id: string): Promise<Omit<SentVersion, 'document'>[]> {
      const rows = await tx
        .selectFrom('assessment_version')
        .select(['version', 'sent_at', 'hash', 'residual', 'review_due'])
        .where('made_id', '=', id)
        .orderBy('version')
        .execute()
      return rows.map((row) => ({ ...row, residual: row.residual as SentVersion['residual'] }))
    },

    /** The version that was sent last. */
    async lastSent(id: string): Promise<SentVersion | undefined> {
      const [last] = (await this.versions(id)).slice(-1)
      return last && this.version(id, last.version)
    },

    /** One version as it was sent. */
    async version(id: string, version: number): Promise<SentVersion | undefined> {
      const row = await tx
        .selectFrom('assessment_version')
        .select(['version', 'sent_at', 'hash', 'residual', 'review_due', 'document'])
        .where('made_id', '=', id)
        .where('version', '=', version)
        .executeTakeFirst()
      return row && { ...row, residual: row.residual as SentVersion['residual'] }
    },

    async addAdvice(id: string, { org, version, at, says, words, conditions }: Omit<Advice, 'overruled'>, by: Identity): Promise<void> {
      const said = {
        made_id: id,
        version,
        org,
        at,
        says,
        words,
        conditions: JSON.stringify(conditions),
        by_issuer: by.issuer,
        by_sub: by.sub,
      }
      await tx.insertInto('assessment_advice').values(said).execute()
    },

    /** The SIRO goes on against what was advised last to its organisation. */
    async overrule(id: string, { org, version }: Pick<Advice, 'org' | 'version'>, by: Identity, at: string, reason: string): Promise<void> {
      await tx
        .updateTable('assessment_advice')
        .set({ overruled_at: at, overruled_issuer: by.issuer, overruled_sub: by.sub, overruled_reason: reason })
        .where('made_id', '=', id)
        .where('version', '=', version)
        .where('org', '=', org)
        .where('says', '=', 'DO_NOT_PROCEED')
        .where('overruled_at', 'is', null)
        .execute()
    },

    /** What was advised, oldest first. */
    async advice(id: string): Promise<Advice[]> {
      const rows = await tx.selectFrom('assessment_advice').selectAll().where('made_id', '=', id).orderBy('position').execute()
      return rows.map(({ org, version, at, says, words, conditions, overruled_at, overruled_reason }) => ({
        ...{ org, version, at, says: says as Advice['says'], words, conditions: conditions as unknown as Advice['conditions'] },
        overruled: overruled_at !== null && overruled_reason !== null ? { at: overruled_at, reason: overruled_reason } : null,
      }))
    },

    /** What the file says of itself that was taken over last; null: none was. */
    async imported(id: string): Promise<Imported | null> {
      const row = await tx.selectFrom('assessment_import').select(['at', 'org', 'says']).where('made_id', '=', id).executeTakeFirst()
      return row ? { at: row.at, org: row.org, ...(row.says as unknown as Omit<Imported, 'at' | 'org'>) } : null
    },

    async accept(id: string, { org, version, at, holds_to }: Omit<Acceptance, 'until'>, by: Identity): Promise<void> {
      const accepted = { made_id: id, version, org, at, holds_to, by_issuer: by.issuer, by_sub: by.sub }
      await tx.insertInto('assessment_acceptance').values(accepted).execute()
    },

    /** Ends what was accepted: from an instant on nobody stands on it. */
    async endAcceptances(id: string, at: string): Promise<void> {
      await tx.updateTable('assessment_acceptance').set({ until: at }).where('made_id', '=', id).where('until', 'is', null).execute()
    },

    /** Who has accepted what, by version and organisation. */
    async acceptances(id: string): Promise<Acceptance[]> {
      const rows = await tx
        .selectFrom('assessment_acceptance')
        .select(['org', 'version', 'at', 'holds_to', 'until'])
        .where('made_id', '=', id)
        .orderBy('version')
        .orderBy('org')
        .execute()
      return rows
    },
  }
}

function toStored(row: Selectable<DB['made_assessment']>): StoredMade {
  return {
    made: {
      ...{
        id: row.id,
        assessment: row.assessment_id,
        agreement: row.agreement_id,
        state: row.state as AssessmentState,
        version: row.version,
      },
      ...{
        approved_version: row.approved_version,
        first_approved_at: row.first_approved_at,
        edition: row.edition,
        sign_off: row.sign_off_id,
      },
      content: row.content as unknown as MadeAssessment['content'],
      writers: row.writers as unknown as MadeAssessment['writers'],
      consultation: row.consultation as unknown as MadeAssessment['consultation'],
      reopened: row.reopened as unknown as MadeAssessment['reopened'],
      ...{ begun_at: row.begun_at, changed_at: row.changed_at },
    },
    rowVersion: row.row_version,
    actCount: Number(row.act_count),
  }
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
