import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import { type CaseFile, type DecisionCase, readCaseFile } from '../../../src/cli/case-file.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { emptyPolicyIndex, type PolicyIndex, type PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import { type DecisionBody, toDecisionRequest } from '../../../src/decisions/request-body.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'
import { answerTo } from '../../support/builders/answer.ts'
import { decisionCaseFiles } from '../../support/case-files.ts'

// Every case of every file through the pure rules: no server, no database. What the contract refuses before the rules are
// asked (INVALID_REQUEST) is checked against the contract's schema here and over HTTP in test/api/bad-input.test.ts.

const shipped = shippedCodeLists()
const isWellFormed = wellFormed()

for (const { name, text } of decisionCaseFiles()) {
  t.test(name, async (t) => {
    const file = readCaseFile(text)
    const index = compiled(file)
    for (const one of file.cases) t.strictSame(given(one, index), expected(one), `${one.id} ${one.title}`)
  })
}

function compiled(file: CaseFile): PolicyIndex {
  const records: PolicyRecord[] = [
    { kind: 'CODE_LISTS', id: 'current', body: { version: 'cases', lists: file.replaceLists(shipped) } },
    ...file.organisations.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
    ...file.agreements.map((body): PolicyRecord => ({ kind: 'AGREEMENT', id: body.id, body })),
    ...file.disclosureDecisions.map((body): PolicyRecord => ({ kind: 'DISCLOSURE_DECISION', id: body.id, body })),
  ]
  return emptyPolicyIndex().apply(records, { revision: 1, digest: '00'.repeat(32), instant: 0 })
}

function given({ request, expect }: DecisionCase, index: PolicyIndex) {
  if (!isWellFormed(request)) return { decision: 'DENY', reasons: ['INVALID_REQUEST'], agreement: null, missing: [], extra: [] }
  const body = request as unknown as DecisionBody
  const at = Date.parse(body.at ?? '')
  const outcome = evaluate(toDecisionRequest(body, { live: false }), at, index)
  const answer = answerTo(outcome, at, index)
  const obligations: readonly string[] = answer.obligations.map(({ code }) => code)
  return {
    decision: answer.decision,
    reasons: answer.reasons.map(({ code }) => code),
    agreement: expect.agreement === undefined ? null : answer.agreement,
    missing: (expect.obligations_include ?? []).filter((code) => !obligations.includes(code)),
    extra: (expect.obligations_exclude ?? []).filter((code) => obligations.includes(code)),
  }
}

function expected({ expect }: DecisionCase) {
  return { decision: expect.decision, reasons: expect.reasons, agreement: expect.agreement ?? null, missing: [], extra: [] }
}

/** Whether a body fits the contract of a simulation. */
function wellFormed(): (body: unknown) => boolean {
  const document = JSON.parse(readFileSync(new URL('../../../src/platform/http/openapi.gen.json', import.meta.url), 'utf8'))
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'contract', ...document })
  return ajv.compile({ $ref: 'contract#/components/schemas/SimulationRequest' })
}
