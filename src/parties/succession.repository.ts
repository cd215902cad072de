import type { Transaction } from '../platform/database/database.ts'

/** How organisations end and follow each other. */
export function successionRepository(tx: Transaction) {
  return {
    /** Locks an organisation until the transaction ends; false when there is none with this code. */
    async lock(code: string): Promise<boolean> {
      const row = await tx.selectFrom('organisation as o').select('o.code').where('o.code', '=', code).forUpdate().executeTakeFirst()
      return row !== undefined
    },

    async end(code: string, at: string): Promise<void> {
      await tx.updateTable('organisation').set({ active_to: at }).where('code', '=', code).execute()
    },

    /** Notes that one organisation follows another; twice noted is once noted. */
    async follow(successor: string, predecessor: string): Promise<void> {
      await tx
        .insertInto('organisation_succession')
        .values({ successor, predecessor })
        .onConflict((conflict) => conflict.columns(['successor', 'predecessor']).doNothing())
        .execute()
    },
  }
}
