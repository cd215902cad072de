import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { readCaseFile } from '../../src/cli/case-file.ts'
import { REASON_CODES, type ReasonCode, reasonNumber } from '../../src/decisions/rules/reason.ts'
import { shippedCodeLists } from '../../src/reference/reference.service.ts'
import { decisionCaseFiles } from '../support/case-files.ts'

// The case files say exactly what they mean: every case is complete, consistent with itself and found in the README.

const folder = new URL('../cases/', import.meta.url)
const files = decisionCaseFiles()
const cases = files.flatMap(({ name, text }) => readCaseFile(text).cases.map((one) => ({ name, ...one })))
const isReason = (code: string): code is ReasonCode => (REASON_CODES as readonly string[]).includes(code)

t.test('there are case files, and the README describes each', async (t) => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8')
  t.ok(files.length >= 10)
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) t.ok(readme.includes(`\`${name}\``), name)
})

t.test('every case has an id of its own, a title and an answer', async (t) => {
  t.equal(new Set(cases.map(({ id }) => id)).size, cases.length, 'no id twice')
  for (const { name, id, title, expect } of cases) {
    t.ok(title.length >= 10, `${name} ${id}`)
    t.ok(['PERMIT', 'DENY'].includes(expect.decision), `${name} ${id}`)
  }
})

t.test('a PERMIT has no reason; a DENY has some, known, in canonical order, each once', async (t) => {
  for (const { id, expect } of cases) {
    t.equal(expect.reasons.length === 0, expect.decision === 'PERMIT', id)
    t.strictSame(
      expect.reasons,
      [...new Set(expect.reasons)].filter(isReason).toSorted((a, b) => reasonNumber(a) - reasonNumber(b)),
      id,
    )
  }
})

t.test('an agreement that an answer names is in the file', async (t) => {
  for (const { name, text } of files) {
    const { cases: own, agreements } = readCaseFile(text)
    const ids = agreements.map(({ id }) => id)
    for (const { id, expect } of own) if (expect.agreement != null) t.ok(ids.includes(expect.agreement), `${name} ${id}`)
  }
})

t.test('an obligation that an answer expects is in the list of obligations', async (t) => {
  const known =
    shippedCodeLists()
      .find(({ list }) => list === 'OBLIGATION')
      ?.entries.map(({ code }) => code) ?? []
  for (const { id, expect } of cases) {
    for (const code of [...(expect.obligations_include ?? []), ...(expect.obligations_exclude ?? [])])
      t.ok(known.includes(code), `${id} ${code}`)
  }
})

t.test('permits and refusals are both asked for, in every file', async (t) => {
  for (const { name } of files) {
    const decisions = new Set(cases.filter((one) => one.name === name).map(({ expect }) => expect.decision))
    t.ok(decisions.has('PERMIT'), name)
  }
})
