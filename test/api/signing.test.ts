import { createHash } from 'node:crypto'
import t from 'tap'
import type { Flow, LegalSide } from '../../src/agreements/agreement.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { type AgreementOver, aVersion } from '../support/builders/draft.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const SHARE = [CAMDEN, HACKNEY] as const
const OFFICER = { org: CAMDEN, role: 'IG_OFFICER' } as const

/** A draft whose one flow differs, and whose provider relies on other law. */
function withFlow(over: Partial<Flow>, provider: Partial<LegalSide>): AgreementOver {
  const [flow] = aVersion(SHARE).terms.flows
  if (!flow) throw new Error('the draft has no flow')
  const legal = { ...flow.legal, provider: { ...flow.legal.provider, ...provider } }
  const flows = [{ ...flow, ...over, legal }]
  return { versions: [aVersion(SHARE, { terms: { ...aVersion(SHARE).terms, flows } })] }
}

t.test('from a draft to a permit', async (t) => {
  const desk = await agreementDesk(t)
  const today = '2026-11-22'

  await t.test('LC-1: a frozen version is exactly its bytes, and parties sign their SHA-256', async (t) => {
    const agreement = await desk.draft({ effectiveFrom: today })
    t.equal(await desk.ask(...SHARE), 'DENY NO_AGREEMENT', 'a draft is no agreement')
    const { hash, body } = await desk.freeze(agreement)
    t.match(body, {
      from: 'DRAFT',
      to: 'IN_REVIEW',
      version: 1,
      change_class: null,
      review_route: 'CONDENSED/1',
      awaits: [CAMDEN, HACKNEY],
      voids: [],
    })
    const document = await desk.call({ org: HACKNEY, role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${agreement.id}/versions/1/document`)
    t.equal(createHash('sha256').update(document.text).digest('hex'), hash)
    t.equal(document.headers.etag, `"${hash}"`)
    const again = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${agreement.id}/freeze`, undefined, {
      'if-match': '*',
    })
    t.equal(again.status, 409, 'there is no draft any more')

    t.equal(await desk.ask(...SHARE), 'DENY PARTY_NOT_SIGNED')
    const first = await desk.sign(agreement.id, CAMDEN, 1, hash)
    t.match(first, { status: 201, body: { commenced: false, missing: [HACKNEY], to: 'AWAITING_SIGNATURE' } })
    t.equal(await desk.ask(...SHARE), 'DENY PARTY_NOT_SIGNED', 'one signature binds nobody')
    const second = await desk.sign(agreement.id, HACKNEY, 1, hash)
    t.match(second, { status: 201, body: { commenced: true, missing: [], to: 'ACTIVE' } })
    t.equal(await desk.ask(...SHARE), 'PERMIT', 'in force with the reply to the second signature')
    t.strictSame(await desk.leaves(agreement.id), [
      { cseq: 1, act: 'freeze', refused: false },
      { cseq: 2, act: 'approve', refused: false },
      { cseq: 3, act: 'approve', refused: false },
      { cseq: null, act: 'freeze', refused: true },
      { cseq: 4, act: 'sign', refused: false },
      { cseq: 5, act: 'sign', refused: false },
    ])
  })

  await t.test('a draft that is incomplete is not frozen, and every gap is named', async (t) => {
    const agreement = await desk.draft({ effectiveTo: null, review_due: null })
    const reply = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${agreement.id}/freeze`, undefined, {
      'if-match': '*',
    })
    t.equal(reply.status, 422)
    const pointers = reply.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    t.ok(pointers.includes('/effective_to') && pointers.includes('/review_due'), pointers.join())
  })

  await t.test('nobody is bound to the past: a first day before today in London is refused', async (t) => {
    const agreement = await desk.draft({ effectiveFrom: '2026-11-21' })
    const reply = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${agreement.id}/freeze`, undefined, {
      'if-match': '*',
    })
    t.match(reply, { status: 422, body: { errors: [{ pointer: '/effective_from', code: 'EFFECTIVE_FROM' }] } })
  })

  await t.test('AC-5: a text against a check at approval is refused, with the law and who can remedy it', async (t) => {
    const agreement = await desk.draft(withFlow({ frequency: 'DAILY' }, { gateways: ['HA1996_PART7', 'POLICE_COMMON_LAW'] }))
    const reply = await desk.call(OFFICER, 'POST', `/v1/agreements/${agreement.id}/freeze`, undefined, { 'if-match': '*' })
    t.equal(reply.status, 422, reply.text)
    const [found] = reply.body.errors.filter(({ code }: { code: string }) => code === 'COMMON_LAW_ON_REGULAR_FLOW')
    t.match(found, { pointer: '/terms/flows/0/legal/provider/gateways', citation: /^Common law/i, remedy_role: 'LEGAL' })
    const read = await desk.call(OFFICER, 'GET', `/v1/agreements/${agreement.id}`)
    t.match(read.body, { status: 'DRAFT', draft_version: 1 }, 'nothing was frozen')
  })

  await t.test('AC-3: a warning does not stop an approval, is kept with the version and shown wherever it is read', async (t) => {
    const agreement = await desk.draft(
      withFlow({}, { regime: 'PART_3', art6: [], part3: { sch8: [], strictly_necessary: false, reuse_authority: 'HA1996_PART7' } }),
    )
    const path = `/v1/agreements/${agreement.id}`
    const warning = { code: 'PURPOSE_NOT_LAW_ENFORCEMENT', pointer: '/terms/flows/0/legal/provider/regime' }
    const full = { ...warning, severity: 'WARNING', detail: /HOMELESSNESS/, citation: 'DPA 2018 s31', remedy_role: 'LEGAL' }
    const among = (warnings: readonly { code: string }[]) => warnings.filter(({ code }) => code === warning.code)
    const advised = await desk.call(OFFICER, 'GET', `${path}/advice`)
    t.match([advised.body.ready, among(advised.body.advice)], [true, [full]], 'shown while it is a draft')
    t.match(among((await desk.freeze(agreement)).body.warnings), [full], 'shown to whoever approves it')
    t.match(among((await desk.call(OFFICER, 'GET', `${path}/versions/1`)).body.warnings), [full])
    t.match(among((await desk.call(OFFICER, 'GET', path)).body.versions[0].warnings), [full])
    const history = await desk.call(OFFICER, 'GET', `${path}/history`)
    const frozen = history.body.acts.find(({ act }: { act: string }) => act === 'freeze')
    t.strictSame(among(frozen.detail.warnings), [warning])
    t.match((await desk.call(OFFICER, 'GET', `${path}/versions/1/print`)).text, /Warnings when it was frozen.*DPA 2018 s31/s)
    const document = await desk.call(OFFICER, 'GET', `${path}/versions/1/document`)
    t.notMatch(document.text, /PURPOSE_NOT_LAW_ENFORCEMENT/, 'it is no part of what is signed')
  })

  await t.test('freezing needs the state it changes: 428 without If-Match, 412 with an old one', async (t) => {
    const agreement = await desk.draft()
    const path = `/v1/agreements/${agreement.id}/freeze`
    t.equal((await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', path)).status, 428)
    t.equal((await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', path, undefined, { 'if-match': '"99"' })).status, 412)
  })

  await t.test('only the owner freezes, only a party learns that the agreement exists', async (t) => {
    const agreement = await desk.draft()
    const path = `/v1/agreements/${agreement.id}/freeze`
    t.equal((await desk.call({ org: HACKNEY, role: 'IG_OFFICER' }, 'POST', path, undefined, { 'if-match': '*' })).status, 403)
    t.equal((await desk.call({ org: 'LBC_BARNET', role: 'IG_OFFICER' }, 'POST', path, undefined, { 'if-match': '*' })).status, 404)
    t.equal((await desk.call({ org: CAMDEN, role: 'DPO' }, 'POST', path, undefined, { 'if-match': '*' })).status, 403)
  })

  await t.test('a signature on another hash is refused with the present one', async (t) => {
    const agreement = await desk.draft()
    const { hash } = await desk.freeze(agreement)
    const reply = await desk.sign(agreement.id, CAMDEN, 1, 'a'.repeat(64))
    t.match(reply, { status: 409, body: { errors: [{ pointer: '/version_hash', code: 'HASH' }] } })
    t.match(reply.body.errors[0].detail, hash)
  })

  await t.test('a party signs a version once; the same request under its key is answered alike', async (t) => {
    const agreement = await desk.draft()
    const { hash } = await desk.freeze(agreement)
    const body = { version: 1, version_hash: hash, name: 'A', post: 'B', authority: 'C' }
    const statements = (await desk.call({ org: CAMDEN, role: 'SIGNATORY' }, 'GET', `/v1/agreements/${agreement.id}/versions/1`)).body
      .statements
    const sign = (key: string, over = {}) =>
      desk.call(
        { org: CAMDEN, role: 'SIGNATORY' },
        'POST',
        `/v1/agreements/${agreement.id}/signatures`,
        { ...body, statements, ...over },
        { 'idempotency-key': key },
      )
    const first = await sign('k1')
    t.equal(first.status, 201)
    t.strictSame((await sign('k1')).body, first.body)
    t.match(await sign('k1', { name: 'Other' }), { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
    t.match(await sign('k2'), { status: 409, body: { code: 'CONFLICT' } })
  })

  await t.test('both statements are needed, word for word', async (t) => {
    const agreement = await desk.draft()
    const { hash } = await desk.freeze(agreement)
    const one = await desk.sign(agreement.id, CAMDEN, 1, hash, {
      body: { statements: ['I have authority to sign this agreement for my organisation.'] },
    })
    t.equal(one.status, 400)
    const other = await desk.sign(agreement.id, CAMDEN, 1, hash, { body: { statements: ['I agree.', 'I have authority.'] } })
    t.equal(other.status, 400)
  })

  await t.test('SD-6: nobody signs for two parties', async (t) => {
    const agreement = await desk.draft()
    const { hash } = await desk.freeze(agreement)
    t.equal((await desk.sign(agreement.id, CAMDEN, 1, hash, { sub: 'shared' })).status, 201)
    t.match(await desk.sign(agreement.id, HACKNEY, 1, hash, { sub: 'shared' }), { status: 422, body: { errors: [{ code: 'SD-6' }] } })
  })

  await t.test('SD-1: whoever froze the text does not sign it for the same party', async (t) => {
    const agreement = await desk.draft()
    const path = `/v1/agreements/${agreement.id}/freeze`
    const frozen = await desk.call({ org: CAMDEN, role: 'IG_OFFICER', sub: 'both' }, 'POST', path, undefined, { 'if-match': '*' })
    t.match(await desk.sign(agreement.id, CAMDEN, 1, frozen.body.version_hash, { sub: 'both' }), {
      status: 422,
      body: { errors: [{ code: 'SD-1' }] },
    })
    t.equal((await desk.sign(agreement.id, CAMDEN, 1, frozen.body.version_hash, { sub: 'another' })).status, 201)
  })

  await t.test('a machine token cannot sign', async (t) => {
    const agreement = await desk.draft()
    const { hash } = await desk.freeze(agreement)
    const reply = await desk.service.inject({
      method: 'POST',
      url: `/v1/agreements/${agreement.id}/signatures`,
      headers: await desk.service.as({ org: CAMDEN }),
      payload: { version: 1, version_hash: hash },
    })
    t.equal(reply.statusCode, 403)
  })
})

t.test('force begins on the first day, and never before both have signed', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await desk.draft({ effectiveFrom: '2026-12-01' })
  const { hash } = await desk.freeze(agreement)
  await desk.sign(agreement.id, CAMDEN, 1, hash)
  await desk.sign(agreement.id, HACKNEY, 1, hash)
  t.equal(await desk.ask(...SHARE), 'DENY NOT_YET_EFFECTIVE')
  desk.at('2026-11-30T23:59:59.999Z')
  t.equal(await desk.ask(...SHARE), 'DENY NOT_YET_EFFECTIVE', 'the last millisecond of the day before')
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(...SHARE), 'PERMIT', 'the first of the first day in London')
})

t.test('THRESHOLD: three of four must have signed before any pair is bound', async (t) => {
  const desk = await agreementDesk(t)
  const orgs = [CAMDEN, HACKNEY, 'LBC_ISLINGTON', 'LBC_BARNET']
  const agreement = await desk.draft({ orgs, commencement: { rule: 'THRESHOLD', n: 3 }, effectiveFrom: '2026-11-22' })
  const { hash } = await desk.freeze(agreement)
  await desk.sign(agreement.id, CAMDEN, 1, hash)
  t.match(await desk.sign(agreement.id, HACKNEY, 1, hash), { body: { commenced: false, to: 'AWAITING_SIGNATURE' } })
  t.equal(await desk.ask(...SHARE), 'DENY COMMENCEMENT_NOT_MET')
  t.match(await desk.sign(agreement.id, 'LBC_ISLINGTON', 1, hash), { body: { commenced: true, to: 'ACTIVE' } })
  t.equal(await desk.ask(...SHARE), 'PERMIT')
  t.equal(await desk.ask(CAMDEN, 'LBC_BARNET'), 'DENY PARTY_NOT_SIGNED')
})

t.test('a record made elsewhere permits nothing until each signature is confirmed by a person of that party', async (t) => {
  const desk = await agreementDesk(t)
  const draft = await desk.draft({ origin: 'ELSEWHERE', status: 'ACTIVE', effectiveFrom: '2020-01-01', effectiveTo: null })
  const owner = await desk.service.database?.openAs('session_user', 1)
  const hash = 'b'.repeat(64)
  await owner?.pool.query(`update agreement_version set status = 'APPROVED' where agreement_id = $1`, [draft.id])
  await owner?.pool.query('alter table agreement_version disable trigger version_is_frozen')
  await owner?.pool.query(`update agreement_version set frozen_at = '2020-01-01', hash = $2 where agreement_id = $1`, [draft.id, hash])
  await owner?.pool.query('alter table agreement_version enable trigger version_is_frozen')
  for (const org of SHARE) {
    await owner?.pool.query(
      `insert into signature (id, agreement_id, version, org, signed_at) values (gen_random_uuid(), $1, 1, $2, '2019-12-01')`,
      [draft.id, org],
    )
  }
  const confirm = (org: string, role: 'IG_OFFICER' | 'SIGNATORY' = 'IG_OFFICER') =>
    desk.call({ org, role }, 'POST', `/v1/agreements/${draft.id}/signature-confirmations`, { version: 1 })
  t.equal((await confirm(CAMDEN, 'SIGNATORY')).status, 403)
  t.match(await desk.sign(draft.id, CAMDEN, 1, hash), { status: 409, body: { errors: [{ code: 'RECORDED' }] } })
  t.match(await confirm(CAMDEN), { status: 201, body: { signed_at: '2019-12-01T00:00:00.000Z', confirmed_at: '2026-11-22T12:00:00.000Z' } })
  t.equal(await desk.ask(...SHARE), 'DENY PARTY_NOT_SIGNED')
  t.equal((await confirm(HACKNEY)).status, 201)
  t.equal(await desk.ask(...SHARE), 'PERMIT')
  t.equal((await confirm(HACKNEY)).status, 409, 'confirmed once')
  const before = await desk.service.inject({
    method: 'POST',
    url: '/v1/decisions/simulate',
    headers: await desk.service.as({ org: CAMDEN }),
    payload: {
      ...{
        provider: CAMDEN,
        recipient: HACKNEY,
        purpose: 'HOMELESSNESS',
        data_items: ['IDENTITY.NAME'],
        data_subjects: ['HOMELESS_APPLICANT'],
      },
      ...{ method: 'API_MTLS', country: 'GB', mode: 'SYSTEMATIC', at: '2026-11-22T11:59:00Z' },
    },
  })
  t.match(before.json(), { decision: 'DENY', primary_reason: 'PARTY_NOT_SIGNED' }, 'before it was confirmed it did not count')
})
