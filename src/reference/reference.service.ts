import { readdirSync, readFileSync } from 'node:fs'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { CodeList } from './code-list.ts'
import { referenceRepository } from './reference.repository.ts'

const FOLDER = new URL('./lists/', import.meta.url)

/** The code lists as this release ships them, in the order of their file names. */
export function shippedCodeLists(): CodeList[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as CodeList)
}

export type ReferenceService = ReturnType<typeof referenceService>

/** Code lists as people and programs read them. Editions are never changed once stored. */
export function referenceService(db: Database) {
  // An edition never changes, so the newest one is read once and kept until a newer one is stored.
  let cached: { edition: number; lists: ReadonlyMap<string, CodeList> } | undefined
  const current = () =>
    withTransaction(db, async (tx) => {
      const repository = referenceRepository(tx)
      const edition = await repository.newestEdition()
      if (cached?.edition !== edition)
        cached = { edition, lists: new Map((await repository.read(edition)).map((list) => [list.list, list])) }
      return cached
    })
  return {
    /** Stores the lists as the next edition and answers its number. Joins the transaction. */
    async store(tx: Transaction, lists: readonly CodeList[]): Promise<number> {
      const repository = referenceRepository(tx)
      const edition = (await repository.newestEdition()) + 1
      await repository.insert(edition, lists)
      return edition
    },
    /** The lists of the newest edition; empty when there is none. Joins the transaction. */
    async newest(tx: Transaction): Promise<readonly CodeList[]> {
      const repository = referenceRepository(tx)
      return repository.read(await repository.newestEdition())
    },
    /** All lists of the edition in use, by name. */
    async lists(): Promise<readonly CodeList[]> {
      return [...(await current()).lists.values()]
    },
    /** One list by its name, in either spelling (LAWFUL_BASIS, lawful-basis); undefined when there is none. */
    async list(name: string): Promise<CodeList | undefined> {
      return (await current()).lists.get(name.toUpperCase().replaceAll('-', '_'))
    },
  }
}
