import { createHash } from 'node:crypto'

const STYLE =
  'body{font:1.125rem/1.5 arial,sans-serif;color:#0b0c0c;background:#fff;max-width:40rem;margin:2rem auto;padding:0 1rem}h1{line-height:1.2}code{background:#f3f2f1;padding:0 .25em}'
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** What a page may load: its own style and nothing else; its forms go to this service alone. */
export const PAGE_POLICY = policy("'self'")
/** Of a page without a form. */
export const EXPLANATION_POLICY = policy("'none'")

function policy(formAction: string): string {
  return `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action ${formAction}`
}

/** A page of one heading; `body` is HTML, whose texts the caller has escaped. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)} - Accord</title><style>${STYLE}</style></head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}
