import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import t, { type Test } from 'tap'
import { type Asking, mayShare, STANDING } from '../../examples/pep.ts'
import { onlyPermitted } from '../../examples/pre-handler.ts'
import { CAMDEN, DENIED, PERMITTED } from '../support/authzen.ts'
import { testService } from '../support/service.ts'

// The clients that others copy, asked of the running service, and of services that answer as none should.

const service = await testService(t)
await service.app.server.listen({ host: '127.0.0.1', port: 0 })
const url = `http://127.0.0.1:${(service.app.server.server.address() as AddressInfo).port}`
const token = await service.token(CAMDEN)
const asking: Asking = { url, token: () => token, fulfils: { ...STANDING, LOG_DISCLOSURE: () => true } }
const examples = new URL('../../examples/', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'accord-test-clients-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** A service that answers as it is told to. */
async function answering(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const saying =
  (body: string, status = 200): RequestListener =>
  (_request, reply) =>
    void reply.writeHead(status, { 'content-type': 'application/json' }).end(body)
const ID = '0197a6c0-0000-7000-8000-000000000001'
const permit = (obligations: unknown) => JSON.stringify({ decision: true, context: { evaluation_id: ID, obligations } })
/** What is no permit, whoever says it. */
const NO_PERMITS: Readonly<Record<string, RequestListener>> = {
  'no JSON': saying('<html>login</html>'),
  'a permit in words': saying(`{"decision":"true","context":{"evaluation_id":"${ID}","obligations":[]}}`),
  'a permit without a record': saying('{"decision":true,"context":{"obligations":[]}}'),
  'a permit without obligations': saying(`{"decision":true,"context":{"evaluation_id":"${ID}"}}`),
  'obligations that are no list': saying(permit('')),
  'an obligation that nobody knows': saying(permit([{ type: 'custom', id: 'X', code: 'TELL_THE_MAYOR', mandatory: true, properties: {} }])),
  'a permit within a text': saying(`{"x":${JSON.stringify(permit([]))}}`),
  'a permit with an error status': saying(permit([]), 500),
  'a redirect': (_request, reply) => void reply.writeHead(302, { location: url }).end(),
  'no reply in time': () => {},
  'half a reply': (_request, reply) => void reply.writeHead(200).write('{"decision":true,'),
}

t.test('the enforcement point of the example permits what is permitted, and names the decision', async (t) => {
  const logged: unknown[] = []
  const fulfils = { ...asking.fulfils, LOG_DISCLOSURE: (properties: object) => logged.push(properties) > 0 }
  const verdict = await mayShare(PERMITTED, { ...asking, fulfils })
  t.match(verdict, { permitted: true, decisionId: String })
  t.match(logged, [{ decision_id: verdict.decisionId, fields: ['IDENTITY.NAME'] }], 'the disclosure is logged under it')
  const record = await service.inject({ url: `/v1/decisions/${verdict.decisionId}`, headers: await service.as(CAMDEN) })
  t.equal(record.statusCode, 200)
  t.match(await mayShare(DENIED, asking), { permitted: false, decisionId: String, why: 'DATA_NOT_COVERED' })
})

t.test('it refuses where it cannot fulfil a mandatory obligation, whichever it is', async (t) => {
  for (const code of ['RETENTION_LIMIT', 'LOG_DISCLOSURE']) {
    const { [code]: _left, ...fulfils } = asking.fulfils
    t.match(await mayShare(PERMITTED, { ...asking, fulfils }), { permitted: false, why: `obligation ${code} is not met` })
    t.match(await mayShare(PERMITTED, { ...asking, fulfils: { ...fulfils, [code]: () => false } }), {
      permitted: false,
      decisionId: String,
    })
  }
  const failing = () => Promise.reject(new Error('the disk is full'))
  t.match(await mayShare(PERMITTED, { ...asking, fulfils: { ...fulfilsAll(), LOG_DISCLOSURE: failing } }), { permitted: false })
})
const fulfilsAll = () => asking.fulfils

t.test('anything but a well-formed permit is a no: other bytes, other statuses, no reply, nobody there, no token', async (t) => {
  for (const [name, listener] of Object.entries(NO_PERMITS)) {
    const verdict = await mayShare(PERMITTED, { ...asking, url: await answering(t, listener), timeoutMs: 300 })
    t.equal(verdict.permitted, false, name)
  }
  t.match(await mayShare(PERMITTED, { ...asking, url: 'http://127.0.0.1:1' }), { permitted: false, decisionId: null })
  t.match(await mayShare(PERMITTED, { ...asking, token: () => 'wrong' }), { permitted: false, decisionId: null })
  const unspeakable = await mayShare(PERMITTED, { ...asking, token: () => 'secret\n' })
  t.notMatch(unspeakable.why, /secret/, 'no token stands in a reason')
})

t.test('the preHandler lets a handler run with a permit alone: 403 is a denial, 503 is nobody asked', async (t) => {
  const app = fastify()
  app.decorateRequest('decisionId', null)
  let handled = 0
  const route = (path: string, from: Asking, question: object) =>
    app.get(path, { preHandler: onlyPermitted(from, () => question) }, async ({ decisionId }) => {
      handled += 1
      return { decisionId }
    })
  route('/permitted', asking, PERMITTED)
  route('/denied', asking, DENIED)
  route('/alone', { ...asking, url: 'http://127.0.0.1:1' }, PERMITTED)
  const [permitted, denied, alone] = [await app.inject('/permitted'), await app.inject('/denied'), await app.inject('/alone')]
  t.match([permitted.statusCode, denied.statusCode, alone.statusCode], [200, 403, 503])
  t.equal(permitted.headers['accord-decision'], permitted.json().decisionId)
  t.ok(denied.headers['accord-decision'])
  t.equal(handled, 1)
})

const run = async (program: string, args: readonly string[], environment: Readonly<Record<string, string>>) => {
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], ACCORD_URL: url, ACCORD_TOKEN: token, ...environment },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: stdout.trim(), stderr }
}
const ACCORD_FULFILS = Object.keys(STANDING).join(' ')
const UUID = /^[0-9a-f-]{36}$/

