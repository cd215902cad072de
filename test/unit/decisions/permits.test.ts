import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import type { Answer } from '../../../src/decisions/answer.ts'
import { mayKnow } from '../../../src/decisions/caller.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import type { PermitPolicy } from '../../../src/decisions/evaluation/expiry.ts'
import type { PolicyIndex } from '../../../src/decisions/policy/policy-index.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import type { ApprovalCondition } from '../../../src/workflow/model/sign-off.ts'
import { answerTo } from '../../support/builders/answer.ts'
import {
  aDisclosureDecision,
  aFlow,
  anAgreement,
  aParty,
  aRequest,
  aSide,
  aSuspension,
  aVersion,
  indexOf,
  indexWith,
  ORGANISATIONS,
} from '../../support/builders/decision-world.ts'

// What comes with a permit: how long it counts, what must be done with the data, and what a caller may be told.

const NOON = '2026-07-01T11:00:00.000Z'

interface Asked {
  readonly at?: string
  readonly policy?: Partial<PermitPolicy>
  /** Who asks; absent: somebody who may know everything. */
  readonly caller?: string
}

function ask(request: DecisionRequest, index: PolicyIndex, { at = NOON, policy, caller }: Asked = {}): Answer {
  const instant = Date.parse(at)
  return answerTo(evaluate(request, instant, index), instant, index, {
    policy: { permitTtlSeconds: 300, restrictedPurposes: new Set(), ...policy },
    mayKnow: (agreement) => caller === undefined || mayKnow(caller, agreement, instant),
  })
}

const under = (over: Partial<Agreement> = {}) => indexWith([anAgreement(over)])
const codes = (answer: Answer) => answer.obligations.map(({ code }) => code)

/** The glass broken as it should be. */
const emergency = {
  ground: 'PREVENT_SERIOUS_HARM',
  actor: 'duty-manager-7',
  justification: 'A child is at risk in the next hours and must be found.',
  art9: null,
  subject_incapable: null,
  sch1: [],
  sch8: [],
  transfer: null,
}

t.test('a permit by broken glass never counts for more than five minutes, whatever the setting', async (t) => {
  const request = aRequest({ mode: 'EMERGENCY', lawful_basis: '6(1)(d)', emergency })
  const given = (permitTtlSeconds: number) => ask(request, indexWith([]), { policy: { permitTtlSeconds } }).expires_at
  t.equal(given(86_400), '2026-07-01T11:05:00.000Z')
  t.equal(given(60), '2026-07-01T11:01:00.000Z')
})

t.test('of two flows of one agreement that permit, neither makes it another agreement', async (t) => {
  const flows = [aFlow(), aFlow({ id: 'F2' })]
  t.strictSame(ask(aRequest(), under({ versions: [aVersion({ terms: { flows } })] })).other_agreements, [])
})

t.test('a permit counts for five minutes', async (t) => {
  t.equal(ask(aRequest(), under()).expires_at, '2026-07-01T11:05:00.000Z')
  t.equal(ask(aRequest(), under(), { policy: { permitTtlSeconds: 60 } }).expires_at, '2026-07-01T11:01:00.000Z')
})

t.test('a permit does not outlive the London day it was given on', async (t) => {
  t.equal(ask(aRequest(), under(), { at: '2026-07-01T22:58:00.000Z' }).expires_at, '2026-07-01T23:00:00.000Z', 'in summer')
  t.equal(ask(aRequest(), under(), { at: '2026-12-01T23:58:00.000Z' }).expires_at, '2026-12-02T00:00:00.000Z', 'in winter')
})

t.test('a permit does not outlive an end that is known already', async (t) => {
  const soon = '2026-07-01T11:02:00.000Z'
  const ends: Readonly<Record<string, Partial<Agreement>>> = {
    termination: { terminated_at: soon },
    'a party that leaves': { parties: [aParty('NORTHBOROUGH'), aParty('SOUTHBOROUGH', { left_at: soon })] },
    'a suspension to come': { suspensions: [aSuspension({ from: soon })] },
    'a suspension of a party to come': { suspensions: [aSuspension({ scope: 'PARTY', party: 'NORTHBOROUGH', from: soon })] },
    'a suspension of the flow to come': { suspensions: [aSuspension({ scope: 'FLOW', flow: 'F1', from: soon })] },
    'a change of the DPIA': {
      dpia: { ...anAgreement().dpia, required: true, status: 'APPROVED', status_changes: [{ at: soon, status: 'REJECTED' }] },
    },
  }
  for (const [what, over] of Object.entries(ends)) {
    t.equal(ask(aRequest(), under(over)).expires_at, soon, what)
    t.equal(ask(aRequest(), under(over), { at: '2026-07-01T11:02:00.000Z' }).decision, 'DENY', `${what}: then it stops`)
  }
})

