import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { readFormBodies } from './form-body.ts'
import { escapeHtml, htmlPage, PAGE_POLICY } from './html-page.ts'
import { readMultipartBodies } from './multipart-body.ts'
import { type Problem, problem } from './problem.ts'
import { problemOf, retryAfterOf, withStatus } from './problem-handler.ts'
import { problemKinds } from './refusals.ts'

/** The pages of the service: each says `config: { access: 'public' | 'session' }`. */
interface PageScopeOptions {
  readonly pages: readonly FastifyPluginAsync[]
}

/**
 * The scope of the pages, beside that of the API: bodies come from forms, nothing is kept by anybody on the way, a page may load its
 * own style and send its forms to this service alone, and what is refused is a page too. Limits, addresses, request ids and who may
 * call stay those of the whole server.
 */
export const pageScope: FastifyPluginAsync<PageScopeOptions> = async (app, { pages }) => {
  readFormBodies(app)
  readMultipartBodies(app)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', PAGE_POLICY).header('cache-control', 'no-store')
  })
  app.setErrorHandler(async (error, request, reply) => {
    const found = problemOf(error, request)
    if (!found) request.log.error({ err: error }, 'defect')
    return sendErrorPage(request, reply, found ?? problem('INTERNAL', 'Something in this service is broken.'), retryAfterOf(error))
  })
  for (const page of pages) await app.register(page)
}

function sendErrorPage(request: FastifyRequest, reply: FastifyReply, found: Problem, retryAfterSeconds?: number): FastifyReply {
  const { title } = problemKinds[found.code]
  const faults = (found.errors ?? []).map(({ pointer, detail }) => `<li>${escapeHtml(`${pointer} ${detail}`.trim())}</li>`)
  const body = [
    `<p>${escapeHtml(found.detail)}</p>`,
    ...(faults.length > 0 ? [`<ul>${faults.join('')}</ul>`] : []),
    ...(found.status >= 500 ? ['<p>Load this page again in a minute. If you had sent a form, first look whether that was done.</p>'] : []),
    `<p>If you ask somebody about this, quote <code>${escapeHtml(String(request.id))}</code>.</p>`,
  ]
  return withStatus(reply, found, retryAfterSeconds)
    .type('text/html; charset=utf-8')
    .send(htmlPage(title, body.join('\n')))
}
