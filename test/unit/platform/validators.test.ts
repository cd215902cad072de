import t from 'tap'
import { contract } from '../../../src/platform/http/openapi.ts'
import { isInstant, isRequestDay } from '../../../src/platform/http/time-formats.ts'
import { problemOfValidation } from '../../../src/platform/http/validation-problem.ts'
import { FAULTS_MAX, validatorsOf } from '../../../src/platform/http/validators.ts'
import { contractDocument, operations } from '../../support/contract-walk.ts'

// Whether a request fits costs no more than the request is long, and what is said of one that does not is bounded.

const components = { $id: 'openapi', components: contractDocument['components'] ?? {} }
const flows = { $ref: 'openapi#/components/schemas/Flow' }
const validators = validatorsOf(components)

t.test('faults are collected up to a bound, however many there are and however deep they stand', async (t) => {
  const schema = { type: 'object', properties: { flows: { type: 'array', maxItems: 200, items: flows } } } as const
  const validate = validators.body(schema)
  for (const size of [1, 10, 1_000, 20_000]) {
    const body = { flows: Array(size).fill({ compatibility: 0, volume_limit: 0 }) }
    t.equal(validate(body), false)
    const errors = validate.errors ?? []
    // A branch of an alternative that was being looked at when it stopped may add some.
    t.ok(errors.length > 0 && errors.length <= 2 * FAULTS_MAX, `${size}: ${errors.length} errors`)
    const problem = problemOfValidation({ validation: errors })
    t.ok((problem.errors ?? []).length <= FAULTS_MAX)
    t.ok(JSON.stringify(problem).length < 20_000)
  }
  const names = validators.body({ type: 'object', additionalProperties: false, properties: {} })
  t.equal(names(Object.fromEntries(Array.from({ length: 50_000 }, (_one, at) => [`m${at}`, 1]))), false)
  t.ok((names.errors?.length ?? 0) <= FAULTS_MAX)
})

t.test('the looks at a value do not grow faster than the value', async (t) => {
  // Every member is read through a counter: what is read once may be read once more to say what is wrong.
  const looksAt = (size: number) => {
    let looks = 0
    const item = new Proxy(
      { id: 7, providers: 0, recipients: 0, purpose: 0 },
      {
        get(target, name, receiver) {
          looks += 1
          return Reflect.get(target, name, receiver)
        },
      },
    )
    validators.body({ type: 'object', properties: { flows: { type: 'array', items: flows } } })({ flows: Array(size).fill(item) })
    return looks
  }
  const few = looksAt(100)
  t.ok(looksAt(10_000) <= few * 2, 'a body a hundred times as wrong is not looked at longer')
})

t.test('a body that fits is taken, alternatives and optional members included, however large', async (t) => {
  const side = { regime: 'UK_GDPR' }
  const flow = {
    id: 'F1',
    providers: ['A'],
    recipients: ['B'],
    purpose: 'P',
    legal: { provider: side, recipient: side },
    compatibility: null,
    volume_limit: null,
  }
  const validate = validators.body({ type: 'object', properties: { flows: { type: 'array', items: flows } } })
  t.equal(validate({ flows: Array(5_000).fill(flow) }), true, JSON.stringify(validate.errors))
})

t.test('no schema of the contract makes work that grows faster than what is sent', async (t) => {
  const found: string[] = []
  const walk = (part: unknown, place: string): void => {
    if (part === null || typeof part !== 'object') return
    const schema = part as Record<string, unknown>
    const items = schema['items'] as Record<string, unknown> | undefined
    // Ajv compares objects with one another, texts by a table.
    if (schema['uniqueItems'] === true && (items?.['type'] !== 'string' || schema['maxItems'] === undefined)) found.push(place)
    // A repeated group is safe where each turn begins with what the turn before cannot hold, such as a dash.
    if (/\((?!-)[^)]*[+*][^)]*\)[+*{]/.test(String(schema['pattern'] ?? ''))) found.push(`${place} ${schema['pattern']}`)
    for (const [name, inner] of Object.entries(schema)) walk(inner, `${place}/${name}`)
  }
  walk(contractDocument, '')
  t.strictSame(found, [])
})

t.test('every request schema compiles, and every format in one is read strictly', async (t) => {
  t.doesNotThrow(() => contract.compileAll())
  const formats = new Set<string>()
  const walk = (part: unknown): void => {
    if (part === null || typeof part !== 'object') return
    const { format } = part as { format?: unknown }
    if (typeof format === 'string') formats.add(format)
    for (const inner of Object.values(part)) walk(inner)
  }
  for (const { body, parameters } of operations) walk([body?.schema, parameters])
  t.strictSame([...formats].sort(), ['date', 'date-time', 'uuid'])
})

t.test('an instant and a day have one notation', async (t) => {
  for (const good of ['2024-02-29T23:59:59Z', '2026-03-01T00:00:00.000000001+01:00', '1900-01-01T00:00:00Z', '8999-12-31T23:59:59.999Z'])
    t.ok(isInstant(good), good)
  for (const bad of [
    '2023-02-29T00:00:00Z',
    '2026-03-01T00:00:00+0100',
    '2026-03-01t00:00:00Z',
    '2026-03-01T00:00:00',
    '',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
  ])
    t.notOk(isInstant(bad), bad)
  for (const good of ['2024-02-29', '2000-02-29', '1900-01-01', '8999-12-31']) t.ok(isRequestDay(good), good)
  for (const bad of [
    '2023-02-29',
    '1900-02-29',
    '2100-02-29',
    '2026-04-31',
    '2026-00-01',
    '2026-01-00',
    '1899-12-31',
    '9000-01-01',
    '2026-1-1',
    '2026-01-01Z',
    '',
  ])
    t.notOk(isRequestDay(bad), bad)
})
