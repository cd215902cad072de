import { createHash } from 'node:crypto'
import t from 'tap'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { agreementDesk, type Desk, type Person } from '../support/agreement-desk.ts'
import { ASSESSED, assess, confirmElsewhere, recordElsewhere, sendFile } from '../support/assessed.ts'
import { SHARE } from '../support/demo-share.ts'
import { PDF } from '../support/sample-files.ts'

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const ANY = { 'if-match': '*' }
const as = (role: Person['role'], org = CAMDEN, sub?: string): Person => ({ org, role, ...(sub ? { sub } : {}) })
const OFFICER = as('IG_OFFICER')

/** A draft of Camden and Hackney, whose assessment is required and not approved. */
async function aDraft(desk: Desk) {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22' })
  const stated = { required: true, status: 'DRAFT', residual: null, prior_consultation: null, review_due: null }
  t.equal((await desk.call(OFFICER, 'PUT', `/v1/agreements/${agreement.id}/draft/dpia`, stated, ANY)).status, 200)
  return agreement
}
const dpiaOf = async (desk: Desk, id: string) => (await desk.call(OFFICER, 'GET', `/v1/agreements/${id}`)).body.dpia
const signedByBoth = async (desk: Desk, id: string, frozen: { readonly version: number; readonly hash: string }) => {
  for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(id, org, frozen.version, frozen.hash)).status, 201)
}

