import t from 'tap'
import { agreementDesk, type Desk, inForce } from '../support/agreement-desk.ts'
import { aVersion } from '../support/builders/draft.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const OFFICER = { org: CAMDEN, role: 'IG_OFFICER' } as const
const ANY_STATE = { 'if-match': '*' }

const amend = (desk: Desk, id: string, body: object = {}) =>
  desk.call(OFFICER, 'POST', `/v1/agreements/${id}/amendments`, { reason: 'A change', ...body }, ANY_STATE)

t.test('LC-3: after an amendment a party that signed only version 1 is out from the day version 2 begins', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  t.match(await amend(desk, agreement.id, { effective_from: '2026-12-01' }), {
    status: 201,
    body: { version: 2, copy_of: 1, to: 'ACTIVE' },
  })
  t.match(await amend(desk, agreement.id), { status: 409 }, 'one draft at a time')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'a draft changes nothing')
  const { hash, body } = await desk.freeze(agreement)
  t.match(body, { version: 2, from: 'ACTIVE', to: 'ACTIVE', supersedes: [], change_class: 'MINOR' })
  await desk.sign(agreement.id, CAMDEN, 2, hash)
  await desk.sign(agreement.id, HACKNEY, 2, hash)
  t.equal(await desk.ask(CAMDEN, ISLINGTON), 'PERMIT', 'version 1 governs until version 2 begins')
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(CAMDEN, ISLINGTON), 'DENY PARTY_NOT_SIGNED')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
  t.match(await desk.sign(agreement.id, ISLINGTON, 1, 'a'.repeat(64)), { status: 409 }, 'version 1 never governs again (LC-2)')
  t.equal((await desk.sign(agreement.id, ISLINGTON, 2, hash)).status, 201)
  t.equal(await desk.ask(CAMDEN, ISLINGTON), 'PERMIT')
})

t.test('LC-2: an earlier version does not revive when a later one has expired', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  await amend(desk, agreement.id, { effective_from: '2026-12-01', effective_to: '2026-12-31' })
  const { hash } = await desk.freeze(agreement)
  for (const org of [CAMDEN, HACKNEY, ISLINGTON]) await desk.sign(agreement.id, org, 2, hash)
  desk.at('2026-12-31T23:59:59.000Z')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
  desk.at('2027-01-01T00:00:00.000Z')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY EXPIRED')
  t.match(await desk.sign(agreement.id, CAMDEN, 2, hash), { status: 409, body: { errors: [{ code: 'EXPIRED' }] } })
})

t.test('LC-2a: a version replaced before it began is superseded and never governs', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  await amend(desk, agreement.id, { effective_from: '2027-01-01' })
  const second = await desk.freeze(agreement)
  await desk.sign(agreement.id, CAMDEN, 2, second.hash)
  await amend(desk, agreement.id, { effective_from: '2026-12-01' })
  const third = await desk.freeze(agreement)
  t.match(third.body, { version: 3, supersedes: [2] })
  t.match(await desk.sign(agreement.id, HACKNEY, 2, second.hash), { status: 409, body: { errors: [{ code: 'VERSION_STATE' }] } })
  for (const org of [CAMDEN, HACKNEY]) await desk.sign(agreement.id, org, 3, third.hash)
  desk.at('2027-02-01T12:00:00.000Z')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'version 3 governs, although version 2 would have begun later')
  const text = await desk.call(OFFICER, 'GET', `/v1/agreements/${agreement.id}/versions/2`)
  t.match(text.body, { status: 'SUPERSEDED', hash: second.hash, signatures: [{ org: CAMDEN }] }, 'its text and signatures stay readable')
  const first = await desk.call(OFFICER, 'GET', `/v1/agreements/${agreement.id}/versions/1`)
  t.equal(first.body.status, 'APPROVED', 'a version that has governed stays approved')
})

t.test('an amendment that nobody has signed changes nothing that the signed text rests on', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  const owner = await desk.service.database?.openAs('session_user', 1)
  await owner?.pool.query(`update assessment set required = true, status = 'APPROVED', review_due = '2026-11-30' where id = $1`, [
    agreement.id,
  ])
  await amend(desk, agreement.id)
  const put = (part: string, body: object, org = CAMDEN) =>
    desk.call({ org, role: 'IG_OFFICER' }, 'PUT', `/v1/agreements/${agreement.id}/draft/${part}`, body, ANY_STATE)
  const dpia = { required: true, status: 'APPROVED', residual: null, prior_consultation: null, review_due: '2026-11-30' }
  for (const laxer of [{ required: false, status: 'SCREENED_OUT' }, { review_due: '2030-01-01' }, { review_due: null }]) {
    t.match(await put('dpia', { ...dpia, ...laxer }), { status: 409, body: { errors: [{ code: 'DP-7' }] } }, JSON.stringify(laxer))
  }
  const documents = (party: string) => ({ policy_documents: [{ party, conditions: ['SCH1_18'] }] })
  t.match(await put('policy-documents', documents(HACKNEY)), { status: 409, body: { errors: [{ code: 'CK-6' }] } })
  t.equal((await put('policy-documents', documents(HACKNEY), HACKNEY)).status, 200, 'a party lists its own')
  t.equal(await desk.ask(CAMDEN, ISLINGTON), 'PERMIT')
  t.equal((await put('dpia', { ...dpia, status: 'IN_REVIEW' })).status, 200, 'stricter it can be made at once')
  t.equal(await desk.ask(CAMDEN, ISLINGTON), 'DENY DPIA_REQUIRED_NOT_APPROVED')
  t.match(await put('dpia', dpia), { status: 409 }, 'and not back again')
})

