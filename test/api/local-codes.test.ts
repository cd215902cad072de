import t, { type Test } from 'tap'
import { localCodeOf } from '../../src/reference/local-code.ts'
import { agreementDesk, type Desk } from '../support/agreement-desk.ts'
import { databaseOf } from '../support/api-caller.ts'
import { aDraftAgreement } from '../support/builders/draft.ts'
import { SHARE } from '../support/demo-share.ts'
import { startNode } from '../support/nodes.ts'
import { testService, trustIn } from '../support/service.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const OFFICER = { org: CAMDEN, role: 'IG_OFFICER' } as const
const PURPOSES = '/v1/reference/PURPOSE/local-codes'
const ITEMS = '/v1/reference/data-item/local-codes'
const WINTER = { name: 'WINTER_BEDS', label: 'Beds in winter', broader: 'HOMELESSNESS', why: 'The scheme begins today.' }
const WINTER_CODE = localCodeOf(CAMDEN, 'WINTER_BEDS')
const NOTES = { name: 'HOSTEL_NOTES', label: 'Notes of a hostel', broader: 'HOUSING.TENANCY', why: 'Hostels keep them.' }
const NOTES_CODE = localCodeOf(CAMDEN, 'HOSTEL_NOTES')

/** A signed agreement of Camden and Hackney whose only flow is for this purpose and these items. */
async function signed(desk: Desk, purpose: string, data_items: readonly string[]): Promise<string> {
  const [version] = aDraftAgreement({ effectiveFrom: '2026-11-22' }).versions
  if (!version) throw new Error('a draft without a version')
  const flows = version.terms.flows.map((flow) => ({ ...flow, purpose, data_items: [...data_items] }))
  const agreement = await desk.draft({ versions: [{ ...version, terms: { ...version.terms, flows } }] })
  const { hash } = await desk.freeze(agreement)
  for (const org of [CAMDEN, HACKNEY]) await desk.sign(agreement.id, org, 1, hash)
  return agreement.id
}

