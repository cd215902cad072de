import t from 'tap'
import type { JsonObject } from '../../src/platform/http/contract-document.ts'
import { addressOf, callerFor, follow, operations, parametersOf, type WalkedOperation } from '../support/contract-walk.ts'
import { SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// Every byte is read as it is written, or refused, on every operation of the contract alike. Each refusal is a problem.

const service = await testService(t)

async function send(operation: WalkedOperation, over: { readonly url?: string; readonly payload?: string | Buffer } = {}) {
  const headers = operation.isPublic ? {} : await service.as(callerFor(operation))
  const payload = over.payload ?? (operation.body === undefined ? undefined : textOf(operation.body.example))
  return service.inject({
    method: operation.method as 'GET',
    url: over.url ?? addressOf(operation),
    headers: {
      ...headers,
      'if-match': '"999"',
      ...(payload === undefined ? {} : { 'content-type': operation.body?.type ?? 'application/json' }),
    },
    ...(payload === undefined ? {} : { payload }),
  })
}

const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body ?? {}))

type Reply = Awaited<ReturnType<typeof send>>
function refused(test: Pick<typeof t, 'equal' | 'match'>, reply: Reply, what: string, pointer?: string): void {
  test.equal(reply.statusCode, 400, `${what}: ${reply.body.slice(0, 200)}`)
  test.match(reply.headers['content-type'], /^application\/problem\+json/, what)
  if (pointer !== undefined) test.match(reply.json().errors, [{ pointer }], what)
}

const withJson = operations.filter(({ body }) => body?.type.includes('json'))