t.test('an assessment made elsewhere is recorded with its file by one person and confirmed by a second', async (t) => {
  const desk = await agreementDesk(t)
  const { id } = await aDraft(desk)
  const agreement = { id, owner_org: CAMDEN }

  await t.test('it is recorded by an officer or the data protection officer of whoever keeps the text, and by nobody else', async (t) => {
    for (const [who, status, code] of [
      [as('LEGAL'), 403, undefined],
      [as('SIRO'), 403, undefined],
      [as('AUDITOR'), 403, undefined],
      [as('IG_OFFICER', HACKNEY), 403, 'WF-4'],
      [as('DPO', HACKNEY), 403, 'WF-4'],
      [as('DPO', BARNET), 404, undefined],
      [as('DPO'), 201, undefined],
      [OFFICER, 201, undefined],
    ] as const) {
      const file = who.role === 'AUDITOR' ? crypto.randomUUID() : await sendFile(desk, who)
      const made = await recordElsewhere(desk, id, { file }, who)
      t.equal(made.status, status, `${who.role} of ${who.org}: ${made.text}`)
      if (code) t.match(made.body.errors, [{ code }])
    }
  })

  await t.test('without the file, a day of advice that is to come, or reasons against the advice, nothing is recorded', async (t) => {
    const refusedAt = async (over: object) => {
      const reply = await recordElsewhere(desk, id, { ...over })
      return [reply.status, ...(reply.body.errors ?? []).map(({ pointer, code }: Record<string, string>) => `${pointer} ${code}`)]
    }
    const overruled = { by: 'A. Director', reason: 'Children are at risk.' }
    t.strictSame(await refusedAt({ file: crypto.randomUUID() }), [422, '/file UNKNOWN_FILE'])
    t.strictSame(await refusedAt({ file: await sendFile(desk, as('DPO', HACKNEY)) }), [422, '/file UNKNOWN_FILE'], 'somebody else sent it')
    t.strictSame(await refusedAt({ advice: { ...ASSESSED.advice, on: '2026-11-23' } }), [422, '/advice/on DP-4'])
    t.strictSame(await refusedAt({ advice: { ...ASSESSED.advice, says: 'DO_NOT_PROCEED' } }), [422, '/overruled DP-4'])
    t.strictSame(await refusedAt({ overruled }), [422, '/overruled DP-4'], 'nothing is overruled')
    t.equal((await refusedAt({ outcome: 'SCREENED_OUT' }))[0], 400)
    t.equal((await dpiaOf(desk, id)).elsewhere.length, 2)
  })

  await t.test(
    'until it is confirmed nothing counts as approved, and the share is refused in words that say what is missing',
    async (t) => {
      t.match(await dpiaOf(desk, id), {
        status: 'DRAFT',
        residual: 'LOW',
        source: 'RECORDED_BY_HAND',
        elsewhere: [{ state: 'REPLACED' }, { state: 'AWAITS_CONFIRMATION' }],
      })
      const frozen = await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })
      const text = (await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/versions/1`)).body
      t.match(text.text.assessment, {
        file_sha256: createHash('sha256').update(PDF).digest('hex'),
        ...{ outcome: 'APPROVED', residual: 'LOW', advice: ASSESSED.advice, overruled: null },
      })
      t.equal(text.hash, frozen.hash)
      await t.rejects(desk.approve(id, CAMDEN, 1), /The data protection impact assessment is not recorded as approved/, 'its step waits')
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET DPIA_REQUIRED_NOT_APPROVED')
      const headers = { ...(await desk.service.as({ org: CAMDEN })), 'content-type': 'application/json' }
      const asked = await desk.service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: SHARE })
      t.match(
        asked.body,
        /The DPIA is recorded as DRAFT\. One made elsewhere is recorded as approved: a second person of LBC_CAMDEN has to confirm it\./,
      )
    },
  )

  await t.test(
    'a second person of the same organisation confirms it, also after the text is frozen; the share goes on from then',
    async (t) => {
      const { elsewhere } = await dpiaOf(desk, id)
      const [first, last] = elsewhere.map((one: { id: string }) => one.id)
      for (const [who, record, status, code] of [
        [OFFICER, last, 422, 'DP-4'],
        [as('SIRO'), last, 403, undefined],
        [as('DPO', HACKNEY), last, 403, 'DP-4'],
        [as('DPO', BARNET), last, 404, undefined],
        [as('DPO'), crypto.randomUUID(), 404, undefined],
        [as('IG_OFFICER', CAMDEN, 'urn:test:second'), first, 409, 'DP-4'],
      ] as const) {
        const reply = await confirmElsewhere(desk, id, record, who)
        t.equal(reply.status, status, `${who.role} of ${who.org}: ${reply.text}`)
        if (code) t.match(reply.body.errors, [{ code }])
      }
      const confirmed = await confirmElsewhere(desk, id, last)
      t.match(confirmed, { status: 200, body: { assessment: { id: last, state: 'CONFIRMED' } } })
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET')
      const { version, hash } = (await desk.call(OFFICER, 'GET', `/v1/agreements/${id}`)).body.versions[0]
      await signedByBoth(desk, id, { version, hash })
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
      t.match(await confirmElsewhere(desk, id, last), { status: 409 }, 'once')
      t.match(await dpiaOf(desk, id), { status: 'APPROVED', residual: 'LOW', source: 'RECORDED_ELSEWHERE' })
      const kinds = (await desk.call(as('DPO', HACKNEY), 'GET', '/v1/notices?limit=200')).body.notices.map(
        ({ kind }: { kind: string }) => kind,
      )
      t.ok(kinds.includes('ASSESSMENT_CONFIRMED') && !kinds.includes('ASSESSMENT_TO_CONFIRM'))
      const acts = (await desk.leaves(id)).filter(({ act, refused }) => act.endsWith('_assessment') && !refused)
      t.strictSame(
        acts.map(({ act }) => act),
        ['record_assessment', 'record_assessment', 'confirm_assessment'],
      )
    },
  )

  await t.test('its file is kept while it is recorded, and what was recorded never changes', async (t) => {
    const { elsewhere } = await dpiaOf(desk, id)
    const erased = await desk.call(OFFICER, 'POST', `/v1/files/${elsewhere[1].file.id}/erasure`, { reason: 'x' })
    t.match(erased, { status: 409, body: { errors: [{ code: 'EVIDENCE' }] } })
    t.equal((await desk.call(as('DPO', HACKNEY), 'GET', `/v1/files/${elsewhere[1].file.id}/content`)).status, 200, 'a party reads it')
    const owner = await desk.service.database?.openAs('session_user', 1)
    await t.rejects(Promise.resolve(owner?.pool.query(`update assessment_elsewhere set residual = 'HIGH'`)), { code: '23001' })
    await t.rejects(Promise.resolve(owner?.pool.query('delete from assessment_elsewhere')), { code: '23001' })
    const rowsFor = (org: string) =>
      withTransactionAs(desk.service.app.services.db, { kind: 'party', org }, async (tx) => {
        return (await tx.selectFrom('assessment_elsewhere').select('id').execute()).length
      })
    t.strictSame([await rowsFor(HACKNEY), await rowsFor(BARNET)], [2, 0])
  })

  await t.test(
    'once it was confirmed nobody relaxes it alone; what each controller has to accept waits for a text that names it',
    async (t) => {
      const amended = await desk.call(
        OFFICER,
        'POST',
        `/v1/agreements/${id}/amendments`,
        { reason: 'Its review', effective_from: '2026-12-01' },
        ANY,
      )
      t.equal(amended.status, 201, amended.text)
      desk.at('2026-11-22T12:10:00.000Z')
      const later = await recordElsewhere(desk, id, { review_due: '2029-01-01' })
      t.equal(later.status, 201, later.text)
      t.match(await dpiaOf(desk, id), { status: 'APPROVED', review_due: '2028-01-01' }, 'the later day does not count yet')
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'and the share goes on')
      const record = later.body.assessment.id
      t.match(await confirmElsewhere(desk, id, record), { status: 409, body: { errors: [{ code: 'DP-7' }] } })
      desk.at('2026-11-22T12:20:00.000Z')
      await signedByBoth(desk, id, await desk.freeze(agreement, { route: 'STANDARD' }))
      t.equal((await confirmElsewhere(desk, id, record)).status, 200)
      t.match(await dpiaOf(desk, id), { status: 'APPROVED', review_due: '2029-01-01' })
      t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
    },
  )

  await t.test('one that was rejected stops the share at once, whoever has confirmed it', async (t) => {
    await desk.call(OFFICER, 'POST', `/v1/agreements/${id}/amendments`, { reason: 'Another review', effective_from: '2026-12-02' }, ANY)
    t.equal((await recordElsewhere(desk, id, { outcome: 'REJECTED', residual: 'HIGH' })).status, 201)
    t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY DPIA_REQUIRED_NOT_APPROVED')
    const refused = await desk.call(OFFICER, 'POST', `/v1/agreements/${id}/freeze`, { route: 'STANDARD' }, ANY)
    t.match(refused, { status: 422 })
    t.ok(refused.body.errors.some(({ code }: { code: string }) => code === 'DPIA_NOT_APPROVED'))
  })
})

t.test('a text whose assessment is neither approved nor recorded is not frozen; nobody approves one by hand', async (t) => {
  const desk = await agreementDesk(t)
  const { id } = await aDraft(desk)
  const refused = await desk.call(OFFICER, 'POST', `/v1/agreements/${id}/freeze`, { route: 'STANDARD' }, ANY)
  t.match(refused.body.errors, [{ pointer: '/dpia', code: 'DPIA_NOT_APPROVED', remedy_role: 'DPO' }])
  const put = (body: object) =>
    desk.call(
      as('DPO'),
      'PUT',
      `/v1/agreements/${id}/draft/dpia`,
      { residual: 'LOW', prior_consultation: 'NOT_REQUIRED', review_due: '2028-01-01', ...body },
      ANY,
    )
  t.match(await put({ required: true, status: 'APPROVED' }), { status: 409, body: { errors: [{ code: 'DP-4' }] } })
  t.equal((await put({ required: false, status: 'SCREENED_OUT' })).status, 200, 'the screening is recorded as before')
  t.match(await put({ required: true, status: 'APPROVED' }), { status: 409, body: { errors: [{ code: 'DP-4' }] } }, 'nor on the way round')

  await t.test('what is stated by hand after it was recorded is not overtaken by its confirmation', async (t) => {
    const recorded = await recordElsewhere(desk, id)
    desk.at('2026-11-22T12:05:00.000Z')
    t.equal((await put({ required: true, status: 'IN_REVIEW' })).status, 200)
    t.match(await confirmElsewhere(desk, id, recorded.body.assessment.id), { status: 409, body: { errors: [{ code: 'DP-4' }] } })
  })

  await t.test('an approval against the advice of the data protection officer says who and why, for ever', async (t) => {
    const overruled = { by: 'A. Director, SIRO', reason: 'A child is at risk, and no other way is open.' }
    await assess(desk, id, { advice: { ...ASSESSED.advice, says: 'DO_NOT_PROCEED', words: 'Wait for the new system.' }, overruled })
    t.match((await dpiaOf(desk, id)).elsewhere.at(-1), { state: 'CONFIRMED', overruled, advice: { says: 'DO_NOT_PROCEED' } })
    t.match(await put({ required: false, status: 'SCREENED_OUT' }), { status: 409, body: { errors: [{ code: 'DP-4' }] } })
    t.equal((await put({ required: true, status: 'IN_REVIEW' })).status, 200, 'stricter it can be made by one')
  })
})