t.test('LC-7: a version that changes an item is material, and named with the clause', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  const owner = await desk.service.database?.openAs('session_user', 1)
  await amend(desk, agreement.id, { effective_from: '2026-12-01' })
  await owner?.pool.query(
    `update flow set data_items = array_append(data_items, 'CONTACT.EMAIL') where agreement_id = $1 and version = 2`,
    [agreement.id],
  )
  const differences = await desk.call(OFFICER, 'GET', `/v1/agreements/${agreement.id}/versions/2/differences?from=1`)
  t.equal(differences.body.change_class, 'MATERIAL')
  t.ok(differences.body.clauses.some(({ pointer }: { pointer: string }) => pointer === '/terms/flows/0/data_items'))
  t.equal((await desk.freeze(agreement)).body.change_class, 'MATERIAL')
})

t.test('LC-7: a slip of the pen put right is minor, told clause by clause, and the text as corrected is what is signed', async (t) => {
  const desk = await agreementDesk(t)
  const { terms, ...version } = aVersion([CAMDEN, HACKNEY], { effective_from: '2026-11-22' })
  const written = (benefits: string) => ({ ...terms.narrative, benefits })
  const agreement = await desk.draft({ versions: [{ ...version, terms: { ...terms, narrative: written('Fewer homeles families.') } }] })
  const first = await desk.freeze(agreement)
  for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(agreement.id, org, 1, first.hash)).status, 201)
  await amend(desk, agreement.id, { effective_from: '2026-12-01' })
  const { amendment_policy: _apart, ...narrative } = written('Fewer homeless families.') as Record<string, string>
  const put = await desk.call(OFFICER, 'PUT', `/v1/agreements/${agreement.id}/draft/narrative`, narrative, ANY_STATE)
  t.equal(put.status, 200)
  const { body } = await desk.call(OFFICER, 'GET', `/v1/agreements/${agreement.id}/versions/2/differences?from=1`)
  t.match(body, {
    change_class: 'MINOR',
    clauses: [
      { pointer: '/effective_from', before: '2026-11-22', after: '2026-12-01' },
      { pointer: '/terms/narrative/benefits', before: 'Fewer homeles families.', after: 'Fewer homeless families.' },
    ],
  })
  t.equal(body.clauses.length, 2)
  const second = await desk.freeze(agreement)
  t.match(second.body, { change_class: 'MINOR', awaits: [CAMDEN, HACKNEY] })
  t.not(second.hash, first.hash)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'the first text governs until the second begins')
  for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(agreement.id, org, 2, second.hash)).status, 201)
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
})

t.test('the draft of an amendment can be given up; what governs goes on', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  await amend(desk, agreement.id)
  const path = `/v1/agreements/${agreement.id}/draft`
  t.equal((await desk.call(OFFICER, 'DELETE', path)).status, 428)
  t.match(await desk.call(OFFICER, 'DELETE', path, undefined, ANY_STATE), { status: 200, body: { version: 2 } })
  t.equal((await desk.call(OFFICER, 'DELETE', path, undefined, ANY_STATE)).status, 409)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
  t.match(await amend(desk, agreement.id), { body: { version: 3, copy_of: 1 } }, 'numbers are not used twice')
})

t.test('a renewal confirms the review, or begins a version with new days', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  const path = `/v1/agreements/${agreement.id}/renewal`
  const confirmed = await desk.call(OFFICER, 'POST', path, { kind: 'REVIEW_CONFIRMED', reason: 'Reviewed' }, ANY_STATE)
  t.match(confirmed, { status: 200, body: { review_due: '2027-11-22' } }, 'a cycle of twelve months from today')
  const renewed = await desk.call(
    OFFICER,
    'POST',
    path,
    { kind: 'NEW_VERSION', reason: 'Four more years', effective_from: '2030-12-01', effective_to: '2034-11-30' },
    ANY_STATE,
  )
  t.match(renewed, { status: 201, body: { version: 2, copy_of: 1 } })
  const text = await desk.call(OFFICER, 'GET', `/v1/agreements/${agreement.id}/versions/2`)
  t.match(text.body, { status: 'DRAFT', hash: null, text: { effective_from: '2030-12-01', effective_to: '2034-11-30' } })
})

t.test('an amendment signed by whoever opened it is refused (SD-1)', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk)
  const body = { reason: 'A change', effective_from: '2026-12-01' }
  await desk.call({ ...OFFICER, sub: 'drafter' }, 'POST', `/v1/agreements/${agreement.id}/amendments`, body, ANY_STATE)
  const { hash } = await desk.freeze(agreement)
  t.match(await desk.sign(agreement.id, CAMDEN, 2, hash, { sub: 'drafter' }), { status: 422, body: { errors: [{ code: 'SD-1' }] } })
})