/** Bytes that are no UTF-8, one of every sort (RFC 3629). */
const NOT_UTF8: Readonly<Record<string, readonly number[]>> = {
  'a lone continuation byte': [0x80],
  'a lone lead byte': [0xc3],
  'a byte that never occurs': [0xff],
  'Latin-1': [0xe9],
  'an overlong slash': [0xc0, 0xaf],
  'an overlong null': [0xc1, 0x80],
  'an overlong character of three bytes': [0xe0, 0x80, 0xaf],
  'an overlong character of four bytes': [0xf0, 0x80, 0x80, 0xaf],
  'half of a surrogate pair': [0xed, 0xa0, 0x80],
  'a pair of surrogates': [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  'beyond the last character': [0xf4, 0x90, 0x80, 0x80],
  'a lead byte of five': [0xf8, 0x88, 0x80, 0x80, 0x80],
  'a character that is cut off': [0xe2, 0x82],
}

t.test('a body with bytes that are no UTF-8 is refused on every operation, and nothing is put in their place', async (t) => {
  for (const operation of withJson) {
    const body = Buffer.from(textOf(operation.body?.example))
    const at = body.indexOf('"') + 1
    for (const [sort, bytes] of Object.entries(NOT_UTF8)) {
      const payload = Buffer.concat([body.subarray(0, at), Buffer.from(bytes), body.subarray(at)])
      refused(t, await send(operation, { payload }), `${operation.id}, ${sort}`, '')
    }
  }
})

t.test('on a decision path such a body is one leaf, without an answer', async (t) => {
  const decide = operations.find(({ id }) => id === 'decide') as WalkedOperation
  const before = (await decisionLeaves(service)).length
  const payload = Buffer.concat([Buffer.from('{"purpose":"'), Buffer.from([0xff]), Buffer.from('"}')])
  const reply = await send(decide, { payload })
  t.match(reply.json(), { status: 400, code: 'INVALID_REQUEST', decision_id: String })
  const added = (await decisionLeaves(service)).slice(before)
  t.match(added, [{ leaf: { st: 'Error', n: 0 } }])
  t.equal(added.length, 1)
})

t.test('an address with bytes that are no UTF-8 is refused on every operation, in its path and in its query', async (t) => {
  const encoded = (bytes: readonly number[]) => bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join('')
  for (const operation of operations) {
    for (const [sort, bytes] of Object.entries(NOT_UTF8)) {
      const bad = `a${encoded(bytes)}`
      refused(t, await send(operation, { url: addressOf(operation, { q: bad }) }), `${operation.id}, query, ${sort}`)
      for (const name of parametersOf(operation, 'path', () => true))
        refused(t, await send(operation, { url: addressOf(operation, { [name]: bad }) }), `${operation.id}, path ${name}, ${sort}`)
    }
  }
})

t.test('one byte order mark before a body says nothing; a second one is no JSON', async (t) => {
  const decide = operations.find(({ id }) => id === 'decide') as WalkedOperation
  t.equal((await send(decide, { payload: `\uFEFF${JSON.stringify(SHARE)}` })).statusCode, 200)
  refused(t, await send(decide, { payload: `\uFEFF\uFEFF${JSON.stringify(SHARE)}` }), 'two of them')
})

const isUuid = (schema: JsonObject) => schema['format'] === 'uuid' || /\[0-9a-f\]\{8\}/.test(String(schema['pattern'] ?? ''))
const ID = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'

t.test('an identifier has one spelling on every operation', async (t) => {
  const spellings = [
    `urn:uuid:${ID}`,
    `URN:UUID:${ID}`,
    `{${ID}}`,
    ID.toUpperCase(),
    ID.replace('a', 'A'),
    ID.replaceAll('-', ''),
    ` ${ID}`,
    `${ID} `,
    `${ID}\n`,
    ID.replace('0', '\uFF10'),
    `${ID}0`,
    ID.slice(1),
  ]
  let walked = 0
  for (const operation of operations) {
    for (const place of ['path', 'query'] as const) {
      for (const name of parametersOf(operation, place, isUuid)) {
        walked += 1
        for (const spelling of spellings) {
          const url = addressOf(operation, { [name]: encodeURIComponent(spelling) })
          refused(t, await send(operation, { url }), `${operation.id} ${name}=${JSON.stringify(spelling)}`, `/${place}/${name}`)
        }
      }
    }
  }
  t.ok(walked >= 7, `${walked} identifiers`)
})

/** Instants that some readers take and RFC 3339, as the contract narrows it, does not give. */
const NO_INSTANTS = [
  '2026-03-01T10:00:00+0100',
  '2026-03-01T10:00:00+01',
  '2026-03-01 10:00:00Z',
  '2026-03-01_10:00:00Z',
  '2026-03-01t10:00:00Z',
  '2026-03-01T10:00:00z',
  '2026-03-01T10:00Z',
  '2026-03-01T10Z',
  '2026-03-01T10:00:00',
  '2026-03-01',
  '20260301T100000Z',
  '2026-060T10:00:00Z',
  '2026-W09-7T10:00:00Z',
  '2026-02-30T10:00:00Z',
  '2026-03-01T24:00:00Z',
  '2026-03-01T10:60:00Z',
  '2026-03-01T10:00:60Z',
  '2026-03-01T10:00:00.Z',
  '2026-03-01T10:00:00,5Z',
  '2026-03-01T10:00:00.1234567890Z',
  '2026-03-01T10:00:00+01:60',
  '2026-03-01T10:00:00+14:01',
  '2026-03-01T10:00:00\u221201:00',
  '2026-03-01T10:00:00Z ',
  ' 2026-03-01T10:00:00Z',
  '2026-03-01T10:00:00[Europe/London]',
  '+002026-03-01T10:00:00Z',
  '1772359200',
  'now',
  'Sun, 01 Mar 2026 10:00:00 GMT',
  '\u0662\u0660\u0662\u0666-03-01T10:00:00Z',
]
const NO_DAYS = [
  '2026-02-30',
  '2026-2-3',
  '20260301',
  '2026-03-01T00:00:00Z',
  '01/03/2026',
  '2026-03',
  '2026-W09-7',
  ' 2026-03-01',
  '2026-03-01\n',
  '26-03-01',
]
const NO_INTEGERS = [
  '1e1',
  '0x10',
  '0b1',
  '0o7',
  '+1',
  ' 1',
  '1 ',
  '1.0',
  '01',
  '-0',
  '1_000',
  '1,000',
  '\u0661',
  'Infinity',
  'NaN',
  'null',
  '',
  '99999999999999999999',
]
const NO_TRUTHS = ['1', '0', 'True', 'TRUE', 'yes', '', ' true', 'null']

t.test('instants, days, numbers and truth values of an address are read in one notation on every operation', async (t) => {
  const kinds: readonly (readonly [(schema: JsonObject) => boolean, readonly string[]])[] = [
    [({ format }) => format === 'date-time', NO_INSTANTS],
    [({ format }) => format === 'date', NO_DAYS],
    [({ type }) => type === 'integer', NO_INTEGERS],
    [({ type }) => type === 'boolean', NO_TRUTHS],
  ]
  let walked = 0
  for (const operation of operations) {
    for (const [isKind, values] of kinds) {
      for (const place of ['path', 'query'] as const) {
        for (const name of parametersOf(operation, place, isKind)) {
          walked += 1
          for (const value of values) {
            // An empty part of a path is another address.
            if (place === 'path' && value === '') continue
            const reply = await send(operation, { url: addressOf(operation, { [name]: encodeURIComponent(value) }) })
            refused(t, reply, `${operation.id} ${name}=${JSON.stringify(value)}`, `/${place}/${name}`)
          }
        }
      }
    }
  }
  t.ok(walked > 25, `${walked} parameters`)
})

t.test('instants and days of a body are read in the same notation', async (t) => {
  let walked = 0
  for (const operation of withJson) {
    const { schema, example } = operation.body as { readonly schema: JsonObject; readonly example: unknown }
    for (const [name, raw] of Object.entries((schema['properties'] ?? {}) as JsonObject)) {
      const { format } = follow(raw)
      if (format !== 'date-time' && format !== 'date') continue
      walked += 1
      for (const value of format === 'date' ? NO_DAYS : NO_INSTANTS) {
        const reply = await send(operation, { payload: JSON.stringify({ ...(example as object), [name]: value }) })
        refused(t, reply, `${operation.id} ${name}=${JSON.stringify(value)}`)
        t.match(
          reply.json().errors.map(({ pointer }: { pointer: string }) => pointer),
          [`/${name}`],
          name,
        )
      }
    }
  }
  t.ok(walked > 10, `${walked} members`)
})

t.test('an instant in each notation that the contract gives is read', async (t) => {
  for (const at of [
    '2026-03-01T10:00:00Z',
    '2026-03-01T10:00:00.1Z',
    '2026-03-01T10:00:00.123456789Z',
    '2026-03-01T10:00:00+14:00',
    '2026-03-01T10:00:00-00:00',
  ]) {
    const simulate = operations.find(({ id }) => id === 'simulateDecision') as WalkedOperation
    t.equal((await send(simulate, { payload: JSON.stringify({ ...SHARE, at }) })).statusCode, 200, at)
  }
})

t.test('what is nested deeper than any schema means is refused on every operation, wherever it stands', async (t) => {
  const nest = (depth: number, [open, close] = ['{"a":', '}']) => `${open.repeat(depth)}1${close.repeat(depth)}`
  for (const operation of withJson) {
    const body = textOf(operation.body?.example)
    for (const depth of [33, 3_000, 20_000]) {
      for (const deep of [nest(depth), nest(depth, ['[', ']'])])
        refused(
          t,
          await send(operation, { payload: body.replace(/\}$/, `${body === '{}' ? '' : ','}"zz":${deep}}`) }),
          `${operation.id} ${depth}`,
        )
    }
  }
})

