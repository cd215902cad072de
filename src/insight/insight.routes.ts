import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, bytesReply, reply, typeWanted } from '../platform/http/answer.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import { drawingOf, drawingsOf } from '../workflow/insight/drawing.ts'
import { mermaidOf } from '../workflow/insight/mermaid.ts'
import { svgOf } from '../workflow/insight/svg.ts'
import type { RoutesService } from '../workflow/routes.service.ts'
import type { SignOffsService } from '../workflow/sign-offs.service.ts'
import { taskView } from '../workflow/view.ts'
import { daysLeft, daysSince, type InsightService } from './insight.service.ts'

const UNUSED_PAGE = 100
const SVG = 'image/svg+xml'
const MERMAID = 'text/vnd.mermaid'

export interface InsightRoutesOptions {
  readonly insight: InsightService
  readonly signOffs: Pick<SignOffsService, 'read'>
  readonly routes: Pick<RoutesService, 'read'>
}

/** Insight over HTTP: one's work, where it waits, what is used, and routes as pictures. */
export function insightRoutes({ insight, signOffs, routes }: InsightRoutesOptions): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getWork', async (request) => {
      const { now, mine, pool, waiting, due, measures } = await insight.work(callerOf(request))
      const today = londonDay(now.getTime())
      return reply(200, {
        at: now.toISOString(),
        to_do: mine.map((task) => taskView(task, today)),
        to_take: pool.map((task) => taskView(task, today)),
        measures: measures.map(({ assessment, agreement, measure: { id, measure, owner, due: day } }) => ({
          ...{ assessment, agreement, id, measure, owner, due: day, overdue: day < today },
        })),
        waiting_on_others: waiting.map(({ signOff, subject, org, role, kind, step, due: day, openedAt }) => ({
          ...{ sign_off: signOff, subject, org, role, kind, step, opened_at: openedAt, days: daysSince(openedAt, now) },
          ...{ due: day, overdue: day !== null && day < today },
        })),
        due_soon: due.map(({ agreement, kind, day }) => ({ agreement, kind, day, days_left: daysLeft(day, now) })),
      })
    })
    answer(app, 'getSignOffStages', async (request) => reply(200, await insight.stages(callerOf(request), request.query)))
    answer(app, 'listUnusedAgreements', async (request) => {
      const { since, cursor, limit = UNUSED_PAGE } = request.query
      return reply(200, await insight.unused(callerOf(request), { since, cursor, limit }))
    })
    answer(app, 'listUnmetShares', async (request) => reply(200, await insight.unmet(callerOf(request), request.query)))
    answer(app, 'drawSignOff', async (request) => {
      const type = typeWanted(request, [SVG, MERMAID])
      const { signOff } = orThrow(await signOffs.read(callerOf(request), request.params.id)).outcome
      const drawings = drawingsOf(signOff)
      const { id, version } = signOff.subject
      return picture(type, `Sign-off of ${id}, version ${version}: where each party stands`, drawings)
    })
    answer(app, 'drawSignOffRoute', async (request) => {
      const type = typeWanted(request, [SVG, MERMAID])
      const { code, version } = request.params
      const route = orThrow(await routes.read({ owner: request.query.owner ?? null, code, version }))
      return picture(type, `Route ${route.title}`, [drawingOf(route)])
    })
  }
}

function picture(type: typeof SVG | typeof MERMAID, heading: string, drawings: Parameters<typeof mermaidOf>[0]) {
  return bytesReply(200, `${type}; charset=utf-8`, type === SVG ? svgOf(heading, drawings) : mermaidOf(drawings))
}
