import t from 'tap'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { REMEDY_LIMITS, remedies } from '../../../src/decisions/remedies/remedies.ts'
import { spareTime } from '../../../src/decisions/remedies/spare-time.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import {
  anAgreement,
  aParty,
  aRequest,
  aSide,
  aSuspension,
  aVersion,
  indexWith,
  type World,
} from '../../support/builders/decision-world.ts'
import { AT, aDpia, kindsOf, one, oneFlow, refusedFor } from '../../support/builders/refusal.ts'

// Remedies: what would make a refusal a permit. Each that is offered was tried out, and none guesses the law.

const indexOf = ({ agreements = [anAgreement()] }: Partial<World>) => indexWith(agreements)
const everybody = () => true

const SINGLE: readonly [string, Partial<DecisionRequest>, Partial<World>, string, readonly string[]][] = [
  [
    'an item that is not agreed is left out, or the flow amended',
    { data_items: ['NAME', 'INCOME'] },
    {},
    'DATA_NOT_COVERED',
    ['NARROW_REQUEST', 'AMEND_FLOW'],
  ],
  ['another method is used', { method: 'SFTP' }, {}, 'METHOD_NOT_ALLOWED', ['USE_METHOD']],
  ['the data is sent in the agreed form', {}, oneFlow({ data_form: 'PSEUDONYMISED' }), 'DATA_FORM_NOT_ALLOWED', ['USE_FORM']],
  ['the counts are stated', {}, oneFlow({ volume_limit: { subjects: 5, records: null } }), 'VOLUME_EXCEEDED', ['STATE_COUNT']],
  ['the data stays in the United Kingdom', { country: 'IN' }, {}, 'TRANSFER_NOT_ALLOWED', ['USE_COUNTRY']],
  ['a recorded basis is asserted', { lawful_basis: '6(1)(a)' }, {}, 'LAWFUL_BASIS_MISMATCH', ['CORRECT_BASIS']],
  ['consent is recorded', {}, oneFlow({ consent_required: true }), 'CONSENT_NOT_RECORDED', ['RECORD_CONSENT']],
  [
    'the missing signature is given',
    {},
    one({ signatures: [{ org: 'NORTHBOROUGH', version: 1, signed_at: '2025-12-31T12:00:00Z' }] }),
    'PARTY_NOT_SIGNED',
    ['SIGN'],
  ],
  ['the dates are renewed', {}, one({ versions: [aVersion({ effective_to: '2026-02-01' })] }), 'EXPIRED', ['RENEW']],
  ['the review is completed', {}, one({ review_due: '2026-02-01' }), 'REVIEW_OVERDUE', ['REVIEW']],
  [
    'the suspension of the agreement is lifted',
    {},
    one({ suspensions: [aSuspension({ from: '2026-01-05T00:00:00Z' })] }),
    'SUSPENDED',
    ['LIFT_SUSPENSION'],
  ],
  [
    'the suspension of the flow is lifted',
    {},
    one({ suspensions: [aSuspension({ from: '2026-01-05T00:00:00Z', scope: 'FLOW', flow: 'F1' })] }),
    'SUSPENDED',
    ['LIFT_SUSPENSION'],
  ],
  [
    'the suspension of a party is lifted',
    {},
    one({ suspensions: [aSuspension({ from: '2026-01-05T00:00:00Z', scope: 'PARTY', party: 'SOUTHBOROUGH' })] }),
    'PARTY_SUSPENDED',
    ['LIFT_SUSPENSION'],
  ],
  ['the DPIA is approved', {}, one({ dpia: aDpia({ status: 'DRAFT' }) }), 'DPIA_REQUIRED_NOT_APPROVED', ['APPROVE_DPIA']],
  ['the DPIA is reviewed', {}, one({ dpia: aDpia({ review_due: '2026-02-01' }) }), 'DPIA_REVIEW_OVERDUE', ['REVIEW_DPIA']],
  [
    'the regulator is consulted',
    {},
    one({ dpia: aDpia({ residual: 'HIGH' }) }),
    'PRIOR_CONSULTATION_OUTSTANDING',
    ['COMPLETE_CONSULTATION'],
  ],
  [
    'the policy document is adopted, or the special items left out',
    { data_items: ['NAME', 'HEALTH.DIAGNOSIS'] },
    one({ apd: [] }),
    'APPROPRIATE_POLICY_MISSING',
    ['NARROW_REQUEST', 'ADD_POLICY_DOCUMENT'],
  ],
  ['the processor is listed', { provider_agent: 'CHARITY' }, {}, 'PROCESSOR_NOT_AUTHORISED', ['LIST_AGENT']],
  [
    'the arrangement of joint controllers is completed',
    {},
    one({ instrument_type: 'JOINT_CONTROLLER' }),
    'JOINT_CONTROLLER_ARRANGEMENT_MISSING',
    ['COMPLETE_ARRANGEMENT'],
  ],
  ['whoever asks too early waits', {}, one({ versions: [aVersion({ effective_from: '2027-06-01' })] }), 'NOT_YET_EFFECTIVE', ['WAIT']],
  [
    'the condition that nobody recorded is not made up: the items are left out',
    { data_items: ['NAME', 'HEALTH.DIAGNOSIS'] },
    oneFlow({ legal: { provider: aSide({ art9: [] }), recipient: aSide() } }),
    'SPECIAL_CATEGORY_CONDITION_MISSING',
    ['NARROW_REQUEST'],
  ],
]

