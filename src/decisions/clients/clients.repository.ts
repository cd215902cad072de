import type { Transaction } from '../../platform/database/database.ts'
import type { ClientRevocation } from '../policy/policy-index.ts'

/** Stores which API clients were revoked. What nodes act on is the policy record, not this table. */
export function clientsRepository(tx: Transaction) {
  return {
    async find(clientId: string): Promise<ClientRevocation | undefined> {
      return tx.selectFrom('api_client_revocation').select(['client_id', 'revoked_at']).where('client_id', '=', clientId).executeTakeFirst()
    },
    /** Stores one; false when somebody else did at the same moment. */
    async insert(
      revocation: ClientRevocation & { readonly by: string; readonly reason: string | null; readonly leafId: string },
    ): Promise<boolean> {
      const { client_id, revoked_at, by, reason, leafId } = revocation
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('api_client_revocation')
        .values({ client_id, revoked_at, revoked_by: by, reason, leaf_id: leafId })
        .onConflict((conflict) => conflict.column('client_id').doNothing())
        .executeTakeFirst()
      return Number(numInsertedOrUpdatedRows ?? 0) > 0
    },
  }
}
