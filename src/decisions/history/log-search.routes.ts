import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, operation } from '../../platform/http/openapi.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { DecisionFilter, Position } from './found-decision.ts'
import type { LogSearchService, Page } from './log-search.service.ts'
import { toCsv, toJsonLines } from './log-table.service.ts'

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

/** The decision log over HTTP: search, export in others' forms, the report on break glass. Newest first, page after page. */
export function logSearchRoutes(log: LogSearchService): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'searchDecisions'>>({
      ...operation('searchDecisions'),
      handler: async (request, reply) => {
        const { cursor, limit, ...filter } = request.query
        const page = await log.search(callerOf(request), {
          filter: filter as DecisionFilter,
          after: positionOf(cursor),
          limit: limit ?? 100,
        })
        link(request, reply, page)
        const wanted = typeWanted(request, ['application/json', 'text/csv', 'application/x-ndjson'])
        if (wanted === 'text/csv') return send(reply, 'text/csv; charset=utf-8; header=present', toCsv(COLUMNS, page.items as never))
        if (wanted === 'application/x-ndjson') return send(reply, wanted, toJsonLines(page.items))
        return reply.code(200).send({ decisions: page.items as never, next: cursorOf(page.next), unsearched: page.unsearched })
      },
    })

    app.route<Operation<'exportDecisions'>>({
      ...operation('exportDecisions'),
      handler: async (request, reply) => {
        const { cursor, limit, format, ...filter } = request.query
        const asked = { filter: filter as DecisionFilter, after: positionOf(cursor), limit: limit ?? 1000 }
        const page = await log.export(callerOf(request), format, asked)
        link(request, reply, page)
        return send(reply, 'application/x-ndjson', toJsonLines(page.items))
      },
    })

    app.route<Operation<'reportBreakGlass'>>({
      ...operation('reportBreakGlass'),
      handler: async (request, reply) => {
        const { cursor, limit, ...filter } = request.query
        const page = await log.breakGlass(callerOf(request), {
          filter: filter as DecisionFilter,
          after: positionOf(cursor),
          limit: limit ?? 100,
        })
        link(request, reply, page)
        return reply.code(200).send({ uses: page.items as never, next: cursorOf(page.next), unsearched: page.unsearched })
      },
    })
  }
}

/** Text that is not JSON: the contract documents its media type, not its shape. */
function send(reply: FastifyReply, type: string, text: string): never {
  return reply.code(200).type(type).send(text) as never
}

/** RFC 8288: where the next page is, and how much no search finds yet, for replies whose body cannot say it. */
function link(request: FastifyRequest, reply: FastifyReply, page: Page<unknown>): void {
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

/** The first of our types that `Accept` names; the first of all where it names none (RFC 9110, 12.5.1, without weights). */
function typeWanted(request: FastifyRequest, ours: readonly string[]): string | undefined {
  const accepted = String(request.headers.accept ?? '')
    .split(',')
    .map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '')
  return accepted.find((type) => ours.includes(type)) ?? ours[0]
}