t.test('no permit of any kind outlives a body that ceases to exist', async (t) => {
  const soon = '2026-07-01T11:02:00.000Z'
  const emergency = {
    ground: 'PREVENT_SERIOUS_HARM',
    actor: 'duty-manager-7',
    justification: 'A child is at risk and must be found within hours.',
  }
  const more = { art9: null, subject_incapable: null, sch1: [], sch8: [], transfer: null }
  const requests = {
    'by agreement': aRequest(),
    'by a one-off decision': aRequest({ mode: 'AD_HOC', disclosure_decision_id: 'ONE-1' }),
    'by breaking the glass': aRequest({
      mode: 'EMERGENCY',
      purpose: 'FRAUD',
      lawful_basis: '6(1)(d)',
      emergency: { ...emergency, ...more },
    }),
  }
  for (const ending of ['NORTHBOROUGH', 'SOUTHBOROUGH']) {
    const organisations = ORGANISATIONS.map((known) => (known.code === ending ? { ...known, active_to: soon } : known))
    const index = indexOf({ organisations, agreements: [anAgreement()], disclosures: [aDisclosureDecision()] })
    for (const [how, request] of Object.entries(requests)) {
      t.match(ask(request, index), { decision: 'PERMIT', expires_at: soon }, `${how}, ${ending}`)
      t.match(ask(request, index, { at: soon }), { decision: 'DENY', primary_reason: 'PARTY_INACTIVE' }, `${how}, ${ending}: then it stops`)
    }
  }
})

t.test('a permit for a restricted purpose counts at its own instant only', async (t) => {
  const restricted = (request: DecisionRequest, codes: readonly string[]) =>
    ask(request, under(), { policy: { restrictedPurposes: new Set(codes) } }).expires_at
  t.equal(restricted(aRequest(), ['CARE']), NOON)
  t.equal(restricted(aRequest({ purpose: 'CARE.CHILD.ENQUIRY' }), ['CARE']), NOON, 'and for a narrower one')
  t.equal(restricted(aRequest({ purpose: 'CARE.CHILD' }), ['CARE.CHILD']), NOON)
  t.equal(restricted(aRequest(), ['CARE.CHILD', 'FRAUD']), '2026-07-01T11:05:00.000Z', 'not for a broader or another one')
})

t.test('where an agreement holds from so many parties on, a permit does not outlive the departure of any of them', async (t) => {
  const soon = '2026-07-01T11:02:00.000Z'
  const parties = [aParty('NORTHBOROUGH'), aParty('SOUTHBOROUGH'), aParty('CHARITY', { left_at: soon })]
  const versions = [aVersion({ terms: { commencement: { rule: 'THRESHOLD', n: 3 } } })]
  t.equal(ask(aRequest(), under({ parties, versions })).expires_at, soon)
  t.match(ask(aRequest(), under({ parties, versions }), { at: soon }), { decision: 'DENY', primary_reason: 'COMMENCEMENT_NOT_MET' })
})

t.test('a one-off permit does not outlive its decision', async (t) => {
  const request = aRequest({ mode: 'AD_HOC', disclosure_decision_id: 'ONE-1' })
  const index = indexWith([], [aDisclosureDecision({ valid_to: '2026-07-01T11:01:00.000Z' })])
  t.equal(ask(request, index).expires_at, '2026-07-01T11:01:00.000Z')
})

t.test('every permit by agreement carries the six obligations, in the order of the reference', async (t) => {
  const answer = ask(aRequest(), under())
  t.strictSame(answer.obligations, [
    { code: 'USE_FOR_PURPOSE_ONLY', mandatory: true, parameters: { purpose: 'CARE' } },
    { code: 'LOG_DISCLOSURE', mandatory: true, parameters: { decision_id: '0199f0a4-0000-7000-8000-000000000001', fields: ['NAME'] } },
    { code: 'RETENTION_LIMIT', mandatory: true, parameters: { days: 30, rule: null } },
    { code: 'DELETE_BY', mandatory: true, parameters: { date: '2026-07-31', rule: null } },
    {
      code: 'TRANSFER_METHOD',
      mandatory: true,
      parameters: { methods: ['SECURE_EMAIL'], min_encryption: { SECURE_EMAIL: 'TLS 1.2 or later enforced on every hop' } },
    },
    { code: 'ONWARD_SHARING_PROHIBITED', mandatory: true, parameters: { exception: null } },
  ])
})

