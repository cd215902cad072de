import t from 'tap'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { demoContent, type TestCaller, testService } from '../support/service.ts'

// Every refusal says why, to whom it may, and what would help.

// A day on which nothing of the demo register that is asked about has run out.
const clock = () => new Date('2026-11-22T12:00:00Z')
const service = await testService(t, { clock })
const decide = async (payload: object, caller: TestCaller = { org: 'LBC_CAMDEN' }) =>
  (await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(caller), payload })).json()

t.test('a refusal names the rule, the law, who can remedy it, and speaks to the caller and to an officer', async (t) => {
  const { reasons } = await decide(DENIED_SHARE)
  t.match(reasons, [
    {
      code: 'DATA_NOT_COVERED',
      items: ['HEALTH.DIAGNOSIS'],
      text: /Leave out/,
      officer_text: /amend/i,
      citation: /UK GDPR/,
      remedy_role: 'REQUESTER',
    },
  ])
})

t.test('the remedy it offers is permitted when it is followed', async (t) => {
  const { remedies } = await decide(DENIED_SHARE)
  const narrow = remedies.find((remedy: { changes: { kind: string }[] }) => remedy.changes[0]?.kind === 'NARROW_REQUEST')
  const left = DENIED_SHARE.data_items.filter((item) => !narrow.changes[0].values.includes(item))
  t.equal((await decide({ ...DENIED_SHARE, data_items: left })).decision, 'PERMIT')
})

t.test('two faults of the call are remedied by two changes together', async (t) => {
  const { remedies } = await decide({ ...SHARE, method: 'SFTP', lawful_basis: '6(1)(d)' })
  t.strictSame(remedies[0].changes.map(({ kind }: { kind: string }) => kind).toSorted(), ['CORRECT_BASIS', 'USE_METHOD'])
})

t.test('a fault that the first one hides is remedied with it', async (t) => {
  const { reasons, remedies } = await decide({ ...DENIED_SHARE, country: 'FR' })
  t.strictSame(
    reasons.map(({ code }: { code: string }) => code),
    ['DATA_NOT_COVERED'],
  )
  const [first] = remedies
  t.match(first.changes, [
    { kind: 'NARROW_REQUEST', values: ['HEALTH.DIAGNOSIS'] },
    { kind: 'USE_COUNTRY', values: ['GB'] },
  ])
  t.equal((await decide(SHARE)).decision, 'PERMIT', 'which is the share that is left')
})

t.test('a share that runs the other way is told which agreement to amend, and who may', async (t) => {
  const back = { ...SHARE, provider: 'LBC_HACKNEY', recipient: 'LBC_CAMDEN' }
  const { primary_reason, remedies } = await decide(back, { org: 'LBC_HACKNEY' })
  t.equal(primary_reason, 'FLOW_DIRECTION_NOT_COVERED')
  t.match(remedies, [
    {
      changes: [
        { kind: 'ADD_FLOW', by: 'IG_OFFICER', organisations: ['LBC_CAMDEN'], text: /^Amend DEMO-CURL: add a flow .* to LBC_CAMDEN\.$/ },
      ],
    },
  ])
})

t.test('an agreement that is named by its reference is remedied like one that was found', async (t) => {
  const id = 'SAMPLE-SUPPORTING-FAMILIES-WESTMINSTER'
  const { agreement } = demoContent().agreements.find((known) => known.agreement.id === id) ?? {}
  const flow = agreement?.versions[0]?.terms.flows.find((known) => known.id === 'F1')
  const { providers = [], recipients = [], purpose, data_items, data_subjects, methods = [] } = flow ?? {}
  const share = { provider: providers[0], recipient: recipients[0], purpose, data_items, data_subjects, method: methods[0], country: 'GB' }
  const asked = { ...share, mode: 'SYSTEMATIC' }
  const found = await decide(asked, { org: 'COW_WESTMINSTER' })
  t.equal(found.agreement, id)
  t.ok(found.remedies.length > 0 && found.reasons.length > 2, JSON.stringify(found.reasons))
  t.strictSame((await decide({ ...asked, agreement_ref: id }, { org: 'COW_WESTMINSTER' })).remedies, found.remedies)
})

t.test('a question about a day before an agreement began is told from when on to ask', async (t) => {
  const headers = await service.as({ org: 'LBC_CAMDEN' })
  const { agreement } = demoContent().agreements.find((known) => known.agreement.id === 'DEMO-CURL') ?? {}
  const begins = agreement?.versions[0]?.effective_from
  const payload = { ...SHARE, at: '2010-01-01T12:00:00Z' }
  const { remedies } = (await service.inject({ method: 'POST', url: '/v1/decisions/simulate', headers, payload })).json()
  t.match(remedies, [{ changes: [{ kind: 'WAIT' }] }])
  t.ok(remedies[0].changes[0].values[0] >= (begins ?? ''), JSON.stringify(remedies))
})

t.test('a stranger is told neither remedies nor the words for officers', async (t) => {
  const stranger = await decide(DENIED_SHARE, { org: 'LBC_BARNET' })
  t.match(stranger, { agreement: null, remedies: null, reasons: [{ code: 'CALLER_NOT_PARTY', officer_text: null }] })
})

t.test('a permit needs no remedy, and names clause, text and ground', async (t) => {
  t.match(await decide(SHARE), {
    remedies: null,
    flow: 'F1',
    version_hash: /^[0-9a-f]{64}$/,
    legal: { provider: {}, recipient: {} },
    expires_at: /Z$/,
  })
})

t.test('a service without time for remedies answers the same without them, and says so with null', async (t) => {
  const busy = await testService(t, { clock, config: { remedyWorkMs: 0 } })
  const headers = await busy.as({ org: 'LBC_CAMDEN' })
  const answer = (await busy.inject({ method: 'POST', url: '/v1/decisions', headers, payload: DENIED_SHARE })).json()
  t.match(answer, { decision: 'DENY', primary_reason: 'DATA_NOT_COVERED', remedies: null })
  const later = await service.inject({
    method: 'POST',
    url: '/v1/decisions/simulate',
    headers: await service.as({ org: 'LBC_CAMDEN' }),
    payload: DENIED_SHARE,
  })
  t.ok(later.json().remedies.length > 0, 'a simulation of the same question gives them once there is time')
})

t.test('what was offered is in the record', async (t) => {
  const { decision_id, remedies } = await decide(DENIED_SHARE)
  const stored = (await decisionLeaves(service)).find(({ leaf }) => leaf.id === decision_id)
  t.match(stored?.payload, { response: { remedies } })
})
