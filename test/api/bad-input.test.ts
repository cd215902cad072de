import t from 'tap'
import { readCaseFile } from '../../src/cli/case-file.ts'
import { decisionCaseFiles } from '../support/case-files.ts'
import { SHARE } from '../support/demo-share.ts'
import { rowCounts } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// What does not fit the contract: each an RFC 9457 problem that names the place, and nothing is changed.

const service = await testService(t, { register: 'ORGANISATIONS' })
const { authorization } = await service.as({ org: 'LBC_CAMDEN' })

function send(payload: string | object, contentType = 'application/json', url = '/v1/decisions') {
  return service.inject({ method: 'POST', url, headers: { authorization, 'content-type': contentType }, payload })
}

interface Bad {
  readonly what: string
  readonly body: string | object
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
}

const INSTANT =
  'must be a valid date-time with an offset of at most 14 hours, from 1900-01-01T00:00:00Z to before 9000-01-01T00:00:00Z, without a leap second'
const bodies: readonly Bad[] = [
  { what: 'malformed JSON', body: '{"provider": ', errors: [{ pointer: '', detail: 'the body is not valid JSON' }] },
  { what: 'an empty body', body: '', errors: [{ pointer: '', detail: 'a JSON body is required' }] },
  { what: 'a list', body: [SHARE], errors: [{ pointer: '', detail: 'must be an object' }] },
  { what: 'null', body: 'null', errors: [{ pointer: '', detail: 'must be an object' }] },
  { what: 'a text', body: '"PERMIT"', errors: [{ pointer: '', detail: 'must be an object' }] },
  {
    what: 'a text where a number belongs',
    body: { ...SHARE, subject_count: '1' },
    errors: [{ pointer: '/subject_count', detail: 'must be an integer or null' }],
  },
  {
    what: 'a text where a list belongs',
    body: { ...SHARE, data_items: 'IDENTITY.NAME' },
    errors: [{ pointer: '/data_items', detail: 'must be an array' }],
  },
  {
    what: 'a number in a list of texts',
    body: { ...SHARE, data_items: ['IDENTITY.NAME', 7] },
    errors: [{ pointer: '/data_items/1', detail: 'must be a string' }],
  },
  { what: 'a missing member', body: { ...SHARE, purpose: undefined }, errors: [{ pointer: '/purpose', detail: 'is required' }] },
  { what: 'an unknown member', body: { ...SHARE, name: 'x' }, errors: [{ pointer: '/name', detail: '"name" is not a known member' }] },
  {
    what: 'a member with a slash',
    body: { ...SHARE, 'a/b~c': 1 },
    errors: [{ pointer: '/a~1b~0c', detail: '"a/b~c" is not a known member' }],
  },
  {
    what: 'an unknown member deep inside',
    body: { ...SHARE, emergency: { who: 'x' } },
    errors: [{ pointer: '/emergency/who', detail: '"who" is not a known member' }],
  },
  {
    what: 'an instant without an offset',
    body: { ...SHARE, at: '2026-11-22T10:00:00' },
    errors: [{ pointer: '/at', detail: INSTANT }],
  },
  {
    what: 'a mode that is none',
    body: { ...SHARE, mode: 'ALWAYS' },
    errors: [{ pointer: '/mode', detail: 'must be one of "SYSTEMATIC", "AD_HOC", "EMERGENCY"' }],
  },
  {
    what: 'two faults',
    body: { ...SHARE, mode: undefined, extra: 1 },
    errors: [
      { pointer: '/mode', detail: 'is required' },
      { pointer: '/extra', detail: '"extra" is not a known member' },
    ],
  },
]

