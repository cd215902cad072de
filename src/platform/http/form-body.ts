import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { UnreadableRequest } from './json-body.ts'

/** What a form sent: a text for each name, several where a name came several times (boxes that were ticked). */
type FormBody = Readonly<Record<string, string | readonly string[]>>

const MEDIA_TYPE = 'application/x-www-form-urlencoded'
const FIELDS_MAX = 1_000

/** Makes a scope read the bodies of forms, and nothing else. What is no UTF-8 is refused, as in JSON: a reader that mends it stores what nobody sent. */
export function readFormBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(MEDIA_TYPE, { parseAs: 'buffer' }, (_request, sent, done) => {
    try {
      done(null, formBody(sent as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
}

/** @throws UnreadableRequest for bytes that are no UTF-8, written out or percent-encoded, and for more than a thousand fields */
function formBody(bytes: Buffer): FormBody {
  if (!isUtf8(bytes)) throw new UnreadableRequest('the form is not UTF-8', 'holds bytes that are not UTF-8')
  const text = bytes.toString('utf8')
  if (!isEncodedUtf8(text)) throw new UnreadableRequest('the form is not UTF-8', 'holds bytes that are not UTF-8')
  // With the mark that would be left out at the beginning.
  const pairs = [...new URLSearchParams(`?${text}`)]
  if (pairs.length > FIELDS_MAX) throw new UnreadableRequest('the form has too many fields', `has more than ${FIELDS_MAX} fields`)
  // A record without a prototype: `__proto__` is a name like any other.
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const earlier = fields[name]
    fields[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return fields
}

function isEncodedUtf8(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
