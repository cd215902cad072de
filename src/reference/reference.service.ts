import { readdirSync, readFileSync } from 'node:fs'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { CodeList } from './code-list.ts'
import { type StoredLocalCode, withLocalCodes } from './local-code.ts'
import { localCodesRepository } from './local-codes.repository.ts'
import { referenceRepository } from './reference.repository.ts'
import { compileVocabularies, type Vocabulary, type VocabularyFile } from './vocabulary.ts'

const FOLDER = new URL('./lists/', import.meta.url)
const VOCABULARIES = new URL('./vocabularies/', import.meta.url)

/** The code lists as this release ships them, in the order of their file names. */
export const shippedCodeLists = (): CodeList[] => filesIn<CodeList>(FOLDER)

/** The words of registers and what they mean, as this release ships them. */
export const shippedVocabularies = (): ReadonlyMap<string, Vocabulary> => compileVocabularies(filesIn<VocabularyFile>(VOCABULARIES))

function filesIn<File>(folder: URL): File[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as File)
}

export type ReferenceService = ReturnType<typeof referenceService>

/** Code lists as people and programs read them. Editions are never changed once stored. */
export function referenceService(db: Database) {
  // An edition never changes, so the newest one is read once and kept until a newer one is stored.
  let cached: { edition: number; lists: readonly CodeList[] } | undefined
  /** The lists of the edition in use, with the local codes of this moment. */
  async function currentIn(tx: Transaction): Promise<CodeList[]> {
    const repository = referenceRepository(tx)
    const edition = await repository.newestEdition()
    if (cached?.edition !== edition) cached = { edition, lists: await repository.read(edition) }
    return withLocalCodes(cached.lists, await localCodesRepository(tx).read())
  }
  const current = () => withTransaction(db, currentIn)
  return {
    currentIn,
    /** Local codes with why and by whom they were added, by code. */
    localCodes: (): Promise<StoredLocalCode[]> => withTransaction(db, (tx) => localCodesRepository(tx).read()),
    localCode: (code: string): Promise<StoredLocalCode | undefined> => withTransaction(db, (tx) => localCodesRepository(tx).find(code)),
    /** The rows of local codes, inside the transaction of an act. */
    localCodesIn: localCodesRepository,
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
    /** All lists of the edition in use, by name, local codes among them. */
    async lists(): Promise<readonly CodeList[]> {
      return current()
    },
    /** One list by its name, in either spelling (LAWFUL_BASIS, lawful-basis); undefined when there is none. */
    async list(name: string): Promise<CodeList | undefined> {
      const wanted = name.toUpperCase().replaceAll('-', '_')
      return (await current()).find(({ list }) => list === wanted)
    },
  }
}
