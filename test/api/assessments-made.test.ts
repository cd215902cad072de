import { createHash } from 'node:crypto'
import t from 'tap'
import { agreementDesk, type Desk, type Person } from '../support/agreement-desk.ts'
import { assess } from '../support/assessed.ts'
import { assessingDesk, measureOf } from '../support/assessing-desk.ts'
import { SHARE } from '../support/demo-share.ts'

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const ANY = { 'if-match': '*' }
const as = (role: Person['role'], org = CAMDEN): Person => ({ org, role })

/** A draft of Camden and Hackney whose assessment is required and not approved. */
async function aDraft(desk: Desk) {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22' })
  const stated = { required: true, status: 'DRAFT', residual: null, prior_consultation: null, review_due: null }
  t.equal((await desk.call(as('IG_OFFICER'), 'PUT', `/v1/agreements/${agreement.id}/draft/dpia`, stated, ANY)).status, 200)
  return agreement
}

t.test('an assessment is made here from the screening to a permit, each controller accepting for itself', async (t) => {
  const desk = await agreementDesk(t)
  const dpia = assessingDesk(desk)
  const agreement = await aDraft(desk)

  await t.test('it is begun by whoever keeps the text, once, with what the agreement says already written', async (t) => {
    const begin = (who: Person) => desk.call(who, 'POST', '/v1/assessments', { agreement: agreement.id })
    t.match(await begin(as('IG_OFFICER', HACKNEY)), { status: 403, body: { errors: [{ code: 'WF-4' }] } })
    t.equal((await begin(as('IG_OFFICER', BARNET))).status, 404)
    t.equal((await begin(as('DPO'))).status, 403, 'the data protection officer advises and does not write')
    const begun = await desk.call(dpia.WRITER, 'POST', '/v1/assessments', { agreement: agreement.id })
    t.match(begun, { status: 201, body: { state: 'DRAFT', version: 1, agreement: agreement.id, sign_off: null, residual: null } })
    t.ok(Object.keys(begun.body.content.answers).length > 3, 'the flows are described')
    t.match(await begin(as('IG_OFFICER')), { status: 409, body: { errors: [{ code: 'DP-3' }] } })
  })
  const listed = await desk.call(as('DPO', HACKNEY), 'GET', `/v1/assessments?agreement=${agreement.id}`)
  const id: string = listed.body.assessments[0].id
  t.equal((await desk.call(as('DPO', BARNET), 'GET', `/v1/assessments/${id}`)).status, 404, 'strangers know of none')
  t.equal((await desk.call(as('DPO', BARNET), 'GET', '/v1/assessments')).body.assessments.length, 0)

  await t.test('nobody states it by hand or from elsewhere any more', async (t) => {
    const stated = { required: true, status: 'REJECTED', residual: null, prior_consultation: null, review_due: null }
    const path = `/v1/agreements/${agreement.id}/draft/dpia`
    t.match(await desk.call(as('IG_OFFICER'), 'PUT', path, stated, ANY), { status: 409, body: { errors: [{ code: 'DP-4' }] } })
  })

  await t.test('what is missing is named before it can be sent, and what cannot be read is not kept', async (t) => {
    const early = await dpia.write(id, 'POST', '/sending')
    t.equal(early.status, 409, 'nobody has screened')
    t.match(await dpia.write(id, 'PUT', '/screening', { required: true, reasons: null }), { status: 200 })
    const missing = await dpia.write(id, 'POST', '/sending')
    t.equal(missing.status, 422)
    const pointers = missing.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    t.ok(pointers.includes('/risks') && pointers.includes('/review') && pointers.some((one: string) => one.startsWith('/answers/')))
    t.match(await dpia.write(id, 'PUT', '/answers/no.such.question', { text: 'x', choice: null }), { status: 422 })
    t.match(await dpia.write(id, 'POST', '/measures', measureOf(crypto.randomUUID())), { status: 422 })
  })

  await t.test('it is sent as a version that never changes, and read as it was sent', async (t) => {
    await dpia.written(id)
    const sent = await dpia.send(id)
    t.match(sent, { state: 'DPO_ADVICE_REQUESTED', version: 1, residual: 'LOW' })
    const version = await desk.call(as('DPO', HACKNEY), 'GET', `/v1/assessments/${id}/versions/1`)
    t.equal(createHash('sha256').update(version.body.document).digest('hex'), version.body.hash)
    t.match(await dpia.write(id, 'PUT', '/review', { due: '2028-01-01', kept_by: 'x' }), { status: 409 }, 'it is not written meanwhile')
  })

  await t.test('the text names the version, and is not signed before the party has accepted the risk', async (t) => {
    const frozen = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
    const text = (await desk.call(as('IG_OFFICER'), 'GET', `/v1/agreements/${agreement.id}/versions/1`)).body
    const { versions } = await dpia.read(id)
    t.strictSame(text.text.assessment, { id, version: 1, hash: versions[0].hash })
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET DPIA_REQUIRED_NOT_APPROVED')

    const { sign_off } = await dpia.read(id)
    const byWriter = await desk.call({ ...dpia.WRITER, role: 'DPO' }, 'POST', `/v1/sign-offs/${sign_off}/commands`, {
      ...{ command: 'approve', step: 'DPO_REVIEW', hash: versions[0].hash },
    })
    t.match(byWriter, { status: 422, body: { errors: [{ code: 'AH-3' }] } }, 'whoever wrote it does not advise on it')

    t.equal((await dpia.advise(id, CAMDEN, { comment: 'The measures suffice.' })).status, 200)
    t.equal((await dpia.read(id)).state, 'AWAITING_RISK_ACCEPTANCE')
    t.equal((await dpia.accept(id, CAMDEN)).status, 200)
    t.match(await dpia.read(id), {
      ...{
        state: 'APPROVED',
        approved_version: 1,
        advice: [{ org: CAMDEN, says: 'PROCEED', words: 'The measures suffice.', overruled: null }],
      },
      acceptances: [{ org: CAMDEN, version: 1, until: null }],
    })
    const shown = await desk.call(as('IG_OFFICER'), 'GET', `/v1/agreements/${agreement.id}`)
    t.match(shown.body.dpia, { status: 'APPROVED', source: 'MADE_HERE', made_here: id, residual: 'LOW', review_due: '2027-11-20' })

    t.equal((await desk.sign(agreement.id, CAMDEN, 1, frozen.hash)).status, 201)
    t.match(await desk.sign(agreement.id, HACKNEY, 1, frozen.hash), { status: 422, body: { errors: [{ code: 'DP-7' }] } })
    t.equal((await dpia.advise(id, HACKNEY)).status, 200)
    t.equal((await dpia.accept(id, HACKNEY)).status, 200)
    t.equal((await desk.sign(agreement.id, HACKNEY, 1, frozen.hash)).status, 201)
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
    const headers = { ...(await desk.service.as({ org: CAMDEN })), 'content-type': 'application/json' }
    const asked = await desk.service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: SHARE })
    const accepted = { assessment: { id, version: 1, state: 'APPROVED' } }
    t.match(asked.json().legal, { provider: accepted, recipient: accepted }, 'the permit says what each controller stands on')
  })

  await t.test('after an incident nothing is shared until its next version is accepted by both', async (t) => {
    const reopen = (who: Person, reason: string) =>
      desk.call(who, 'POST', `/v1/assessments/${id}/reopening`, { reason, note: 'A list reached the wrong school.' })
    t.match(await reopen(as('DPO', HACKNEY), 'LAW_CHANGE'), { status: 403, body: { errors: [{ code: 'WF-4' }] } })
    t.equal((await reopen(as('DPO', HACKNEY), 'INCIDENT')).status, 200, 'any controller stops it after an incident')
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY DPIA_REQUIRED_NOT_APPROVED')
    await dpia.written(id)
    t.match(await dpia.send(id), { version: 2, state: 'DPO_ADVICE_REQUESTED' })
    t.equal((await dpia.advise(id, CAMDEN)).status, 200)
    t.equal((await dpia.accept(id, CAMDEN)).status, 200)
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY DPIA_REQUIRED_NOT_APPROVED', 'Hackney has not accepted it')
    t.equal((await dpia.advise(id, HACKNEY)).status, 200)
    t.equal((await dpia.accept(id, HACKNEY)).status, 200)
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
  })

  await t.test('a routine re-opening leaves what was accepted until its review', async (t) => {
    const reply = await desk.call(as('DPO'), 'POST', `/v1/assessments/${id}/reopening`, {
      reason: 'LAW_CHANGE',
      note: 'A new code of practice.',
    })
    t.match(reply, { status: 200, body: { state: 'IN_REVIEW', approved_version: 2 } })
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
    desk.at('2027-11-21T12:00:00.000Z')
    t.match(await desk.ask(CAMDEN, HACKNEY), /DENY DPIA_REQUIRED_NOT_APPROVED.*DPIA_REVIEW_OVERDUE|DENY .*DPIA_REVIEW_OVERDUE/)
  })
})

