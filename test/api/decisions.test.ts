import t from 'tap'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import { type TestCaller, testService } from '../support/service.ts'

// Decisions over HTTP on the demo register: what is answered, to whom, and at what instant.

/** Stands still while a test says so. */
let standing: Date | undefined
const service = await testService(t, { clock: () => standing ?? new Date() })
const PROVIDER: TestCaller = { org: 'LBC_CAMDEN' }

async function post(body: unknown, caller: TestCaller = PROVIDER, url = '/v1/decisions') {
  return service.inject({ method: 'POST', url, headers: await service.as(caller), payload: body as object })
}
const simulate = (body: unknown, caller?: TestCaller) => post(body, caller, '/v1/decisions/simulate')
const codesOf = (reply: { json(): { reasons: { code: string }[] } }) => reply.json().reasons.map(({ code }) => code)

t.test('the first printed question is permitted, the second denied, live and simulated', async (t) => {
  for (const [url, simulated] of [
    ['/v1/decisions', false],
    ['/v1/decisions/simulate', true],
  ] as const) {
    const permit = await post(SHARE, PROVIDER, url)
    t.equal(permit.statusCode, 200)
    t.match(permit.json(), {
      decision: 'PERMIT',
      via: 'AGREEMENT',
      agreement: 'DEMO-CURL',
      version: 1,
      version_hash: /^[0-9a-f]{64}$/,
      flow: 'F1',
      reasons: [],
      primary_reason: null,
      simulated,
    })
    const deny = await post(DENIED_SHARE, PROVIDER, url)
    t.equal(deny.statusCode, 200, 'a DENY is an answer too')
    t.match(deny.json(), {
      decision: 'DENY',
      via: null,
      agreement: 'DEMO-CURL',
      primary_reason: 'DATA_NOT_COVERED',
      expires_at: null,
      simulated,
    })
    t.strictSame(deny.json().reasons[0].items, ['HEALTH.DIAGNOSIS'])
  }
})

t.test('a permit names the law it rests on', async (t) => {
  const { legal } = (await post(SHARE)).json()
  t.match(legal.provider, {
    regime: 'UK_GDPR',
    lawful_basis: ['6(1)(e)'],
    gateways: [{ code: 'HA1996_PART7', citation: /Housing Act 1996/ }],
  })
})

t.test('a live question is for now: an instant within a minute is let through, another is not', async (t) => {
  const now = new Date()
  standing = now
  t.teardown(() => {
    standing = undefined
  })
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString()
  t.equal((await post({ ...SHARE, at: at(-60) })).statusCode, 200)
  t.equal((await post({ ...SHARE, at: at(60) })).statusCode, 200)
  for (const seconds of [-60.001, 60.001]) {
    const refused = await post({ ...SHARE, at: at(seconds) })
    t.equal(refused.statusCode, 400)
    t.match(refused.json(), { code: 'AT_OUT_OF_RANGE', errors: [{ pointer: '/at' }] })
  }
  const answered = (await post({ ...SHARE, at: at(-58) })).json()
  t.equal(answered.at, now.toISOString(), 'the answer is for the time of the server, not of the caller')
})

t.test('a simulation is for any instant', async (t) => {
  const before = await simulate({ ...SHARE, at: '2019-11-30T12:00:00Z' })
  t.match(before.json(), { decision: 'DENY', at: '2019-11-30T12:00:00.000Z', simulated: true })
  t.strictSame(codesOf(before), ['NOT_YET_EFFECTIVE', 'PARTY_NOT_SIGNED'])
  t.match((await simulate({ ...SHARE, at: '2030-07-01T00:30:00+01:00' })).json(), { decision: 'PERMIT', at: '2030-06-30T23:30:00.000Z' })
})

t.test('a caller who is no party learns nothing but that, and the call is recorded', async (t) => {
  const before = (await decisionLeaves(service)).length
  for (const [body, url] of [
    [SHARE, '/v1/decisions'],
    [DENIED_SHARE, '/v1/decisions/simulate'],
    [{ ...SHARE, provider: 'NO_SUCH_BODY' }, '/v1/decisions'],
    [{ ...SHARE, purpose: 'NO_SUCH_PURPOSE' }, '/v1/decisions'],
  ] as const) {
    const reply = await post(body, { org: 'LBC_ISLINGTON' }, url)
    t.equal(reply.statusCode, 200)
    t.match(reply.json(), {
      decision: 'DENY',
      agreement: null,
      version: null,
      flow: null,
      legal: null,
      obligations: [],
      other_agreements: [],
    })
    t.strictSame(codesOf(reply), ['CALLER_NOT_PARTY'])
    t.notMatch(reply.body, /DEMO-CURL|HA1996/)
  }
  const leaves = (await decisionLeaves(service)).slice(before)
  t.equal(leaves.length, 4)
  for (const { leaf } of leaves) t.match(leaf, { rc: ['CALLER_NOT_PARTY'], d: false, st: 'Ok' })
})

