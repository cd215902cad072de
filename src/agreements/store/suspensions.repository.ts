import type { Transaction } from '../../platform/database/database.ts'
import type { HeldSuspension } from '../model/command.ts'

/** A suspension with its id and its words. */
export interface StoredSuspension extends HeldSuspension {
  readonly id: string
  readonly reason: string | null
  readonly liftedOrg: string | null
  readonly liftedAt: string | null
}

/** What is stored when somebody suspends. */
export type NewSuspension = Omit<StoredSuspension, 'liftedOrg' | 'liftedAt' | 'agreed'> & { readonly agreementId: string }

/** Suspensions: rows are added and ended, never removed. */
export function suspensionsRepository(tx: Transaction) {
  return {
    async insert(suspension: NewSuspension): Promise<void> {
      await tx
        .insertInto('suspension')
        .values({
          id: suspension.id,
          agreement_id: suspension.agreementId,
          scope: suspension.scope,
          party: suspension.party,
          flow: suspension.flow,
          version: null,
          from_at: suspension.from,
          to_at: suspension.to,
          reason: suspension.reason,
          suspended_by: suspension.suspendedBy,
          suspended_org: suspension.suspendedOrg,
        })
        .execute()
    },

    /** Every suspension of an agreement, earliest first. */
    async of(agreementId: string): Promise<StoredSuspension[]> {
      const rows = await tx
        .selectFrom('suspension as s')
        .selectAll('s')
        .where('s.agreement_id', '=', agreementId)
        .orderBy('s.from_at')
        .orderBy('s.id')
        .execute()
      return rows.map((row) => ({
        id: row.id,
        scope: row.scope as StoredSuspension['scope'],
        party: row.party,
        flow: row.flow,
        from: row.from_at,
        to: row.to_at,
        reason: row.reason,
        suspendedBy: row.suspended_by,
        suspendedOrg: row.suspended_org,
        agreed: row.agreed_by !== null && row.agreed_org !== null ? { by: row.agreed_by, org: row.agreed_org } : null,
        liftedOrg: row.lifted_org,
        liftedAt: row.lifted_at,
      }))
    },

    /** Notes who agreed first that a whole agreement goes on; an agreement of a party that is bound no more gives way. */
    async agree(id: string, by: { readonly sub: string; readonly org: string; readonly at: string }): Promise<void> {
      await tx.updateTable('suspension').set({ agreed_by: by.sub, agreed_org: by.org, agreed_at: by.at }).where('id', '=', id).execute()
    },

    /** Ends a suspension at an instant. @throws a check violation when whoever suspended lifts (SD-4) */
    async lift(id: string, by: { readonly sub: string; readonly org: string; readonly at: string }): Promise<void> {
      await tx
        .updateTable('suspension')
        .set({ to_at: by.at, lifted_at: by.at, lifted_by: by.sub, lifted_org: by.org })
        .where('id', '=', id)
        .execute()
    },
  }
}
