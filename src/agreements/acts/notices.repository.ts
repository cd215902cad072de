import type { Transaction } from '../../platform/database/database.ts'

/** Something an organisation should know about an agreement of its own. */
export interface Notice {
  readonly id: string
  readonly agreementId: string
  /** NOTIFICATION code. */
  readonly kind: string
  readonly at: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** Notices to organisations, newest first. */
export function noticesRepository(tx: Transaction) {
  return {
    /** Tells each of these organisations once. */
    async tell(orgs: readonly string[], notice: Omit<Notice, 'id'>, newId: () => string): Promise<void> {
      const { agreementId, kind, at, detail } = notice
      const rows = [...new Set(orgs)].map((org) => ({
        id: newId(),
        org,
        agreement_id: agreementId,
        kind,
        at,
        detail: JSON.stringify(detail),
      }))
      if (rows.length > 0) await tx.insertInto('notice').values(rows).execute()
    },

    /** The notices of an organisation, those older than `before` (a notice's id) where that is given. */
    async of(org: string, { before, limit }: { readonly before: string | null; readonly limit: number }): Promise<Notice[]> {
      const rows = await tx
        .selectFrom('notice as n')
        .select(['n.id', 'n.agreement_id', 'n.kind', 'n.at', 'n.detail'])
        .where('n.org', '=', org)
        .$if(before !== null, (query) => query.where('n.id', '<', before as string))
        .orderBy('n.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        agreementId: row.agreement_id,
        kind: row.kind,
        at: row.at,
        detail: row.detail as Notice['detail'],
      }))
    },
  }
}
