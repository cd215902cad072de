import fc from 'fast-check'
import t from 'tap'
import { ifMatchHolds } from '../../../src/platform/kernel/entity-tags.ts'
import { stableJson } from '../../../src/platform/kernel/stable-json.ts'

t.test('If-Match holds when one of its tags is the present one, compared strongly', async (t) => {
  const holds = [
    '"4"',
    '"4", "3"',
    '"3", "4"',
    '"3","4"',
    '"3" ,\t"4"',
    ', "4"',
    '"4",',
    '"3",,"4"',
    'W/"4", "4"',
    '"a,b", "4"',
    '*',
    ' * ',
    ' "4" ',
  ]
  const fails = [
    '"3"',
    'W/"4"',
    'w/"4"',
    '4',
    '"4',
    '4"',
    "'4'",
    '""',
    '"44"',
    '"3", W/"4"',
    '"4" "3"',
    '"4", 3',
    '"4", *',
    '*, "4"',
    '"a"4"',
    '"4";q=1',
    ',',
    '',
  ]
  for (const header of holds) t.ok(ifMatchHolds(header, '"4"'), header)
  for (const header of fails) t.notOk(ifMatchHolds(header, '"4"'), header)
  t.ok(ifMatchHolds('"3,4", "5"', '"3,4"'), 'a comma within a tag parts nothing')
})

t.test('If-Match holds of any list of tags exactly when the tag is among them', async () => {
  const tag = fc.stringMatching(/^[!#-~]{0,5}$/)
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 5 }), tag, fc.constantFrom(',', ', ', ' ,\t', ',,'), (tags, wanted, comma) => {
      const header = tags.map((one) => `"${one}"`).join(comma)
      return ifMatchHolds(header, `"${wanted}"`) === tags.includes(wanted)
    }),
  )
})

t.test('two JSON texts mean the same exactly when they are the same value, whatever the order of their members', async (t) => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, member]) => [name, shuffled(member)]),
    )
  }
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => stableJson(value) === stableJson(shuffled(JSON.parse(JSON.stringify(value))))),
  )
  for (const [a, b] of [
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: '1' }],
    [{ a: null }, {}],
    [{ a: [] }, { a: {} }],
  ])
    t.not(stableJson(a), stableJson(b))
})
