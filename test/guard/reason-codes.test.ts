import { readFileSync } from 'node:fs'
import t from 'tap'
import { readCaseFile } from '../../src/cli/case-file.ts'
import { REASON_CODES, reasonNumber } from '../../src/decisions/rules/reason.ts'
import { isRole } from '../../src/identity/permissions.ts'
import { shippedCodeLists } from '../../src/reference/reference.service.ts'
import { decisionCaseFiles } from '../support/case-files.ts'

// Every reason can happen, has words for those who get it, and keeps its number.

const folder = new URL('../', import.meta.url)
const cases = decisionCaseFiles().flatMap(({ text }) => readCaseFile(text).cases)
const entries = shippedCodeLists().find(({ list }) => list === 'REASON')?.entries ?? []

/** A case file asks as a party; who is none is asked for over HTTP. */
const SHOWN_BY_TEST = { CALLER_NOT_PARTY: 'api/decisions.test.ts' } as const

t.test('every reason is the answer of some case', async (t) => {
  const expected = new Set(cases.flatMap(({ expect }) => expect.reasons))
  for (const code of REASON_CODES) {
    if (code in SHOWN_BY_TEST) {
      const test = readFileSync(new URL(SHOWN_BY_TEST[code as keyof typeof SHOWN_BY_TEST], folder), 'utf8')
      t.ok(test.includes(`'${code}'`), `${code} in ${SHOWN_BY_TEST[code as keyof typeof SHOWN_BY_TEST]}`)
    } else t.ok(expected.has(code), code)
  }
})

t.test('every reason is in the code list under its number, and the list has no other', async (t) => {
  t.strictSame(
    entries.map(({ code, attributes }) => [code, attributes['number']]),
    REASON_CODES.map((code) => [code, reasonNumber(code)]),
  )
})

t.test('every reason tells the caller and the officer something, cites its law and says who can remedy it', async (t) => {
  for (const { code, citation, attributes } of entries) {
    const { text_for_caller: caller, text_for_officer: officer, remedy_role: role, remedy } = attributes
    for (const text of [caller, officer]) t.match(text, /^[A-Z].{30,}[.]$/s, `${code}: whole sentences`)
    t.not(caller, officer, `${code}: two readers, two texts`)
    t.ok(typeof citation === 'string' && citation.length > 0, `${code}: citation`)
    t.ok(typeof remedy === 'string' && remedy.length > 0, `${code}: remedy`)
    t.ok(role === null || (typeof role === 'string' && isRole(role)), `${code}: ${String(role)} is a role`)
  }
})

t.test('what a caller is told is of no use to whoever fishes for agreements', async (t) => {
  for (const { code, attributes } of entries) t.notMatch(attributes['text_for_caller'], /AGR-|DEMO-|\{/, code)
})
