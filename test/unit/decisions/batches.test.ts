import fc from 'fast-check'
import t from 'tap'
import { batchesOf } from '../../../src/decisions/history/batches.ts'

t.test('batches joined are the list, and none is larger than it may be unless it holds one alone', async () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000)), fc.integer({ min: 1, max: 3_000 }), (lengths, max) => {
      const sizes = lengths.map((bytes, at) => ({ id: String(at), bytes }))
      const batches = batchesOf(sizes, max)
      const sum = (ids: readonly string[]) => ids.reduce((all, id) => all + (lengths[Number(id)] ?? 0), 0)
      return (
        batches.flat().join() === sizes.map(({ id }) => id).join() &&
        batches.every((ids) => ids.length > 0 && (ids.length === 1 || sum(ids) <= max))
      )
    }),
  )
})
