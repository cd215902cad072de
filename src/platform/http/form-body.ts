import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { Unreadable } from './json-body.ts'

/** What a form sent: a text for each name, several where a name came several times (boxes that were ticked). */
export type FormBody = Readonly<Record<string, string | readonly string[]>>

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

/** @throws Unreadable for bytes that are no UTF-8, written out or percent-encoded, and for more than a thousand fields */
export function formBody(bytes: Buffer): FormBody {
  if (!isUtf8(bytes)) throw new Unreadable('the form is not UTF-8', 'holds bytes that are not UTF-8')
  const pairs = bytes
    .toString('utf8')
    .split('&')
    .filter((pair) => pair !== '')
  if (pairs.length > FIELDS_MAX) throw new Unreadable('the form has too many fields', `has more than ${FIELDS_MAX} fields`)
  const fields = new Map<string, string[]>()
  for (const pair of pairs) {
    const [name = '', ...rest] = pair.split('=')
    const key = decoded(name)
    fields.set(key, [...(fields.get(key) ?? []), decoded(rest.join('='))])
  }
  // A record without a prototype: `__proto__` is a name like any other.
  return Object.assign(
    Object.create(null),
    Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Unreadable('the form is not UTF-8', 'holds bytes that are not UTF-8')
  }
}
