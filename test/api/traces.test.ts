import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { eventually } from '../support/eventually.ts'
import { testService } from '../support/service.ts'

// Where traces are switched on, each request is one span in its caller's trace, and says nothing of who asked or what.

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

interface SentSpan {
  readonly name: string
  readonly traceId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

/** A real receiver of OTLP over HTTP, in the JSON form of it. */
async function receiver(status = 200) {
  const messages: string[] = []
  const server = createServer((request, reply) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      messages.push(Buffer.concat(parts).toString('utf8'))
      reply.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  const spans = () =>
    messages.flatMap((message) =>
      (JSON.parse(message).resourceSpans as { scopeSpans: { spans: SentSpan[] }[] }[]).flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    )
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`), messages, spans }
}

t.test('a request is a span in the trace that its caller names, with its route and status and nothing else', async (t) => {
  const { url, messages, spans } = await receiver()
  const service = await testService(t, { config: { tracesUrl: url } })
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, ...(await service.as({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] })) }
  await service.app.server.inject({ url: '/v1/organisations/LBC_CAMDEN?q=secret-words', headers })
  await service.app.server.inject({ url: '/v1/decisions/0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f' })
  t.ok(await eventually(() => spans().length >= 2, 20_000))
  const [known, refused] = [spans().find(({ traceId }) => traceId === TRACE), spans().find(({ traceId }) => traceId !== TRACE)]
  t.match(known, { name: 'GET /v1/organisations/:code', parentSpanId: PARENT })
  t.strictSame(known?.attributes.map(({ key }) => key).toSorted(), [
    'accord.request_id',
    'http.request.method',
    'http.response.status_code',
    'http.route',
  ])
  t.match(refused?.attributes.find(({ key }) => key === 'http.response.status_code')?.value, { intValue: 401 })
  t.notMatch(messages.join(), /secret-words|LBC_CAMDEN|0199f0a4|127\.0\.0\.1|Bearer/)
})

t.test('what a receiver does not take is counted', async (t) => {
  const { url } = await receiver(400)
  const service = await testService(t, { config: { tracesUrl: url } })
  await service.app.server.inject({ url: '/health/live' })
  const failed = async () => /^accord_trace_exports_failed_total [1-9]/m.test((await service.app.services.metrics.text()).body)
  t.ok(await eventually(failed, 20_000))
})

t.test('a receiver that refuses, or is not there, holds nobody up', async (t) => {
  const { url } = await receiver(503)
  for (const tracesUrl of [url, new URL('http://127.0.0.1:9/v1/traces')]) {
    const service = await testService(t, { config: { tracesUrl } })
    t.equal((await service.app.server.inject({ url: '/health/live' })).statusCode, 200, tracesUrl.port)
  }
})
