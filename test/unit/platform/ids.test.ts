import { randomBytes } from 'node:crypto'
import t from 'tap'
import { drawnInBulk, uuidv7Generator } from '../../../src/platform/kernel/ids.ts'

const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const millisecondsOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)

t.test('an id is a UUIDv7 that begins with the milliseconds of the clock', async (t) => {
  const id = uuidv7Generator(() => new Date('2022-02-22T19:22:22Z'), randomBytes)()
  t.match(id, shape)
  t.ok(id.startsWith('017f22e2-79b0-7'), 'the time of the example in RFC 9562, appendix A.6')
})

t.test('ids grow within a millisecond, past the end of the counter, and when the clock jumps back', async (t) => {
  const start = Date.parse('2026-10-25T01:00:00Z')
  let now = start
  const next = uuidv7Generator(() => new Date(now), randomBytes)
  const ids: string[] = []
  const take = (count: number) => Array.from({ length: count }, () => ids.push(next()))
  take(10_000)
  now = start - 3_600_000
  take(10_000)
  now = start + 60_000
  take(10)
  t.same(ids, ids.toSorted(), 'in order as text')
  t.equal(new Set(ids).size, ids.length, 'no two alike')
  t.ok(ids.every((id) => shape.test(id)))
  t.ok(
    ids.every((id) => millisecondsOf(id) >= start),
    'never before the latest instant it had seen',
  )
  t.equal(millisecondsOf(ids.at(-1) ?? ''), start + 60_000, 'and with the clock again once it has caught up')
})

t.test('bytes that are drawn in bulk are those of the source, each given out once, whatever sizes are asked for', async (t) => {
  let counted = 0
  const source = (size: number) => new Uint8Array(size).map(() => (counted++ * 7) & 0xff)
  const draw = drawnInBulk(source)
  const given: number[] = []
  let expected = 0
  for (let call = 0; call < 5_000; call += 1) {
    const size = [8, 10, 16, 32][call % 4] as number
    const bytes = draw(size)
    t.equal(bytes.length, size)
    // What is left of a bulk is thrown away, never given out with the next.
    if (expected % 8_192 > 8_192 - size) expected = Math.ceil(expected / 8_192) * 8_192
    t.ok(bytes.every((byte, at) => byte === (((expected + at) * 7) & 0xff)))
    expected += size
    given.push(bytes.byteOffset)
  }
  t.equal(draw(10_000).length, 10_000, 'more than a bulk comes from the source')
})

t.test('the random part is all 62 bits of the source', async (t) => {
  const clock = () => new Date(0)
  t.equal(uuidv7Generator(clock, (size) => new Uint8Array(size).fill(0xff))(), '00000000-0000-77ff-bfff-ffffffffffff')
  t.equal(uuidv7Generator(clock, (size) => new Uint8Array(size))(), '00000000-0000-7000-8000-000000000000')
})
