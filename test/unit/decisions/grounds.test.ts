import t from 'tap'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import { answerTo } from '../../support/builders/answer.ts'
import { aDisclosureDecision, aFlow, anAgreement, aRequest, aVersion, indexWith } from '../../support/builders/decision-world.ts'
import { AT, oneFlow } from '../../support/builders/refusal.ts'

// Every permit names the law it stands on, and what must be done with the data in full; every reason the codes it is about.

const answered = (request: DecisionRequest, index: ReturnType<typeof indexWith>) => answerTo(evaluate(request, AT, index), AT, index)
const FORM = {
  lawful_basis: '6(1)(e)',
  conditions: ['SCH1_10'],
  exemption: 'SCH2_2',
  legal_compulsion: false,
  approved_by_role: 'AUTHORISED_DISCLOSURE_OFFICER',
}
const CLAIM = {
  ground: 'PREVENT_SERIOUS_HARM',
  actor: 'duty-manager-7',
  justification: 'A child is at risk in the next hours and must be found.',
  art9: '9(2)(g)',
  subject_incapable: null,
  sch1: ['SCH1_18'],
  sch8: [],
  transfer: null,
}

t.test('a one-off permit names the disclosure decision that it rides on and the law in its form', async (t) => {
  const request = aRequest({ mode: 'AD_HOC', disclosure_decision_id: 'ONE-1' })
  const answer = answered(request, indexWith([], [aDisclosureDecision({ form: { ...FORM, requester_post: 'Detective constable' } })]))
  t.match(answer, { decision: 'PERMIT', via: 'AD_HOC', asserted_law: null })
  t.strictSame(answer.disclosure_decision, { id: 'ONE-1', ...FORM }, 'and nothing else of the form')
  const bare = answered(request, indexWith([], [aDisclosureDecision({ form: { conditions: 'SCH1_10', lawful_basis: 7 } })]))
  const nothing = { lawful_basis: null, conditions: [], exemption: null, legal_compulsion: null, approved_by_role: null }
  t.strictSame(bare.disclosure_decision, { id: 'ONE-1', ...nothing }, 'what cannot be read is not made up')
})

t.test('an emergency permit names the law that the duty manager asserted, conditions only where they were needed', async (t) => {
  const request = aRequest({ mode: 'EMERGENCY', lawful_basis: '6(1)(d)', emergency: CLAIM, data_items: ['NAME', 'HEALTH.DIAGNOSIS'] })
  const answer = answered(request, indexWith([]))
  t.match(answer, { decision: 'PERMIT', via: 'BREAK_GLASS', disclosure_decision: null, legal: null })
  const { ground, art9, sch1, sch8, transfer } = CLAIM
  t.strictSame(answer.asserted_law, { ground, lawful_basis: '6(1)(d)', art9, sch1, sch8, transfer })
  const ordinary = answered({ ...request, data_items: ['NAME'] }, indexWith([])).asserted_law
  t.strictSame(ordinary, { ground, lawful_basis: '6(1)(d)', art9: null, sch1: [], sch8: [], transfer })
})

t.test('a refusal and a permit by agreement have neither', async (t) => {
  for (const request of [aRequest(), aRequest({ method: 'SFTP' })]) {
    t.match(answered(request, indexWith([anAgreement()])), { disclosure_decision: null, asserted_law: null })
  }
})

t.test('the entry about the disclosure is told its decision and its items, whatever carries the permit', async (t) => {
  const index = indexWith([anAgreement()], [aDisclosureDecision()])
  const none = indexWith([])
  for (const answer of [
    answered(aRequest(), index),
    answered(aRequest({ mode: 'AD_HOC', disclosure_decision_id: 'ONE-1' }), index),
    answered(aRequest({ mode: 'EMERGENCY', lawful_basis: '6(1)(d)', emergency: CLAIM }), none),
  ]) {
    const { parameters } = answer.obligations.find(({ code }) => code === 'LOG_DISCLOSURE') ?? {}
    t.strictSame(parameters, { decision_id: answer.decision_id, fields: ['NAME'] }, answer.via ?? '')
  }
})

t.test('the method comes with the least encryption that the code list asks of it', async (t) => {
  const encryption = (method: string | null) =>
    answered(aRequest({ method }), indexWith([anAgreement()])).obligations.find(({ code }) => code === 'TRANSFER_METHOD')?.parameters
  t.strictSame(encryption('API_MTLS'), {
    methods: ['API_MTLS'],
    min_encryption: { API_MTLS: 'TLS 1.2 or later, certificates on both sides' },
  })
  t.match(encryption(null), { methods: ['SECURE_EMAIL', 'API_MTLS'], min_encryption: { SECURE_EMAIL: /TLS/, API_MTLS: /TLS/ } })
})

t.test('a reason names the codes it is about', async (t) => {
  const { legal } = aFlow()
  const bases = (...art6: string[]) => ({ legal: { ...legal, provider: { ...legal.provider, art6 } } })
  const cases = [
    ['LAWFUL_BASIS_MISMATCH', { lawful_basis: '6(1)(c)' }, {}, ['6(1)(c)']],
    ['LAWFUL_BASIS_NOT_AVAILABLE', { lawful_basis: '6(1)(f)' }, bases('6(1)(e)', '6(1)(f)'), ['6(1)(f)']],
    ['LAWFUL_BASIS_NOT_AVAILABLE', {}, bases('6(1)(f)'), ['6(1)(f)']],
    ['DATA_FORM_NOT_ALLOWED', {}, { data_form: 'PSEUDONYMISED' }, ['IDENTIFIABLE']],
    ['VOLUME_EXCEEDED', { record_count: 9 }, { volume_limit: { subjects: null, records: 5 } }, ['record_count']],
    ['VOLUME_EXCEEDED', {}, { volume_limit: { subjects: 5, records: 5 } }, ['subject_count', 'record_count']],
  ] as const
  for (const [code, over, flow, items] of cases) {
    const { reasons } = answered(aRequest(over), indexWith(oneFlow(flow).agreements))
    t.strictSame(reasons.find((found) => found.code === code)?.items, items, `${code} ${items.join()}`)
  }
  const unknown = answered(
    aRequest({ method: 'PIGEON', data_items: ['NAME', 'SHOE_SIZE'] }),
    indexWith([anAgreement({ versions: [aVersion()] })]),
  )
  t.match(unknown.reasons, [
    {
      code: 'UNKNOWN_CODE',
      detail: 'Not in its code list on 2026-03-02: PIGEON (method), SHOE_SIZE (data_items).',
      items: ['PIGEON', 'SHOE_SIZE'],
    },
  ])
})
