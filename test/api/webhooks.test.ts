import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { ownerPool } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// Where an organisation has what it is told sent to: who says so, what is refused, what is told of secrets. What is sent: webhook-deliveries.test.ts.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const PUBLIC = 'https://93.184.215.14/accord'
let now = new Date('2026-08-01T09:00:00.000Z')
const service = await testService(t, { clock: () => now, register: 'ORGANISATIONS', webhookReach: { dnsServers: ['127.0.0.1:9'] } })
const officer = await personOf(service, CAMDEN, ['IG_OFFICER'], 'officer')
const stranger = await personOf(service, HACKNEY, ['IG_OFFICER', 'SIRO'], 'stranger')
const subscribe = (over: Readonly<Record<string, unknown>> = {}) => officer('POST', '/v1/webhooks', { body: { url: PUBLIC, ...over } })
/** Leaf and payload of each act on a webhook, as text. */
const written = async () => {
  const found = await (await ownerPool(service)).query<{ text: string }>(
    `select convert_from(l.leaf, 'UTF8') || coalesce(convert_from(p.body, 'UTF8'), '') as text
       from audit.leaf l join audit.log using (log_id) left join audit.payload p using (event_id) where log.kind = 'governance'`,
  )
  return found.rows.map(({ text }) => text).filter((text) => text.includes('gov.webhook.'))
}

t.test(
  'an organisation subscribes, reads, changes, pauses and deletes, and each is a leaf that holds neither secret nor path',
  async (t) => {
    const made = await subscribe({ kinds: ['SUSPENDED'] })
    t.match(made, {
      status: 201,
      headers: { location: `/v1/webhooks/${made.body.webhook.id}` },
      body: { webhook: { org: CAMDEN, url: PUBLIC, kinds: ['SUSPENDED'], state: 'ACTIVE', failing_since: null }, secret: /^whsec_.{44}$/ },
    })
    const at = `/v1/webhooks/${made.body.webhook.id}`
    t.notMatch((await officer('GET', at)).text, 'whsec_', 'the secret is told once')
    t.match((await officer('GET', '/v1/webhooks')).body, { webhooks: [{ id: made.body.webhook.id }] })
    const change = { url: `${PUBLIC}/elsewhere`, state: 'PAUSED' }
    t.equal((await officer('PUT', at, { body: change })).status, 428, 'a change names what it changes')
    const changed = await officer('PUT', at, { body: change, ifMatch: made.etag })
    t.match(changed, { status: 200, body: { url: change.url, kinds: null, state: 'PAUSED' } })
    t.equal((await officer('DELETE', at, { ifMatch: made.etag })).status, 412)
    t.match(await officer('DELETE', at, { ifMatch: changed.etag }), { status: 200, body: { deleted: true } })
    t.equal((await officer('GET', at)).status, 404)
    const texts = await written()
    t.same(
      texts.map((text) => /gov\.webhook\.\w+/.exec(text)?.[0]),
      ['gov.webhook.subscribed', 'gov.webhook.changed', 'gov.webhook.deleted', 'gov.webhook.deleted'],
      'the refused one too',
    )
    for (const text of texts) t.notMatch(text, /whsec_|\/accord/, 'nothing that a receiver keeps secret stands in the log')
  },
)

t.test('a lost reply is told again to whoever repeats the call with its key, and to nobody else', async (t) => {
  const body = { url: PUBLIC }
  const first = await officer('POST', '/v1/webhooks', { body, key: 'subscribe-once' })
  const again = await officer('POST', '/v1/webhooks', { body, key: 'subscribe-once' })
  t.same(again.body, first.body)
  const owner = await ownerPool(service)
  const kept = await owner.query(`select key from idempotency_key where outcome::text like '%whsec_%'`)
  t.same(kept.rows, [], 'what is kept of the call holds no secret')
  await officer('DELETE', `/v1/webhooks/${first.body.webhook.id}`, { ifMatch: '*' })
})

t.test('a rotated secret is a new one, and is told once', async (t) => {
  const made = await subscribe()
  const at = `/v1/webhooks/${made.body.webhook.id}`
  const rotated = await officer('POST', `${at}/rotation`, { body: { overlap_hours: 1 } })
  t.match(rotated, { status: 200, body: { secret: /^whsec_/ } })
  t.not(rotated.body.secret, made.body.secret)
  t.equal((await officer('POST', `${at}/rotation`, { body: { overlap_hours: 169 } })).status, 400)
  await officer('DELETE', at, { ifMatch: '*' })
})

t.test('an organisation has five at most, and whoever else asks finds none of them', async (t) => {
  const made = await Promise.all(Array.from({ length: 7 }, () => subscribe()))
  t.same(made.map(({ status }) => status).toSorted(), [201, 201, 201, 201, 201, 409, 409])
  t.match((await stranger('GET', '/v1/webhooks')).body, { webhooks: [] })
  const id = made.find(({ status }) => status === 201)?.body.webhook.id
  const at = `/v1/webhooks/${id}`
  const asked = [
    await stranger('GET', at),
    await stranger('PUT', at, { body: { url: PUBLIC, state: 'PAUSED' }, ifMatch: '*' }),
    await stranger('DELETE', at, { ifMatch: '*' }),
    await stranger('POST', `${at}/rotation`, { body: {} }),
    await stranger('POST', `${at}/test`),
    await stranger('POST', `${at}/replay`, { body: { from_sequence: '1' } }),
    await stranger('GET', `${at}/deliveries`),
  ]
  t.same(
    asked.map(({ status }) => status),
    asked.map(() => 404),
  )
  for (const roles of [['DPO'], ['SIGNATORY'], ['AUDITOR']] as const)
    t.equal((await (await personOf(service, CAMDEN, roles, 'another'))('GET', '/v1/webhooks')).status, 403, `${roles}: not theirs to keep`)
  for (const { body } of made) if (body.webhook) await officer('DELETE', `/v1/webhooks/${body.webhook.id}`, { ifMatch: '*' })
})