t.test('attributes of a code list, which are free in shape, are bounded and never taken for a shape they do not have', async (t) => {
  const impact = operations.find(({ id }) => id === 'reportImpact') as WalkedOperation
  const lists = [
    'GATEWAY',
    'REASON',
    'DATA_ITEM',
    'COUNTRY',
    'METHOD',
    'ART9_CONDITION',
    'SCHEDULE_1_CONDITION',
    'TRANSFER_MECHANISM',
    'INSTRUMENT_TYPE',
  ]
  const names = [
    'kind',
    'provider_types',
    'recipient_types',
    'purposes',
    'only_items',
    'in_force_from',
    'in_force_to',
    'schedule_1',
    'adequacy',
    'adequacy_from',
    'class',
    'special_kind',
    'origin',
    'min_encryption',
    'carries',
    'approvable',
    'text_for_caller',
    'remedy_role',
  ]
  const deep = JSON.parse(`${'{"a":'.repeat(24)}1${'}'.repeat(24)}`)
  for (const value of [
    null,
    0,
    1e308,
    true,
    '',
    'x'.repeat(10_000),
    [],
    [[]],
    [null],
    [{}],
    {},
    { toString: 1 },
    deep,
    [deep],
    ['__proto__'],
  ]) {
    for (const list of lists) {
      const attributes = Object.fromEntries(names.map((name) => [name, value]))
      const entry = {
        code: 'X',
        label: '',
        citation: null,
        valid_from: null,
        valid_to: null,
        verified: true,
        source: null,
        replaced_by: null,
        broader: null,
        attributes,
      }
      const change = {
        kind: 'CODE_LISTS',
        lists: [{ list, title: '', description: '', edition: '2026-01-01', source: '', entries: [entry] }],
      }
      const reply = await send(impact, { payload: JSON.stringify({ days: 1, change }) })
      t.ok(
        [200, 400, 422].includes(reply.statusCode),
        `${list} ${JSON.stringify(value).slice(0, 30)}: ${reply.statusCode} ${reply.body.slice(0, 100)}`,
      )
    }
  }
})

