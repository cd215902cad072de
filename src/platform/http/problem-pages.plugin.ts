import { createHash } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import { ProblemError, problem, problemCodeOf, problemKinds } from '../kernel/problem.ts'
import { type Operation, operation } from './openapi.ts'

const STYLE =
  'body{font:1.125rem/1.5 arial,sans-serif;color:#0b0c0c;background:#fff;max-width:40rem;margin:2rem auto;padding:0 1rem}h1{line-height:1.2}code{background:#f3f2f1;padding:0 .25em}'
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** `GET /problems/:code`: what a problem's `type` points at, a page that explains it. Public; 404 for a code that is not in the table. */
export const problemPages: FastifyPluginAsync = async (app) => {
  app.route<Operation<'getProblemPage'>>({
    ...operation('getProblemPage'),
    handler: async (request, reply) => {
      const code = problemCodeOf(request.params.code)
      if (!code) throw new ProblemError(problem('NOT_FOUND', 'no problem of this service has this name'))
      const { status, title, explanation } = problemKinds[code]
      return reply
        .header('content-security-policy', POLICY)
        .header('cache-control', 'public, max-age=3600')
        .type('text/html; charset=utf-8')
        .code(200)
        .send(page({ code, status, title, explanation }))
    },
  })
}

function page(kind: { readonly code: string; readonly status: number; readonly title: string; readonly explanation: string }): string {
  const explanation = escapeHtml(kind.explanation).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
  return `<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(kind.title)} - Accord</title><style>${STYLE}</style></head>
<body>
<main>
<h1>${escapeHtml(kind.title)}</h1>
<p>${explanation}</p>
<p>HTTP status <code>${kind.status}</code>, code <code>${kind.code}</code></p>
</main>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
