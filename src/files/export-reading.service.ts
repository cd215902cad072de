import type { Database } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { EvidenceFile, FileOwner } from './evidence-file.ts'
import { filesRepository } from './files.repository.ts'
import { LostBytesError, storedBytes } from './receiving.service.ts'

export { LostBytesError }

/** A file that a record names and whose bytes are here. */
export interface NamedFile extends EvidenceFile {
  readonly owner: FileOwner
}

const BATCH = 100

/** Reads evidence for whoever runs the service, as a whole: what somebody sees of it over the API is for the record that names it. */
export function evidenceReading(db: Database) {
  const asSystem = <T>(work: Parameters<typeof withTransactionAs<T>>[2]) => withTransactionAs(db, { kind: 'system' }, work)
  return {
    /** Every file that a record names and whose bytes are kept, in the order of their keys. */
    async *named(): AsyncGenerator<NamedFile> {
      let after: string | null = null
      for (;;) {
        const files: readonly NamedFile[] = await asSystem((tx) => filesRepository(tx).named(after, BATCH))
        yield* files
        after = files.at(-1)?.id ?? null
        if (files.length < BATCH) return
      }
    },

    /** The bytes of one, piece by piece. @throws LostBytesError where they end before their size */
    bytes: ({ id, size }: EvidenceFile) => storedBytes(db, { kind: 'system' }, id, size),

    /** Whether its bytes were erased meanwhile. */
    isErased: async ({ id }: EvidenceFile): Promise<boolean> => {
      const found = await asSystem((tx) => filesRepository(tx).find(id))
      return found === undefined || found.file.erased_at !== null
    },
  }
}
