import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson, sha256Hex } from '../../../src/audit/format/canonical-json.ts'
import { runs } from '../../support/properties.ts'

const vectors = JSON.parse(readFileSync(new URL('../../vectors/rfc8785.json', import.meta.url), 'utf8')) as {
  name: string
  input: string
  output: string
}[]

const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4 }),
  ),
})).value

t.test('writes the published vectors of RFC 8785 to the byte', async (t) => {
  for (const { name, input, output } of vectors) t.equal(canonicalJson(JSON.parse(input)), output, name)
})

t.test('loses nothing: what is written reads back as what was given', async () => {
  fc.assert(
    fc.property(json, (value) => void t.strictSame(JSON.parse(canonicalJson(value)), structuredClone(value))),
    runs(50),
  )
})

t.test('gives one text whatever the order in which members were set', async () => {
  const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.maxSafeInteger())
  fc.assert(fc.property(object, (value) => canonicalJson(value) === canonicalJson(Object.fromEntries(Object.entries(value).reverse()))))
})

t.test('refuses whatever JSON would drop, round or replace', async (t) => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const refused: Record<string, unknown> = {
    'a fraction': 0.5,
    'not a number': Number.NaN,
    infinity: Number.POSITIVE_INFINITY,
    'an integer beyond 2^53 - 1': 2 ** 53,
    'a negative integer beyond it': -(2 ** 53),
    'a big integer': 1n,
    undefined: undefined,
    'a member that is undefined': { a: undefined },
    'a hole in an array': new Array(2),
    'a lone surrogate': '\ud800',
    'a lone surrogate in a member name': { '\udc00': 1 },
    'a date': new Date(0),
    'a map': new Map(),
    'an object with a prototype of its own': Object.create({ inherited: 1 }),
    'a symbol member': { [Symbol('s')]: 1 },
    'a function': () => 1,
    'a cycle': cyclic,
  }
  for (const [name, value] of Object.entries(refused)) t.throws(() => canonicalJson(value), /^canonical JSON: /, name)
})

t.test('says where the refused value stands', async (t) => {
  t.throws(() => canonicalJson({ flows: [{ items: 1.5 }] }), /at \/flows\/0\/items$/)
})

t.test('hashes text as UTF-8', async (t) => {
  // printf 'café' | sha256sum
  t.equal(sha256Hex('café'), '850f7dc43910ff890f8879c0ed26fe697c93a067ad93a7d50f466a7028a9bf4e')
  t.equal(sha256Hex(Buffer.from('café')), sha256Hex('café'))
})
