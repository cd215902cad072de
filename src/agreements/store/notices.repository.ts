import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** NOTIFICATION codes (5.5) that an act gives rise to, and the acts that have none there, in their own words. */
export type NoticeKind =
  | 'SIGNATURE_DUE'
  | 'PARTY_JOINED'
  | 'PARTY_LEFT'
  | 'SUSPENDED'
  | 'ORG_SUCCESSION'
  | 'REJECTED'
  | 'DRAFT_WITHDRAWN'
  | 'TERMINATED'
  | 'END_TAKEN_BACK'
  | 'INVITATION_TAKEN_BACK'
  | 'KEEPER_CHANGED'
  | 'LIFT_AGREED'
  | 'SUSPENSION_LIFTED'

/** Something an organisation should know about an agreement of its own. */
export interface Notice {
  readonly id: string
  readonly agreementId: string
  readonly kind: NoticeKind
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
        // What it may no longer open is not named either, but for the notice that says so.
        .where((eb) => eb.or([eb('n.kind', '=', 'INVITATION_TAKEN_BACK'), sql<boolean>`public.may_see_agreement(n.agreement_id)`]))
        .$if(before !== null, (query) => query.where('n.id', '<', before as string))
        .orderBy('n.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        agreementId: row.agreement_id,
        kind: row.kind as NoticeKind,
        at: row.at,
        detail: row.detail as Notice['detail'],
      }))
    },
  }
}
