import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { emptyPolicyIndex, type PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import { anAgreement, LISTS, type World } from '../../support/builders/decision-world.ts'
import { anInstant, requestArb, worldArb } from '../../support/builders/decisions.ts'
import { comparable, runs, tally } from '../../support/properties.ts'

// A register larger than what is held compiled is packed; what is asked about is unpacked and compiled. Nobody can tell from an answer.

const SMALL = { keptMax: 1, compiledMax: 1 }

const recordsOf = ({ organisations, agreements, disclosures }: World): PolicyRecord[] => [
  { kind: 'CODE_LISTS', id: 'current', body: { version: 'test', lists: LISTS } },
  ...organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
  ...agreements.map((body): PolicyRecord => ({ kind: 'AGREEMENT', id: body.id, body })),
  ...disclosures.map((body): PolicyRecord => ({ kind: 'DISCLOSURE_DECISION', id: body.id, body })),
]

t.test('a packed register answers every question as one that is held whole, after every change', async (t) => {
  const met = tally(t, { PERMIT: 100, DENY: 200 })
  fc.assert(
    fc.property(
      fc.array(worldArb, { minLength: 1, maxLength: 3 }),
      fc.array(requestArb('SYSTEMATIC'), { minLength: 2, maxLength: 4 }),
      anInstant,
      (worlds, requests, at) => {
        let [packed, whole] = [emptyPolicyIndex(SMALL), emptyPolicyIndex()]
        for (const [revision, world] of worlds.entries()) {
          const head = { revision: revision + 1, digest: String(revision), instant: 0 }
          // Another world of the same ids: texts change, their assessments, and the types of bodies.
          packed = packed.apply(recordsOf(world), head)
          whole = whole.apply(recordsOf(world), head)
          for (const request of [...requests, ...requests]) {
            const outcome = evaluate(request, at, packed)
            assert.deepEqual(comparable(outcome), comparable(evaluate(request, at, whole)))
            met.saw(outcome.decision)
          }
        }
      },
    ),
    runs(),
  )
  met.check()
})

t.test('texts longer than what packing looks back on are unpacked as they were, whatever stood in the first', async (t) => {
  const long = (id: string, seed: number) => {
    const title = Array.from({ length: 9_000 }, (_, at) => ((at * seed) % 7_919).toString(36)).join(' é€𝄞 ')
    return { ...anAgreement(), id, title }
  }
  const agreements = [anAgreement({ id: 'FIRST' }), long('SECOND', 31), long('THIRD', 77), anAgreement({ id: 'FOURTH' })]
  const index = emptyPolicyIndex({ keptMax: 1, compiledMax: 1 }).apply(recordsOf({ organisations: [], agreements, disclosures: [] }), {
    ...{ revision: 1, digest: '1', instant: 0 },
  })
  for (const { id, title } of agreements) t.equal(index.agreement(id)?.source.title, title, id)
})

t.test('what an agreement stands on beside itself is compiled in: an assessment stated anew, a body of another type', async (t) => {
  for (const limits of [SMALL, undefined]) {
    const agreement = anAgreement()
    const head = (revision: number) => ({ revision, digest: String(revision), instant: 0 })
    const index = emptyPolicyIndex(limits).apply(recordsOf({ organisations: [], agreements: [agreement], disclosures: [] }), head(1))
    const before = index.agreement(agreement.id)
    t.equal(index.agreement(agreement.id), before, 'compiled once')
    const { id: _id, ...dpia } = agreement.dpia
    const stated = index.apply([{ kind: 'ASSESSMENT', id: agreement.id, body: { ...dpia, residual: 'HIGH' } }], head(2))
    t.equal(stated.agreement(agreement.id)?.source.dpia.residual, 'HIGH')
    const other = stated.apply([{ kind: 'ASSESSMENT', id: 'OTHER', body: dpia }], head(3)).agreement(agreement.id)
    t.equal(other, stated.agreement(agreement.id), 'an assessment of others concerns it not')
  }
})
