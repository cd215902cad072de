import type { Transaction } from '../platform/database/database.ts'
import type { Organisation } from './organisation.ts'

/** Stores and reads organisations. */
export function partiesRepository(tx: Transaction) {
  return {
    async insert(organisations: readonly Organisation[]): Promise<void> {
      if (organisations.length === 0) return
      await tx
        .insertInto('organisation')
        .values(organisations.map(({ successor_of: _later, ...row }) => ({ ...row, aliases: [...row.aliases], contacts: '{}' })))
        .execute()
      const succession = organisations.flatMap(({ code, successor_of }) =>
        successor_of.map((predecessor) => ({ successor: code, predecessor })),
      )
      if (succession.length > 0) await tx.insertInto('organisation_succession').values(succession).execute()
    },

    async retype(code: string, type: string): Promise<void> {
      await tx.updateTable('organisation').set({ type }).where('code', '=', code).execute()
    },

    /** Organisations by code, in the order of codes; all of them when no codes are given. */
    async read(codes?: readonly string[]): Promise<Organisation[]> {
      const rows = await tx
        .selectFrom('organisation as o')
        .selectAll('o')
        .$if(codes !== undefined, (query) => query.where('o.code', 'in', [...(codes ?? []), '']))
        .orderBy('o.code')
        .execute()
      const succession = await tx.selectFrom('organisation_succession as s').selectAll('s').orderBy('s.predecessor').execute()
      return rows.map(({ contacts: _contacts, competent_authority, ...row }) => ({
        ...row,
        competent_authority: competent_authority as Organisation['competent_authority'],
        successor_of: succession.filter((found) => found.successor === row.code).map((found) => found.predecessor),
      }))
    },
  }
}
