import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import type { JsonObject } from '../../src/platform/http/contract-document.ts'
import { contractSender, notRefused, textOf, withJson } from '../support/contract-sender.ts'
import { addressOf, follow, operations, parametersOf } from '../support/contract-walk.ts'
import { SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// Every byte is read as it is written, or refused, on every operation of the contract alike. Each refusal is a problem.

const service = await testService(t)
const { send, of } = contractSender(service)

/** Faults of a test are collected: thousands of passes would only be counted. */
async function refused(faults: string[], reply: Promise<LightMyRequestResponse>, what: string, pointer?: string): Promise<void> {
  const fault = notRefused(await reply, pointer)
  if (fault !== undefined) faults.push(`${what}: ${fault}`)
}

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
  const faults: string[] = []
  for (const [turn, operation] of withJson.entries()) {
    const body = Buffer.from(textOf(operation.body?.example))
    const at = body.indexOf('"') + 1
    const sorts = Object.entries(NOT_UTF8).filter((_one, place) => operation.id === 'decide' || (place + turn) % 4 === 0)
    for (const [sort, bytes] of sorts) {
      const payload = Buffer.concat([body.subarray(0, at), Buffer.from(bytes), body.subarray(at)])
      await refused(faults, send(operation, { payload }), `${operation.id}, ${sort}`, '')
    }
  }
  t.strictSame(faults, [])
})

t.test('on a decision path such a body is one leaf, without an answer', async (t) => {
  const decide = of('decide')
  const before = (await decisionLeaves(service)).length
  const payload = Buffer.concat([Buffer.from('{"purpose":"'), Buffer.from([0xff]), Buffer.from('"}')])
  const reply = await send(decide, { payload })
  t.match(reply.json(), { status: 400, code: 'INVALID_REQUEST', decision_id: String })
  const added = (await decisionLeaves(service)).slice(before)
  t.match(added, [{ leaf: { st: 'Error', n: 0 } }])
  t.equal(added.length, 1)
})

t.test('an address with bytes that are no UTF-8 is refused on every operation, in its path and in its query', async (t) => {
  const faults: string[] = []
  const encoded = (bytes: readonly number[]) => bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join('')
  for (const [turn, operation] of operations.entries()) {
    // Every sort, and every operation with three of them.
    const sorts = Object.entries(NOT_UTF8).filter((_one, at) => (at + turn) % 4 === 0)
    for (const [sort, bytes] of sorts) {
      const bad = `a${encoded(bytes)}`
      await refused(faults, send(operation, { url: addressOf(operation, { q: bad }) }), `${operation.id}, query, ${sort}`)
      for (const name of parametersOf(operation, 'path', () => true))
        await refused(faults, send(operation, { url: addressOf(operation, { [name]: bad }) }), `${operation.id}, path ${name}, ${sort}`)
    }
  }
  t.strictSame(faults, [])
})

t.test('one byte order mark before a body says nothing; a second one is no JSON', async (t) => {
  const faults: string[] = []
  const decide = of('decide')
  t.equal((await send(decide, { payload: `\uFEFF${JSON.stringify(SHARE)}` })).statusCode, 200)
  await refused(faults, send(decide, { payload: `\uFEFF\uFEFF${JSON.stringify(SHARE)}` }), 'two of them')
  t.strictSame(faults, [])
})

const isUuid = (schema: JsonObject) => schema['format'] === 'uuid' || /\[0-9a-f\]\{8\}/.test(String(schema['pattern'] ?? ''))
const ID = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'

t.test('an identifier has one spelling on every operation', async (t) => {
  const faults: string[] = []
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
          await refused(faults, send(operation, { url }), `${operation.id} ${name}=${JSON.stringify(spelling)}`, `/${place}/${name}`)
        }
      }
    }
  }
  t.ok(walked >= 7, `${walked} identifiers`)
  t.strictSame(faults, [])
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
  const faults: string[] = []
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
            const url = addressOf(operation, { [name]: encodeURIComponent(value) })
            await refused(faults, send(operation, { url }), `${operation.id} ${name}=${JSON.stringify(value)}`, `/${place}/${name}`)
          }
        }
      }
    }
  }
  t.ok(walked > 25, `${walked} parameters`)
  t.strictSame(faults, [])
})

t.test('instants and days of a body are read in the same notation', async (t) => {
  const faults: string[] = []
  let walked = 0
  for (const operation of withJson) {
    const { schema, example } = operation.body as { readonly schema: JsonObject; readonly example: unknown }
    for (const [name, raw] of Object.entries((schema['properties'] ?? {}) as JsonObject)) {
      const { format } = follow(raw)
      if (format !== 'date-time' && format !== 'date') continue
      walked += 1
      for (const value of format === 'date' ? NO_DAYS : NO_INSTANTS) {
        const payload = JSON.stringify({ ...(example as object), [name]: value })
        await refused(faults, send(operation, { payload }), `${operation.id} ${name}=${JSON.stringify(value)}`, `/${name}`)
      }
    }
  }
  t.ok(walked > 10, `${walked} members`)
  t.strictSame(faults, [])
})

t.test('an instant in each notation that the contract gives is read', async (t) => {
  for (const at of [
    '2026-03-01T10:00:00Z',
    '2026-03-01T10:00:00.1Z',
    '2026-03-01T10:00:00.123456789Z',
    '2026-03-01T10:00:00+14:00',
    '2026-03-01T10:00:00-00:00',
  ]) {
    const simulate = of('simulateDecision')
    t.equal((await send(simulate, { payload: JSON.stringify({ ...SHARE, at }) })).statusCode, 200, at)
  }
})
