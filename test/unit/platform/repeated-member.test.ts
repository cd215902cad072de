import fc from 'fast-check'
import t from 'tap'
import { jsonFault } from '../../../src/platform/http/repeated-member.ts'

const repeatedMember = (text: string) => {
  const fault = jsonFault(text)
  return fault?.why === 'GIVEN_TWICE' ? fault.pointer : undefined
}

t.test('a member given twice is found where it stands, however it is written', async (t) => {
  const found: readonly (readonly [string, string])[] = [
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"a":{"b":1,"c":[{"d":1},{"d":1,"d":2}]}}', '/a/c/1/d'],
    ['[{"x":"}"},{"x":1,"y":[1,2,{"z":","}],"x":2}]', '/1/x'],
    ['{"a/b~":1,"a/b~":2}', '/a~1b~0'],
    ['{"":1,"":2}', '/'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__'],
  ]
  for (const [text, pointer] of found) t.equal(repeatedMember(text), pointer, text)
})

t.test('no JSON that a program writes is taken for one', async (t) => {
  fc.assert(fc.property(fc.json({ maxDepth: 5 }), (text) => repeatedMember(text) === undefined))
  for (const text of ['{}', '[]', '1', '"a"', 'null', '{"a":{"a":{"a":"a"}},"b":["a","a",":"]}', `{"a":"${'x\\n'.repeat(100_000)}"}`])
    t.equal(repeatedMember(text), undefined)
})

t.test('whatever is written, a member given twice in it is found, and no other', async () => {
  interface Written {
    readonly text: string
    readonly isTwice: boolean
  }
  const name = fc.constantFrom('a', 'b', ':', '{', '"', '\\\\', '\\\\"', '', '__proto__', 'ü', ',a:')
  // The same name, its first character written as an escape.
  const spelt = fc.tuple(name, fc.boolean()).map(([one, escaped]) => ({
    one,
    text:
      escaped && one.length > 0
        ? `"\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(one.slice(1)).slice(1)}`
        : JSON.stringify(one),
  }))
  const { value } = fc.letrec<{ value: Written }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc
        .oneof(
          name.map((one) => JSON.stringify(one)),
          fc.constantFrom('1', 'null', 'true', '"x:y"'),
        )
        .map((text) => ({ text, isTwice: false })),
      fc
        .array(tie('value'), { maxLength: 3 })
        .map((all) => ({ text: `[ ${all.map(({ text }) => text).join(' ,')}]`, isTwice: all.some(({ isTwice }) => isTwice) })),
      fc.array(fc.tuple(spelt, tie('value')), { maxLength: 3 }).map((all) => ({
        text: `{${all.map(([{ text }, held]) => `${text} :${held.text}`).join(', ')}}`,
        isTwice: new Set(all.map(([{ one }]) => one)).size < all.length || all.some(([, held]) => held.isTwice),
      })),
    ),
  }))
  fc.assert(fc.property(value, ({ text, isTwice }) => (repeatedMember(text) !== undefined) === isTwice))
})