t.test('a high risk that is left goes to the regulator, and advice against it is overruled with reasons that stay', async (t) => {
  const desk = await agreementDesk(t)
  const dpia = assessingDesk(desk)
  const agreement = await aDraft(desk)
  const id = await dpia.begin(agreement.id)
  await dpia.written(id, { risk: { likelihood: 'PROBABLE', severity: 'SEVERE' }, left: { likelihood: 'POSSIBLE', severity: 'SEVERE' } })
  t.match(await dpia.send(id), { residual: 'HIGH' })
  const frozen = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
  const { sign_off } = await dpia.read(id)
  const { signOff } = dpia
  for (const org of [CAMDEN, HACKNEY]) {
    const no = await signOff.command(sign_off, signOff.people(org, 'DPO'), {
      command: 'refuse',
      step: 'DPO_REVIEW',
      reason: 'Too many see it.',
    })
    t.equal(no.status, 200, no.text)
    if (org === CAMDEN) t.equal((await dpia.read(id)).state, 'DPO_ADVICE_GIVEN')
    const over = await signOff.command(sign_off, signOff.people(org, 'SIRO'), { command: 'overrule', reason: 'Children are at risk.' })
    t.equal(over.status, 200, over.text)
    t.equal((await dpia.accept(id, org)).status, 200)
  }
  t.match(await dpia.read(id), {
    state: 'PRIOR_CONSULTATION',
    advice: [{ org: CAMDEN, says: 'DO_NOT_PROCEED', words: 'Too many see it.', overruled: { reason: 'Children are at risk.' } }, {}],
  })
  t.match(await desk.ask(CAMDEN, HACKNEY), /DPIA_REQUIRED_NOT_APPROVED/)

  const consult = (path: string, body: object) => desk.call(as('DPO'), 'POST', `/v1/assessments/${id}/consultation${path}`, body)
  t.match(await consult('', { submitted_on: '2026-11-25', reference: 'IC-1' }), { status: 422, body: { errors: [{ code: 'FUTURE' }] } })
  t.match(await consult('', { submitted_on: '2026-11-20', reference: 'IC-1' }), {
    status: 200,
    body: { consultation: { due: '2027-01-15' } },
  })
  t.match(await consult('/extension', { extended_on: '2026-11-22' }), { status: 200, body: { consultation: { due: '2027-02-26' } } })
  t.match(await consult('/answer', { on: '2026-11-22', outcome: 'MAY_PROCEED', words: 'With these measures.' }), {
    status: 200,
    body: { state: 'APPROVED' },
  })
  for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(agreement.id, org, 1, frozen.hash)).status, 201)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
})

