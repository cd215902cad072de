import { Readable } from 'node:stream'
import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { csvPieces } from '../../platform/csv.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import type { Refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result } from '../../platform/kernel/result.ts'
import type { ReferenceService } from '../../reference/reference.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { classesOf, type ExportedLine, LINE_COLUMNS, LINE_HEADERS, registerLine } from '../model/register-line.ts'
import { lineSupplements } from '../store/record.repository.ts'
import type { ListingQuery, ListingService } from './listing.service.ts'

/** So many agreements are read at once, each time in a transaction of its own: a slow reader holds no connection. */
const READ_AT_ONCE = 50
/** Lines of one file, at most: as many as an import takes. */
export const LINES_MAX = 5000

/** A register as a file (RFC 4180, with a header line), and where the next one begins; null: this is all. */
export interface RegisterFile {
  readonly bytes: Readable
  readonly next: string | null
}

export type RegisterExportService = ReturnType<typeof registerExportService>

/** The register of those agreements that a reader may know, a line an agreement. */
export function registerExportService({
  db,
  clock,
  agreements,
  listing,
  reference,
}: {
  readonly db: Database
  readonly clock: Clock
  readonly agreements: AgreementsService
  readonly listing: ListingService
  readonly reference: ReferenceService
}) {
  return {
    /**
     * The lines of a list as CSV, read as they are taken, and where the next file begins; null: these are all. Refused for a cursor
     * that is not of this list.
     */
    async file(principal: Principal, query: ListingQuery): Promise<Result<RegisterFile, Refusal>> {
      const listed = await listing.references(principal, { ...query, limit: query.limit ?? LINES_MAX })
      if (!listed.ok) return listed
      const { ids, next, isListed } = listed.value
      const classOf = classesOf(await reference.lists())
      const reader = readerFor(principal)

      async function* lines(): AsyncGenerator<ExportedLine> {
        for (let from = 0; from < ids.length; from += READ_AT_ONCE) {
          const wanted = ids.slice(from, from + READ_AT_ONCE)
          yield* await withTransactionAs(db, reader, async (tx) => {
            const at = clock().toISOString()
            const beside = await lineSupplements(tx, wanted)
            const known = new Map(
              (await agreements.readFor(tx, reader, wanted, instantOf(at))).map((agreement) => [agreement.id, agreement]),
            )
            return wanted.flatMap((id) => {
              // What was lost between the list and its line is left out of both.
              const [agreement, besides] = [known.get(id), beside.get(id)]
              if (!agreement || !besides || !isListed(agreement, instantOf(at))) return []
              return [registerLine(agreement, besides, { own: principal.org, at, classOf })]
            })
          })
        }
      }
      const titles = LINE_COLUMNS.map((column) => LINE_HEADERS[column] ?? column)
      return ok({ bytes: Readable.from(csvPieces(LINE_COLUMNS, lines(), titles)), next })
    },
  }
}
