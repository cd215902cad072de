import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { outboundSender } from '../../../src/platform/outbound/sender.ts'
import { dnsServer } from '../../support/dns-server.ts'
import type { Teardown } from '../../support/postgres.ts'
import { webhookReceiver } from '../../support/webhook-receiver.ts'

// Where what is sent may lead, asked of a real DNS server at each connection.

/** Counts who connects to this machine. */
async function connections(t: Teardown) {
  let count = 0
  const server = createServer((socket) => {
    count += 1
    socket.destroy()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => new Promise<void>((closed) => server.close(() => closed())))
  return { port: (server.address() as AddressInfo).port, count: () => count }
}

t.test('a name whose answer changes to this machine is refused at the connection, though it was right before', async (t) => {
  const dns = await dnsServer(t)
  const { port, count } = await connections(t)
  const sender = outboundSender({ allowPrivate: false, dnsServers: [dns.address], connectMs: 300, wholeMs: 500 })
  const url = new URL(`https://rebinding.example:${port}/`)
  dns.answers = ['93.184.215.14']
  t.same(await sender.destinationOf(url), { addresses: ['93.184.215.14'] })
  dns.answers = ['127.0.0.1']
  t.same(await sender.post(url, {}, '{}'), { failure: 'ADDRESS_REFUSED' })
  dns.answers = ['93.184.215.14', '169.254.169.254']
  t.same(await sender.post(url, {}, '{}'), { failure: 'ADDRESS_REFUSED' }, 'one of several is enough')
  dns.answers = []
  t.same(await sender.post(url, {}, '{}'), { failure: 'NAME_UNKNOWN' })
  t.equal(count(), 0, 'nobody connected')
  t.same(new Set(dns.asked), new Set(['rebinding.example']))
})

t.test('a connection is made to the very address that was looked at, whatever the name means a moment later', async (t) => {
  const dns = await dnsServer(t)
  const receiver = await webhookReceiver(t)
  const sender = outboundSender({ allowPrivate: true, dnsServers: [dns.address] })
  dns.answers = ['127.0.0.1']
  const url = new URL(receiver.url)
  url.hostname = 'receiver.example'
  t.same(await sender.post(url, { 'content-type': 'text/plain' }, '{}'), { status: 204 })
  t.equal(receiver.received[0]?.headers['host'], url.host)
  t.equal(dns.asked.filter((name) => name === 'receiver.example').length, 2, 'asked once, for both families')
})

t.test('addresses written in other ways, and names of this machine, are looked at as what they are', async (t) => {
  const sender = outboundSender({ allowPrivate: false, dnsServers: ['127.0.0.1:9'] })
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '0177.1', '[::1]', '[::ffff:127.0.0.1]', '[fd00::1]', '169.254.169.254'])
    t.same(await sender.post(new URL(`https://${host}/`), {}, ''), { failure: 'ADDRESS_REFUSED' }, host)
  t.match(await sender.post(new URL('https://localhost/'), {}, ''), { failure: /NAME_UNKNOWN|ADDRESS_REFUSED/ })
})

t.test('whoever shows a certificate that nobody vouches for is not sent anything', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-tls-'))
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1', ...files], {
    stdio: 'ignore',
  })
  let requests = 0
  const server = createSecureServer({ key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) }, () => {
    requests += 1
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => new Promise<void>((closed) => server.close(() => closed())))
  const sender = outboundSender({ allowPrivate: true })
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  t.same(await sender.post(url, {}, '{}'), { failure: 'CERTIFICATE' })
  t.equal(requests, 0)
})

t.test('no proxy of the environment is used', async (t) => {
  const proxy = await connections(t)
  const receiver = await webhookReceiver(t)
  for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])
    process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`
  t.teardown(() => {
    for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'])
      delete process.env[name]
  })
  t.same(await outboundSender({ allowPrivate: true }).post(new URL(receiver.url), {}, '{}'), { status: 204 })
  t.equal(proxy.count(), 0)
})

t.test('a body without end, or that comes too slowly, is cut off, and the status counts', async (t) => {
  const receiver = await webhookReceiver(t)
  const sender = outboundSender({ allowPrivate: true, wholeMs: 400 })
  let written = 0
  receiver.behave((response) => {
    response.writeHead(200)
    const more = setInterval(() => {
      written += 10_000
      response.write('x'.repeat(10_000))
    }, 1)
    response.on('close', () => clearInterval(more))
  })
  t.same(await sender.post(new URL(receiver.url), {}, '{}'), { status: 200 })
  t.ok(written < 2_000_000, 'it did not read for long')
  receiver.behave((response) => void response.writeHead(200).write('x'))
  const began = performance.now()
  t.same(await sender.post(new URL(receiver.url), {}, '{}'), { status: 200 })
  t.ok(performance.now() - began < 5_000)
})

t.test('what is on its way ends when the service stops, and nothing is begun afterwards', async (t) => {
  const receiver = await webhookReceiver(t)
  receiver.behave(() => {})
  const sender = outboundSender({ allowPrivate: true })
  const sending = sender.post(new URL(receiver.url), {}, '{}')
  while (receiver.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  sender.stop()
  t.same(await sending, { failure: 'STOPPED' })
  t.same(await sender.post(new URL(receiver.url), {}, '{}'), { failure: 'STOPPED' })
})
