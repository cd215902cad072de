import type { Transaction } from '../platform/database/database.ts'
import type { BreachAssessment, BreachCommunication, RecordedBy } from './breach.ts'

/** What was recorded of breaches; the database keeps it as it is. Maps, never decides. */
export function breachesRepository(tx: Transaction) {
  return {
    async addAssessment(emergencyId: string, { at, by, deputy_for, ...assessment }: BreachAssessment): Promise<void> {
      const values = { emergency_id: emergencyId, ...assessment, ...toRow({ at, by, deputy_for }) }
      await tx.insertInto('breach_assessment').values(values).execute()
    },

    async addCommunication(emergencyId: string, { at, by, deputy_for, ...communication }: BreachCommunication): Promise<void> {
      const values = { emergency_id: emergencyId, ...communication, ...toRow({ at, by, deputy_for }) }
      await tx.insertInto('breach_communication').values(values).execute()
    },

    /** What was recorded of these emergencies, by their keys. */
    async of(emergencyIds: readonly string[]): Promise<{
      readonly assessments: ReadonlyMap<string, BreachAssessment>
      readonly communications: ReadonlyMap<string, BreachCommunication>
    }> {
      if (emergencyIds.length === 0) return { assessments: new Map(), communications: new Map() }
      const assessed = await tx.selectFrom('breach_assessment as a').selectAll('a').where('a.emergency_id', 'in', emergencyIds).execute()
      const communicated =
        assessed.length === 0
          ? []
          : await tx.selectFrom('breach_communication as c').selectAll('c').where('c.emergency_id', 'in', emergencyIds).execute()
      return {
        assessments: new Map(
          assessed.map(({ finding, reason, measures, notified_at, regulator_reference, late_reason, ...row }) => [
            row.emergency_id,
            {
              finding: finding as BreachAssessment['finding'],
              reason,
              measures,
              notified_at,
              regulator_reference,
              late_reason,
              ...toRecorded(row),
            },
          ]),
        ),
        communications: new Map(
          communicated.map(({ told_at, ground, what, ...row }) => [
            row.emergency_id,
            { told_at, ground: ground as BreachCommunication['ground'], what, ...toRecorded(row) },
          ]),
        ),
      }
    },
  }
}

interface RecordedRow {
  readonly at: string
  readonly by_issuer: string
  readonly by_sub: string
  readonly deputy_for_issuer: string | null
  readonly deputy_for_sub: string | null
}

function toRow({ at, by, deputy_for }: RecordedBy): RecordedRow {
  const deputised = { deputy_for_issuer: deputy_for?.issuer ?? null, deputy_for_sub: deputy_for?.sub ?? null }
  return { at, by_issuer: by.issuer, by_sub: by.sub, ...deputised }
}

function toRecorded({ at, by_issuer, by_sub, deputy_for_issuer: issuer, deputy_for_sub: sub }: RecordedRow): RecordedBy {
  return { at, by: { issuer: by_issuer, sub: by_sub }, deputy_for: issuer !== null && sub !== null ? { issuer, sub } : null }
}