for (const url of ['/v1/decisions', '/v1/decisions/simulate']) {
  t.test(`${url} refuses what does not fit the contract, and says where`, async (t) => {
    for (const { what, body, errors } of bodies) {
      const before = await rowCounts(service)
      const reply = await send(body, 'application/json', url)
      const problem = reply.json()
      t.equal(reply.statusCode, 400, what)
      t.match(reply.headers['content-type'], /^application\/problem\+json/, what)
      t.match(problem, {
        type: '/problems/invalid-request',
        code: 'INVALID_REQUEST',
        status: 400,
        instance: `urn:uuid:${reply.headers['x-request-id']}`,
      })
      const sorted = (all: Bad['errors']) => all.toSorted((a, b) => (a.pointer < b.pointer ? -1 : 1))
      t.strictSame(sorted(problem.errors), sorted(errors), what)
      const after = await rowCounts(service)
      // The refusal itself is recorded: one leaf with its payload, and nothing else.
      const changed = Object.keys(after).filter((name) => after[name] !== before[name])
      t.strictSame(changed, ['audit.leaf', 'audit.payload'], what)
      t.equal((after['audit.leaf'] ?? 0) - (before['audit.leaf'] ?? 0), 1, `${what}: one leaf`)
    }
  })
}

t.test(
  'an instant that no calendar of ours reaches is refused at its member with the range, and recorded on a decision path',
  async (t) => {
    const beyond = [
      '0000-01-01T00:00:00Z',
      '0999-12-31T23:59:59Z',
      '1899-12-31T23:59:59Z',
      '2026-06-30T23:59:60Z',
      '2026-07-01T00:59:60+01:00',
      '9000-01-01T00:00:00Z',
      '9999-12-31T23:59:59-14:00',
      '2026-06-30T12:00:00+23:59',
    ]
    const auditor = await service.as({ org: 'LBC_BARNET', roles: ['AUDITOR'] })
    for (const at of beyond) {
      const before = await rowCounts(service)
      const reply = await send({ ...SHARE, at }, 'application/json', '/v1/decisions/simulate')
      t.equal(reply.statusCode, 400, at)
      t.strictSame(reply.json().errors, [{ pointer: '/at', detail: INSTANT }], at)
      t.equal(((await rowCounts(service))['audit.leaf'] ?? 0) - (before['audit.leaf'] ?? 0), 1, `${at}: one leaf`)
      for (const [url, pointer] of [
        ['/v1/decisions?from=', '/query/from'],
        ['/v1/decisions?to=', '/query/to'],
        ['/v1/decisions/export?format=adl&from=', '/query/from'],
        ['/v1/break-glass?to=', '/query/to'],
        ['/v1/agreements/DEMO-CURL?at=', '/query/at'],
        ['/v1/agreements/DEMO-CURL/state?at=', '/query/at'],
      ]) {
        const found = await service.inject({ method: 'GET', url: `${url}${encodeURIComponent(at)}`, headers: auditor })
        t.equal(found.statusCode, 400, `${url}${at}`)
        t.match(found.json().errors, [{ pointer, detail: INSTANT }], `${url}${at}`)
      }
    }
    const day = await service.inject({ method: 'GET', url: '/v1/agreements?review_due_before=0000-01-01', headers: auditor })
    t.match(day.json(), { status: 400, errors: [{ pointer: '/query/review_due_before' }] })
  },
)

t.test('a body that gives a member twice is refused, since readers do not agree which of the two counts', async (t) => {
  const twice = JSON.stringify(SHARE).replace('{', '{"recipient":"LBC_ISLINGTON",')
  for (const url of ['/v1/decisions', '/v1/decisions/simulate']) {
    const before = await rowCounts(service)
    const reply = await send(twice, 'application/json', url)
    t.match(reply.json(), { status: 400, code: 'INVALID_REQUEST', errors: [{ pointer: '/recipient', detail: 'is given twice' }] })
    t.equal(((await rowCounts(service))['audit.leaf'] ?? 0) - (before['audit.leaf'] ?? 0), 1, 'one leaf')
  }
  const headers = { ...(await service.as({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] })), 'content-type': 'application/json' }
  const elsewhere = await service.inject({ method: 'POST', url: '/v1/impact', headers, payload: '{"days":1,"days":30}' })
  t.match(elsewhere.json(), { status: 400, errors: [{ pointer: '/days' }] })
})

