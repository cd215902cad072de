import type { Transaction } from '../../platform/database/database.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { Agreement, AgreementStatus } from '../agreement.ts'
import { statusAt } from '../model/standing.ts'

/** The status as it was at an instant: what the last act before left, as it stood then. null: it was not there yet. */
export async function statusThen(tx: Transaction, agreement: Agreement, at: Instant): Promise<AgreementStatus | null> {
  const last = await lastActBefore(tx, agreement.id, new Date(at).toISOString())
  const stored = last === 'NO_ACTS' ? agreement.status : (last?.to ?? null)
  return stored === null ? null : statusAt({ ...agreement, status: stored as AgreementStatus }, at)
}

/** The last act at or before an instant; undefined: only later ones; NO_ACTS: none was ever done here (a loaded record). */
async function lastActBefore(
  tx: Transaction,
  agreementId: string,
  at: string,
): Promise<{ readonly to: string | null } | undefined | 'NO_ACTS'> {
  const row = await tx
    .selectFrom('agreement_act as a')
    .select('a.to_status')
    .where('a.agreement_id', '=', agreementId)
    .where('a.at', '<=', at)
    .orderBy('a.sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row) return { to: row.to_status }
  // A record that was loaded has a status before its first act here: the one that act found.
  const first = await tx
    .selectFrom('agreement_act as a')
    .select('a.from_status')
    .where('a.agreement_id', '=', agreementId)
    .orderBy('a.sequence')
    .limit(1)
    .executeTakeFirst()
  if (!first) return 'NO_ACTS'
  return first.from_status === null ? undefined : { to: first.from_status }
}

/** The status that the last act left of which this transaction's reader may know, by agreement; without one: not among them. */
export async function lastStatuses(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, AgreementStatus>> {
  if (ids.length === 0) return new Map()
  const rows = await tx
    .selectFrom('agreement_act as a')
    .distinctOn('a.agreement_id')
    .select(['a.agreement_id', 'a.to_status'])
    .where('a.agreement_id', 'in', [...ids])
    .orderBy('a.agreement_id')
    .orderBy('a.sequence', 'desc')
    .execute()
  return new Map(rows.flatMap(({ agreement_id, to_status }) => (to_status === null ? [] : [[agreement_id, to_status as AgreementStatus]])))
}