t.test('for each failed rule the smallest change that makes it a permit is offered', async (t) => {
  for (const [title, over, world, code, kinds] of SINGLE) {
    const { codes, found } = refusedFor(aRequest(over), world)
    t.ok(codes.includes(code), `${title}: refused for ${code} (${codes})`)
    t.strictSame(kindsOf(found), kinds, title)
    for (const { changes } of found) {
      for (const change of changes) t.ok(change.organisations.length > 0 && /^[A-Z_]+$/.test(change.by), `${title}: somebody can do it`)
    }
  }
})

t.test('what is offered is true: the request narrowed as the remedy says is permitted', async (t) => {
  const request = aRequest({ data_items: ['NAME', 'INCOME', 'HEALTH.DIAGNOSIS'] })
  const { found } = refusedFor(request, {})
  const [narrow] = found
  const leaveOut = narrow?.changes[0]?.values ?? []
  t.strictSame(leaveOut, ['INCOME'])
  const after = { ...request, data_items: request.data_items.filter((item) => !leaveOut.includes(item)) }
  t.equal(evaluate(after, AT, indexOf({})).decision, 'PERMIT')
})

t.test('what is offered is true: the agreement signed by whom the remedy names is permitted', async (t) => {
  const unsigned = anAgreement({ signatures: [], versions: [aVersion({ terms: { commencement: { rule: 'ALL_SIGNED' } } })] })
  const parties = [...unsigned.parties, aParty('CHARITY')]
  const { found } = refusedFor(aRequest(), { agreements: [{ ...unsigned, parties }] })
  t.strictSame(kindsOf(found), ['SIGN'])
  const signers = found[0]?.changes[0]?.organisations ?? []
  t.strictSame(signers.toSorted(), ['CHARITY', 'NORTHBOROUGH', 'SOUTHBOROUGH'], 'all must sign, not only the two that share')
  const signatures = signers.map((org) => ({ org, version: 1, signed_at: '2026-01-02T00:00:00Z' }))
  t.equal(evaluate(aRequest(), AT, indexOf({ agreements: [{ ...unsigned, parties, signatures }] })).decision, 'PERMIT')
})

t.test('where one change is not enough two are offered, and three where it takes three', async (t) => {
  const two = { ...one({ dpia: aDpia({ status: 'DRAFT' }) }) }
  t.strictSame(kindsOf(refusedFor(aRequest({ method: 'SFTP' }), two).found), ['USE_METHOD+APPROVE_DPIA'])
  const three = one({ dpia: aDpia({ status: 'DRAFT' }), review_due: '2026-02-01' })
  const [remedy, ...rest] = refusedFor(aRequest({ method: 'SFTP' }), three).found
  t.strictSame(remedy?.changes.map(({ kind }) => kind).toSorted(), ['APPROVE_DPIA', 'REVIEW', 'USE_METHOD'])
  t.strictSame(rest, [])
})

