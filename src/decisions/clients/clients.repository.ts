import type { Transaction } from '../../platform/database/database.ts'
import type { ClientRevocation, RegisteredClient } from '../policy/policy-index.ts'

/** A client as it is stored. */
export interface StoredClient extends RegisteredClient {
  readonly registered_at: string
  readonly reason: string
  /** null: it is answered. */
  readonly revoked_at: string | null
}

/** Which clients to list. */
export interface ClientsQuery {
  /** Absent: of every organisation. */
  readonly organisation?: string | undefined
  /** Only those that come after this one. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/** Stores which API clients are registered, and which were revoked. What nodes act on is the policy record, not this table. */
export function clientsRepository(tx: Transaction) {
  const registered = () =>
    tx
      .selectFrom('api_client as c')
      .leftJoin('api_client_revocation as r', 'r.client_id', 'c.client_id')
      .select(['c.client_id', 'c.issuer', 'c.org as organisation', 'c.registered_at', 'c.reason', 'r.revoked_at'])

  return {
    async registered(clientId: string): Promise<StoredClient | undefined> {
      return registered().where('c.client_id', '=', clientId).executeTakeFirst()
    },
    /** In the order of their identifiers, after one of them; of one organisation, or of all. */
    async list({ organisation, after }: ClientsQuery, limit: number): Promise<StoredClient[]> {
      return registered()
        .$if(organisation !== undefined, (query) => query.where('c.org', '=', organisation as string))
        .$if(after !== undefined, (query) => query.where('c.client_id', '>', after as string))
        .orderBy('c.client_id')
        .limit(limit)
        .execute()
    },
    /** Stores one; false when somebody else did at the same moment. */
    async register(
      { client_id, issuer, organisation, registered_at, reason }: Omit<StoredClient, 'revoked_at'>,
      leafId: string,
    ): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('api_client')
        .values({ client_id, issuer, org: organisation, registered_at, reason, leaf_id: leafId })
        .onConflict((conflict) => conflict.column('client_id').doNothing())
        .executeTakeFirst()
      return Number(numInsertedOrUpdatedRows ?? 0) > 0
    },
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
