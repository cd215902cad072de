import t from 'tap'
import type { RegisterContent } from '../../src/demo/register-content.ts'
import { SHARE } from '../support/demo-share.ts'
import { decisionLeaves, ownerPool } from '../support/leaves.ts'
import { demoContent, testService } from '../support/service.ts'

// One-off disclosures live: a single-use decision is used once, however many ask at once, and a simulation uses nothing.

const REQUEST = { ...SHARE, recipient: 'MPS', purpose: 'CRIME_INVESTIGATION', mode: 'AD_HOC' }

function decision(id: string, over: object = {}): RegisterContent['disclosureDecisions'][number] {
  return {
    id,
    provider: 'LBC_CAMDEN',
    recipient: 'MPS',
    purpose: 'CRIME_INVESTIGATION',
    data_items: ['IDENTITY.NAME', 'CONTACT.ADDRESS'],
    subject_count: 1,
    record_count: 1,
    status: 'APPROVED',
    valid_from: '2020-01-01T00:00:00.000Z',
    valid_to: '2100-01-01T00:00:00.000Z',
    single_use: true,
    consumed_at: null,
    form: { lawful_basis: '6(1)(e)', conditions: ['SCH1_10'], exemption: 'SCH2_2' },
    ...over,
  }
}

const content = demoContent()
const decisions = ['ONCE', 'SIMULATED', 'REFUSED', 'RACE'].map((id) => decision(id))
const service = await testService(t, {
  register: { ...content, agreements: [], disclosureDecisions: [...decisions, decision('OFTEN', { single_use: false })] },
})
const headers = await service.as({ org: 'LBC_CAMDEN' })
const ask = async (id: string, over: object = {}, url = '/v1/decisions') =>
  (await service.inject({ method: 'POST', url, headers, payload: { ...REQUEST, disclosure_decision_id: id, ...over } })).json()

async function consumption(id: string) {
  const { rows } = await (await ownerPool(service)).query('select consumed_at, consumed_by from disclosure_decision where id = $1', [id])
  return rows[0]
}

t.test('a single-use decision permits once', async (t) => {
  const first = await ask('ONCE')
  t.match(first, { decision: 'PERMIT', via: 'AD_HOC', agreement: null, simulated: false })
  t.ok(first.obligations.some(({ code }: { code: string }) => code === 'SINGLE_USE'))
  t.match(first.disclosure_decision, { id: 'ONCE', lawful_basis: '6(1)(e)', conditions: ['SCH1_10'], exemption: 'SCH2_2' })
  t.equal((await consumption('ONCE')).consumed_by, first.decision_id, 'the decision says by which record it was used')
  const second = await ask('ONCE')
  t.match(second, { decision: 'DENY', primary_reason: 'ADHOC_DECISION_EXHAUSTED' })
  t.ok(second.policy_revision > first.policy_revision, 'using it changed what is permitted')
})

t.test('of ten calls at once for one single-use decision exactly one is permitted', async (t) => {
  const before = (await decisionLeaves(service)).length
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask('RACE')))
  t.strictSame(answers.map(({ decision: given, primary_reason }) => `${given} ${primary_reason}`).toSorted(), [
    ...Array.from({ length: 9 }, () => 'DENY ADHOC_DECISION_EXHAUSTED'),
    'PERMIT null',
  ])
  const leaves = (await decisionLeaves(service)).slice(before)
  t.equal(leaves.length, 10, 'each call is one leaf')
  t.equal(leaves.filter(({ leaf }) => leaf.d).length, 1)
  t.strictSame(leaves.map(({ leaf }) => leaf.id).toSorted(), answers.map(({ decision_id }) => decision_id).toSorted())
})

t.test('a simulation and a refusal use nothing', async (t) => {
  for (let time = 0; time < 2; time += 1) {
    t.match(await ask('SIMULATED', {}, '/v1/decisions/simulate'), { decision: 'PERMIT', via: 'AD_HOC', simulated: true })
    t.match(await ask('REFUSED', { data_items: ['CCTV.FOOTAGE'] }), { decision: 'DENY', primary_reason: 'ADHOC_SCOPE_EXCEEDED' })
  }
  for (const id of ['SIMULATED', 'REFUSED']) t.strictSame(await consumption(id), { consumed_at: null, consumed_by: null })
  t.match(await ask('SIMULATED'), { decision: 'PERMIT' }, 'so that it can still be used')
})

