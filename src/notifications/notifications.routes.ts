import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply } from '../platform/http/answer.ts'
import type { NotificationsService } from './notifications.service.ts'

/** What the caller's organisation was told, over HTTP. */
export function notificationsRoutes(notifications: NotificationsService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listNotices', async (request) => {
      const { before = null, limit = 50 } = request.query
      const page = await notifications.list(callerOf(request), { before, limit })
      const notices = page.notifications.map(({ id, subject, kind, at, detail }) => {
        const agreement = subject.type === 'agreement' ? subject.id : null
        return { id, subject, agreement, kind, at, detail }
      })
      return reply(200, { notices, next_before: page.nextBefore })
    })
  }
}