t.test('well formed but unknown or impossible is answered, not refused', async (t) => {
  const table: readonly (readonly [object, string])[] = [
    [{ recipient: 'NO_SUCH_BODY' }, 'UNKNOWN_PARTY'],
    [{ purpose: 'NO_SUCH_PURPOSE' }, 'UNKNOWN_CODE'],
    [{ recipient: 'LBC_CAMDEN' }, 'SAME_CONTROLLER'],
    [{ recipient: 'LBC_BEXLEY', agreement_ref: 'DEMO-CURL' }, 'NO_AGREEMENT'],
  ]
  for (const [over, code] of table) {
    const reply = await post({ ...SHARE, ...over })
    t.equal(reply.statusCode, 200, code)
    t.strictSame(codesOf(reply), [code])
  }
})

t.test('an answer on an older revision than the caller has seen is not given', async (t) => {
  const { policy_revision } = (await post(SHARE)).json()
  t.equal((await post({ ...SHARE, min_revision: policy_revision })).statusCode, 200)
  const refused = await post({ ...SHARE, min_revision: policy_revision + 1000 })
  t.equal(refused.statusCode, 503)
  t.match(refused.json(), { code: 'NOT_READY' })
  t.ok(Number(refused.headers['retry-after']) >= 1)
})

t.test('breaking the glass takes a duty manager in person', async (t) => {
  const emergency = { ground: 'PREVENT_LOSS_OF_LIFE', justification: 'A family has to be found before the gas main is opened again.' }
  // Nothing is agreed with Bexley, so that only the emergency can permit.
  const share = { ...SHARE, recipient: 'LBC_BEXLEY', mode: 'EMERGENCY', lawful_basis: '6(1)(d)', emergency }
  const manager: TestCaller = { org: 'LBC_CAMDEN', roles: ['DUTY_MANAGER'], sub: 'duty-manager-7' }
  const permit = await post(share, manager)
  t.match(permit.json(), { decision: 'PERMIT', via: 'BREAK_GLASS', agreement: null, simulated: false })
  const [leaf] = (await decisionLeaves(service)).slice(-1)
  t.match(leaf?.payload, { caller: { sub: 'duty-manager-7' } }, 'the actor is who the token names')

  t.match(permit.json().asserted_law, { ground: 'PREVENT_LOSS_OF_LIFE', lawful_basis: '6(1)(d)' }, 'the permit names the law it stands on')

  t.strictSame(codesOf(await post(share)), ['EMERGENCY_JUSTIFICATION_MISSING'], 'a machine does not break glass')
  const recipient = await post(share, { ...manager, org: 'LBC_BEXLEY' })
  t.match(recipient.json().reasons, [{ code: 'EMERGENCY_JUSTIFICATION_MISSING', detail: /a named duty manager of LBC_CAMDEN/ }])
  t.strictSame(
    codesOf(await post(share, { org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] })),
    ['EMERGENCY_JUSTIFICATION_MISSING'],
    'nor does any other role',
  )
  const named = await post({ ...share, emergency: { ...emergency, actor: 'somebody-else' } }, manager)
  t.equal(named.statusCode, 400, 'nobody breaks the glass in the name of another')
  t.match(named.json(), { code: 'INVALID_REQUEST' })
  t.strictSame(named.json().errors, [{ pointer: '/emergency/actor', detail: '"actor" is not a known member' }])
  t.match((await simulate({ ...share, emergency: { ...emergency, actor: 'somebody-else' } })).json(), {
    via: 'BREAK_GLASS',
    simulated: true,
  })
  t.strictSame(codesOf(await post({ ...share, emergency: null }, manager)), ['EMERGENCY_NOT_QUALIFYING'])
})

t.test('an emergency that an agreement permits is answered as usual', async (t) => {
  t.match((await post({ ...SHARE, mode: 'EMERGENCY' })).json(), { decision: 'PERMIT', via: 'AGREEMENT', agreement: 'DEMO-CURL' })
})

t.test('null and absent are the same', async (t) => {
  const nulls = Object.fromEntries(
    [
      'lawful_basis',
      'at',
      'data_form',
      'agreement_ref',
      'consent_ref',
      'subject_flags',
      'subject_count',
      'emergency',
      'correlation_id',
    ].map((name) => [name, null]),
  )
  t.match((await post({ ...SHARE, ...nulls })).json(), { decision: 'PERMIT', agreement: 'DEMO-CURL' })
})