t.test('an address that is not of the public internet is refused with its rule, however it is written', async (t) => {
  const refused: readonly (readonly [url: string, rule: string])[] = [
    ['nowhere', 'URL'],
    ['http://93.184.215.14/', 'URL_SCHEME'],
    ['ftp://93.184.215.14/', 'URL_SCHEME'],
    ['https://user@93.184.215.14/', 'URL_USERINFO'],
    ['https://:pass@93.184.215.14/', 'URL_USERINFO'],
    ['https://93.184.215.14/#x', 'URL_FRAGMENT'],
    ['https://93.184.215.14:22/', 'URL_PORT'],
    ['https://93.184.215.14:5432/', 'URL_PORT'],
    ['https://127.0.0.1/', 'URL_NOT_PUBLIC'],
    ['https://127.1/', 'URL_NOT_PUBLIC'],
    ['https://2130706433/', 'URL_NOT_PUBLIC'],
    ['https://0x7f000001/', 'URL_NOT_PUBLIC'],
    ['https://0177.0.0.1/', 'URL_NOT_PUBLIC'],
    ['https://0/', 'URL_NOT_PUBLIC'],
    ['https://10.1.2.3/', 'URL_NOT_PUBLIC'],
    ['https://172.31.255.255/', 'URL_NOT_PUBLIC'],
    ['https://192.168.0.1/', 'URL_NOT_PUBLIC'],
    ['https://100.64.0.1/', 'URL_NOT_PUBLIC'],
    ['https://169.254.169.254/latest/meta-data/', 'URL_NOT_PUBLIC'],
    ['https://168.63.129.16/', 'URL_NOT_PUBLIC'],
    ['https://224.0.0.1/', 'URL_NOT_PUBLIC'],
    ['https://255.255.255.255/', 'URL_NOT_PUBLIC'],
    ['https://[::1]/', 'URL_NOT_PUBLIC'],
    ['https://[::]/', 'URL_NOT_PUBLIC'],
    ['https://[::ffff:127.0.0.1]/', 'URL_NOT_PUBLIC'],
    ['https://[::ffff:7f00:1]/', 'URL_NOT_PUBLIC'],
    ['https://[64:ff9b::7f00:1]/', 'URL_NOT_PUBLIC'],
    ['https://[2002:7f00:1::]/', 'URL_NOT_PUBLIC'],
    ['https://[fd00:ec2::254]/', 'URL_NOT_PUBLIC'],
    ['https://[fe80::1]/', 'URL_NOT_PUBLIC'],
    ['https://[ff02::1]/', 'URL_NOT_PUBLIC'],
    ['https://\uFF11\uFF12\uFF17.0.0.1/', 'URL_NOT_PUBLIC'],
  ]
  for (const [url, rule] of refused)
    t.match(await subscribe({ url }), { status: 422, body: { errors: [{ pointer: '/url', code: rule }] } }, url)
  t.match(await subscribe({ url: 'https://localhost/' }), { status: 422 })
  t.match(await subscribe({ kinds: ['SUSPENDED', 'NO_SUCH'] }), {
    status: 422,
    body: { errors: [{ pointer: '/kinds/1', code: 'NOTIFICATION_KIND' }] },
  })
  t.match((await officer('GET', '/v1/webhooks')).body, { webhooks: [] }, 'nothing was subscribed')
})

t.test('a test is on its way once, and a replay says exactly what of', async (t) => {
  const made = await subscribe()
  const at = `/v1/webhooks/${made.body.webhook.id}`
  t.equal((await officer('POST', `${at}/test`)).status, 202)
  t.match(await officer('POST', `${at}/test`), { status: 409, body: { code: 'ILLEGAL_STATE' } })
  t.match((await officer('GET', `${at}/deliveries`)).body, {
    deliveries: [{ kind: 'TEST', state: 'WAITING', attempts: 0 }],
    next_before: null,
  })
  t.equal((await officer('POST', `${at}/replay`, { body: {} })).status, 400)
  t.equal((await officer('POST', `${at}/replay`, { body: { since: '2026-08-01T00:00:00Z', from_sequence: '1' } })).status, 400)
  const event = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'
  t.match(await officer('POST', `${at}/replay`, { body: { event } }), { status: 422, body: { errors: [{ pointer: '/event' }] } })
  now = new Date('2026-08-02T09:00:00.000Z')
  t.match(await officer('POST', `${at}/replay`, { body: { since: '2026-08-01T00:00:00Z' } }), { status: 202, body: { replayed: 0 } })
})
