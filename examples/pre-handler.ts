import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { type Asking, mayShare } from './pep.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The decision that this reply rests on. */
    decisionId: string | null
  }
}

/**
 * A Fastify preHandler: the handler behind it runs only with a permit, and finds the decision in `request.decisionId`
 * (`app.decorateRequest('decisionId', null)` first). `questionOf` says what the request would share.
 */
export function onlyPermitted(asking: Asking, questionOf: (request: FastifyRequest) => object): preHandlerAsyncHookHandler {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { permitted, decisionId, why } = await mayShare(questionOf(request), asking)
    request.log.info({ decisionId, permitted, why }, 'asked Accord')
    request.decisionId = decisionId
    if (decisionId) reply.header('accord-decision', decisionId)
    // 403: the answer is no. 503: nobody could say.
    if (!permitted) return reply.code(decisionId ? 403 : 503).send({ error: 'This may not be shared now.', decision_id: decisionId })
  }
}
