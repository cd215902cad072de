import { readFileSync } from 'node:fs'
import t from 'tap'
import { type AssessmentCase, assessmentCaseFault, readAssessmentCases } from '../../../src/cli/assessment-cases.ts'

// The table that a lawyer reads: `npm run accord -- cases test/cases/assessments.json` judges it by the same reader.

const text = readFileSync(new URL('../../cases/assessments.json', import.meta.url), 'utf8')
const cases = readAssessmentCases(text) ?? []

t.test('every case about assessments has its answer', async (t) => {
  for (const one of cases) t.equal(assessmentCaseFault(one), null, `${one.id} ${one.title}`)
})

t.test('the table has a case for every rule, each with an id and a title of its own', async (t) => {
  t.same(
    [...new Set(cases.map(({ asks }) => asks))],
    ['screening', 'outcome', 'matrix', 'residual', 'state', 'reopening', 'regulator', 'changes'],
  )
  t.equal(new Set(cases.map(({ id }) => id)).size, cases.length)
  t.equal(new Set(cases.map(({ title }) => title)).size, cases.length)
})

t.test('an answer that differs is named, and a case that asks for nothing known is no case', async (t) => {
  const [first] = cases as readonly [AssessmentCase]
  t.equal(assessmentCaseFault({ ...first, expect: { needed: true } }), 'needed: expected true got false')
  t.equal(assessmentCaseFault({ ...first, expect: {} }), 'nothing is expected')
  t.throws(
    () => readAssessmentCases('{"about":"assessments","cases":[{"id":"X-1","asks":"weather"}]}'),
    /X-1 asks for "weather": one of screening/,
  )
  t.equal(readAssessmentCases('{"cases":[]}'), undefined, 'a table about decisions')
})
