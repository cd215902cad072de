import type { AddressInfo } from 'node:net'
import t from 'tap'
import { docs } from '../../../src/platform/http/docs.plugin.ts'
import { ProblemError, problem } from '../../../src/platform/http/problem.ts'
import { testServer } from '../../support/app-server.ts'
import { type RawOptions, sendRaw } from '../../support/raw-http.ts'

const OPEN = { config: { access: 'public' } } as const
const json = 'Content-Type: application/json\r\nContent-Length: 2\r\n'
const post = (headers: string, body = '{}') => `POST /things HTTP/1.1\r\nHost: a\r\n${headers}Connection: close\r\n\r\n${body}`
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}Connection: close\r\n\r\n`

async function listening(t: Parameters<typeof testServer>[0], over: Parameters<typeof testServer>[1] = {}): Promise<number> {
  const app = await testServer(t, { requestTimeoutSeconds: 1, ...over })
  app.get('/things', OPEN, async () => ({ got: 'x' }))
  app.post('/things', OPEN, async ({ body }) => ({ got: body }))
  app.post('/refused', {
    ...OPEN,
    onRequest: async () => {
      throw new ProblemError(problem('UNAUTHENTICATED', 'no'))
    },
    handler: async () => ({}),
  })
  await app.register(docs)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

const refused: Readonly<Record<string, readonly [bytes: string, status: number, code: string, options?: RawOptions]>> = {
  'bytes that are no HTTP': ['GARBAGE\r\n\r\n', 400, 'INVALID_REQUEST'],
  'a method that nobody knows': ['FOO /things HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'INVALID_REQUEST'],
  'the greeting of another protocol': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'INVALID_REQUEST'],
  'no Host': ['GET /things HTTP/1.1\r\n\r\n', 400, 'INVALID_REQUEST'],
  'two Hosts': ['GET /things HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'INVALID_REQUEST'],
  'the same Host twice': ['GET /things HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400, 'INVALID_REQUEST'],
  'two Hosts in one line': ['GET /things HTTP/1.1\r\nHost: a, b\r\n\r\n', 400, 'INVALID_REQUEST'],
  'two Content-Types': [post(`${json}Content-Type: text/plain\r\n`), 400, 'INVALID_REQUEST'],
  'two tokens': [get('/things', 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'), 400, 'INVALID_REQUEST'],
  'two idempotency keys': [post(`${json}Idempotency-Key: a\r\nidempotency-key: b\r\n`), 400, 'INVALID_REQUEST'],
  'two lengths': [post(`${json}Content-Length: 3\r\n`), 400, 'INVALID_REQUEST'],
  'a length that is no number': [post('Content-Length: x\r\n'), 400, 'INVALID_REQUEST'],
  'a chunk whose length is no number': [
    post('Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n', 'ZZ\r\n'),
    400,
    'INVALID_REQUEST',
  ],
  'headers that are too long': [get('/things', `X: ${'a'.repeat(20_000)}\r\n`), 431, 'HEADERS_TOO_LARGE'],
  'more headers than are read': [get('/things', 'a: 1\r\n'.repeat(2_500)), 431, 'HEADERS_TOO_LARGE'],
  'a body that is too large': [
    `POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n{`,
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  'an expectation that is none of ours': [post(`${json}Expect: magic\r\n`), 417, 'EXPECTATION_FAILED'],
  'a tunnel': ['CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  'a method the address does not take': ['OPTIONS /things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  'a body that is said to be packed': [post(`${json}Content-Encoding: gzip\r\n`), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  'plain JSON that is said to be packed': [post(`${json}content-encoding: br\r\n`), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  'a charset that is not UTF-8': [
    post('Content-Type: application/json; charset=iso-8859-1\r\nContent-Length: 2\r\n'),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'two charsets, one of them not UTF-8': [
    post('Content-Type: application/json; charset=utf-8; charset="latin1"\r\nContent-Length: 2\r\n'),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  'a connection that says nothing': ['', 408, 'REQUEST_TIMEOUT'],
  'headers that do not end': ['GET /things HTTP/1.1\r\nHost', 408, 'REQUEST_TIMEOUT'],
  'headers that come a letter at a time': [
    'GET /things HTTP/1.1\r\nX: ',
    408,
    'REQUEST_TIMEOUT',
    { later: Array.from({ length: 20 }, (_, i) => [100 * i, 'a'] as const) },
  ],
  'a body that does not end': [post('Content-Type: application/json\r\nContent-Length: 9\r\n', '{'), 408, 'REQUEST_TIMEOUT'],
  'a file above the folder of the documentation': [get('/docs/static/../../package.json'), 404, 'NOT_FOUND'],
  'the same, encoded': [get('/docs/static/%2e%2e/%2e%2e/package.json'), 404, 'NOT_FOUND'],
  'the same, with slashes encoded': [get('/docs/static/..%2f..%2fpackage.json'), 404, 'NOT_FOUND'],
  'the same, with backslashes': [get('/docs/static/..\\..\\x'), 404, 'NOT_FOUND'],
  'the folder itself': [get('/docs/static/.'), 404, 'NOT_FOUND'],
  'a file as if it were a folder': [get('/docs/static/swagger-ui.css/'), 404, 'NOT_FOUND'],
  'a file whose name cannot be one': [get('/docs/static/%00'), 404, 'NOT_FOUND'],
  'a range beyond the end': [get('/docs/static/swagger-ui.css', 'Range: bytes=99999999-\r\n'), 416, 'RANGE_NOT_SATISFIABLE'],
  'a condition that does not hold': [get('/docs/static/swagger-ui.css', 'If-Match: "x"\r\n'), 412, 'PRECONDITION_FAILED'],
}

t.test('what cannot be read in one way only is refused with a problem, and nothing of it is a defect', async (t) => {
  const lines: string[] = []
  const port = await listening(t, { logLevel: 'error', logStream: { write: (line: string) => void lines.push(line) } })
  await Promise.all(
    Object.entries(refused).map(async ([what, [bytes, status, code, options]]) => {
      const reply = await sendRaw(port, Buffer.from(bytes, 'latin1'), options)
      t.same([reply.statuses, reply.codes, reply.isEnded], [[status], [code], true], what)
      t.match(reply.text, /content-type: application\/problem\+json; charset=utf-8\r\n/i, what)
      const [, body = ''] = reply.text.split('\r\n\r\n')
      t.match(reply.text, new RegExp(`content-length: ${Buffer.byteLength(body)}\\r\\n`, 'i'), `${what}: as long as it says`)
      t.match(JSON.parse(body), { status, type: String, title: String, instance: /^urn:uuid:/ }, what)
    }),
  )
  t.same(lines, [], 'no line of a defect')
})

t.test('what is framed in one way only is read', async (t) => {
  const port = await listening(t)
  for (const [what, bytes] of Object.entries({
    'HTTP/1.0 without Host': 'GET /things HTTP/1.0\r\n\r\n',
    'a charset in capitals and quotes': post('Content-Type: application/json; charset="UTF-8"\r\nContent-Length: 2\r\n'),
    'an upgrade that is not taken': get('/things', 'Upgrade: websocket\r\n'),
    'a list over several lines': get('/things', 'Accept: text/html\r\nAccept: */*\r\n'),
    'a Host with a port': 'GET /things HTTP/1.1\r\nHost: [::1]:3000\r\nConnection: close\r\n\r\n',
  })) {
    t.same((await sendRaw(port, bytes)).statuses, [200], what)
  }
})

t.test('the body is asked for only once the caller may send it', async (t) => {
  const port = await listening(t)
  const expects = (path: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\n${json}Expect: 100-continue\r\nConnection: close\r\n\r\n`
  t.same((await sendRaw(port, expects('/things'), { later: [[100, '{}']] })).statuses, [100, 200])
  t.same((await sendRaw(port, expects('/refused'), { leaveAfterMs: 300 })).statuses, [401])
})

t.test('requests before one that cannot be read get their replies first', async (t) => {
  const port = await listening(t)
  const reply = await sendRaw(port, 'GET /things HTTP/1.1\r\nHost: a\r\n\r\nGARBAGE\r\n\r\n')
  t.same([reply.statuses, reply.codes], [[200, 400], ['INVALID_REQUEST']])
})

t.test('the time a request may take to arrive is that of the setting', async (t) => {
  const port = await listening(t, { requestTimeoutSeconds: 2 })
  const slow = await Promise.all([
    sendRaw(port, post('Content-Type: application/json\r\nContent-Length: 9\r\n', '{')),
    sendRaw(port, 'GET /things HTTP/1.1\r\nHost'),
  ])
  for (const { ms, statuses } of slow) {
    t.same(statuses, [408])
    t.ok(ms >= 1_900 && ms < 3_000, `${Math.round(ms)} ms`)
  }
})
