import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import type { JsonObject } from '../../src/platform/http/contract-document.ts'
import { contractSender, notRefused, textOf, withJson } from '../support/contract-sender.ts'
import { SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// What cannot be read costs little, is told in little, and is recorded in our words alone.

const service = await testService(t)
const { send, of } = contractSender(service)

/** Faults of a test are collected: thousands of passes would only be counted. */
async function refused(faults: string[], reply: Promise<LightMyRequestResponse>, what: string, pointer?: string): Promise<void> {
  const fault = notRefused(await reply, pointer)
  if (fault !== undefined) faults.push(`${what}: ${fault}`)
}

t.test('what is nested deeper than any schema means is refused on every operation, wherever it stands', async (t) => {
  const nest = (depth: number, [open, close] = ['{"a":', '}']) => `${open.repeat(depth)}1${close.repeat(depth)}`
  const faults: string[] = []
  for (const operation of withJson) {
    const body = textOf(operation.body?.example)
    for (const deep of [nest(33), nest(3_000), nest(20_000, ['[', ']'])]) {
      const payload = body.replace(/\}$/, `${body === '{}' ? '' : ','}"zz":${deep}}`)
      await refused(faults, send(operation, { payload }), `${operation.id}, ${deep.length} characters`)
    }
  }
  t.strictSame(faults, [])
})

t.test('attributes of a code list, which are free in shape, are bounded and never taken for a shape they do not have', async (t) => {
  const impact = of('reportImpact')
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
  const edition = { title: '', description: '', edition: '2026-01-01', source: '' }
  const rest = {
    label: '',
    citation: null,
    valid_from: null,
    valid_to: null,
    verified: true,
    source: null,
    replaced_by: null,
    broader: null,
  }
  const wrong: string[] = []
  for (const value of [
    null,
    0,
    1e308,
    true,
    '',
    'x'.repeat(9_000),
    [],
    [[]],
    [null],
    [{}],
    {},
    { toString: 1 },
    [{ toString: 1 }],
    deep,
    [deep],
  ]) {
    const attributes = Object.fromEntries(names.map((name) => [name, value]))
    const change = { kind: 'CODE_LISTS', lists: lists.map((list) => ({ list, ...edition, entries: [{ code: 'X', ...rest, attributes }] })) }
    const payload = JSON.stringify({ days: 1, change })
    // A body that is too large would show nothing.
    const reply = await send(impact, {
      payload: payload.length < 250_000 ? payload : JSON.stringify({ days: 1, change: { ...change, lists: change.lists.slice(0, 1) } }),
    })
    if (![200, 400, 422].includes(reply.statusCode))
      wrong.push(`${JSON.stringify(value).slice(0, 30)}: ${reply.statusCode} ${reply.body.slice(0, 100)}`)
  }
  t.strictSame(wrong, [])
})

t.test('a refusal is no larger than a small page, whatever is wrong and however often', async (t) => {
  const long = 'x'.repeat(100_000)
  const wrongly: string[] = []
  const wrong: Readonly<Record<string, unknown>> = {
    'a list of 30,000 numbers': Array(30_000).fill(1),
    'a list of 8,000 objects': Array(8_000).fill({ a: 1 }),
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
      const isSmall = reply.body.length < 60_000 && (reply.json().errors ?? []).length <= 200 && reply.statusCode < 500
      if (!isSmall) wrongly.push(`${operation.id}, ${what}: ${reply.statusCode}, ${reply.body.length} bytes`)
    }
  }
  t.strictSame(wrongly, [])
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
