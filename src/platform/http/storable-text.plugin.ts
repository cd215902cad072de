import fastifyPlugin from 'fastify-plugin'
import { type ProblemDetail, ProblemError, problem } from '../kernel/problem.ts'

/**
 * Refuses text that could be neither stored nor signed: the null character, which PostgreSQL keeps in no text, and halves of
 * a surrogate pair, which have no UTF-8 and so no hash. Operations that answer malformed calls themselves do so for these too.
 */
export const storableTextPlugin = fastifyPlugin(
  async (app) => {
    app.addHook('preHandler', async (request) => {
      if (request.routeOptions.config?.operation?.seesMalformed) return
      const errors = [...faults(request.query, '/query'), ...faults(request.params, '/path'), ...faults(request.body, '')]
      if (errors.length > 0) throw new ProblemError(problem('INVALID_REQUEST', 'the request holds text that cannot be kept', errors))
    })
  },
  { name: 'storable-text' },
)

function faults(value: unknown, pointer: string): ProblemDetail[] {
  if (typeof value === 'string') {
    return isStorable(value) ? [] : [{ pointer, detail: 'holds a null character or half of a surrogate pair' }]
  }
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return isStorable(name) ? faults(member, at) : [{ pointer, detail: 'has a member whose name cannot be kept' }]
  })
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}
