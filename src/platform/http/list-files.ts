import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { csvPieces } from '../csv.ts'
import { bytesReply } from './answer.ts'

/** Lists as text: the rows of a page in CSV, and where the list goes on. */

export const CSV_TYPE = 'text/csv; charset=utf-8; header=present'

type Asked = Pick<FastifyRequest, 'url' | 'routeOptions'>

/** RFC 8288: the address of the next page, for a reply whose body cannot say it; nothing where this is the last. */
export function nextLink(request: Asked, name: string, value: string | null): { readonly link?: string } {
  if (value === null) return {}
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  query.set(name, value)
  return { link: `<${request.routeOptions.url}?${query}>; rel="next"` }
}

/** A page of a list as CSV, a line a row. `next` is the parameter with which the next page is asked for, and its value. */
export function csvReply(request: Asked, columns: readonly string[], rows: readonly object[], next: readonly [string, string | null]) {
  return bytesReply(200, CSV_TYPE, Readable.from(csvPieces(columns, rows)), { ...nextLink(request, ...next) })
}
