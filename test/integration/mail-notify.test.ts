import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { notifyChannel } from '../../src/notifications/mail/channels/notify.service.ts'
import { inForce } from '../support/agreement-desk.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const SERVICE = '11111111-2222-4333-8444-555555555555'
const SECRET = '66666666-7777-4888-8999-aaaaaaaaaaaa'
const API_KEY = `accord-${SERVICE}-${SECRET}`
const TEMPLATE = 'bbbbbbbb-cccc-4ddd-8eee-ffffffffffff'

interface Sent {
  readonly email_address: string
  readonly template_id: string
  readonly personalisation: { readonly subject: string; readonly body: string }
  readonly reference: string
}

/** A receiver on this machine that answers as GOV.UK Notify documents, or as it is told to. */
async function notifyServer(t: Test) {
  const sent: Sent[] = []
  const tokens: string[] = []
  const answers: (number | 'HANGS' | 'LOSES_ITS_ANSWER' | 'REDIRECTS')[] = []
  const say = (response: ServerResponse, status: number, body: unknown) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const faults: Readonly<Record<number, string>> = {
    400: 'email_address Not a valid email address',
    403: 'Invalid token: API key not found',
    429: 'Exceeded rate limit for key type TEAM of 10 requests per 10 seconds',
    500: 'Internal server error',
  }
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    tokens.push(String(request.headers.authorization).replace('Bearer ', ''))
    const url = new URL(request.url ?? '', 'http://127.0.0.1')
    if (request.method === 'GET') {
      const notifications = sent.filter(({ reference }) => reference === url.searchParams.get('reference'))
      return say(response, 200, { notifications, links: {} })
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = answers.shift() ?? 201
    if (answer === 'HANGS') return
    if (answer === 'REDIRECTS') return void response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end()
    if (answer === 201 || answer === 'LOSES_ITS_ANSWER') sent.push(JSON.parse(Buffer.concat(chunks).toString('utf8')))
    if (answer === 'LOSES_ITS_ANSWER') return void request.socket.destroy()
    say(
      response,
      answer,
      answer === 201 ? { id: randomUUID() } : { status_code: answer, errors: [{ error: 'Error', message: faults[answer] }] },
    )
  }
  const server = createServer((request, response) => void take(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), sent, answers, tokens }
}

t.test('GOV.UK Notify is handed a mail by its own client, with our id as reference', async (t) => {
  const notify = await notifyServer(t)
  const channel = notifyChannel({ url: notify.url, apiKey: API_KEY, templateId: TEMPLATE, timeoutMs: 500 })
  const id = randomUUID()
  const send = (isRepeat = false) => channel.send({ id, to: 'ann@hackney.example', subject: 'A subject', text: 'A text' }, isRepeat)

  t.same(await send(), { outcome: 'SENT' })
  const personalisation = { subject: 'A subject', body: 'A text' }
  t.match(notify.sent, [{ email_address: 'ann@hackney.example', template_id: TEMPLATE, personalisation, reference: id }])
  const token = notify.tokens[0] ?? ''
  t.equal(decodeJwt(token).iss, SERVICE)
  await t.resolves(jwtVerify(token, Buffer.from(SECRET)), 'signed with the key')

  await t.test('what it refuses of the address is for good, everything else may be better another time', async (t) => {
    for (const [answer, outcome] of [
      [400, 'BOUNCED'],
      [403, 'LATER'],
      [429, 'LATER'],
      [500, 'LATER'],
      ['HANGS', 'LATER'],
      ['REDIRECTS', 'LATER'],
    ] as const) {
      notify.answers.push(answer)
      const tried = await send()
      t.equal(tried.outcome, outcome, String(answer))
      t.notMatch(JSON.stringify(tried), new RegExp(SECRET), 'no secret is said')
    }
  })

  await t.test('a mail whose answer was lost is not sent again: it is asked for it first', async (t) => {
    const before = notify.sent.length
    notify.answers.push('LOSES_ITS_ANSWER')
    t.equal((await send()).outcome, 'LATER')
    t.equal((await send(true)).outcome, 'SENT')
    t.equal(notify.sent.length, before + 1)
  })
})

t.test('a receipt says what became of a mail, to whoever has the token', async (t) => {
  const notify = await notifyServer(t)
  const folder = mkdtempSync(join(tmpdir(), 'accord-notify-'))
  writeFileSync(join(folder, 'key'), `${API_KEY}\n`)
  writeFileSync(join(folder, 'token'), 'a-token-of-receipts\n')
  const notifyConfig = { url: notify.url, apiKeyFile: join(folder, 'key'), templateId: TEMPLATE, callbackTokenFile: join(folder, 'token') }
  const desk = await mailDesk(t, await mailServer(t), { mailChannel: 'notify', notify: notifyConfig })
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-23' })
  await desk.mailing.run()
  await desk.holder(HACKNEY, 'IG_OFFICER', 'officer', 'officer@hackney.example')
  await desk.tell(HACKNEY, id)
  await desk.mailing.run()
  const suspended = notify.sent.find(({ personalisation }) => personalisation.subject === `${id} suspended`)
  t.ok(suspended)
  const reference = suspended?.reference ?? ''
  const receipt = (status: string, over: object = {}, authorization = 'Bearer a-token-of-receipts') =>
    desk.service.inject({
      method: 'POST',
      url: '/v1/notify-receipts',
      headers: { authorization },
      payload: { id: randomUUID(), reference, to: 'x', status, ...over },
    })
  const state = async () => (await desk.owner.query('select state, last_error from mail where id = $1', [reference]))[0]

  t.equal((await receipt('permanent-failure', {}, 'Bearer another')).statusCode, 403)
  t.match(await state(), { state: 'SENT' })
  t.same((await receipt('delivered')).json(), { known: true })
  t.match(await state(), { state: 'DELIVERED' })
  t.same((await receipt('permanent-failure', { reference: randomUUID() })).json(), { known: false })
  t.same((await receipt('permanent-failure', { reference: "'; drop table mail" })).json(), { known: false })
  t.same((await receipt('permanent-failure', { reference: null })).json(), { known: false })
  t.same((await receipt('permanent-failure')).json(), { known: true })
  t.match(await state(), { state: 'BOUNCED', last_error: 'permanent-failure' })
  t.match((await desk.problems({ org: HACKNEY, role: 'SIRO' }))[0], { what: 'BOUNCED', address: 'officer@hackney.example' })
  t.match((await desk.problems({ org: CAMDEN, role: 'SIRO' }))[0], { what: 'BOUNCED', organisation: HACKNEY, address: null })
})
