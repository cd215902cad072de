import fc from 'fast-check'
import t from 'tap'
import { pairsBetween, pairsOf } from '../../../src/decisions/advice/drafted.ts'

// Pairs that are counted and found without being written down are those that are written down.

const codes = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F'), { minLength: 0, maxLength: 6 })

t.test('count, stretches and places of pairs are those of the whole list', async () => {
  fc.assert(
    fc.property(codes, codes, fc.nat(40), fc.nat(40), (providers, recipients, start, limit) => {
      const all = pairsOf({ providers: new Set(providers), recipients: new Set(recipients) } as never)
      const pairs = pairsBetween(providers, recipients)
      const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
      return (
        pairs.count === all.length &&
        same(pairs.from(start, limit), all.slice(start, start + limit)) &&
        all.every((pair, place) => pairs.placeOf(pair) === place) &&
        pairs.placeOf({ provider: 'A', recipient: 'A' }) === undefined &&
        pairs.placeOf({ provider: 'Z', recipient: 'A' }) === undefined
      )
    }),
  )
})

t.test('a page of 40,000 pairs costs no more than the page', async (t) => {
  const many = Array.from({ length: 20_000 }, (_one, at) => `ORG_${at}`)
  t.equal(pairsBetween(many, many).count, 20_000 * 19_999)
  t.strictSame(pairsBetween(many, many).from(20_000 * 19_999 - 1, 5), [{ provider: 'ORG_19999', recipient: 'ORG_19998' }])
})
