import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'
import { addressOf, contractDocument, operations, type WalkedOperation } from '../support/contract-walk.ts'
import { eventually } from '../support/eventually.ts'
import { junk, valuesOf } from '../support/fuzz.ts'
import { type LiveCall, liveCalls, OUT_OF_REACH } from '../support/live-calls.ts'

// Every operation of the contract, past its preconditions: a call that should succeed, and the same with something of it changed by
// chance. Never a 5xx, and every reply true to the contract (a reply that is not becomes a 500 in a test service). An operation
// that no call reached with 2xx fails. `TEST_SEED` repeats a run, `FUZZ_RUNS` makes it longer and says what each operation answered.

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4)
/** Answered with 503 by the contract itself: a revision that is not known yet. */
const AWAITED = 'NOT_READY'
const CODES = [
  ...['LBC_CAMDEN', 'LBC_HACKNEY', 'MPS', 'HOMELESSNESS', 'HOMELESSNESS.PLACEMENT_NOTIFICATION', 'IDENTITY.NAME', 'HEALTH.DIAGNOSIS'],
  ...['HOMELESS_APPLICANT', 'RESIDENT', 'API_MTLS', 'SECURE_EMAIL', 'GB', 'FR', '6(1)(e)', 'IDENTIFIABLE', 'OBJECTED'],
  ...['PREVENT_LOSS_OF_LIFE', 'CONTROLLER_TO_CONTROLLER', 'CONTROLLER', 'PAIRWISE'],
]

/** What ends the body that it names: never one that the other calls are made by. */
const ENDS_A_BODY: ReadonlySet<string> = new Set(['succeedOrganisation', 'mergeOrganisation'])

/** What is changed of a call. */
type Change =
  | { readonly of: 'nothing' }
  | { readonly of: 'member'; readonly at: number; readonly how: 'removed' | 'added' | 'replaced'; readonly value: unknown }
  | { readonly of: 'body'; readonly value: unknown }
  | { readonly of: 'parameter' | 'query'; readonly at: number; readonly value: string }
  | { readonly of: 'etag'; readonly value: string | null }

function changesOf({ id, body, parameters }: WalkedOperation): fc.Arbitrary<Change> {
  const text = fc
    .oneof(junk, fc.constantFrom(...CODES.filter((code) => !ENDS_A_BODY.has(id) || !code.startsWith('LBC_'))))
    .map((value) => wellFormed(typeof value === 'object' ? JSON.stringify(value) : String(value)))
  const at = fc.nat(1000)
  const ofBody: { readonly weight: number; readonly arbitrary: fc.Arbitrary<Change> }[] = [
    {
      weight: 4,
      arbitrary: fc.record({
        of: fc.constant('member' as const),
        at,
        how: fc.constantFrom('removed' as const, 'added' as const, 'replaced' as const),
        value: junk,
      }),
    },
    { weight: 3, arbitrary: fc.record({ of: fc.constant('body' as const), value: valuesOf(body?.schema, contractDocument, CODES) }) },
  ]
  return fc.oneof<fc.MaybeWeightedArbitrary<Change>[]>(
    { weight: 1, arbitrary: fc.constant<Change>({ of: 'nothing' }) },
    ...(body ? ofBody : []),
    ...(parameters.length > 0
      ? [{ weight: 2, arbitrary: fc.record({ of: fc.constantFrom('parameter' as const, 'query' as const), at, value: text }) }]
      : []),
    {
      weight: 1,
      arbitrary: fc.record({ of: fc.constant('etag' as const), value: fc.constantFrom(null, '"1"', '*', 'W/"1"', 'x', '"1", "2"') }),
    },
  )
}

// A machine that is busy takes its time.
t.setTimeout(900_000)
const desk = await agreementDesk(t, undefined, {
  rateLimitPerMinute: 1_000_000,
  signedReceipts: 'on',
  security: { contacts: ['mailto:security@example.org'], expires: new Date('2100-01-01') },
})
const { service } = desk
const live = liveCalls(desk)

