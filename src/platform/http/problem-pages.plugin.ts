import type { FastifyPluginAsync } from 'fastify'
import { EXPLANATION_POLICY, escapeHtml, htmlPage } from './html-page.ts'
import { type Operation, operation } from './openapi.ts'
import { ProblemError, problem, problemCodeOf } from './problem.ts'
import { problemKinds } from './refusals.ts'

/** `GET /problems/:code`: what a problem's `type` points at, a page that explains it. Public; 404 for a code that is not in the table. */
export const problemPages: FastifyPluginAsync = async (app) => {
  app.route<Operation<'getProblemPage'>>({
    ...operation('getProblemPage'),
    handler: async (request, reply) => {
      const code = problemCodeOf(request.params.code)
      if (!code) throw new ProblemError(problem('NOT_FOUND', 'no problem of this service has this name'))
      const { status, title, explanation } = problemKinds[code]
      const text = escapeHtml(explanation).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
      return reply
        .header('content-security-policy', EXPLANATION_POLICY)
        .header('cache-control', 'public, max-age=3600')
        .type('text/html; charset=utf-8')
        .code(200)
        .send(htmlPage(title, `<p>${text}</p>\n<p>HTTP status <code>${status}</code>, code <code>${code}</code></p>`))
    },
  })
}
