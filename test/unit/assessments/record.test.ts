import fc from 'fast-check'
import t from 'tap'
import type { AssessedFlow } from '../../../src/assessments/made/assessed-facts.ts'
import { changedAnswers, changedFacts } from '../../../src/assessments/made/changes.ts'
import { type AssessmentContent, NOTHING_WRITTEN } from '../../../src/assessments/made/content.ts'
import { contentIn, documentOf, snapshotOf } from '../../../src/assessments/made/snapshot.ts'
import { aFlow, aMeasure, aRisk, codes, questions, theFacts } from './made.ts'

const written: AssessmentContent = {
  ...NOTHING_WRITTEN,
  answers: { 'need.aims': { text: 'Safer homes.', choice: null } },
  ...{ risks: [aRisk()], measures: [aMeasure()] },
}
const hashOf = (record: ReturnType<typeof snapshotOf>) => documentOf('a', 1, record).hash
const snapshot = (content = written, facts = theFacts()) => snapshotOf({ questions, content, facts, codes })

t.test('the record of a version holds what was asked and answered, and what follows from it', async (t) => {
  const { edition, asked, risks, inherent, residual } = snapshot()
  t.equal(edition, questions.edition)
  t.same(asked.find(({ key }) => key === 'need.aims')?.answer, { text: 'Safer homes.', choice: null })
  t.equal(asked.find(({ key }) => key === 'context.control')?.answer, null, 'what was asked and not answered is in it')
  t.notOk(
    asked.some(({ key }) => key === 'necessity.transfers'),
    'what was not asked is not',
  )
  t.same([inherent, residual], ['HIGH', 'LOW'])
  t.match(risks[0], { overall: 'HIGH', residual: { likelihood: 'REMOTE', severity: 'SEVERE', overall: 'LOW', eliminated: false } })
  const left = { ...written, answers: { 'necessity.transfers': { text: 'By an IDTA.', choice: null } } }
  t.ok(
    snapshot(left).asked.some(({ key }) => key === 'necessity.transfers'),
    'an answer stays when its question no longer applies',
  )
})

const content = fc
  .record({
    text: fc.string({ unit: 'binary', maxLength: 20 }),
    likelihood: fc.constantFrom('REMOTE', 'POSSIBLE'),
    measures: fc.boolean(),
    due: fc.constantFrom(null, '2027-01-01', '2028-01-01'),
  })
  .map(
    ({ text, likelihood, measures, due }): AssessmentContent => ({
      ...written,
      answers: { 'need.aims': { text, choice: null } },
      risks: [aRisk({ likelihood })],
      measures: measures ? [aMeasure()] : [],
      review: due === null ? null : { due, kept_by: 'Head of service' },
    }),
  )

t.test('the hash of a record is the same if and only if the content is', async (t) => {
  fc.assert(
    fc.property(content, content, (a, b) => {
      const isSame = JSON.stringify(a) === JSON.stringify(b)
      const turned = JSON.parse(JSON.stringify(a), (_name, part) =>
        part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).toReversed()) : part,
      ) as AssessmentContent
      const changed = changedAnswers(a, b, questions)
      return (
        (hashOf(snapshot(a)) === hashOf(snapshot(b))) === isSame &&
        hashOf(snapshot(turned)) === hashOf(snapshot(a)) &&
        (changed.length === 0) === isSame &&
        changedAnswers(contentIn(snapshot(a)), a, questions).length === 0
      )
    }),
  )
  t.match(hashOf(snapshot()), /^[0-9a-f]{64}$/)
  t.equal(hashOf(snapshot(written, theFacts({ narrative: { foi: undefined } }))), hashOf(snapshot()), 'not written is not there')
})

const flow = fc
  .record({
    data_items: fc.uniqueArray(fc.constantFrom('IDENTITY.NAME', 'CONTACT.ADDRESS', 'HEALTH.DISABILITY'), { maxLength: 3 }),
    countries: fc.uniqueArray(fc.constantFrom('GB', 'IE'), { minLength: 1, maxLength: 2 }),
    frequency: fc.constantFrom('ONE_OFF', 'ON_EVENT', 'DAILY', 'WEEKLY', null),
    id: fc.constantFrom('F1', 'F2'),
  })
  .map((over): AssessedFlow => aFlow(over))

t.test('what changed of what is assessed is what matters, whichever of two states came first, and no wording', async (t) => {
  fc.assert(
    fc.property(flow, flow, (a, b) => {
      const [before, after] = [theFacts({ flows: [a] }), theFacts({ flows: [b] })]
      const said = ({ data_items, countries, id }: AssessedFlow) => JSON.stringify([data_items.toSorted(), countries.toSorted(), id])
      const isChanged = changedFacts(before, after).length > 0
      return isChanged === changedFacts(after, before).length > 0 && (isChanged || said(a) === said(b))
    }),
  )
  t.same(changedFacts(theFacts(), theFacts({ title: 'Another title', narrative: { purpose: 'Said in other words.' } })), [])
  const often = (frequency: string) => theFacts({ flows: [aFlow({ frequency })] })
  t.same(changedFacts(often('WEEKLY'), often('DAILY')), [])
})

t.test('what changed is named by the question, the risk and the measure, in the order of the steps', async (t) => {
  const after: AssessmentContent = {
    ...written,
    answers: { 'sign_off.review': { text: 'An incident.', choice: null }, 'need.aims': { text: 'Safe homes.', choice: null } },
    ...{ risks: [aRisk({ severity: 'SIGNIFICANT' })], measures: [] },
  }
  t.same(
    changedAnswers(written, after, questions).map(({ pointer, before, after: now }) => [pointer, before === null, now === null]),
    [
      ['/answers/need.aims', false, false],
      ['/answers/sign_off.review', true, false],
      ['/risks/RISK1', false, false],
      ['/measures/M1', false, true],
    ],
  )
  t.equal(
    changedAnswers(written, after, questions)[0]?.label,
    'What do you want to achieve with this share, and what kind of processing is it?',
  )
  t.same(changedAnswers(written, written, questions), [])
})
