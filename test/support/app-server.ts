import type { FastifyInstance } from 'fastify'
import { buildServer, type ServerOptions } from '../../src/platform/http/server.ts'
import type { Teardown } from './postgres.ts'

/** A server for tests: replies are checked against the contract, nothing is logged, request ids count up; closed when the test ends. */
export async function testServer(t: Teardown, over: Partial<ServerOptions> = {}): Promise<FastifyInstance> {
  let count = 0
  const newId = () => {
    count += 1
    return `0199f0a4-0000-7000-8000-${String(count).padStart(12, '0')}`
  }
  const app = await buildServer({
    newId,
    bodyLimitBytes: 10_000,
    requestTimeoutSeconds: 10,
    logLevel: 'silent',
    checkReplies: true,
    // A test of one module registers its own routes only; app.ts as a whole is checked by the tests of the app.
    isPartial: over.contract === undefined,
    ...over,
  })
  t.teardown(() => app.close())
  return app
}
