import fc from 'fast-check'
import t from 'tap'
import type { Measure, Risk } from '../../../src/assessments/made/content.ts'
import { inherentOf, overallOf, residualOf, residualOfRisk, riskMap } from '../../../src/assessments/made/risks.ts'
import { aMeasure, aRisk, codes, TODAY } from './made.ts'

const LIKELIHOODS = ['REMOTE', 'POSSIBLE', 'PROBABLE']
const SEVERITIES = ['MINIMAL', 'SIGNIFICANT', 'SEVERE']
const ORDER = ['LOW', 'MEDIUM', 'HIGH']

const placed = { likelihood: fc.constantFrom(...LIKELIHOODS), severity: fc.constantFrom(...SEVERITIES) }
const risks = fc
  .array(fc.record(placed), { minLength: 1, maxLength: 5 })
  .map((all) => all.map((one, at): Risk => aRisk({ id: `RISK${at}`, ...one })))
const measure = fc
  .record({
    risk: fc.nat(5),
    effect: fc.constantFrom('ELIMINATED', 'REDUCED', 'ACCEPTED'),
    left: fc.option(fc.record(placed)),
    approved: fc.boolean(),
  })
  .map(
    ({ risk, effect, left, approved }): Measure =>
      aMeasure({ risk_id: `RISK${risk}`, effect, left, approved: approved ? { by: 'SIRO', on: TODAY } : null }),
  )
const rank = (overall: string | null) => ORDER.indexOf(overall ?? '')

t.test('what is left of a risk is never more than there was', async (t) => {
  fc.assert(
    fc.property(risks, fc.array(measure, { maxLength: 8 }), (all, measures) => {
      for (const risk of all) {
        const left = residualOfRisk(risk, measures, codes)
        if (LIKELIHOODS.indexOf(left.likelihood) > LIKELIHOODS.indexOf(risk.likelihood)) return false
        if (SEVERITIES.indexOf(left.severity) > SEVERITIES.indexOf(risk.severity)) return false
        if (rank(left.overall) > rank(overallOf(risk.likelihood, risk.severity, codes))) return false
      }
      return rank(residualOf({ risks: all, measures }, codes)) <= rank(inherentOf({ risks: all }, codes))
    }),
  )
  t.pass()
})

t.test('a measure more never leaves more of the risk, in whatever order they stand', async (t) => {
  fc.assert(
    fc.property(risks, fc.array(measure, { maxLength: 8 }), measure, (all, measures, more) => {
      const before = residualOf({ risks: all, measures }, codes)
      const after = residualOf({ risks: all, measures: [...measures, more] }, codes)
      const turned = residualOf({ risks: all, measures: [more, ...measures.toReversed()] }, codes)
      return rank(after) <= rank(before) && turned === after
    }),
  )
  t.pass()
})

t.test('a measure that nobody has approved changes nothing', async (t) => {
  fc.assert(
    fc.property(risks, fc.array(measure, { maxLength: 8 }), measure, (all, measures, more) => {
      const unapproved = { ...more, approved: null }
      return residualOf({ risks: all, measures }, codes) === residualOf({ risks: all, measures: [...measures, unapproved] }, codes)
    }),
  )
  t.pass()
})

t.test('the map shows each risk in one cell before, and in one cell after or as eliminated', async (t) => {
  fc.assert(
    fc.property(risks, fc.array(measure, { maxLength: 8 }), (all, measures) => {
      const map = riskMap({ risks: all, measures }, codes)
      const ids = (rows: typeof map.before) => rows.flat().flatMap(({ risks: here }) => here)
      const isSorted = (found: readonly string[]) => JSON.stringify(found.toSorted()) === JSON.stringify(all.map(({ id }) => id))
      return isSorted(ids(map.before)) && isSorted([...ids(map.after), ...map.eliminated]) && map.unread.length === 0
    }),
  )
  t.pass()
})

t.test('the map reads as the table of the guidance: the worst on the top right', async (t) => {
  const map = riskMap({ risks: [aRisk()], measures: [aMeasure()] }, codes)
  t.same(
    map.before.map((row) => row.map(({ overall }) => overall)),
    [
      ['LOW', 'HIGH', 'HIGH'],
      ['LOW', 'MEDIUM', 'HIGH'],
      ['LOW', 'LOW', 'LOW'],
    ],
  )
  t.same(map.before[0]?.[1], { severity: 'SEVERE', likelihood: 'POSSIBLE', overall: 'HIGH', count: 1, risks: ['RISK1'] })
  t.same(map.after[0]?.[0], { severity: 'SEVERE', likelihood: 'REMOTE', overall: 'LOW', count: 1, risks: ['RISK1'] })
  const unread = aRisk({ id: 'RISK2', severity: 'CATASTROPHIC' })
  t.same(riskMap({ risks: [unread], measures: [] }, codes).unread, ['RISK2'], 'what no list has is in no cell, and said to be')
  t.equal(
    residualOf({ risks: [unread], measures: [aMeasure({ risk_id: 'RISK2', left: { likelihood: 'REMOTE', severity: 'MINIMAL' } })] }, codes),
    'HIGH',
  )
})