t.test('a refusal is no larger than a small page, whatever is wrong and however often', async (t) => {
  const long = 'x'.repeat(100_000)
  const wrong: Readonly<Record<string, unknown>> = {
    'a list of 60,000 numbers': Array(60_000).fill(1),
    'a list of 20,000 objects': Array(20_000).fill({ a: 1 }),
    'a long text': long,
  }
  for (const operation of withJson) {
    const { schema, example } = operation.body as { readonly schema: JsonObject; readonly example: object }
    const bodies: [string, unknown][] = [
      ['20,000 unknown members', Object.fromEntries(Array.from({ length: 20_000 }, (_one, at) => [`m${at}`, 1]))],
      ['a long name', { ...example, [long]: 1 }],
      ...Object.keys((schema['properties'] ?? {}) as JsonObject).flatMap((name) =>
        Object.entries(wrong).map(([what, value]) => [`${what} at ${name}`, { ...example, [name]: value }] as [string, unknown]),
      ),
    ]
    for (const [what, body] of bodies) {
      const payload = JSON.stringify(body)
      if (payload.length > 250_000) continue
      const reply = await send(operation, { payload })
      if (reply.statusCode < 400) continue
      t.ok(reply.body.length < 60_000, `${operation.id}, ${what}: ${reply.statusCode}, ${reply.body.length} bytes`)
      t.ok((reply.json().errors ?? []).length <= 200, `${operation.id}, ${what}`)
      t.ok(reply.statusCode < 500, `${operation.id}, ${what}: ${reply.statusCode}`)
    }
  }
})

