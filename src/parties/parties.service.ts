import { readFileSync } from 'node:fs'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { Organisation } from './organisation.ts'
import { partiesRepository } from './parties.repository.ts'
import { successionRepository } from './succession.repository.ts'

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
    /** Adds those that the register lacks, gives the others the type they have here, and answers all that changed. Joins the transaction. */
    async renew(tx: Transaction, shipped: readonly Organisation[]): Promise<Organisation[]> {
      const repository = partiesRepository(tx)
      const known = new Map((await repository.read()).map((organisation) => [organisation.code, organisation]))
      const added = shipped.filter(({ code }) => !known.has(code))
      const retyped = shipped.filter(({ code, type }) => known.has(code) && known.get(code)?.type !== type)
      await repository.insert(added)
      for (const { code, type } of retyped) await repository.retype(code, type)
      return repository.read([...added, ...retyped].map(({ code }) => code))
    },
    /** An organisation, locked until the transaction ends; undefined when there is none with this code. */
    async lock(tx: Transaction, code: string): Promise<Organisation | undefined> {
      return (await successionRepository(tx).lock(code)) ? (await partiesRepository(tx).read([code]))[0] : undefined
    },
    /** Ends an organisation at an instant, names who follows it, and answers both as they are now. Joins the transaction. */
    async succeed(
      tx: Transaction,
      { predecessor, successor, at }: { readonly predecessor: string; readonly successor: string; readonly at: string },
    ): Promise<Organisation[]> {
      const repository = successionRepository(tx)
      await repository.end(predecessor, at)
      await repository.follow(successor, predecessor)
      return partiesRepository(tx).read([predecessor, successor])
    },
    all: (): Promise<Organisation[]> => withTransaction(db, (tx) => partiesRepository(tx).read()),
    async find(code: string): Promise<Organisation | undefined> {
      return (await withTransaction(db, (tx) => partiesRepository(tx).read([code])))[0]
    },
  }
}