t.test('a local purpose can be agreed and relied on the same day, by its name alone', async (t) => {
  const desk = await agreementDesk(t)
  const general = await signed(desk, 'HOMELESSNESS', ['IDENTITY.NAME'])
  const unknown = await desk.ask(CAMDEN, HACKNEY, { purpose: WINTER_CODE })
  t.equal(unknown, 'DENY UNKNOWN_CODE')
  const added = await desk.call(OFFICER, 'POST', PURPOSES, WINTER)
  t.equal(added.status, 201, added.text)
  t.match(added.body, { code: WINTER_CODE, owner_org: CAMDEN, valid_from: '2026-11-22', valid_to: null, verified: false, local: true })
  t.equal(added.headers['etag'], '"1"')
  t.equal(
    await desk.ask(CAMDEN, HACKNEY, { purpose: WINTER_CODE }),
    'DENY PURPOSE_NOT_COVERED',
    'an agreement about the broader purpose does not cover it',
  )
  t.equal(await desk.ask(CAMDEN, HACKNEY, { purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION' }), 'PERMIT', 'as it covers what is shipped')

  const own = await signed(desk, WINTER_CODE, ['IDENTITY.NAME'])
  t.equal(await desk.ask(CAMDEN, HACKNEY, { purpose: WINTER_CODE }), 'PERMIT')
  const advice = await desk.call(OFFICER, 'GET', `/v1/agreements/${own}/advice?version=1`)
  t.match(
    advice.body.advice.filter(({ code }: { code: string }) => code === 'LOCAL_CODE'),
    [
      {
        pointer: '/terms/flows/0/purpose',
        severity: 'WARNING',
        detail: /LOCAL:LBC_CAMDEN:WINTER_BEDS is a local purpose of LBC_CAMDEN, not verified/,
      },
    ],
  )
  const machine = { org: CAMDEN, role: 'API_CLIENT' } as const
  const reply = await desk.call(machine, 'POST', '/v1/decisions', { ...SHARE, purpose: WINTER_CODE })
  t.match(reply.body, { decision: 'PERMIT', agreement: own, code_list_version: /^2026-.*\+local\.[0-9a-f]{16}$/ })

  t.ok(reply.body.unverified_law.includes(WINTER_CODE), 'the answer says that it rests on an unverified code')

  await t.test('whoever looks for it finds the agreement that names it, and no other that would cover it', async (t) => {
    const found = async (query: string) =>
      (await desk.call(OFFICER, 'GET', `/v1/agreements?${query}`)).body.agreements.map(({ id }: { id: string }) => id).toSorted()
    t.strictSame(await found(`purpose=${encodeURIComponent(WINTER_CODE)}`), [own])
    t.strictSame(await found('purpose=HOMELESSNESS'), [general, own].toSorted(), 'a narrower purpose is within the broader one')
    const overlaps = await desk.call(OFFICER, 'POST', '/v1/agreements/overlaps', { parties: [CAMDEN, HACKNEY], purpose: WINTER_CODE })
    t.match(overlaps.body.overlaps, [{ agreement: own, matched: { purposes: [{ relation: 'SAME' }] } }], overlaps.text)
    t.equal(overlaps.body.overlaps.length, 1)
  })

  await t.test('it ends with its last day, and what was decided before is decided again on what stood then', async (t) => {
    const { etag } = (await desk.call(OFFICER, 'GET', `${PURPOSES}/${WINTER_CODE}`)).headers
    const end = (headers: Record<string, string>, body: object = { why: 'The scheme is over.' }, by = OFFICER) =>
      desk.call(by, 'POST', `${PURPOSES}/${WINTER_CODE}/end`, body, headers)
    t.equal((await end({})).status, 428)
    t.equal((await end({ 'if-match': '"7"' })).status, 412)
    t.equal((await end({ 'if-match': 'W/"1"' })).status, 412, 'a weak tag matches nothing')
    t.match(await end({ 'if-match': '*' }, { why: 'x', last_day: '2026-11-21' }), {
      status: 422,
      body: { errors: [{ pointer: '/last_day' }] },
    })
    t.equal((await end({ 'if-match': '*' }, { why: 'Not ours.' }, { org: HACKNEY, role: 'IG_OFFICER' } as never)).status, 403)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { purpose: WINTER_CODE }), 'PERMIT', 'what was refused changed nothing')
    const ended = await end({ 'if-match': `"7", ${etag}` })
    t.match(ended, { status: 200, headers: { etag: '"2"' }, body: { valid_to: '2026-11-22' } }, ended.text)
    t.equal(await desk.ask(CAMDEN, HACKNEY, { purpose: WINTER_CODE }), 'PERMIT', 'the last day counts')
    desk.at('2026-11-23T00:00:00.000Z')
    t.equal(await desk.ask(CAMDEN, HACKNEY, { purpose: WINTER_CODE }), 'DENY UNKNOWN_CODE')
    t.match(await end({ 'if-match': '*' }), { status: 409, body: { code: 'ILLEGAL_STATE' } }, 'it ends once')
    t.equal((await desk.call(OFFICER, 'POST', PURPOSES, WINTER)).status, 409, 'its name is not given again')
    const replayed = await desk.call(machine, 'GET', `/v1/decisions/${reply.body.decision_id}/replay`)
    t.match(replayed.body, { same: true, differences: [], replayed: { decision: 'PERMIT', agreement: own } })
    const { entries } = (await desk.call(OFFICER, 'GET', '/v1/reference/PURPOSE')).body
    t.match(
      entries.at(-1),
      { code: WINTER_CODE, local: true, owner_org: CAMDEN, verified: false, valid_to: '2026-11-22', broader: 'HOMELESSNESS' },
      'it stays in the list',
    )
  })
})

t.test(
  'a local item of another organisation may be agreed by anybody who names it; a grant of its category does not reach it',
  async (t) => {
    const desk = await agreementDesk(t)
    t.equal((await desk.call({ org: HACKNEY, role: 'DPO' }, 'POST', ITEMS, NOTES)).status, 201)
    const code = localCodeOf(HACKNEY, 'HOSTEL_NOTES')
    await signed(desk, 'HOMELESSNESS', ['IDENTITY.NAME', code])
    t.equal(await desk.ask(CAMDEN, HACKNEY, { data_items: [code] }), 'PERMIT')
    t.equal((await desk.call(OFFICER, 'POST', ITEMS, NOTES)).status, 201, 'another organisation may use the same name')
    t.equal(await desk.ask(CAMDEN, HACKNEY, { data_items: [NOTES_CODE] }), 'DENY DATA_NOT_COVERED', 'and means something else by it')
  },
)

t.test('what if other lists were in use: a local code stays, and is as strict as they make it', async (t) => {
  const desk = await agreementDesk(t)
  t.equal((await desk.call(OFFICER, 'POST', ITEMS, NOTES)).status, 201)
  await signed(desk, 'HOMELESSNESS', ['IDENTITY.NAME', NOTES_CODE])
  t.equal(await desk.ask(CAMDEN, HACKNEY, { data_items: [NOTES_CODE] }), 'PERMIT')
  const inUse = (await desk.call(OFFICER, 'GET', '/v1/reference/DATA_ITEM')).body
  const shipped = inUse.entries.filter(({ local }: { local?: boolean }) => local !== true)
  const harder = (entries: { code: string; attributes: object }[]) =>
    entries.map((entry) => (entry.code === NOTES.broader ? { ...entry, attributes: { ...entry.attributes, class: 'SPECIAL' } } : entry))
  const impact = async (entries: unknown) => {
    const reply = await desk.call(OFFICER, 'POST', '/v1/impact', {
      change: { kind: 'CODE_LISTS', lists: [{ ...inUse, entries }] },
      days: 1,
    })
    return [reply.body.newly_denied, reply.body.by_reason?.[0]?.code, reply.status]
  }
  t.strictSame(await impact(shipped), [0, undefined, 200], 'lists as they are shipped take away nothing')
  t.strictSame(await impact(inUse.entries), [0, undefined, 200], 'nor do those in use')
  t.strictSame(await impact(harder(shipped)), [1, 'SPECIAL_CATEGORY_CONDITION_MISSING', 200], 'a stricter parent reaches it')
  t.strictSame(await impact(harder(inUse.entries)), [1, 'SPECIAL_CATEGORY_CONDITION_MISSING', 200])
})

t.test('an item under a category is as protected as the most protected one in it', async (t) => {
  const desk = await agreementDesk(t)
  const health = { name: 'WARD', label: 'Ward of a hospital', broader: 'HEALTH', why: 'Discharge teams need it.' }
  t.equal((await desk.call(OFFICER, 'POST', ITEMS, health)).status, 201)
  const { entries } = (await desk.call(OFFICER, 'GET', '/v1/reference/DATA_ITEM')).body
  t.match(entries.at(-1), {
    code: localCodeOf(CAMDEN, 'WARD'),
    attributes: { class: 'SPECIAL', special_kind: 'HEALTH', duty_of_confidence: true, patient_information: true, origin: 'NHS' },
  })
})

t.test('what could be taken for something else cannot be added, and nothing is changed by the attempt', async (t) => {
  const desk = await agreementDesk(t)
  const { revision } = desk.service.app.services.policy.current()
  const add = (over: object, by = OFFICER, path = PURPOSES) => desk.call(by, 'POST', path, { ...WINTER, ...over })
  const refusedAt = async (over: object) => {
    const { status, body } = await add(over)
    return [status, body.errors?.[0]?.pointer]
  }
  t.strictSame(await refusedAt({ name: 'winter_beds' }), [400, '/name'], 'small letters')
  t.strictSame(await refusedAt({ name: 'WINTER.BEDS' }), [400, '/name'], 'a dot')
  t.strictSame(await refusedAt({ name: 'WINTER\u00C9' }), [400, '/name'], 'an accent')
  t.strictSame(await refusedAt({ name: 'N'.repeat(41) }), [400, '/name'], 'too long')
  t.strictSame(await refusedAt({ label: 'HOMELESSNESS' }), [422, '/label'], 'a code of the list')
  t.strictSame(await refusedAt({ label: 'h\u00F3melessness' }), [422, '/label'], 'the same with an accent')
  t.strictSame(await refusedAt({ label: 'H\u043Emelessness' }), [422, '/label'], 'a letter of another script')
  t.strictSame(await refusedAt({ label: 'Home\u200Blessness' }), [422, '/label'], 'a blank that nobody sees')
  t.strictSame(await refusedAt({ label: '...' }), [422, '/label'], 'no words')
  t.strictSame(await refusedAt({ broader: 'NOPE' }), [422, '/broader'])
  t.strictSame(await refusedAt({ broader: 'HOUSING' }), [422, '/broader'], 'the beginning of a purpose is none')
  t.strictSame(await refusedAt({ broader: 'homelessness' }), [422, '/broader'], 'another spelling')
  t.equal((await add({}, OFFICER, '/v1/reference/GATEWAY/local-codes')).status, 404, 'law is not local')
  t.equal((await add({}, { org: CAMDEN, role: 'REQUESTER' } as never)).status, 403)
  t.equal((await add({}, { org: CAMDEN, role: 'API_CLIENT' } as never)).status, 403)
  t.equal(desk.service.app.services.policy.current().revision, revision)
  t.strictSame((await desk.call(OFFICER, 'GET', PURPOSES)).body, { local_codes: [] })

  t.equal((await add({})).status, 201)
  t.strictSame(await refusedAt({ name: 'OTHER', label: 'Beds: in winter!' }), [422, '/label'], 'reads like one of our own')
  t.strictSame(
    await refusedAt({ name: 'OTHER', label: 'Other', broader: WINTER_CODE }),
    [422, '/broader'],
    'nothing stands under a local code',
  )
  t.equal((await add({ label: 'Something else' })).status, 409)
  t.equal((await add({ label: 'Something else', name: 'WINTERBEDS' })).status, 409)
  t.equal((await add({ label: 'An item', broader: 'HOUSING' }, OFFICER, ITEMS)).status, 409, 'nor the same code in the other list')
  t.equal((await desk.call({ org: HACKNEY, role: 'IG_OFFICER' }, 'POST', PURPOSES, WINTER)).status, 201, 'another organisation is free to')
})

t.test('the same request under one key adds once; the act and each refusal stand in the governance log', async (t) => {
  const desk = await agreementDesk(t)
  const add = (body: object) => desk.call(OFFICER, 'POST', PURPOSES, body, { 'idempotency-key': 'k-1' })
  const [first, second] = [await add(WINTER), await add(WINTER)]
  t.strictSame([first.status, second.status], [201, 201])
  t.strictSame(second.body, first.body)
  t.match(await add({ ...WINTER, name: 'OTHER' }), { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  await desk.call(OFFICER, 'POST', PURPOSES, WINTER)
  const owner = await databaseOf(desk.service).openAs('session_user', 1)
  const { rows } = await owner.pool.query<{ leaf: Buffer }>(
    `select l.leaf from audit.leaf l join audit.log g using (log_id) where g.kind = 'governance' order by l.idx`,
  )
  const leaves = rows.map(({ leaf }) => JSON.parse(leaf.toString('utf8'))).filter(({ t: event }) => event === 'gov.local_code.added')
  const { rows: bodies } = await owner.pool.query<{ body: Buffer }>('select body from audit.payload order by event_id desc limit 1')
  t.notMatch(String(bodies[0]?.body), /WINTER|Beds/, 'a refusal keeps no word of the caller')
  t.match(leaves, [
    { act: 'add_local_code', org: 'urn:accord:organisation:LBC_CAMDEN', rev: 2 },
    { act: 'add_local_code', st: 'Refused', rev: 2 },
  ])
  await t.rejects(owner.pool.query(`update local_code set label = 'x'`), /only ends/)
  await t.rejects(owner.pool.query('delete from local_code'), /only ends/)
})

t.test('of twenty who add at once under one name one does, and under twenty names all do', async (t: Test) => {
  const desk = await agreementDesk(t)
  const twenty = Array.from({ length: 20 }, (_, n) => n)
  const same = await Promise.all(twenty.map((n) => desk.call({ ...OFFICER, sub: `p-${n}` }, 'POST', PURPOSES, WINTER)))
  t.strictSame(same.map(({ status }) => status).toSorted(), [201, ...twenty.slice(1).map(() => 409)])
  const names = await Promise.all(
    twenty.map((n) => desk.call(OFFICER, 'POST', PURPOSES, { ...WINTER, name: `BEDS_${n}`, label: `Beds number ${n}` })),
  )
  t.ok(names.every(({ status }) => status === 201))
  t.equal((await desk.call(OFFICER, 'GET', PURPOSES)).body.local_codes.length, 21)
})

t.test('once it is added on one node, every node decides on it', async (t) => {
  const service = await testService(t)
  const node = await startNode(t, {
    databaseUrl: service.databaseUrl,
    clockOffsetMs: 0,
    logKeyHex: Buffer.from(service.logKey).toString('hex'),
    trust: trustIn(service.issuer) as never,
  })
  const token = await service.token({ org: CAMDEN })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  for (let n = 0; n < 10; n++) {
    const body = { ...WINTER, name: `BEDS_${n}`, label: `Beds number ${n}` }
    const ask = async () => {
      const asked = { ...SHARE, purpose: localCodeOf(CAMDEN, body.name), agreement_ref: 'DEMO-CURL' }
      const reply = await fetch(`${node.url}/v1/decisions`, { method: 'POST', headers, body: JSON.stringify(asked) })
      return ((await reply.json()) as { reasons: { code: string }[] }).reasons[0]?.code
    }
    t.equal(await ask(), 'UNKNOWN_CODE')
    const officer = await service.as({ org: CAMDEN, roles: ['IG_OFFICER'] })
    t.equal((await service.inject({ method: 'POST', url: PURPOSES, headers: officer, payload: body })).statusCode, 201)
    t.equal(await ask(), 'PURPOSE_NOT_COVERED', 'known there at once')
  }
})

t.test('the body that follows its owner may end it, nobody else', async (t) => {
  const desk = await agreementDesk(t)
  t.equal((await desk.call(OFFICER, 'POST', PURPOSES, WINTER)).status, 201)
  const end = (org: string) =>
    desk.call({ org, role: 'IG_OFFICER' }, 'POST', `${PURPOSES}/${WINTER_CODE}/end`, { why: 'It is over.' }, { 'if-match': '*' })
  t.equal((await end(HACKNEY)).status, 403)
  const succession = { successor: HACKNEY, reason: 'Reorganisation order' }
  const admin = { org: HACKNEY, role: 'REGISTER_ADMIN' } as const
  t.equal((await desk.call(admin, 'POST', `/v1/organisations/${CAMDEN}/succession`, succession)).status, 201)
  t.equal((await end('LBC_BARNET')).status, 403)
  t.match(await end(HACKNEY), { status: 200, body: { valid_to: '2026-11-22' } })
})
