import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { csvPieces } from '../../platform/csv.ts'
import { typeWanted } from '../../platform/http/accept.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { DecisionFilter, Position } from './found-decision.ts'
import type { LogSearchService, Page } from './log-search.service.ts'

const COLUMNS = [
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
const CSV = 'text/csv; charset=utf-8; header=present'

/** The decision log over HTTP: search, export in others' forms, the report on break glass. Newest first, page after page. */
export function logSearchRoutes(log: LogSearchService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'searchDecisions'>>({
      ...operation('searchDecisions'),
      handler: async (request, reply) => {
        const wanted = typeWanted(request, ['application/json', 'text/csv', 'application/x-ndjson'])
        const { cursor, limit, ...filter } = request.query
        const page = await log.search(callerOf(request), {
          filter: filterOf(filter as DecisionFilter),
          after: positionOf(cursor),
          limit: limit ?? 100,
        })
        link(request, reply, page)
        if (wanted === 'text/csv') return stream(reply, CSV, csvPieces(COLUMNS, page.items as never))
        if (wanted === 'application/x-ndjson') return stream(reply, wanted, jsonLines(page.items))
        return reply.code(200).send({ decisions: page.items, next: cursorOf(page.next), unsearched: page.unsearched })
      },
    })

    app.route<Operation<'exportDecisions'>>({
      ...operation('exportDecisions'),
      handler: async (request, reply) => {
        const { cursor, limit, format, ...filter } = request.query
        const asked = { filter: filterOf(filter as DecisionFilter), after: positionOf(cursor), limit: limit ?? 1000 }
        const page = await log.export(callerOf(request), format, asked)
        link(request, reply, page)
        return stream(reply, 'application/x-ndjson', jsonLines(page.items))
      },
    })

    app.route<Operation<'reportBreakGlass'>>({
      ...operation('reportBreakGlass'),
      handler: async (request, reply) => {
        const wanted = typeWanted(request, ['application/json', 'text/csv'])
        const { cursor, limit, ...filter } = request.query
        const page = await log.breakGlass(callerOf(request), {
          filter: filterOf(filter as DecisionFilter),
          after: positionOf(cursor),
          limit: limit ?? 100,
        })
        link(request, reply, page)
        if (wanted === 'text/csv') return stream(reply, CSV, csvPieces([...COLUMNS, ...BREAK_GLASS_COLUMNS], page.items as never))
        return reply.code(200).send({ uses: page.items, next: cursorOf(page.next), unsearched: page.unsearched })
      },
    })
  }
}

/** Text that is not JSON: the contract documents its media type, not its shape. It is made as fast as it is taken. */
function stream(reply: FastifyReply, type: string, pieces: AsyncIterable<string>): never {
  return reply.code(200).type(type).send(Readable.from(pieces)) as never
}

/** One JSON object a line. @see https://github.com/ndjson/ndjson-spec */
async function* jsonLines(items: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  const pause = pauses()
  for await (const item of items) {
    await pause()
    yield `${JSON.stringify(item)}\n`
  }
}

/** RFC 8288: where the next page is, and how much no search finds yet, for replies whose body cannot say it. */
function link(request: FastifyRequest, reply: FastifyReply, page: Pick<Page<unknown>, 'next' | 'unsearched'>): void {
  reply.header('accord-unsearched', page.unsearched)
  const cursor = cursorOf(page.next)
  if (cursor === null) return
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  query.set('cursor', cursor)
  reply.header('link', `<${request.routeOptions.url}?${query}>; rel="next"`)
}

function cursorOf(position: Position | null): string | null {
  return position && Buffer.from(`${position.logId}.${position.index}`).toString('base64url')
}

function positionOf(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null
  const parts = /^(\d{1,9})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (parts) return { logId: Number(parts[1]), index: Number(parts[2]) }
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
