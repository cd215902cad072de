import { readFileSync } from 'node:fs'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { Organisation } from './organisation.ts'
import { partiesRepository } from './parties.repository.ts'

/** The 33 London authorities and their partners as this release ships them. */
export function shippedOrganisations(): Organisation[] {
  const file = new URL('./organisations.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { organisations: Organisation[] }).organisations
}

export type PartiesService = ReturnType<typeof partiesService>

/** The register of organisations. */
export function partiesService(db: Database) {
  return {
    /** Stores new organisations. Joins the transaction. @throws a unique violation when a code is taken */
    store: (tx: Transaction, organisations: readonly Organisation[]): Promise<void> => partiesRepository(tx).insert(organisations),
    all: (): Promise<Organisation[]> => withTransaction(db, (tx) => partiesRepository(tx).read()),
    async find(code: string): Promise<Organisation | undefined> {
      return (await withTransaction(db, (tx) => partiesRepository(tx).read([code])))[0]
    },
  }
}