t.test(
  'where an assessment made elsewhere is approved and the text in force, one that is made here stops the share once it says so',
  async (t) => {
    const inForceOnElsewhere = async () => {
      const desk = await agreementDesk(t)
      const agreement = await aDraft(desk)
      await assess(desk, agreement.id)
      const frozen = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
      for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(agreement.id, org, 1, frozen.hash)).status, 201)
      const dpia = assessingDesk(desk)
      const id = await dpia.begin(agreement.id)
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'what was approved holds while it is written')
      return { desk, dpia, id }
    }

    await t.test('the keeper refuses the risk', async (t) => {
      const { desk, dpia, id } = await inForceOnElsewhere()
      await dpia.written(id)
      await dpia.send(id)
      t.equal((await dpia.advise(id, CAMDEN)).status, 200)
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'and while it is reviewed')
      const { sign_off } = await dpia.read(id)
      const { signOff } = dpia
      const no = { command: 'refuse', step: 'SIRO_APPROVAL', reason: 'Nobody needs all of it.' }
      t.equal((await signOff.command(sign_off, signOff.people(CAMDEN, 'SIRO'), no)).status, 200)
      t.match(await dpia.read(id), { state: 'REJECTED', approved_version: null })
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY DPIA_REQUIRED_NOT_APPROVED')
    })

    await t.test('there was an incident while it is written', async (t) => {
      const { desk, id } = await inForceOnElsewhere()
      const incident = { reason: 'INCIDENT', note: 'A list reached the wrong school.' }
      t.equal((await desk.call(as('DPO', HACKNEY), 'POST', `/v1/assessments/${id}/reopening`, incident)).status, 200)
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY DPIA_REQUIRED_NOT_APPROVED')
    })
  },
)
