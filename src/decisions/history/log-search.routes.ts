import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { csvPieces } from '../../platform/csv.ts'
import { answer, bytesReply, reply, typeWanted } from '../../platform/http/answer.ts'
import { CSV_TYPE, nextLink } from '../../platform/http/list-files.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { DecisionFilter, Position } from './found-decision.ts'
import type { LogSearchService, Page } from './log-search.service.ts'

/** What a line of a file says of a decision. */
export const DECISION_COLUMNS = [
  'decision_id',
  'at',
  'outcome',
  'simulated',
  'reasons',
  'via',
  'mode',
  'provider',
  'recipient',
  'purpose',
  'agreement',
  'caller_org',
  'caller_client',
  'policy_revision',
  'log',
  'index',
] as const
const BREAK_GLASS_COLUMNS = [
  'ground',
  'actor',
  'justification',
  'lawful_basis',
  'art9',
  'prohibited_by',
  'data_items',
  'payload_is_altered',
  'review_due',
  'is_review_overdue',
] as const

/** The decision log over HTTP: search, export in others' forms, the report on break glass. Newest first, page after page. */
export function logSearchRoutes(log: LogSearchService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'searchDecisions', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv', 'application/x-ndjson'])
      const page = orThrow(await log.search(callerOf(request), askedOf(request.query, 100)))
      const headers = pageHeaders(request, page)
      if (wanted === 'text/csv') return stream(CSV_TYPE, csvPieces(DECISION_COLUMNS, page.items), headers)
      if (wanted === 'application/x-ndjson') return stream(wanted, jsonLines(page.items), headers)
      return reply(200, { decisions: page.items, next: cursorOf(page.next), unsearched: page.unsearched }, headers)
    })

    answer(app, 'exportDecisions', async (request) => {
      const { format, ...query } = request.query
      const page = orThrow(await log.export(callerOf(request), format, askedOf(query, 1000)))
      return stream('application/x-ndjson', jsonLines(page.items), pageHeaders(request, page))
    })

    answer(app, 'reportBreakGlass', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = orThrow(await log.breakGlass(callerOf(request), askedOf(request.query, 100)))
      const headers = pageHeaders(request, page)
      if (wanted === 'text/csv') return stream(CSV_TYPE, csvPieces([...DECISION_COLUMNS, ...BREAK_GLASS_COLUMNS], page.items), headers)
      return reply(200, { uses: page.items, next: cursorOf(page.next), unsearched: page.unsearched }, headers)
    })
  }
}

/** The page that a query asks for. @throws ProblemError 400 for a cursor that is not one, and where the time ends before it begins */
export function askedOf(
  { cursor, limit, ...filter }: { readonly cursor?: string | undefined; readonly limit?: number | undefined } & DecisionFilter,
  most: number,
) {
  return { filter: filterOf(filter), after: positionOf(cursor), limit: limit ?? most }
}

/** Text that is not JSON: the contract documents its media type, not its shape. It is made as fast as it is taken. */
function stream(type: string, pieces: AsyncIterable<string>, headers: Readonly<Record<string, string>>) {
  return bytesReply(200, type, Readable.from(pieces), headers)
}

/** One JSON object a line. @see https://github.com/ndjson/ndjson-spec */
export async function* jsonLines(items: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  const pause = pauses()
  for await (const item of items) {
    await pause()
    yield `${JSON.stringify(item)}\n`
  }
}

/** RFC 8288: where the next page is, and how much no search finds yet, for replies whose body cannot say it. */
function pageHeaders(
  request: Pick<FastifyRequest, 'url' | 'routeOptions'>,
  page: Pick<Page<unknown>, 'next' | 'unsearched'>,
): Readonly<Record<string, string>> {
  return { 'accord-unsearched': String(page.unsearched), ...nextLink(request, 'cursor', cursorOf(page.next)) }
}

/** Where a page begins, as the next call says it; null: there is no further page. */
export function cursorOf(position: Position | null): string | null {
  return position && Buffer.from(`${position.logId}.${position.index}.${position.evaluation}`).toString('base64url')
}

function positionOf(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null
  const parts = /^(\d{1,9})\.(\d{1,15})\.(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (parts) return { logId: Number(parts[1]), index: Number(parts[2]), evaluation: Number(parts[3]) }
  throw new ProblemError(
    problem('INVALID_REQUEST', 'the request has 1 fault', [{ pointer: '/query/cursor', detail: 'is not one of ours' }]),
  )
}

/** The filter of a query. @throws ProblemError 400 when it ends before it begins */
function filterOf(filter: DecisionFilter): DecisionFilter {
  const { from, to } = filter
  if (from === undefined || to === undefined || Date.parse(from) <= Date.parse(to)) return filter
  throw new ProblemError(
    problem('INVALID_REQUEST', 'the request has 1 fault', [{ pointer: '/query/to', detail: 'must not be before `from`' }]),
  )
}
