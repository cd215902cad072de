import t from 'tap'
import { shippedOrganisations } from '../../src/parties/shipped-organisations.service.ts'
import { shippedCodeLists } from '../../src/reference/reference.service.ts'
import { type TestCaller, testService } from '../support/service.ts'

const service = await testService(t)
const get = async (url: string, caller: TestCaller = { org: 'LBC_CAMDEN' }) =>
  service.inject({ method: 'GET', url, headers: await service.as(caller) })

t.test('all code lists are there, with how many codes each has', async (t) => {
  const { lists } = (await get('/v1/reference')).json()
  const shipped = shippedCodeLists()
  t.strictSame(
    lists.map(({ list, entry_count }: { list: string; entry_count: number }) => [list, entry_count]),
    shipped.map(({ list, entries }) => [list, entries.length]).toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )
})

t.test('a list is served as it was shipped, entries in their order, under either spelling of its name', async (t) => {
  for (const list of shippedCodeLists()) {
    const reply = await get(`/v1/reference/${list.list}`)
    t.equal(reply.statusCode, 200, list.list)
    t.strictSame(reply.json(), JSON.parse(JSON.stringify(list)), list.list)
  }
  t.strictSame((await get('/v1/reference/lawful-basis')).json(), (await get('/v1/reference/LAWFUL_BASIS')).json())
})

t.test('a list that does not exist is not found; a name that can be none is refused', async (t) => {
  t.equal((await get('/v1/reference/NO_SUCH_LIST')).statusCode, 404)
  t.match((await get('/v1/reference/a%20b')).json(), { status: 400, code: 'INVALID_REQUEST', errors: [{ pointer: '/path/list' }] })
})

t.test('an unknown query parameter is refused, not ignored', async (t) => {
  t.match((await get('/v1/reference?edition=1')).json(), { status: 400, errors: [{ pointer: '/query/edition' }] })
})

t.test('the register holds every London authority and partner, each reachable by its code', async (t) => {
  const { organisations } = (await get('/v1/organisations')).json()
  const codes: string[] = organisations.map(({ code }: { code: string }) => code)
  for (const { code } of shippedOrganisations()) t.ok(codes.includes(code), code)
  t.strictSame(codes, codes.toSorted())
  const camden = (await get('/v1/organisations/LBC_CAMDEN')).json()
  t.match(camden, { code: 'LBC_CAMDEN', type: 'LONDON_BOROUGH', public_authority: true, gss: /^E09/ })
  t.equal((await get('/v1/organisations/LBC_ATLANTIS')).statusCode, 404)
})

t.test('every role may read what codes mean', async (t) => {
  for (const roles of [['AUDITOR'], ['REGISTER_ADMIN'], ['SIGNATORY']] as const) {
    t.equal((await get('/v1/reference/PURPOSE', { org: 'LBC_CAMDEN', roles })).statusCode, 200, roles[0])
  }
})