async function checksAsItSays(t: Test, program: string, ...before: readonly string[]) {
  const check = (question: string, environment: Readonly<Record<string, string>> = {}) =>
    run(program, [...before, `${examples}authzen/${question}.json`], { ACCORD_FULFILS, ...environment })
  const permitted = await check('permit')
  t.match(permitted, { code: 0, stdout: UUID }, permitted.stderr)
  t.match(await check('deny'), { code: 1, stdout: UUID, stderr: /DATA_NOT_COVERED/ })
  t.match(await check('permit', { ACCORD_FULFILS: 'USE_FOR_PURPOSE_ONLY' }), { code: 1, stdout: UUID, stderr: /do not fulfil/ })
  t.match(await check('permit', { ACCORD_FULFILS: '' }), { code: 1, stdout: UUID })
  for (const [name, environment] of Object.entries({
    'nobody there': { ACCORD_URL: 'http://127.0.0.1:1' },
    'a wrong token': { ACCORD_TOKEN: 'wrong' },
    'no token': { ACCORD_TOKEN: '' },
    'a token of two lines': { ACCORD_TOKEN: `${token}\nurl = "http://127.0.0.1:1"` },
    'no address': { ACCORD_URL: '' },
  }))
    t.match(await check('permit', environment), { code: 2, stdout: '' }, name)
  t.match(await check('missing'), { code: 2, stdout: '' }, 'no such question')
  for (const [name, listener] of Object.entries(NO_PERMITS)) {
    const found = await check('permit', { ACCORD_URL: await answering(t, listener), ACCORD_TIMEOUT: '1' })
    t.ok(found.code === 1 || found.code === 2, `${name}: ${found.code} ${found.stderr}`)
  }
  const file = join(folder, 'token')
  writeFileSync(file, `${token}\n`)
  t.match(await check('permit', { ACCORD_TOKEN: '', ACCORD_TOKEN_FILE: file }), { code: 0 }, 'a token from a file')
}

t.test(
  'accord-check for POSIX shells exits 0 on a permit, 1 on a denial, 2 where nobody could be asked, with the decision on stdout',
  (t) => checksAsItSays(t, 'sh', `${examples}accord-check/accord-check.sh`),
)

const powershell = ['pwsh', 'powershell'].find((name) => spawnSync(name, ['-NoProfile', '-Command', 'exit 0']).status === 0)
t.test(
  'accord-check for PowerShell does the same',
  powershell ? {} : { skip: 'no PowerShell on this machine: examples/accord-check/accord-check.ps1 was read, not run' },
  (t) => checksAsItSays(t, powershell ?? '', '-NoProfile', '-File', `${examples}accord-check/accord-check.ps1`),
)

t.test(
  'the SFTP example sends with a permit alone, and notes under which decision (a program in the place of sftp keeps what it is told)',
  async (t) => {
    const sftp = join(folder, 'sftp')
    writeFileSync(sftp, '#!/bin/sh\n[ "$3" != broken: ] || exit 255\ncat >>told\n')
    chmodSync(sftp, 0o755)
    const feed = join(folder, 'feed.csv')
    writeFileSync(feed, 'name\n')
    const send = (question: string, to: string, environment = {}) =>
      run('sh', [`${examples}accord-check/sftp-send.sh`, `${examples}authzen/${question}.json`, feed, to], {
        ACCORD_FULFILS,
        SFTP: sftp,
        ...environment,
      })
    const notes = () => readFileSync(join(folder, 'accord-sent.log'), 'utf8').trim().split('\n')
    t.equal((await send('deny', 'hackney:')).code, 1)
    t.equal((await send('permit', 'hackney:', { ACCORD_URL: 'http://127.0.0.1:1' })).code, 2)
    t.equal((await send('permit', 'hackney:')).code, 0)
    t.equal(readFileSync(join(folder, 'told'), 'utf8'), `put "${feed}"\n`, 'once, and only what was permitted')
    t.match(notes(), [/^\S+ sending [0-9a-f-]{36} /, /^\S+ sent [0-9a-f-]{36} /])
    t.equal((await send('permit', 'broken:')).code, 3)
    t.match(notes().at(-1), / failed /)
    t.equal((await send('permit', 'hackney:', { SEND_LOG: '/no/such/folder/log' })).code, 3, 'what cannot be noted is not sent')
  },
)
