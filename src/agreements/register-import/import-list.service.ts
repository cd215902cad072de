import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { listedImports } from './import-list.repository.ts'
import { listedView } from './import-view.ts'

/** Which imports to list. */
export interface ImportsQuery {
  readonly before?: string | undefined
  readonly limit?: number | undefined
}

export type ImportListService = ReturnType<typeof importListService>

const IMPORTS_SHOWN = 25

/** The imports of an organisation. */
export function importListService({ db }: { readonly db: Database }) {
  return {
    /** The imports that the caller may see, newest first, each with how far it is. */
    async list(principal: Principal, { before, limit = IMPORTS_SHOWN }: ImportsQuery) {
      const asked = { before: before ?? null, limit: limit + 1 }
      const found = await withTransactionAs(db, readerFor(principal), (tx) => listedImports(tx, asked))
      const page = found.slice(0, limit)
      return { imports: page.map(listedView), next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null }
    },
  }
}
