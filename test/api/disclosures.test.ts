import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import { SHARE } from '../support/demo-share.ts'

// One-off disclosures (AH-1 to AH-3): asked for, decided by the people of the provider, and then permitted within scope and window.

const [CAMDEN, MPS, HACKNEY, BARNET] = ['LBC_CAMDEN', 'MPS', 'LBC_HACKNEY', 'LBC_BARNET']
const CONTENT = {
  ...{ provider: CAMDEN, recipient: MPS, purpose: 'CRIME_INVESTIGATION', data_items: ['IDENTITY.NAME', 'CONTACT.ADDRESS'] },
  ...{ subject_count: 1, record_count: 2, received_on: '2026-11-20', requester_position: 'Detective sergeant' },
  ...{
    verified_how: 'Called back',
    lawful_basis: '6(1)(e)',
    conditions: ['SCH1_10'],
    exemption: 'SCH2_2',
    necessity: 'Where he was last seen',
  },
  ...{ tell_subject: 'Not told', retention: 'Until the case is closed', security: 'Secure e-mail', valid_to: '2026-12-22T12:00:00.000Z' },
}
const asker: Person = { org: CAMDEN, role: 'REQUESTER', sub: 'asker' }

t.test('one-off disclosures', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const ask = (over: object = {}, person = asker, body: object = {}) =>
    call(person, 'POST', '/v1/disclosures', { content: { ...CONTENT, ...over }, ...body })
  const read = async (id: string) => (await call(asker, 'GET', `/v1/disclosures/${id}`)).body
  const signOff = async (id: string) => (await call(asker, 'GET', `/v1/sign-offs/${(await read(id)).sign_off}`)).body
  const does = async (id: string, role: Role, command: object, sub = `${role}@${CAMDEN}`, org = CAMDEN) => {
    const { sign_off, content_hash: hash } = await read(id)
    return call({ org, role, sub }, 'POST', `/v1/sign-offs/${sign_off}/commands`, {
      ...command,
      ...('command' in command && command.command === 'approve' ? { hash } : {}),
    })
  }
  const approve = (id: string, step: string, role: Role, over: object = {}, sub?: string) =>
    does(id, role, { command: 'approve', step, ...over }, sub)
  const STEPS = [
    ['IAO_CONFIRMATION', 'IAO'],
    ['DPO_REVIEW', 'DPO'],
    ['DISCLOSURE_DECISION', 'AUTHORISED_DISCLOSURE_OFFICER'],
  ] as const
  const approved = async (over: object = {}, person = asker) => {
    const id = String((await ask(over, person)).body.id)
    for (const [step, role] of STEPS) t.equal((await approve(id, step, role)).status, 200, step)
    return id
  }
  const decide = async (id: string, over: object = {}, url = '/v1/decisions') => {
    const headers = { ...(await desk.service.as({ org: CAMDEN })), 'content-type': 'application/json' }
    const question = { ...SHARE, recipient: MPS, purpose: 'CRIME_INVESTIGATION', mode: 'AD_HOC', disclosure_decision_id: id, ...over }
    return (await desk.service.inject({ method: 'POST', url, headers, payload: JSON.stringify(question) })).json()
  }
  const shows = async (id: string, over: object = {}) => {
    const { decision, primary_reason } = await decide(id, over)
    return primary_reason === null ? decision : `${decision} ${primary_reason}`
  }
  const ruleOf = (reply: { status: number; body: { errors?: readonly { code?: string }[] } }) => [
    reply.status,
    reply.body.errors?.[0]?.code,
  ]

  await t.test('what the people of the provider approved permits once, within its scope; before that nothing does', async (t) => {
    const made = await ask()
    t.match(made, {
      status: 201,
      body: { asked_by_org: CAMDEN, status: 'OPEN', revision: 1, valid_from: null, content: { single_use: true, legal_compulsion: null } },
    })
    const id = String(made.body.id)
    t.match(await signOff(id), {
      subject: { type: 'disclosure', id, hash: made.body.content_hash },
      route: 'AD_HOC/1',
      chains: [
        {
          org: CAMDEN,
          steps: [
            { id: 'IAO_CONFIRMATION', state: 'OPEN', due: '2026-11-23' },
            { id: 'DPO_REVIEW' },
            { id: 'DISCLOSURE_DECISION', state: 'WAITING' },
          ],
        },
      ],
    })
    for (const [step, role] of STEPS) {
      t.equal(await shows(id), 'DENY ADHOC_DECISION_REQUIRED', `before ${step}`)
      const conditions = step === 'DISCLOSURE_DECISION' ? [{ text: 'By hand', bearer: 'PROVIDER', due: null }] : []
      t.equal((await approve(id, step, role, { conditions })).status, 200, step)
    }
    t.match(await read(id), {
      ...{ status: 'APPROVED', valid_from: '2026-11-22T12:00:00.000Z', decided_at: '2026-11-22T12:00:00.000Z', consumed_at: null },
      conditions: [{ text: 'By hand', by: 'PROVIDER', due: null }],
    })
    t.strictSame(
      (await decide(id, { data_items: ['IDENTITY.NAME'] }, '/v1/decisions/simulate')).obligations.filter(
        ({ code }: { code: string }) => code === 'APPROVAL_CONDITION',
      ),
      [{ code: 'APPROVAL_CONDITION', mandatory: true, parameters: { text: 'By hand', by: 'PROVIDER', due: null } }],
      'the permit carries what it was approved on',
    )
    t.equal(await shows(id, { data_items: ['HEALTH.DIAGNOSIS'] }), 'DENY ADHOC_SCOPE_EXCEEDED')
    t.equal(await shows(id, { record_count: 3 }), 'DENY ADHOC_SCOPE_EXCEEDED')
    t.equal(await shows(id, { purpose: 'HOMELESSNESS' }), 'DENY ADHOC_SCOPE_EXCEEDED')
    t.match(await decide(id), {
      decision: 'PERMIT',
      via: 'AD_HOC',
      disclosure_decision: { lawful_basis: '6(1)(e)', conditions: ['SCH1_10'], exemption: 'SCH2_2' },
    })
    t.equal(await shows(id), 'DENY ADHOC_DECISION_EXHAUSTED')
    t.type((await read(id)).consumed_at, 'string')
    t.equal((await call({ org: MPS, role: 'LEGAL' }, 'GET', `/v1/disclosures/${id}`)).status, 200)
    t.equal((await call({ org: BARNET, role: 'LEGAL' }, 'GET', `/v1/disclosures/${id}`)).status, 404)
    t.equal((await call({ org: BARNET, role: 'LEGAL' }, 'GET', `/v1/sign-offs/${(await read(id)).sign_off}`)).status, 404)
    const listed = (await call({ org: MPS, role: 'DPO' }, 'GET', '/v1/disclosures?status=APPROVED')).body.disclosures
    t.strictSame(
      listed.map((one: { id: string }) => one.id),
      [id],
    )
    t.strictSame((await call({ org: BARNET, role: 'DPO' }, 'GET', '/v1/disclosures')).body.disclosures, [])
  })

  await t.test('AH-3: nobody who asked, or put it right, decides; and nobody of the recipient does', async (t) => {
    const id = String((await ask()).body.id)
    t.strictSame(ruleOf(await approve(id, 'IAO_CONFIRMATION', 'IAO', {}, 'asker')), [422, 'AH-3'])
    await call({ ...asker, sub: 'another' }, 'POST', `/v1/disclosures/${id}/revision`, { content: CONTENT })
    for (const sub of ['asker', 'another']) t.strictSame(ruleOf(await approve(id, 'IAO_CONFIRMATION', 'IAO', {}, sub)), [422, 'AH-3'], sub)
    t.equal(
      (await does(id, 'IAO', { command: 'approve', step: 'IAO_CONFIRMATION' }, 'x', MPS)).status,
      404,
      'the recipient has no such step',
    )
    t.equal((await approve(id, 'IAO_CONFIRMATION', 'IAO')).status, 200)
    const theirs = String((await ask({}, { org: MPS, role: 'REQUESTER', sub: 'sergeant' })).body.id)
    t.match(await read(theirs), { asked_by_org: MPS, status: 'OPEN' })
  })

  await t.test('AH-3: what the law compels is decided without the owner of the data; the police may be in a hurry', async (t) => {
    const id = String((await ask({ legal_compulsion: 'Order of 20 November, Wood Green Crown Court', is_police_urgent: true })).body.id)
    t.match((await signOff(id)).chains[0].steps, [
      { id: 'IAO_CONFIRMATION', state: 'NOT_NEEDED' },
      { id: 'DPO_REVIEW', state: 'OPEN', due: '2026-11-22' },
    ])
    await approve(id, 'DPO_REVIEW', 'DPO')
    t.match((await signOff(id)).chains[0].steps[2], { state: 'OPEN', due: '2026-11-23' })
    await approve(id, 'DISCLOSURE_DECISION', 'AUTHORISED_DISCLOSURE_OFFICER')
    t.equal(await shows(id), 'PERMIT')
    t.strictSame(ruleOf(await ask({ is_police_urgent: true, recipient: HACKNEY })), [422, 'POLICE_URGENT'])
  })

  await t.test('what is returned is put right in a next revision, and what was approved before holds no longer', async (t) => {
    const made = await ask()
    const id = String(made.body.id)
    await approve(id, 'IAO_CONFIRMATION', 'IAO')
    await does(id, 'DPO', { command: 'return', step: 'DPO_REVIEW', reasons: 'Which address?' })
    t.match(await read(id), { status: 'RETURNED', reasons: 'Which address?' })
    t.equal((await call({ org: MPS, role: 'REQUESTER' }, 'POST', `/v1/disclosures/${id}/revision`, { content: CONTENT })).status, 403)
    const revised = await call(asker, 'POST', `/v1/disclosures/${id}/revision`, { content: { ...CONTENT, necessity: 'The last address' } })
    t.match(revised, { status: 200, body: { status: 'OPEN', revision: 2, reasons: null } })
    t.not(revised.body.sign_off, made.body.sign_off)
    t.match((await signOff(id)).chains[0].steps, [{ state: 'OPEN' }, { state: 'OPEN' }, { state: 'WAITING' }])
    const old = await call({ org: CAMDEN, role: 'DPO', sub: 'dpo' }, 'POST', `/v1/sign-offs/${made.body.sign_off}/commands`, {
      command: 'approve',
      step: 'DPO_REVIEW',
      hash: made.body.content_hash,
    })
    t.equal(old.status, 409, 'nobody approves what was replaced')
    for (const [step, role] of STEPS) await approve(id, step, role)
    t.equal(await shows(id), 'PERMIT')
    t.strictSame(ruleOf(await call(asker, 'POST', `/v1/disclosures/${id}/revision`, { content: CONTENT })), [409, 'STATE'])
  })

  await t.test('what is refused or withdrawn permits nothing', async (t) => {
    const id = String((await ask()).body.id)
    await approve(id, 'IAO_CONFIRMATION', 'IAO')
    await approve(id, 'DPO_REVIEW', 'DPO')
    await does(id, 'AUTHORISED_DISCLOSURE_OFFICER', { command: 'refuse', step: 'DISCLOSURE_DECISION', reason: 'Not necessary' })
    t.match(await read(id), { status: 'REFUSED', reasons: 'Not necessary', valid_from: null })
    t.equal(await shows(id), 'DENY ADHOC_DECISION_REQUIRED')
    const withdrawn = String((await ask()).body.id)
    t.match(await call(asker, 'POST', `/v1/disclosures/${withdrawn}/withdrawal`, { reason: 'Found' }), {
      status: 200,
      body: { status: 'WITHDRAWN' },
    })
    t.equal((await approve(withdrawn, 'IAO_CONFIRMATION', 'IAO')).status, 409)
    t.equal((await signOff(withdrawn)).status, 'WITHDRAWN')
  })

  await t.test('what cannot be asked so is refused with each place and its rule', async (t) => {
    const rules = async (over: object, person = asker) => {
      const { body } = await ask(over, person)
      return (body.errors ?? []).map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)
    }
    t.strictSame(await rules({ record_count: 101 }), ['/content/record_count AH-2'])
    t.strictSame(await rules({ valid_to: '2026-11-22T12:00:00Z' }), ['/content/valid_to WINDOW'])
    t.strictSame(await rules({ valid_from: '2026-12-23T00:00:00Z' }), ['/content/valid_to WINDOW'])
    t.strictSame(await rules({ received_on: '2026-11-23' }), ['/content/received_on FUTURE'])
    t.strictSame(await rules({ lawful_basis: 'SCH2_2', exemption: 'X', conditions: ['X'] }), [
      ...['/content/lawful_basis UNKNOWN_CODE', '/content/exemption UNKNOWN_CODE', '/content/conditions/0 UNKNOWN_CODE'],
    ])
    t.strictSame(await rules({ data_items: ['HEALTH.DIAGNOSIS'] }), ['/content/conditions SPECIAL_CATEGORY_CONDITION_MISSING'])
    t.strictSame(await rules({ data_items: ['CRIMINAL.CONVICTION'], conditions: [] }), [
      '/content/conditions CRIMINAL_OFFENCE_CONDITION_MISSING',
    ])
    t.strictSame(await rules({ recipient: CAMDEN }), ['/content/recipient SAME_CONTROLLER'])
    t.strictSame(await rules({}, { org: BARNET, role: 'REQUESTER' }), [' PARTY'])
  })

  await t.test('an approval that comes after the window is refused, and it can still be put right', async (t) => {
    const id = String((await ask({ valid_to: '2026-11-22T12:30:00.000Z' })).body.id)
    await approve(id, 'IAO_CONFIRMATION', 'IAO')
    await approve(id, 'DPO_REVIEW', 'DPO')
    desk.at('2026-11-22T12:30:00.000Z')
    t.strictSame(ruleOf(await approve(id, 'DISCLOSURE_DECISION', 'AUTHORISED_DISCLOSURE_OFFICER')), [422, 'WINDOW'])
    t.equal((await read(id)).status, 'OPEN')
    t.equal(
      (await does(id, 'AUTHORISED_DISCLOSURE_OFFICER', { command: 'return', step: 'DISCLOSURE_DECISION', reasons: 'Too late' })).status,
      200,
    )
  })

  await t.test('a request for a share that was answered so is named, and no other', async (t) => {
    const { mode: _mode, ...question } = { ...SHARE, recipient: MPS, purpose: 'CRIME_INVESTIGATION' }
    const request = String((await call(asker, 'POST', '/v1/requests', { question, why: 'A case' })).body.id)
    t.strictSame(ruleOf(await ask({}, asker, { request_id: request })), [422, 'UNKNOWN_REQUEST'])
    const officer: Person = { org: CAMDEN, role: 'IG_OFFICER' }
    await call(officer, 'POST', `/v1/requests/${request}/pick-up`)
    await call(officer, 'POST', `/v1/requests/${request}/answer`, { answer: 'ONE_OFF' })
    t.match(await ask({}, asker, { request_id: request }), { status: 201, body: { request_id: request } })
    t.strictSame(ruleOf(await ask({ recipient: HACKNEY }, asker, { request_id: request })), [422, 'UNKNOWN_REQUEST'])
    const written = String((await ask({}, { ...asker, sub: 'writer' }, { request_id: request })).body.id)
    for (const sub of ['asker', 'writer'])
      t.strictSame(ruleOf(await approve(written, 'IAO_CONFIRMATION', 'IAO', {}, sub)), [422, 'AH-3'], `${sub} asked for it`)
  })

  await t.test('a window that begins later is told in whatever offset, and opens at its instant', async (t) => {
    const begins = '2026-11-22T15:00:00+02:00'
    const id = await approved({ single_use: false, valid_from: begins, valid_to: '2026-11-22T16:00:00+02:00' })
    t.match(await read(id), { valid_from: '2026-11-22T13:00:00.000Z', content: { valid_to: '2026-11-22T14:00:00.000Z' } })
    t.equal(await shows(id), 'DENY ADHOC_DECISION_NOT_APPROVED')
    desk.at('2026-11-22T13:00:00.000Z')
    t.equal(await shows(id), 'PERMIT')
  })

  await t.test('it may be used again and again where that was approved, until the window ends', async (t) => {
    const id = await approved({ single_use: false, valid_to: '2026-11-22T13:30:00.000Z' })
    t.strictSame([await shows(id), await shows(id)], ['PERMIT', 'PERMIT'])
    desk.at('2026-11-22T13:30:00.000Z')
    t.equal(await shows(id), 'DENY ADHOC_DECISION_NOT_APPROVED')
  })
})
