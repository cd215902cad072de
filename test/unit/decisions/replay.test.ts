import t from 'tap'
import type { Answer } from '../../../src/decisions/answer.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import type { EvaluatedRecord } from '../../../src/decisions/history/decision-record.ts'
import { replay } from '../../../src/decisions/history/replay.ts'
import type { DecisionBody } from '../../../src/decisions/request-body.ts'
import { answerTo } from '../../support/builders/answer.ts'
import { aDisclosureDecision, anAgreement, aRequest, indexWith } from '../../support/builders/decision-world.ts'
import { AT } from '../../support/builders/refusal.ts'

// A record of an earlier build says less than an answer of today; what it says must still be what is answered.

const index = indexWith([anAgreement()], [aDisclosureDecision({ form: { lawful_basis: '6(1)(e)' } })])

function recordOf(body: DecisionBody, change: (answer: Answer) => object, reliedOn: string | null = null): EvaluatedRecord {
  const request = aRequest(body as object)
  const answer = answerTo(evaluate(request, AT, index), AT, index)
  const leaf = {
    id: answer.decision_id,
    t: 'adl.access_evaluation',
    ts: AT,
    cfg: 'sha256:00',
    pol: '',
    rev: 1,
    st: 'Ok',
    trace: '',
    span: '',
    rc: [],
    n: 1,
  }
  const caller = { sub: 'urn:client', org: 'NORTHBOROUGH', roles: ['API_CLIENT'], client_id: 'one' } as const
  const response = JSON.parse(JSON.stringify({ ...answer, ...change(answer) })) as Answer
  return {
    decisionId: answer.decision_id,
    evaluation: 0,
    log: 'l',
    index: 0,
    leaf,
    isAltered: false,
    payload: { caller, request: body, response, relied_on: reliedOn },
  }
}

const { lawful_basis, data_form, agreement_ref, ...BODY } = aRequest()
const share = (over: object = {}) => ({ ...BODY, ...over }) as unknown as DecisionBody
const differences = (record: EvaluatedRecord, isSameEngine = true) => replay(record, { index, callers: index }, isSameEngine).differences
const ONE_OFF = share({ mode: 'AD_HOC', disclosure_decision_id: 'ONE-1' })

t.test('a record that lacks what answers have named since is the same answer', async (t) => {
  const before = ({ obligations }: Answer) => ({
    disclosure_decision: undefined,
    asserted_law: undefined,
    obligations: obligations.map((one) => (one.code === 'LOG_DISCLOSURE' ? { ...one, parameters: {} } : one)),
  })
  t.strictSame(differences(recordOf(ONE_OFF, before)), [])
  t.strictSame(differences(recordOf(share(), before, 'AGR-1')), [])
  t.strictSame(differences(recordOf(ONE_OFF, () => ({}))), [], 'as is one that has it all')
})

t.test('what a record does say is compared, by whatever build it was made', async (t) => {
  const other = (answer: Answer) => ({ disclosure_decision: { ...answer.disclosure_decision, lawful_basis: '6(1)(c)' } })
  const fewer = ({ obligations }: Answer) => ({ obligations: obligations.slice(1) })
  const stranger = ({ obligations }: Answer) => ({
    obligations: obligations.map((one) => ({ ...one, parameters: { ...one.parameters, purpose: 'FRAUD' } })),
  })
  for (const isSameEngine of [true, false]) {
    t.strictSame(differences(recordOf(ONE_OFF, other), isSameEngine), ['disclosure_decision'])
    t.strictSame(differences(recordOf(ONE_OFF, fewer), isSameEngine), ['obligations'])
    t.strictSame(differences(recordOf(ONE_OFF, stranger), isSameEngine), ['obligations'])
  }
})

t.test('the words of a reason count where the rules are the same build, its code always', async (t) => {
  const change =
    (over: object) =>
    ({ reasons }: Answer) => ({ reasons: reasons.map((reason) => ({ ...reason, ...over })) })
  const refused = share({ lawful_basis: '6(1)(c)' })
  t.strictSame(differences(recordOf(refused, change({ detail: 'In other words.' }), 'AGR-1'), true), ['reasons'])
  t.strictSame(differences(recordOf(refused, change({ detail: 'In other words.' }), 'AGR-1'), false), [])
  t.strictSame(differences(recordOf(refused, change({ items: undefined }), 'AGR-1'), true), [], 'a record without items')
  for (const over of [{ code: 'EXPIRED' }, { items: ['6(1)(d)'] }, { side: 'RECIPIENT' }]) {
    t.strictSame(differences(recordOf(refused, change(over), 'AGR-1'), false), ['reasons'], JSON.stringify(over))
  }
})