t.test('a decision for repeated use permits again and again', async (t) => {
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask('OFTEN')))
  for (const answer of answers) t.match(answer, { decision: 'PERMIT', via: 'AD_HOC' })
  t.strictSame(await consumption('OFTEN'), { consumed_at: null, consumed_by: null })
})

t.test('what goes beyond a decision is named, and what would be within it', async (t) => {
  const over = { data_items: [...SHARE.data_items, 'CCTV.FOOTAGE'], subject_count: 3 }
  const beyond = await ask('OFTEN', over)
  t.match(beyond, {
    decision: 'DENY',
    reasons: [
      {
        code: 'ADHOC_SCOPE_EXCEEDED',
        detail: 'Beyond the decision: data items CCTV.FOOTAGE; 3 subjects, 1 were decided on.',
        items: ['CCTV.FOOTAGE'],
      },
    ],
    remedies: [
      {
        changes: [
          { kind: 'NARROW_REQUEST', values: ['CCTV.FOOTAGE'] },
          { kind: 'STATE_COUNT', values: ['subjects<=1'] },
        ],
      },
    ],
  })
  t.equal((await ask('OFTEN', { subject_count: 1 })).decision, 'PERMIT', 'as it says')
  t.strictSame((await ask('OFTEN', { purpose: 'FRAUD' })).remedies, [], 'another purpose needs another decision')
})

t.test('a decision that nobody made permits nothing', async (t) => {
  const detailOf = async (id: string | null) => {
    const answer = await ask(id as string)
    t.match(answer, { decision: 'DENY', primary_reason: 'ADHOC_DECISION_REQUIRED' })
    return answer.reasons[0].detail
  }
  t.equal(await detailOf('NO-SUCH-DECISION'), 'There is no disclosure decision with this identifier.')
  t.equal(await detailOf(null), 'No recorded disclosure decision is named.')
})

t.test('of a one-off decision on others nothing can be found out by naming it, whatever its state', async (t) => {
  const BARNET = { provider: 'LBC_BARNET', recipient: 'LBC_ENFIELD' }
  const asked = await service.as({ org: 'LBC_BARNET' })
  const probe = async (id: string, over: object = {}) => {
    const payload = { ...REQUEST, ...BARNET, disclosure_decision_id: id, ...over }
    const reply = await service.inject({ method: 'POST', url: '/v1/decisions/simulate', headers: asked, payload })
    const { decision_id, evaluated_at, at, ...answer } = reply.json()
    return answer
  }
  const unknown = await probe('NO-SUCH-DECISION')
  t.match(unknown, { reasons: [{ code: 'ADHOC_DECISION_REQUIRED', detail: 'There is no disclosure decision with this identifier.' }] })
  for (const id of ['ONCE', 'OFTEN', 'SIMULATED']) {
    t.strictSame(await probe(id), unknown, `${id}: as if there were none`)
    t.strictSame(await probe(id, { data_items: ['CCTV.FOOTAGE'], record_count: 99 }), unknown, `${id}: whatever is asked with it`)
  }
  t.equal((await ask('OFTEN', { record_count: 99 })).primary_reason, 'ADHOC_SCOPE_EXCEEDED', 'its provider is told why')
})

t.test('a single-use decision that begins while its question waits to be recorded is used up by the permit it gives', async (t) => {
  // A clock that moves with every reading: the question is first judged just before the decision begins, then just after.
  const from = Date.parse('2026-06-01T12:00:00.000Z')
  for (let early = 1; early <= 8; early++) {
    let reading = Number.NaN
    const clock = () => new Date(Number.isNaN(reading) ? from - 60_000 : reading++)
    const begins = { ...decision('BEGINS'), valid_from: new Date(from).toISOString() }
    const own = await testService(t, { clock, register: { ...content, agreements: [], disclosureDecisions: [begins] } })
    const asked = { method: 'POST', url: '/v1/decisions', headers: await own.as({ org: 'LBC_CAMDEN' }) } as const
    const payload = { ...REQUEST, disclosure_decision_id: 'BEGINS' }
    reading = from - early
    const answers = [
      await own.inject({ ...asked, payload }),
      await own.inject({ ...asked, payload }),
      await own.inject({ ...asked, payload }),
    ]
    const permits = answers.map((reply) => reply.json()).filter((answer) => answer.decision === 'PERMIT')
    t.equal(permits.length, 1, `asked ${early} ms before: one permit`)
    const { rows } = await (await ownerPool(own)).query('select consumed_by from disclosure_decision')
    t.equal(rows[0].consumed_by, permits[0]?.decision_id, 'by which it is used up')
    await own.close()
  }
})