t.test('nothing is offered that would not help, or that nobody may undo', async (t) => {
  const terminated = one({ terminated_at: '2026-02-01T00:00:00Z' })
  t.strictSame(refusedFor(aRequest(), terminated).found, [], 'an agreement that was terminated')
  const left = one({ parties: [aParty('NORTHBOROUGH'), aParty('SOUTHBOROUGH', { left_at: '2026-02-01T00:00:00Z' })] })
  t.strictSame(refusedFor(aRequest(), left).found, [], 'a party that has left')
  t.strictSame(refusedFor(aRequest({ subject_flags: ['RESTRICTED'] }), {}).found, [], 'a restriction under Art 18')
  const unlawful = oneFlow({ legal: { provider: aSide({ art6: [] }), recipient: aSide() } })
  t.strictSame(refusedFor(aRequest(), unlawful).found, [], 'a lawful basis is never guessed')
  t.strictSame(
    refusedFor(aRequest({ data_items: ['INCOME'] }), {}).found.map(({ changes }) => changes[0]?.kind),
    ['AMEND_FLOW'],
    'no request without items',
  )
})

t.test('a signature does not lift a prohibition in another agreement', async (t) => {
  const unsigned = anAgreement({ signatures: [] })
  const prohibiting = anAgreement({
    id: 'AGR-2',
    versions: [aVersion({ terms: { flows: [], prohibitions: [{ purposes: ['CARE'], note: null }] } })],
  })
  const index = indexOf({ agreements: [unsigned, prohibiting] })
  const outcome = evaluate(aRequest(), AT, index)
  t.match(outcome, { decision: 'DENY', reasons: [{ code: 'PROHIBITED_BY_AGREEMENT' }] })
  if (outcome.decision === 'DENY')
    t.strictSame(remedies({ request: aRequest(), at: AT, askedAt: AT, isPastText: false, index, outcome }, everybody), [])
})

t.test('a remedy never rides on an agreement that the caller may not know', async (t) => {
  const other = anAgreement({ id: 'AGR-2' })
  const refused = anAgreement({ id: 'AGR-1', terminated_at: '2026-02-01T00:00:00Z' })
  const world = { agreements: [refused, other] }
  const request = aRequest({ agreement_ref: 'AGR-1' })
  t.strictSame(kindsOf(refusedFor(request, world).found), ['ASK_WITHOUT_REFERENCE'])
  t.strictSame(refusedFor(request, world, { mayKnow: ({ id }) => id !== 'AGR-2' }).found, [])
})

t.test('a reference that is of no agreement between the two does not hide the one that permits', async (t) => {
  const index = indexOf({})
  const request = aRequest({ agreement_ref: 'MISTYPED' })
  const outcome = evaluate(request, AT, index)
  if (outcome.decision !== 'DENY') throw new Error('no refusal')
  t.match(outcome.reasons, [{ code: 'NO_AGREEMENT', detail: 'The reference is not that of an agreement that lists both organisations.' }])
  const refused = { request, at: AT, askedAt: AT, isPastText: false, index, outcome }
  t.match(remedies(refused, everybody), [{ changes: [{ kind: 'ASK_WITHOUT_REFERENCE' }] }])
  t.strictSame(
    remedies(refused, () => false),
    [],
    'nor is it offered to whoever may not know that one',
  )
})

t.test('the work is bounded', async (t) => {
  let evaluations = 0
  const index = indexOf(one({ signatures: [], dpia: aDpia({ status: 'DRAFT' }), review_due: '2026-02-01', apd: [] }))
  const counting = {
    ...index,
    between(a: string, b: string) {
      evaluations += 1
      return index.between(a, b)
    },
  }
  const request = aRequest({
    data_items: ['NAME', 'INCOME', 'HEALTH.DIAGNOSIS', 'OFFENCE'],
    method: 'SFTP',
    country: 'IN',
    lawful_basis: '6(1)(a)',
  })
  const outcome = evaluate(request, AT, index)
  if (outcome.decision !== 'DENY') return t.fail('the test is about a refusal')
  remedies({ request, at: AT, askedAt: AT, isPastText: false, index: counting, outcome }, everybody)
  t.ok(evaluations > 0 && evaluations <= REMEDY_LIMITS.evaluations, `${evaluations} evaluations`)
})

t.test('under load remedies are left out rather than answers made late', async (t) => {
  let now = 0
  const spare = spareTime(() => now, { windowMs: 100, workMs: 20 })
  const work = () => {
    now += 15
    return 'found'
  }
  t.strictSame([spare(work), spare(work), spare(work)], ['found', 'found', null], 'the second overruns the budget, the third is not begun')
  now = 101
  t.equal(spare(work), 'found', 'a new window has a new budget')
})
