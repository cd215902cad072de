import t from 'tap'
import { aDraft, aFlow, personOf, TWO_PARTIES } from '../support/api-caller.ts'
import { demoContent, testService } from '../support/service.ts'

t.test('a code that has ended cannot be drafted with, one that is still to come can', async (t) => {
  const content = demoContent()
  const validity = (code: string) =>
    code === 'IDENTITY.NAME' ? { valid_to: '2020-01-01' } : code === 'CONTACT.ADDRESS' ? { valid_from: '2999-01-01' } : {}
  const lists = content.lists.map((list) =>
    list.list === 'DATA_ITEM' ? { ...list, entries: list.entries.map((entry) => ({ ...entry, ...validity(entry.code) })) } : list,
  )
  const service = await testService(t, { register: { ...content, lists, agreements: [] } })
  const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const { id, etag } = await aDraft(camden)
  const parties = await camden('PUT', `/v1/agreements/${id}/draft/parties`, { ifMatch: etag, body: { parties: TWO_PARTIES } })
  const write = (data_items: string[]) =>
    camden('PUT', `/v1/agreements/${id}/draft/flows`, { ifMatch: parties.etag, body: { flows: [aFlow({ data_items })] } })
  t.match(await write(['IDENTITY.NAME']), { status: 422, body: { errors: [{ pointer: '/flows/0/data_items/0', code: 'UNKNOWN_CODE' }] } })
  t.equal((await write(['CONTACT.ADDRESS'])).status, 200)
})
