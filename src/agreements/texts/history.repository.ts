import type { Transaction } from '../../platform/database/database.ts'

/** One act on an agreement, as its history keeps it. */
export type HistoryEntry = Awaited<ReturnType<typeof readHistory>>[number]

/** The history of an agreement, oldest first: acts after the number `after`, at most `limit` of them. */
export async function readHistory(
  tx: Transaction,
  agreementId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
) {
  const rows = await tx
    .selectFrom('agreement_act as a')
    .select(['a.sequence', 'a.at', 'a.act', 'a.actor_sub', 'a.actor_org', 'a.from_status', 'a.to_status'])
    .select(['a.version', 'a.version_hash', 'a.detail', 'a.leaf_id'])
    .where('a.agreement_id', '=', agreementId)
    .where('a.sequence', '>', String(after))
    .orderBy('a.sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, sequence: Number(row.sequence), detail: row.detail as Readonly<Record<string, unknown>> }))
}