async function requestOf(operation: WalkedOperation, found: LiveCall, change: Change): Promise<InjectOptions> {
  const { person, machine, path = {}, query = {}, etagFrom } = found
  const names = operation.parameters
    .filter((one) => one['in'] === (change.of === 'query' ? 'query' : 'path'))
    .map((one) => String(one['name']))
  const changed = (change.of === 'parameter' || change.of === 'query') && names.length > 0 ? names[change.at % names.length] : undefined
  const put = {
    ...path,
    ...query,
    ...(changed ? { [changed]: change.of === 'parameter' || change.of === 'query' ? change.value : '' } : {}),
  }
  const caller = machine
    ? { org: machine }
    : person && { org: person.org, roles: [person.role], sub: person.sub ?? `urn:test:${person.org}:${person.role}` }
  const headers: Record<string, string> = caller ? { ...(await service.as(caller)) } : {}
  if (etagFrom) {
    const read = await service.inject({ method: 'GET', url: etagFrom, headers })
    headers['if-match'] = String(read.headers['etag'] ?? '*')
  }
  if (change.of === 'etag') {
    if (change.value === null) delete headers['if-match']
    else headers['if-match'] = change.value
  }
  const body = changedBody(found.body ?? operation.body?.example, change)
  return {
    method: operation.method as 'GET',
    url: addressOf(operation, Object.fromEntries(Object.entries(put).map(([name, value]) => [name, encodeURIComponent(value) || '-']))),
    headers: { ...headers, ...(operation.body ? { 'content-type': operation.body.type } : {}) },
    ...(operation.body ? { payload: JSON.stringify(body) } : {}),
  }
}

function changedBody(body: unknown, change: Change): unknown {
  if (change.of === 'body') return change.value
  if (change.of !== 'member' || typeof body !== 'object' || body === null) return body
  const names = Object.keys(body)
  const name = change.how === 'added' ? (change.at % 2 ? '__proto__' : 'extra') : names[change.at % names.length]
  if (name === undefined) return change.value
  const rest = Object.entries(body).filter(([other]) => other !== name)
  return Object.fromEntries(change.how === 'removed' ? rest : [...rest, [name, change.value]])
}

/** Half a surrogate pair cannot be sent in an address at all. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

for (const operation of operations) {
  t.test(`${operation.id} (${operation.method} ${operation.path})`, async (t) => {
    const seen = { '2xx': 0, '4xx': 0, awaited: 0 }
    let found: LiveCall | undefined
    let last = ''
    const send = async (change: Change) => {
      found ??= await live(operation)
      const reply = await service.inject(await requestOf(operation, found, change))
      const { statusCode: status } = reply
      last = `${status} ${reply.body.slice(0, 500)}`
      if (status < 300) seen['2xx'] += 1
      else if (status >= 500 && reply.json().code === AWAITED) seen.awaited += 1
      else seen['4xx'] += 1
      // What has been done once may be a thing that can be done once.
      if (status < 300 && operation.method !== 'GET') found = undefined
      if (status >= 500 && reply.json().code !== AWAITED) throw new Error(last)
      if (status === 401) throw new Error('the fuzzer should be let in')
      if (status >= 400) {
        const problem = reply.json()
        const isProblem = typeof problem.code === 'string' && problem.status === status && /^urn:uuid:/.test(problem.instance)
        if (!isProblem) throw new Error(`no problem: ${last}`)
      }
    }
    await send({ of: 'nothing' })
    const first = last
    await fc.assert(fc.asyncProperty(changesOf(operation), send), { numRuns: RUNS })
    const said = `2xx: ${seen['2xx']}, 4xx: ${seen['4xx']}${seen.awaited > 0 ? `, awaited: ${seen.awaited}` : ''}`
    if (process.env['FUZZ_RUNS']) console.error(`${operation.id} ${said}`)
    t.ok(seen['2xx'] > 0 || OUT_OF_REACH.has(operation.id), seen['2xx'] > 0 ? said : `${said}; as it is: ${first}`)
  })
}

t.test('the service is as well as before', async (t) => {
  // The log may be some moments behind after so many requests at once; it has to catch up by itself.
  const readiness = () => service.inject({ method: 'GET', url: '/health/ready' })
  const isReady = await eventually(async () => (await readiness()).statusCode === 200)
  t.ok(isReady, (await readiness()).body)
})