t.test('what the agreement says adds to them, always in the order of the reference', async (t) => {
  const flow = {
    onward: 'WITH_PROVIDER_APPROVAL',
    data_form: 'PSEUDONYMISED',
    honours_objection: true,
    countries: ['GB', 'FR'],
    legal: {
      provider: aSide({ regime: 'PART_3', part3: { sch8: ['SCH8_1'], strictly_necessary: true, reuse_authority: 'LAW_FOR_ALL' } }),
      recipient: aSide({ art6: ['6(1)(e)', '6(1)(ea)'] }),
    },
  }
  const agreement = {
    versions: [aVersion({ effective_to: '2026-08-29', terms: { flows: [aFlow(flow)] } })],
    review_due: '2026-06-30',
    review_policy: 'WARN' as const,
    dpia: { ...anAgreement().dpia, required: true, status: 'APPROVED', review_due: '2026-07-01' },
  }
  const answer = ask(aRequest({ data_form: 'PSEUDONYMISED', country: 'FR' }), under(agreement))
  t.strictSame(codes(answer), [
    'USE_FOR_PURPOSE_ONLY',
    'LOG_DISCLOSURE',
    'RETENTION_LIMIT',
    'DELETE_BY',
    'TRANSFER_METHOD',
    'PSEUDONYMISE',
    'ONWARD_SHARING_NEEDS_APPROVAL',
    'RESTRICT_TERRITORY',
    'NOTIFY_IF_INACCURATE',
    'DISTINGUISH_FACT_FROM_OPINION',
    'CATEGORISE_SUBJECTS',
    'NO_SOLELY_AUTOMATED_DECISIONS',
    'CHECK_OBJECTION',
    'REVIEW_OVERDUE_WARNING',
    'DPIA_REVIEW_DUE_SOON',
    'EXPIRES_SOON',
  ])
  t.strictSame(
    answer.obligations.filter(({ mandatory }) => !mandatory).map(({ code }) => code),
    ['REVIEW_OVERDUE_WARNING', 'DPIA_REVIEW_DUE_SOON', 'EXPIRES_SOON'],
    'only the last three are advice',
  )
})

t.test('a DPIA review is announced from 59 days before until its day', async (t) => {
  const due = (review_due: string) =>
    codes(ask(aRequest(), under({ dpia: { ...anAgreement().dpia, required: true, status: 'APPROVED', review_due } })))
  t.notOk(due('2026-08-30').includes('DPIA_REVIEW_DUE_SOON'), '60 days')
  t.ok(due('2026-08-29').includes('DPIA_REVIEW_DUE_SOON'), '59 days')
  t.ok(due('2026-07-01').includes('DPIA_REVIEW_DUE_SOON'), 'its day')
})

t.test('of two agreements that permit, only the chosen one gives obligations and law; the other is named', async (t) => {
  const older = anAgreement({ id: 'AGR-1', versions: [aVersion({ terms: { flows: [aFlow({ retention_days: 7 })] } })] })
  const newer = anAgreement({ id: 'AGR-2', versions: [aVersion({ effective_from: '2026-02-01' })] })
  const answer = ask(aRequest(), indexWith([older, newer]))
  t.match(answer, { agreement: 'AGR-2', version: 1, flow: 'F1', other_agreements: ['AGR-1'] })
  t.strictSame(answer.obligations.find(({ code }) => code === 'RETENTION_LIMIT')?.parameters, { days: 30, rule: null })
  t.strictSame(answer.legal?.provider.gateways, [{ code: 'LAW_FOR_ALL', citation: null }])
})

