import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply } from '../platform/http/answer.ts'
import { noticeOf } from './notice.ts'
import type { NotificationsService } from './notifications.service.ts'

/** What the caller's organisation was told, over HTTP. */
export function notificationsRoutes(notifications: NotificationsService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listNotices', async (request) => {
      const { before = null, limit = 50 } = request.query
      const page = await notifications.list(callerOf(request), { before, limit })
      return reply(200, { notices: page.notifications.map(noticeOf), next_before: page.nextBefore })
    })
  }
}
