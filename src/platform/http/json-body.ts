import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { JSON_DEPTH_MAX, type JsonFault, jsonFault } from './repeated-member.ts'

/** A request whose bytes say nothing, or not one thing only: refused as it is, never repaired. */
export class UnreadableRequest extends Error {
  readonly statusCode = 400
  /** What the refusal says. */
  readonly summary: string
  /** Where, as far as that can be said. */
  readonly pointer: string
  /** What is wrong there. */
  readonly detail: string
  /** Whether it is no JSON at all. */
  readonly isMalformed: boolean

  constructor(summary: string, detail: string, { pointer = '', isMalformed = false } = {}) {
    super(summary)
    this.name = 'Unreadable'
    this.summary = summary
    this.pointer = pointer
    this.detail = detail
    this.isMalformed = isMalformed
  }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])
const faults: Readonly<Record<JsonFault['why'], readonly [string, string]>> = {
  GIVEN_TWICE: ['the body gives a member twice', 'is given twice'],
  TOO_DEEP: ['the body is nested too deeply', `is nested deeper than ${JSON_DEPTH_MAX}`],
}

/**
 * Reads JSON bodies byte for byte. Bytes that are no UTF-8 are refused, since a reader that puts U+FFFD in their place stores and
 * signs what nobody sent; so are members that are given twice and nesting that no schema means. One byte order mark at the
 * beginning says nothing and is left out (RFC 8259, section 8.1), as in CSV.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const read = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, sent, done) => {
    const bytes = sent as Buffer
    if (!isUtf8(bytes)) return done(new UnreadableRequest('the body is not UTF-8', 'holds bytes that are not UTF-8', { isMalformed: true }))
    const text = bytes.toString('utf8', bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0)
    // The parser would leave out another one.
    if (text.startsWith('\uFEFF'))
      return done(new UnreadableRequest('the body is not valid JSON', 'the body is not valid JSON', { isMalformed: true }))
    read(request, text, (error, value) => {
      if (error) return done(error)
      const fault = jsonFault(text, value)
      if (fault === undefined) return done(null, value)
      const [summary, detail] = faults[fault.why]
      done(new UnreadableRequest(summary, detail, { pointer: fault.pointer }))
    })
  })
}
