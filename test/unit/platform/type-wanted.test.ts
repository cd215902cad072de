import t from 'tap'
import { typeWanted } from '../../../src/platform/http/answer.ts'
import { testServer } from '../../support/app-server.ts'

t.test('the form of a reply is the one that Accept weighs most, a more special range counts, and weight 0 is a refusal', async (t) => {
  const app = await testServer(t)
  app.get('/things', { config: { access: 'public' } }, async (request) => typeWanted(request, ['application/json', 'text/csv']))
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    [undefined, 'application/json'],
    [' ', 'application/json'],
    ['application/json, text/csv', 'application/json'],
    ['text/csv, application/json', 'text/csv'],
    ['application/json;charset=utf-8', 'application/json'],
    ['TEXT/CSV;charset=UTF-8;Q=1.0', 'text/csv'],
    ['application/json;q=0.1, text/csv;q=0.11', 'text/csv'],
    ['text/*;q=1, text/csv;q=0, application/json;q=0.5', 'application/json'],
    ['text/csv;q=0, */*;q=0.1', 'application/json'],
    ['text/html, text/*;q=0.5', 'text/csv'],
    ['*/*', 'application/json'],
    ['*/*;q=0', undefined],
    ['image/png', undefined],
    ['text', undefined],
  ]
  for (const [accept, wanted] of cases) {
    const reply = await app.inject({ url: '/things', headers: accept === undefined ? {} : { accept } })
    t.equal(reply.statusCode, wanted === undefined ? 406 : 200, String(accept))
    if (wanted === undefined)
      t.match(reply.json(), { code: 'NOT_ACCEPTABLE', detail: 'this address replies with application/json, text/csv' })
    else t.equal(reply.body, wanted, String(accept))
  }
})
