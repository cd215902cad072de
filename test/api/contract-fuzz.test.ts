import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import t from 'tap'
import { PERMISSIONS, type Permission, ROLES, type Role } from '../../src/identity/permissions.ts'
import { eventually } from '../support/eventually.ts'
import { followReference, junk, spoilt, valuesOf } from '../support/fuzz.ts'
import { type TestCaller, testService } from '../support/service.ts'

// Every operation of the contract under requests by chance: never a 5xx, and every reply true to the contract (a reply that
// is not becomes a 500 in a test service). A new operation is covered by being in the contract.
// `TEST_SEED` repeats a run, `FUZZ_RUNS` makes it longer; a failure prints the seed and the smallest request that fails.

// The second leg, on another PostgreSQL, is there for the SQL: fewer requests reach all of it.
const RUNS = Number(process.env['FUZZ_RUNS'] ?? (process.env['TEST_POSTGRES_BINARIES'] ? 5 : 12))
/** Operations that must be seen to answer, so that the fuzzer cannot pass by being turned away; asked more often. */
const MUST_ANSWER = ['decide', 'simulateDecision', 'getCodeList', 'getOrganisation']
/** Answered with 503 by the contract itself: a revision that is not known yet. */
const AWAITED = new Set(['NOT_READY'])

type Json = Readonly<Record<string, unknown>>
const document: Json = JSON.parse(readFileSync(new URL('../../src/platform/http/openapi.gen.json', import.meta.url), 'utf8'))

const CODES = [
  ...['LBC_CAMDEN', 'LBC_HACKNEY', 'MPS', 'HOMELESSNESS', 'HOMELESSNESS.PLACEMENT_NOTIFICATION', 'IDENTITY.NAME', 'HEALTH.DIAGNOSIS'],
  ...['HOMELESS_APPLICANT', 'RESIDENT', 'API_MTLS', 'SECURE_EMAIL', 'GB', 'FR', '6(1)(e)', 'IDENTIFIABLE', 'OBJECTED', 'DEMO-CURL'],
  ...['DEMO-DISCLOSURE-CCTV', 'PREVENT_LOSS_OF_LIFE', 'CONTROLLER_TO_CONTROLLER', 'CONTROLLER', 'PAIRWISE'],
]

/** Values that exist, by the name of a path parameter, so that an operation gets past its 404. A new operation may add one. */
const GOOD_PATH_VALUES: Readonly<Record<string, readonly string[]>> = {
  list: ['LAWFUL_BASIS', 'purpose'],
  code: ['LBC_CAMDEN', 'not-found'],
  id: ['DEMO-CURL', 'DEMO-MASH'],
  agreement: ['DEMO-CURL'],
  version: ['1'],
  flow: ['F1'],
  org: ['LBC_CAMDEN', 'LBC_HACKNEY'],
}

interface FuzzedOperation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly permission: unknown
  readonly parameters: readonly Json[]
  /** Schema of the JSON body; undefined where the operation takes none. */
  readonly body: unknown
  readonly mediaType: string | undefined
}

const operations: readonly FuzzedOperation[] = Object.entries(document['paths'] as Record<string, Json>).flatMap(([path, item]) =>
  ['get', 'put', 'post', 'patch', 'delete'].flatMap((method) => {
    const raw = item[method] as Json | undefined
    if (!raw) return []
    const content = followReference(raw['requestBody'], document)['content'] as Record<string, Json> | undefined
    const [mediaType] = Object.keys(content ?? {}).toSorted((a, b) => Number(b.includes('json')) - Number(a.includes('json')))
    const parameters = [item['parameters'], raw['parameters']].flatMap((list) => (Array.isArray(list) ? list : []))
    return [
      {
        id: String(raw['operationId']),
        method: method.toUpperCase(),
        path,
        permission: raw['x-permission'],
        parameters: parameters.map((parameter) => followReference(parameter, document)),
        body: mediaType === undefined ? undefined : content?.[mediaType]?.['schema'],
        mediaType,
      },
    ]
  }),
)

/** A caller whom the operation lets in; a machine where it may be one. */
function callerFor({ permission }: FuzzedOperation): TestCaller {
  const [name] = [permission].flat() as string[]
  const carriers: readonly Role[] = name !== undefined && name in PERMISSIONS ? PERMISSIONS[name as Permission] : ROLES
  return carriers.includes('API_CLIENT') ? { org: 'LBC_CAMDEN' } : { org: 'LBC_CAMDEN', roles: carriers.slice(0, 1) }
}

