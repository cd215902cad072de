import fastifyPlugin from 'fastify-plugin'
import type { Fault } from '../kernel/refusal.ts'
import { UnreadableRequest } from './json-body.ts'
import { ProblemError, problem } from './problem.ts'

/**
 * Refuses text that could not be kept as it was sent. In addresses: bytes that are no UTF-8, written out or percent-encoded.
 * Everywhere: the null character, which PostgreSQL keeps in no text, and halves of a surrogate pair, which have no UTF-8 and so
 * no hash. Operations that answer malformed calls themselves do so for these too.
 */
export const storableTextPlugin = fastifyPlugin(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      done(
        isReadable(request.url)
          ? undefined
          : new UnreadableRequest('the address cannot be read', 'the address holds bytes that are not UTF-8'),
      )
    })
    app.addHook('preHandler', (request, _reply, done) => {
      if (request.routeOptions.config?.operation?.seesMalformed) return done()
      const errors: Fault[] = []
      for (const [part, pointer] of [
        [request.query, '/query'],
        [request.params, '/path'],
        [request.body, ''],
      ] as const)
        collect(part, pointer, errors)
      done(
        errors.length > 0 ? new ProblemError(problem('INVALID_REQUEST', 'the request holds text that cannot be kept', errors)) : undefined,
      )
    })
  },
  { name: 'storable-text' },
)

const FAULTS_MAX = 50

/** A target is ASCII (RFC 9112, section 3.2), and what it encodes is UTF-8 (RFC 3986, section 2.5). */
function isReadable(url: string): boolean {
  if (/[^\x21-\x7e]/.test(url)) return false
  if (!url.includes('%')) return true
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

/** No deeper than a body may be nested (`json-body.ts`), and no further than `FAULTS_MAX`. */
function collect(value: unknown, pointer: string, found: Fault[]): void {
  if (found.length === FAULTS_MAX) return
  if (typeof value === 'string') {
    if (!isStorable(value)) found.push({ pointer, detail: 'holds a null character or half of a surrogate pair' })
    return
  }
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
  for (const [name, member] of Object.entries(value)) {
    if (isStorable(name)) collect(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, found)
    else if (found.length < FAULTS_MAX) found.push({ pointer, detail: 'has a member whose name cannot be kept' })
  }
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}
