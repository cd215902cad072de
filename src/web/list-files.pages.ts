import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { csvPieces } from '../platform/csv.ts'
import { CSV_TYPE } from '../platform/http/list-files.ts'

/** Lines of one file, at most: as many as the register of agreements has in one. */
export const LINES_MAX = 5000
/** So many are read at once, each time in a transaction of its own: a slow reader holds no connection. */
export const READ_AT_ONCE = 200

/** The rows of a list from its first page on, `LINES_MAX` at most, read as they are taken. */
export async function* everyRow<Row>(
  first: string | undefined,
  read: (before: string | undefined) => Promise<{ readonly rows: readonly Row[]; readonly next: string | null }>,
): AsyncGenerator<Row> {
  let before = first
  for (let taken = 0; taken < LINES_MAX; taken += READ_AT_ONCE) {
    const { rows, next } = await read(before)
    yield* rows
    if (next === null) return
    before = next
  }
}

/** Sends a list as a CSV file that a browser saves. */
export function sendCsv(reply: FastifyReply, name: string, columns: readonly string[], rows: Iterable<object> | AsyncIterable<object>) {
  return reply
    .type(CSV_TYPE)
    .header('cache-control', 'private, no-store')
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(Readable.from(csvPieces(columns, rows)))
}

/** The address of the file of a list as it is narrowed; what is absent or empty narrows nothing. */
export function fileAt(path: string, narrowed: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(narrowed)) if (value) given.set(name, value)
  return given.size === 0 ? path : `${path}?${given}`
}
