import t from 'tap'
import { type Operation, operation } from '../../../src/platform/http/openapi.ts'
import { testServer } from '../../support/app-server.ts'

// What must not compile; `npm run check` proves it: an expected error that does not come is itself an error.
t.test('the compiler knows the statuses and bodies of an operation', async (t) => {
  const app = await testServer(t)
  app.route<Operation<'getLiveness'>>({
    ...operation('getLiveness'),
    handler: async (request, reply) => {
      // @ts-expect-error a status the contract does not document
      if (request.id === 'a') return reply.code(302).send()
      // @ts-expect-error a body the contract does not know
      if (request.id === 'b') return reply.code(200).send({ status: 'asleep' })
      return reply.code(200).send({ status: 'live' })
    },
  })
  app.route<Operation<'getProblemPage'>>({
    ...operation('getProblemPage'),
    handler: async (request, reply) => {
      const code: string = request.params.code
      // @ts-expect-error a parameter the contract does not know
      const other: unknown = request.params.other
      return reply.type('text/html').code(200).send(`${code} ${other}`)
    },
  })
  // @ts-expect-error an operation the contract does not have
  t.throws(() => operation('noSuchOperation'), /the contract has no operation noSuchOperation/)
  t.same((await app.inject('/health/live')).json(), { status: 'live' })
})
