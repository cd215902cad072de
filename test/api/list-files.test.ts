import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { operations } from '../support/contract-walk.ts'
import { SHARE } from '../support/demo-share.ts'
import { testService } from '../support/service.ts'

// Lists are read as text as well: the same rows, the same readers, the same pages.

const service = await testService(t)
const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER', 'REQUESTER'])
const stranger = await personOf(service, 'LBC_SUTTON', ['IG_OFFICER'])
const { mode: _mode, ...question } = SHARE
const asked = async (why: string) => (await camden('POST', '/v1/requests', { body: { question, why } })).body.id as string
const example = (id: string) => operations.find((one) => one.id === id)?.body?.example
const CSV = { headers: { accept: 'text/csv' } }

t.test('each list is a page of CSV where text is asked for, and says where it goes on', async (t) => {
  const [first, second] = [await asked('One'), await asked('-2+3')]
  const disclosure = (await camden('POST', '/v1/disclosures', { body: example('askForDisclosure') })).body.id
  const emergency = (await camden('POST', '/v1/emergencies', { body: example('recordEmergency') })).body.id
  const page = await camden('GET', '/v1/requests?limit=1', CSV)
  t.match(page, { status: 200 })
  t.match(page.text, new RegExp(`^id,status,[^\r]*\r\n${second},OPEN,[^\r]*,'-2\\+3,[^\r]*\r\n$`))
  const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(String(page.headers['link'])) ?? []
  const last = await camden('GET', next, CSV)
  t.match(last.text, new RegExp(`\r\n${first},`))
  t.equal(last.headers['link'], undefined, 'the last page leads nowhere')
  t.match((await camden('GET', '/v1/disclosures', CSV)).text, new RegExp(`\r\n${disclosure},OPEN,`))
  t.match((await camden('GET', '/v1/emergencies', CSV)).text, new RegExp(`\r\n${emergency},OPEN,`))
  t.match((await camden('GET', '/v1/organisations?q=Camden&limit=1', CSV)).text, /\r\nLBC_CAMDEN,Camden,/)
  t.match(await camden('GET', '/v1/requests', { headers: { accept: 'image/png' } }), { status: 406 })
})

t.test('a stranger reads the header and nothing else', async (t) => {
  for (const list of ['requests', 'disclosures', 'emergencies'])
    t.match((await stranger('GET', `/v1/${list}`, CSV)).text, /^id,[^\r]*\r\n$/, list)
})
