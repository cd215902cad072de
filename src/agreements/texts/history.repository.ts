import type { Transaction } from '../../platform/database/database.ts'

/** One act on an agreement, as its history keeps it. */
export type HistoryEntry = Awaited<ReturnType<typeof readHistory>>[number]

/** The history of an agreement, oldest first: acts after the number `after`, at most `limit` of them. */
export async function readHistory(
  tx: Transaction,
  agreementId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
) {
  const rows = await actsOf(tx, agreementId).where('a.sequence', '>', String(after)).orderBy('a.sequence').limit(limit).execute()
  return rows.map(entryOf)
}

/** The latest edits of parts of an agreement, newest first, at most `limit`. */
export async function readRecentEdits(tx: Transaction, agreementId: string, limit: number): Promise<HistoryEntry[]> {
  const edits = actsOf(tx, agreementId).where('a.act', 'in', ['edit', 'record'])
  return (await edits.orderBy('a.sequence', 'desc').limit(limit).execute()).map(entryOf)
}

function actsOf(tx: Transaction, agreementId: string) {
  return tx
    .selectFrom('agreement_act as a')
    .select(['a.sequence', 'a.at', 'a.act', 'a.actor_issuer', 'a.actor_sub', 'a.actor_org', 'a.from_status', 'a.to_status'])
    .select(['a.version', 'a.version_hash', 'a.detail', 'a.leaf_id'])
    .where('a.agreement_id', '=', agreementId)
}

function entryOf<Row extends { readonly sequence: string; readonly detail: unknown }>(row: Row) {
  return { ...row, sequence: Number(row.sequence), detail: row.detail as Readonly<Record<string, unknown>> }
}