t.test('a broken glass is reviewed within two working days, over a weekend and a bank holiday', async (t) => {
  const request = aRequest({ mode: 'EMERGENCY', lawful_basis: '6(1)(d)', emergency, subject_flags: ['OBJECTED', 'RESTRICTED'] })
  const answer = ask(request, indexWith([]), { at: '2026-04-02T12:00:00.000Z' })
  t.match(answer, { decision: 'PERMIT', via: 'BREAK_GLASS', agreement: null, warnings: ['SUBJECT_OBJECTION', 'SUBJECT_RESTRICTION'] })
  t.strictSame(codes(answer), ['USE_FOR_PURPOSE_ONLY', 'LOG_DISCLOSURE', 'EMERGENCY_REVIEW_BY', 'NOTIFY_DPO', 'NOTIFY_SUBJECT_WHEN_SAFE'])
  // Thursday before Easter 2026; Good Friday, the weekend and Easter Monday do not count.
  t.strictSame(answer.obligations[2]?.parameters, { date: '2026-04-08' })
})

t.test('who may not know an agreement is told neither its name nor its terms, whatever the answer', async (t) => {
  const hidden = { agreement: null, version: null, version_hash: null, flow: null, other_agreements: [] }
  const permit = ask(aRequest(), under(), { caller: 'CHARITY' })
  t.match(permit, { decision: 'PERMIT', ...hidden })
  const deny = ask(aRequest({ purpose: 'FRAUD' }), under(), { caller: 'CHARITY' })
  t.match(deny, { decision: 'DENY', primary_reason: 'PURPOSE_NOT_COVERED', ...hidden })
  t.notMatch(JSON.stringify(deny), /AGR-1|\(CARE\)/, 'no reference and no agreed purpose')
  t.equal(deny.reasons[0]?.detail, deny.reasons[0]?.text, 'only the words for callers')
  const known = ask(aRequest({ purpose: 'FRAUD' }), under(), { caller: 'SOUTHBOROUGH' })
  t.match(known, { agreement: 'AGR-1', reasons: [{ detail: /CARE/ }] })
})

t.test(
  'what either side approved the text on is an obligation of every permit between them, each once, and of no other permit',
  async (t) => {
    const condition = (text: string, bearer: ApprovalCondition['bearer'] = 'BOTH', due: string | null = null) => ({ text, bearer, due })
    const approved = (org: string, ...conditions: ApprovalCondition[]) => ({
      org,
      version: 1,
      complete_at: '2026-01-02T00:00:00Z',
      conditions,
    })
    const shared = condition('Train whoever opens it', 'BOTH', '2026-12-31')
    const approvals = [
      approved('SOUTHBOROUGH', condition('Keep it in the case system', 'RECIPIENT'), shared),
      approved('NORTHBOROUGH', shared, condition('Send on weekdays only', 'PROVIDER')),
      approved('CHARITY', condition('Of no permit between others')),
    ]
    const request = aRequest({ data_subjects: null, subject_flags: ['RESTRICTED'] })
    const flows = [aFlow({ restriction_override: { ground: 'LEGAL_CLAIMS', reason: 'A claim' } })]
    const answer = ask(request, under({ approvals, versions: [aVersion({ terms: { flows } })] }))
    t.strictSame(codes(answer).slice(-5), [
      'SUBJECT_CATEGORIES_ONLY',
      'APPROVAL_CONDITION',
      'APPROVAL_CONDITION',
      'APPROVAL_CONDITION',
      'RESTRICTED_DATA',
    ])
    t.strictSame(
      answer.obligations
        .filter(({ code }) => code === 'APPROVAL_CONDITION')
        .map(({ mandatory, parameters }) => ({ mandatory, ...parameters })),
      [
        { mandatory: true, text: 'Train whoever opens it', by: 'BOTH', due: '2026-12-31' },
        { mandatory: true, text: 'Send on weekdays only', by: 'PROVIDER', due: null },
        { mandatory: true, text: 'Keep it in the case system', by: 'RECIPIENT', due: null },
      ],
    )
    const later = { ...aVersion(), version: 2, effective_from: '2026-06-01' }
    t.notOk(
      codes(ask(aRequest(), under({ approvals, versions: [aVersion(), later] }))).includes('APPROVAL_CONDITION'),
      'nor of a later version',
    )
  },
)

t.test('a processor sets no conditions: no permit rests on an approval of its own', async (t) => {
  const parties = anAgreement().parties.map((party) => (party.org === 'SOUTHBOROUGH' ? { ...party, role: 'PROCESSOR' } : party))
  const conditions = [{ text: 'Pay first', bearer: 'PROVIDER' as const, due: null }]
  const approvals = [{ org: 'SOUTHBOROUGH', version: 1, complete_at: '2026-01-02T00:00:00Z', conditions }]
  t.notOk(codes(ask(aRequest(), under({ parties, approvals }))).includes('APPROVAL_CONDITION'))
})
