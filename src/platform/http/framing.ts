// How a request is framed: which headers say what, once. What cannot be read in one way only is refused, never guessed.
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Problem, ProblemError, problem } from './problem.ts'

/** Header fields of which there may be one: of two, readers do not agree which counts (RFC 9110, 5.3). */
const SINGLE = new Set([
  'authorization',
  'content-length',
  'content-location',
  'content-type',
  'expect',
  'from',
  'host',
  'idempotency-key',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'user-agent',
])
const HEADERS_MAX = 100
/** A name or an address, and a port (RFC 9110, 7.2; RFC 3986, 3.2); a comma would be two. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.~%!$&'()*+;=-]*)(?::\d{0,5})?$/i

/** Requests whose caller waits to be told to send the body. */
const expecting = new WeakSet<object>()

/**
 * Refuses requests whose headers can be read in two ways: 400, 417 or 431. A caller that waits for `100 Continue` is told so
 * only once its token and the limits have been looked at. Register it before whatever reads a header.
 */
export function checkFraming(app: FastifyInstance): void {
  // Headers beyond the number that Node reads would be dropped unseen; their length is bounded anyway.
  app.server.maxHeadersCount = 0
  app.server.on('checkContinue', (request, response) => {
    expecting.add(request)
    app.server.emit('request', request, response)
  })
  // Without a listener the refusal would be Node's own, which is no problem document.
  app.server.on('checkExpectation', (request, response) => void app.server.emit('request', request, response))
  app.addHook('onRequest', (request, reply, done) => {
    const found = faultOf(request)
    if (!found) return done()
    reply.header('connection', 'close')
    done(new ProblemError(found))
  })
  app.addHook('preParsing', (request, reply, payload, done) => {
    const found = codingFault(request)
    if (found) {
      if (found.status === 415) reply.header('accept-encoding', 'identity')
      return done(new ProblemError(found))
    }
    if (expecting.delete(request.raw)) (reply.raw as ServerResponse).writeContinue()
    done(null, payload)
  })
}

function faultOf({ raw, headers }: FastifyRequest): Problem | undefined {
  const sent = raw.rawHeaders
  if (sent.length > 2 * HEADERS_MAX) return problem('HEADERS_TOO_LARGE', `the request has more than ${HEADERS_MAX} headers`)
  // Where no name comes twice there is nothing to look for.
  const twice = Object.keys(headers).length * 2 === sent.length ? undefined : nameGivenTwice(sent)
  if (twice) return malformed(twice, `is given twice`)
  if (headers.host === undefined) {
    if (raw.httpVersion === '1.1') return malformed('host', 'is required')
  } else if (!HOST.test(headers.host)) return malformed('host', 'must name one host')
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    return problem('EXPECTATION_FAILED', 'Expect may only say 100-continue')
  return undefined
}

function nameGivenTwice(sent: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (let at = 0; at < sent.length; at += 2) {
    const name = (sent[at] ?? '').toLowerCase()
    if (seen.has(name) && SINGLE.has(name)) return name
    seen.add(name)
  }
  return undefined
}

function malformed(name: string, detail: string): Problem {
  return problem('INVALID_REQUEST', 'the headers cannot be read in one way only', [{ pointer: `/headers/${name}`, detail }])
}

/** Bytes are read as they are, and text as UTF-8: what says otherwise would be read wrongly. */
function codingFault({ headers }: FastifyRequest): Problem | undefined {
  if (headers['content-encoding'] !== undefined) return problem('UNSUPPORTED_MEDIA_TYPE', 'send the body without Content-Encoding')
  const type = headers['content-type']
  if (type === undefined || !type.includes(';')) return undefined
  const other = [...type.matchAll(/;\s*charset\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)/gi)]
    .map(([, charset = '']) => charset.replaceAll('"', ''))
    .find((charset) => !/^utf-?8$/i.test(charset))
  return other === undefined
    ? undefined
    : problem('UNSUPPORTED_MEDIA_TYPE', `the text is said to be ${other.slice(0, 40)}: send it as UTF-8`)
}
