import type { Transaction } from '../../platform/database/database.ts'

/** One act on an agreement, as its history keeps it. */
export interface HistoryEntry {
  readonly sequence: number
  readonly at: string
  readonly act: string
  readonly actorSub: string
  readonly actorOrg: string
  readonly from: string | null
  readonly to: string | null
  readonly version: number | null
  readonly versionHash: string | null
  readonly detail: Readonly<Record<string, unknown>>
  readonly leafId: string
}

/** The history of an agreement, oldest first: acts after the number `after`, at most `limit` of them. */
export async function readHistory(
  tx: Transaction,
  agreementId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<HistoryEntry[]> {
  const rows = await tx
    .selectFrom('agreement_act as a')
    .selectAll('a')
    .where('a.agreement_id', '=', agreementId)
    .where('a.sequence', '>', String(after))
    .orderBy('a.sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    at: row.at,
    act: row.act,
    actorSub: row.actor_sub,
    actorOrg: row.actor_org,
    from: row.from_status,
    to: row.to_status,
    version: row.version,
    versionHash: row.version_hash,
    detail: row.detail as HistoryEntry['detail'],
    leafId: row.leaf_id,
  }))
}