function requestsFor(operation: FuzzedOperation, headers: Readonly<Record<string, string>>): fc.Arbitrary<InjectOptions> {
  const parametersIn = (place: string) => operation.parameters.filter((parameter) => parameter['in'] === place)
  const parameterValue = (parameter: Json) => {
    const good = GOOD_PATH_VALUES[String(parameter['name'])]
    const any = fc
      .oneof({ weight: 3, arbitrary: valuesOf(parameter['schema'], document, CODES) }, { weight: 1, arbitrary: junk })
      // A junk object may have no way to become text by itself.
      .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
    return good === undefined ? any : fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: any })
  }
  const all = (place: string, requiredToo: boolean) => {
    const named = parametersIn(place)
    const required = named
      .filter((parameter) => requiredToo || parameter['required'] === true)
      .map((parameter) => String(parameter['name']))
    return fc.record(Object.fromEntries(named.map((parameter) => [String(parameter['name']), parameterValue(parameter)])), {
      requiredKeys: required,
    })
  }
  const query = fc.oneof(
    { weight: 5, arbitrary: all('query', false) },
    { weight: 1, arbitrary: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 2 }) },
  )
  const body = operation.body === undefined ? fc.constant(undefined) : valuesOf(operation.body, document, CODES).chain(spoilt)
  return fc
    .record({ path: all('path', true), query, header: all('header', false), body })
    .map(({ path, query: asked, header, body: payload }) => ({
      method: operation.method as 'GET',
      url: operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(wellFormed(path[name] ?? '')) || '-'),
      query: Object.fromEntries(Object.entries(asked).map(([name, value]) => [wellFormed(name), wellFormed(value)])),
      headers: {
        ...printable(header),
        ...headers,
        ...(payload === undefined ? {} : { 'content-type': operation.mediaType ?? 'application/json' }),
      },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    }))
}

/** Half a surrogate pair cannot be sent in an address at all. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

/** Only what HTTP lets into a header. */
function printable(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.replaceAll(/[^\x20-\x7e]/g, '')]))
}

const service = await testService(t)
const statuses = new Map<string, Map<number, number>>()

for (const operation of operations) {
  t.test(`${operation.id} (${operation.method} ${operation.path})`, async (t) => {
    const headers = operation.permission === 'none' ? {} : await service.as(callerFor(operation))
    const seen = new Map<number, number>()
    statuses.set(operation.id, seen)
    await fc.assert(
      fc.asyncProperty(requestsFor(operation, headers), async (request) => {
        const reply = await service.inject(request)
        seen.set(reply.statusCode, (seen.get(reply.statusCode) ?? 0) + 1)
        const isAwaited = reply.statusCode === 503 && AWAITED.has(reply.json().code)
        if (reply.statusCode >= 500 && !isAwaited) throw new Error(`${reply.statusCode} ${reply.body}`)
        if (reply.statusCode === 401) throw new Error('the fuzzer should be let in')
        if (reply.statusCode >= 400) {
          const { code, status, instance } = reply.json()
          if (typeof code !== 'string' || status !== reply.statusCode || !/^urn:uuid:/.test(instance))
            throw new Error(`no problem: ${reply.body}`)
        }
      }),
      { numRuns: MUST_ANSWER.includes(operation.id) ? RUNS * 5 : RUNS },
    )
    t.pass([...seen].map(([status, count]) => `${status}: ${count}`).join(', '))
  })
}

t.test('the fuzzer got past the door: decisions were answered and not only refused', async (t) => {
  for (const id of MUST_ANSWER) {
    t.ok((statuses.get(id)?.get(200) ?? 0) > 0, `${id} answered 200`)
  }
  // The log may be some moments behind after so many requests at once; it has to catch up by itself.
  const readiness = () => service.inject({ method: 'GET', url: '/health/ready' })
  const isReady = await eventually(async () => (await readiness()).statusCode === 200)
  t.ok(isReady, `and the service is as well as before: ${(await readiness()).body}`)
})

t.comment(`FUZZ_RUNS=${RUNS}`)
