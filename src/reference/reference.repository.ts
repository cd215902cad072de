import type { Transaction } from '../platform/database/database.ts'
import type { CodeList } from './code-list.ts'

/** Stores and reads editions of the code lists. An edition is never changed; the newest one is in use. */
export function referenceRepository(tx: Transaction) {
  return {
    /** The number of the newest edition, 0 when there is none. */
    async newestEdition(): Promise<number> {
      const row = await tx
        .selectFrom('code_list as l')
        .select((eb) => eb.fn.max('l.edition').as('edition'))
        .executeTakeFirst()
      return row?.edition ?? 0
    },

    /** Stores all lists as one edition. */
    async insert(edition: number, lists: readonly CodeList[]): Promise<void> {
      await tx
        .insertInto('code_list')
        .values(lists.map(({ list, title, description, source, edition: dated }) => ({ edition, list, title, description, source, dated })))
        .execute()
      for (const { list, entries } of lists) {
        if (entries.length === 0) continue
        await tx
          .insertInto('code_list_entry')
          .values(entries.map((entry, position) => ({ edition, list, position, ...entry, attributes: JSON.stringify(entry.attributes) })))
          .execute()
      }
    },

    /** All lists of an edition, entries in their order; empty when there is no such edition. */
    async read(edition: number): Promise<CodeList[]> {
      const lists = await tx.selectFrom('code_list as l').selectAll('l').where('l.edition', '=', edition).orderBy('l.list').execute()
      const entries = await tx
        .selectFrom('code_list_entry as e')
        .selectAll('e')
        .where('e.edition', '=', edition)
        .orderBy('e.list')
        .orderBy('e.position')
        .execute()
      return lists.map((row) => ({
        list: row.list,
        title: row.title,
        description: row.description,
        edition: row.dated,
        source: row.source,
        entries: entries
          .filter((entry) => entry.list === row.list)
          .map(({ edition: _edition, list: _list, position: _position, attributes, ...entry }) => ({
            ...entry,
            attributes: attributes as Record<string, unknown>,
          })),
      }))
    },
  }
}
