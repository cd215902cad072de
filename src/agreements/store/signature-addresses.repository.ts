import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** From where a signature was given, as long as that is kept. */
export interface SignatureAddress {
  readonly version: number
  readonly signed_at: string | null
  /** IPv4 or IPv6. */
  readonly address: string
  /** ISO 8601. */
  readonly kept_until: string
}

/** Addresses of signatures, as this transaction's reader may see them. */
export function signatureAddressesRepository(tx: Transaction) {
  return {
    async keep(row: {
      readonly signature_id: string
      readonly org: string
      readonly agreement_id: string
      readonly address: string
      readonly kept_until: string
    }): Promise<void> {
      await tx.insertInto('signature_address').values(row).execute()
    },

    /** Those of one organisation's signatures on an agreement, the last given first. */
    async of(agreementId: string, org: string): Promise<SignatureAddress[]> {
      const rows = await tx
        .selectFrom('signature_address as a')
        .innerJoin('signature as s', 's.id', 'a.signature_id')
        .select(['s.version', 's.signed_at', 'a.kept_until'])
        .select(sql<string>`host(a.address)`.as('address'))
        .where('a.agreement_id', '=', agreementId)
        .where('a.org', '=', org)
        .orderBy('s.version', 'desc')
        .execute()
      return rows
    },

    async erase(signatureId: string): Promise<void> {
      await tx.deleteFrom('signature_address').where('signature_id', '=', signatureId).execute()
    },
  }
}
