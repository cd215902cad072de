import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { pairIndex } from '../../../src/decisions/policy/pair-index.ts'
import type { PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import { anAgreement, aParty, indexOf, indexWith } from '../../support/builders/decision-world.ts'
import { anInstant, requestArb, worldArb } from '../../support/builders/decisions.ts'
import { comparable, runs, tally } from '../../support/properties.ts'

// What is found by pair is what looking at every agreement finds, in whatever order a register came to be.

const ORGS = Array.from({ length: 18 }, (_, at) => `ORG_${String.fromCharCode(65 + at)}`)
const IDS = ['AGR-1', 'AGR-2', 'AGR-3', 'AGR-4', 'AGR-5']
const parties = fc.oneof(
  { weight: 3, arbitrary: fc.uniqueArray(fc.constantFrom(...ORGS), { minLength: 1, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...ORGS), { minLength: 12, maxLength: 18 }) },
)
const change = fc.record({ id: fc.constantFrom(...IDS), parties })

t.test('every pair finds the agreements that list both, however often their parties changed', async (t) => {
  const met = tally(t, { 'one of few parties': 120, 'one of many': 40 })
  fc.assert(
    fc.property(fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (revisions) => {
      let index = indexWith([])
      for (const [at, changes] of revisions.entries()) {
        const records = changes.map(
          ({ id, parties: orgs }): PolicyRecord => ({
            kind: 'AGREEMENT',
            id,
            body: anAgreement({ id, parties: orgs.map((org) => aParty(org)) }),
          }),
        )
        index = index.apply(records, { revision: at + 2, digest: '00', instant: 0 })
      }
      const all = IDS.flatMap((id) => index.agreement(id) ?? [])
      for (const { parties: known } of all) met.saw(known.size > 11 ? 'one of many' : 'one of few parties')
      for (const a of ORGS)
        for (const b of ORGS) {
          if (a === b) continue
          const scanned = all.filter(({ parties: known }) => known.has(a) && known.has(b)).map(({ id }) => id)
          assert.deepEqual(
            index
              .between(a, b)
              .map(({ id }) => id)
              .toSorted(),
            scanned,
          )
        }
    }),
    runs(60),
  )
  met.check()
})

t.test('an agreement that does not stand where it was put takes no other with it: the change fails', async (t) => {
  const [known, stranger, next] = ['AGR-1', 'AGR-2', 'AGR-3'].map((id) => ({ id, parties: ['ORG_A', 'ORG_B'], agents: [] }))
  if (!known || !stranger || !next) return t.fail('three agreements')
  const pairs = pairIndex()
  pairs.put(known, undefined)
  t.throws(() => pairs.put(next, stranger), /AGR-2 is not where it was put/)
  t.same(
    pairs.between('ORG_A', 'ORG_B').map(({ id }) => id),
    ['AGR-1'],
  )
})

t.test('a question has the answer that it has where every agreement is looked at', async (t) => {
  const met = tally(t, { PERMIT: 60, DENY: 60 })
  fc.assert(
    fc.property(worldArb, requestArb('SYSTEMATIC'), anInstant, (world, request, at) => {
      const index = indexOf(world)
      const all = world.agreements.flatMap(({ id }) => index.agreement(id) ?? [])
      const scanning = { ...index, between: (a: string, b: string) => all.filter(({ parties: known }) => known.has(a) && known.has(b)) }
      const outcome = evaluate(request, at, index)
      assert.deepEqual(comparable(outcome), comparable(evaluate(request, at, scanning)))
      met.saw(outcome.decision)
    }),
    runs(),
  )
  met.check()
})
