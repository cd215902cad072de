import { createHash } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply, reply } from '../../platform/http/answer.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { CalendarsService } from './calendars.service.ts'

/** How often one calendar is read in a minute: programs ask a few times a day. */
const READS_PER_MINUTE = 30

/** Calendars over HTTP: kept by people, read by programs that have the address. */
export function calendarsRoutes(calendars: CalendarsService): FastifyPluginAsync {
  return async (app) => {
    const check = app.createRateLimit({
      ...{ max: READS_PER_MINUTE, timeWindow: '1 minute' },
      keyGenerator: (request) =>
        createHash('sha256')
          .update(String((request.params as { readonly file?: string }).file))
          .digest('hex'),
    })
    answer(app, 'makeCalendar', async (request) => {
      // Its address is told once: no key keeps it.
      const { status, body } = outcomeReply(201, await calendars.make({ ...callOf(request), idempotency: null }, request.body.scope))
      return reply(status, body)
    })
    answer(app, 'listCalendars', async (request) => reply(200, { calendars: await calendars.list(callerOf(request)) }))
    answer(app, 'revokeCalendar', async (request) => {
      const { status, body } = outcomeReply(200, await calendars.revoke(callOf(request), request.params.id))
      return reply(status, body)
    })
    answer(app, 'readCalendar', async (request) => {
      const found = await check(request)
      if (!found.isAllowed && found.isExceeded)
        throw refused('TOO_MANY_REQUESTS', 'This calendar is read too often.', [], { retryAfterSeconds: Math.max(1, found.ttlInSeconds) })
      const text = await calendars.read(request.params.file)
      return bytesReply(200, 'text/calendar; charset=utf-8', text, {
        ...{ 'cache-control': 'private, no-cache', 'content-disposition': 'inline; filename="accord.ics"' },
      })
    })
  }
}