t.test('the first and the last instant of the range are answered', async (t) => {
  for (const at of ['1900-01-01T00:00:00Z', '8999-12-31T23:59:59.999Z']) {
    for (const mode of ['SYSTEMATIC', 'EMERGENCY']) {
      const reply = await send({ ...SHARE, at, mode }, 'application/json', '/v1/decisions/simulate')
      t.equal(reply.statusCode, 200, `${at} ${mode} ${reply.body}`)
    }
    const auditor = await service.as({ org: 'LBC_BARNET', roles: ['AUDITOR'] })
    const found = await service.inject({ method: 'GET', url: `/v1/decisions?from=${at}`, headers: auditor })
    t.equal(found.statusCode, 200, at)
  }
})

t.test('a body that is too large is refused before it is read', async (t) => {
  const before = await rowCounts(service)
  const reply = await send({ ...SHARE, correlation_id: 'x'.repeat(262_144) })
  t.equal(reply.statusCode, 413)
  t.match(reply.json(), { code: 'PAYLOAD_TOO_LARGE', type: '/problems/payload-too-large' })
  t.strictSame(await rowCounts(service), before)
})

t.test('a body of another media type is refused', async (t) => {
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
    const reply = await send(JSON.stringify(SHARE), type)
    t.equal(reply.statusCode, 415, type)
    t.match(reply.json(), { code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'send application/json' })
  }
  t.equal((await send(JSON.stringify(SHARE), 'application/json; charset=utf-8')).statusCode, 200, 'parameters of the media type do no harm')
})

t.test('members that would reach into an object are refused, and reach nothing', async (t) => {
  for (const body of ['{"__proto__": {"decision": "PERMIT"}}', '{"constructor": {"prototype": {"decision": "PERMIT"}}}']) {
    t.equal((await send(body)).statusCode, 400)
  }
  t.notOk('decision' in {})
})

t.test('another method, or another address', async (t) => {
  const wrong = await service.inject({ method: 'PUT', url: '/v1/decisions/simulate', headers: { authorization }, payload: SHARE })
  t.equal(wrong.statusCode, 405)
  t.match(String(wrong.headers['allow']), /POST/)
  t.equal((await service.inject({ method: 'POST', url: '/v1/decision', headers: { authorization }, payload: SHARE })).statusCode, 404)
})

t.test('every case that expects INVALID_REQUEST is a 400 over HTTP', async (t) => {
  const malformed = decisionCaseFiles()
    .flatMap(({ text }) => readCaseFile(text).cases)
    .filter(({ expect }) => expect.reasons.includes('INVALID_REQUEST'))
  t.ok(malformed.length > 20)
  for (const { id, title, request } of malformed) {
    const reply = await send(request, 'application/json', '/v1/decisions/simulate')
    t.equal(reply.statusCode, 400, `${id} ${title}`)
    t.equal(reply.json().code, 'INVALID_REQUEST')
  }
})

t.test('an address that cannot be read, or is longer than any name here, is refused without being repeated', async (t) => {
  for (const [url, status, code] of [
    ['/v1/reference/%zz', 400, 'INVALID_REQUEST'],
    [`/v1/reference/${'x'.repeat(300)}`, 404, 'NOT_FOUND'],
  ] as const) {
    const reply = await service.inject({ method: 'GET', url, headers: { authorization } })
    t.equal(reply.statusCode, status)
    t.match(reply.headers['content-type'], /^application\/problem\+json/)
    t.match(reply.json(), { code, instance: `urn:uuid:${reply.headers['x-request-id']}` })
    t.notMatch(reply.body, /%zz|xxx/)
  }
})
