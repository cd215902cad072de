import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { csvPieces } from '../../platform/csv.ts'
import { answer, bytesReply, reply, typeWanted } from '../../platform/http/answer.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { TrailFilter, TrailPosition } from './found-entry.ts'
import type { TrailPage, TrailService } from './trail.service.ts'

const PLACE = ['log', 'index'] as const
const WHO = ['leaf_id', 'at', 'org', 'actor', 'issuer'] as const
/** What a line of a file says of an act. */
export const ACT_COLUMNS = [...WHO, 'event', 'act', 'record_type', 'record', 'sequence', 'from', 'to', 'refused', ...PLACE] as const
/** What a line of a file says of a read. */
export const READ_COLUMNS = [...WHO, 'what', 'of_log', 'first', 'entries', ...PLACE] as const
const CSV = 'text/csv; charset=utf-8; header=present'

/** The trail over HTTP: acts, reads of the log, and the proof of one entry. Newest first, page after page. */
export function trailRoutes(trail: TrailService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listTrail', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = orThrow(await trail.acts(callerOf(request), trailAskedOf(request.query, 100)))
      if (wanted === 'text/csv') return csv(request, page, ACT_COLUMNS)
      return reply(200, { acts: page.items, next: trailCursorOf(page.next), unsearched: page.unsearched }, headersOf(request, page))
    })

    answer(app, 'listLogReads', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = orThrow(await trail.reads(callerOf(request), trailAskedOf(request.query, 100)))
      if (wanted === 'text/csv') return csv(request, page, READ_COLUMNS)
      return reply(200, { reads: page.items, next: trailCursorOf(page.next), unsearched: page.unsearched }, headersOf(request, page))
    })

    answer(app, 'getTrailEntry', async (request) =>
      reply(200, orThrow(await trail.evidence(callerOf(request), request.params.id)), { 'cache-control': 'private, no-store' }),
    )
  }
}

/** The page that a query asks for. @throws ProblemError 400 for a cursor that is not one, and where the time ends before it begins */
export function trailAskedOf(
  { cursor, limit, ...filter }: { readonly cursor?: string | undefined; readonly limit?: number | undefined } & TrailFilter,
  most: number,
) {
  const { from, to } = filter
  if (from !== undefined && to !== undefined && Date.parse(from) > Date.parse(to)) throw fault('to', 'must not be before `from`')
  return { filter, after: positionOf(cursor), limit: limit ?? most }
}

/** Where a page begins, as the next call says it; null: there is no further page. */
export function trailCursorOf(position: TrailPosition | null): string | null {
  return position && Buffer.from(`${position.logId}.${position.index}`).toString('base64url')
}

function positionOf(cursor: string | undefined): TrailPosition | null {
  if (cursor === undefined) return null
  const parts = /^(\d{1,9})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (parts) return { logId: Number(parts[1]), index: Number(parts[2]) }
  throw fault('cursor', 'is not one of ours')
}

function fault(name: string, detail: string): ProblemError {
  return new ProblemError(problem('INVALID_REQUEST', 'the request has 1 fault', [{ pointer: `/query/${name}`, detail }]))
}

type Asked = Pick<FastifyRequest, 'url' | 'routeOptions'>

function csv(request: Asked, page: TrailPage<object>, columns: readonly string[]) {
  return bytesReply(200, CSV, Readable.from(csvPieces(columns, page.items)), headersOf(request, page))
}

/** RFC 8288: where the next page is, and how much no search finds yet, for replies whose body cannot say it. */
function headersOf({ url, routeOptions }: Asked, page: TrailPage<object>): Readonly<Record<string, string>> {
  const unsearched = { 'accord-unsearched': String(page.unsearched), 'cache-control': 'private, no-store' }
  const cursor = trailCursorOf(page.next)
  if (cursor === null) return unsearched
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  query.set('cursor', cursor)
  return { ...unsearched, link: `<${routeOptions.url}?${query}>; rel="next"` }
}
