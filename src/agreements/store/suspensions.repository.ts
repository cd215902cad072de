import type { Identity } from '../../identity/principal.ts'
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

/** Who acts, for which party. */
type Acting = Identity & { readonly org: string }

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
          suspended_issuer: suspension.suspendedBy?.issuer ?? null,
          suspended_by: suspension.suspendedBy?.sub ?? null,
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
        suspendedBy: personOf(row.suspended_issuer, row.suspended_by),
        suspendedOrg: row.suspended_org,
        agreed: agreedOf(row),
        liftedOrg: row.lifted_org,
        liftedAt: row.lifted_at,
      }))
    },

    /** Notes who agreed first that a whole agreement goes on; an agreement of a party that is bound no more gives way. */
    async agree(id: string, { issuer, sub, org }: Acting, at: string): Promise<void> {
      await tx
        .updateTable('suspension')
        .set({ agreed_issuer: issuer, agreed_by: sub, agreed_org: org, agreed_at: at })
        .where('id', '=', id)
        .execute()
    },

    /** Ends a suspension at an instant. @throws a check violation when whoever suspended lifts (SD-4) */
    async lift(id: string, { issuer, sub, org }: Acting, at: string): Promise<void> {
      await tx
        .updateTable('suspension')
        .set({ to_at: at, lifted_at: at, lifted_issuer: issuer, lifted_by: sub, lifted_org: org })
        .where('id', '=', id)
        .execute()
    },
  }
}

function personOf(issuer: string | null, sub: string | null): Identity | null {
  return issuer === null || sub === null ? null : { issuer, sub }
}

function agreedOf(row: { readonly agreed_issuer: string | null; readonly agreed_by: string | null; readonly agreed_org: string | null }) {
  const by = personOf(row.agreed_issuer, row.agreed_by)
  return by !== null && row.agreed_org !== null ? { by, org: row.agreed_org } : null
}