t.test('no word that a caller chose reaches the record of a refused call, whatever place it stood in', async (t) => {
  const SECRET = 'NHS 943 476 5919'
  const json = { 'content-type': 'application/json', ...(await service.as({ org: 'LBC_CAMDEN' })) }
  const bodies: Readonly<Record<string, string>> = {
    'a member': JSON.stringify({ ...SHARE, [SECRET]: 1 }),
    'a member that is a number': JSON.stringify({ ...SHARE, '9434765919': 1, '1974': 1 }),
    'a member that looks like a sentence of ours': JSON.stringify({ ...SHARE, [`a" is not a known member; "${SECRET}`]: 1 }),
    'a member in a member': JSON.stringify({ ...SHARE, emergency: { [SECRET]: 1 } }),
    'a member with marks of a pointer': JSON.stringify({ ...SHARE, [`/${SECRET}~/data_items`]: 1 }),
    'a value of a list': JSON.stringify({ ...SHARE, mode: SECRET }),
    'a value of a list of texts': JSON.stringify({ ...SHARE, data_items: [{ [SECRET]: SECRET }] }),
    'an instant': JSON.stringify({ ...SHARE, at: SECRET }),
    'a member given twice': `{"${SECRET}":1,"${SECRET}":2}`,
    'a member given twice, deep': `{"1974":{"${SECRET}":{"x":1,"x":2}}}`,
    'a body that is no JSON': `{"${SECRET}"`,
    'a body that is a text': `"${SECRET}"`,
    'a deep body': `{"${SECRET}":${'['.repeat(50)}${']'.repeat(50)}}`,
  }
  const calls: readonly (readonly [
    string,
    { readonly url: string; readonly payload: string; readonly headers: Record<string, string> },
  ])[] = [
    ...Object.entries(bodies).map(([what, payload]) => [what, { url: '/v1/decisions', payload, headers: json }] as const),
    [
      'the query',
      { url: `/v1/decisions?${encodeURIComponent(SECRET)}=${encodeURIComponent(SECRET)}`, payload: JSON.stringify(SHARE), headers: json },
    ],
    ['bytes of the query', { url: `/v1/decisions?a=%FF${encodeURIComponent(SECRET)}`, payload: JSON.stringify(SHARE), headers: json }],
    [
      'headers',
      {
        url: '/v1/decisions',
        payload: '{}',
        headers: { ...json, traceparent: SECRET, tracestate: SECRET, 'x-request-id': SECRET, 'idempotency-key': SECRET },
      },
    ],
  ]
  for (const [what, call] of calls) {
    for (const url of [call.url, call.url.replace('/v1/decisions', '/v1/decisions/simulate')]) {
      const before = (await decisionLeaves(service)).length
      t.equal((await service.inject({ method: 'POST', ...call, url })).statusCode, 400, what)
      const [leaf, ...more] = (await decisionLeaves(service)).slice(before)
      t.equal(more.length, 0)
      const kept = leaf?.body.toString('utf8') ?? ''
      t.notMatch(leaf?.bytes.toString('utf8'), /NHS/, what)
      t.match(leaf?.payload, { errors: [{ pointer: String, detail: String }] }, what)
      t.notMatch(kept.toLowerCase(), /943|476|5919|"\/1974|nhs/, `${what}: ${kept}`)
    }
  }
})

t.test('the record of a refused call is small, whatever the call', async (t) => {
  const headers = { 'content-type': 'application/json', ...(await service.as({ org: 'LBC_CAMDEN' })) }
  for (const payload of [
    JSON.stringify({ ...SHARE, ['x'.repeat(200_000)]: 1 }),
    JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_one, at) => [`m${at}`, 1]))),
    JSON.stringify({ ...SHARE, data_items: Array(50_000).fill(1) }),
    `{"${'x'.repeat(100_000)}":1,"${'x'.repeat(100_000)}":1}`,
  ]) {
    const before = (await decisionLeaves(service)).length
    t.equal((await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload })).statusCode, 400)
    const [leaf] = (await decisionLeaves(service)).slice(before)
    t.ok((leaf?.body.length ?? Infinity) < 6_000, `${leaf?.body.length} bytes`)
  }
})
