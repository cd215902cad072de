import type { FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { NotificationKind } from '../kinds.ts'
import type { WebhooksService } from './webhooks.service.ts'

/** Where an organisation has what it is told sent to, over HTTP. */
export function webhooksRoutes(webhooks: WebhooksService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listWebhooks', async (request) => reply(200, { webhooks: await webhooks.list(callerOf(request)) }))
    answer(app, 'subscribeWebhook', async (request) => {
      const { url, kinds } = request.body
      const made = await webhooks.subscribe(callOf(request), { url, kinds: kindsOf(kinds) })
      const { status, body, headers } = outcomeReply(201, made)
      return reply(status, body, { ...headers, location: `/v1/webhooks/${body.webhook.id}` })
    })
    answer(app, 'getWebhook', async (request) => outcomeReply(200, await webhooks.read(callerOf(request), request.params.id)))
    answer(app, 'changeWebhook', async (request) => {
      const { url, kinds, state } = request.body
      return outcomeReply(200, await webhooks.change(changeOf(request), request.params.id, { url, kinds: kindsOf(kinds), state }))
    })
    answer(app, 'deleteWebhook', async (request) => {
      orThrow(await webhooks.delete(changeOf(request), request.params.id))
      return reply(200, { id: request.params.id, deleted: true as const })
    })
    answer(app, 'rotateWebhookSecret', async (request) =>
      outcomeReply(200, await webhooks.rotate(callOf(request), request.params.id, request.body)),
    )
    answer(app, 'testWebhook', async (request) => outcomeReply(202, await webhooks.test(callOf(request), request.params.id)))
    answer(app, 'replayWebhook', async (request) =>
      outcomeReply(202, await webhooks.replay(callOf(request), request.params.id, request.body)),
    )
    answer(app, 'listWebhookDeliveries', async (request) =>
      reply(200, await webhooks.deliveries(callerOf(request), request.params.id, request.query)),
    )
  }
}

/** Whether the words are kinds is said by the service. */
function kindsOf(kinds: readonly string[] | null | undefined): readonly NotificationKind[] | null {
  return (kinds as readonly NotificationKind[] | null | undefined) ?? null
}
