import t from 'tap'
import type { AgreementVersion } from '../../src/agreements/agreement.ts'
import { agreementDesk, type Desk } from '../support/agreement-desk.ts'
import { aFlow, aVersion } from '../support/builders/draft.ts'
import { ownerPool } from '../support/leaves.ts'

// AFFECTED_RE_SIGN: whom a change does not affect goes on by the signature that it has given, where the text that it signed says so (LC-3).

const [CAMDEN, HACKNEY, ISLINGTON, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET'] as const
const ORGS = [CAMDEN, HACKNEY, ISLINGTON, BARNET] as const
const ANY_STATE = { 'if-match': '*' }

/** Camden to Hackney, and Islington to Barnet, by a text that says who signs its changes. */
function textOf(amendment_policy: string): AgreementVersion {
  const { terms, ...version } = aVersion(ORGS, { effective_from: '2026-11-22' })
  const flows = [
    aFlow([], { id: 'F1', providers: [CAMDEN], recipients: [HACKNEY] }),
    aFlow([], { id: 'F2', providers: [ISLINGTON], recipients: [BARNET] }),
  ]
  return { ...version, terms: { ...terms, flows, commencement: { rule: 'PAIRWISE' }, narrative: { ...terms.narrative, amendment_policy } } }
}

/** An agreement in force, signed by these. */
async function signed(desk: Desk, amendment_policy: string, signing: readonly string[] = ORGS) {
  const agreement = await desk.draft({ orgs: ORGS, versions: [textOf(amendment_policy)] })
  const { hash } = await desk.freeze(agreement)
  for (const org of signing) t.equal((await desk.sign(agreement.id, org, 1, hash)).status, 201)
  return { ...agreement, hash }
}

/** Opens an amendment and changes flow F1 in it. */
async function amended(desk: Desk, id: string, effective_from = '2026-12-01', version = 2) {
  const officer = { org: CAMDEN, role: 'IG_OFFICER', sub: 'drafter' } as const
  const opened = await desk.call(officer, 'POST', `/v1/agreements/${id}/amendments`, { reason: 'Kept shorter', effective_from }, ANY_STATE)
  t.match(opened, { status: 201, body: { version } })
  await (await ownerPool(desk.service)).query(
    `update flow set retention_days = 30 + ${version} where agreement_id = '${id}' and version = ${version} and id = 'F1'`,
  )
}
const read = async (desk: Desk, id: string, path = '', org: string = ISLINGTON) =>
  (await desk.call({ org, role: 'SIRO' }, 'GET', `/v1/agreements/${id}${path}`)).body
const reject = (desk: Desk, id: string, org: string, reason = 'Not without us') =>
  desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/rejection`, { reason }, ANY_STATE)

t.test('whom a change does not affect shares before, between and after without signing again; the others sign', async (t) => {
  const desk = await agreementDesk(t)
  const { id, hash, owner_org } = await signed(desk, 'AFFECTED_RE_SIGN')
  t.equal(await desk.ask(ISLINGTON, BARNET), 'PERMIT')
  await amended(desk, id)
  const second = await desk.freeze({ id, owner_org }, { isApproved: false })
  const held = { version: 1, hash }
  t.match(second.body, {
    carried: [
      { org: BARNET, ...held },
      { org: ISLINGTON, ...held },
    ].toSorted((a, b) => (a.org < b.org ? 1 : -1)),
    awaits: [CAMDEN, HACKNEY],
  })
  t.equal(await desk.ask(ISLINGTON, BARNET), 'PERMIT', 'version 1 governs until version 2 begins')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
  t.match(await desk.sign(id, ISLINGTON, 2, second.hash), { status: 409, body: { errors: [{ code: 'SIGNED' }] } })
  await desk.approve(id, CAMDEN, 2)
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(ISLINGTON, BARNET), 'PERMIT', 'what they signed of version 1 holds for version 2')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET', 'whom it affects approves and signs anew')
  for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(id, org, 2, second.hash)).status, 201)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')

  const agreement = await read(desk, id)
  const own = agreement.signatures.find((one: { org: string; version: number }) => one.org === ISLINGTON && one.version === 2)
  t.match(own, { version_hash: hash, carried_from: held, objected_at: null, signatory_name: 'A. Signatory', confirmed_at: second.body.at })
  t.match(
    agreement.signatures.find((one: { org: string; version: number }) => one.org === CAMDEN && one.version === 2),
    { version_hash: second.hash, carried_from: null },
  )
  t.match(
    agreement.approvals.find((one: { org: string; version: number }) => one.org === BARNET && one.version === 2),
    { complete_at: second.body.at },
  )
  const { chains } = (await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'GET', `/v1/sign-offs/${second.body.sign_off}`)).body
  t.match(
    chains.find(({ org }: { org: string }) => org === ISLINGTON),
    { status: 'SIGNED', signed: null, carried_from: held },
  )
  const { events } = (await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'GET', `/v1/sign-offs/${second.body.sign_off}/events`)).body
  t.match(
    events.filter(({ type }: { type: string }) => type === 'CHAIN_CARRIED'),
    [{ detail: { from: held } }, { detail: { from: held } }],
  )
  const { acts } = await read(desk, id, '/history?limit=200')
  t.match(acts.findLast(({ act }: { act: string }) => act === 'freeze').detail.carried, { length: 2 })
  const printed = await desk.service.inject({
    url: `/v1/agreements/${id}/versions/2/print`,
    headers: await desk.service.as({ org: ISLINGTON }),
  })
  t.match(printed.body, `${hash}, of version 1`)
  t.match(printed.body, 'This change does not affect it: what it approved and signed of version 1 holds')
  const notices = (await desk.call({ org: BARNET, role: 'SIRO' }, 'GET', '/v1/notices?limit=100')).body.notices
  t.match(
    notices.find(({ kind }: { kind: string }) => kind === 'SIGNATURE_CARRIED'),
    {
      detail: {
        version: 2,
        effective_from: '2026-12-01',
        carried_from: held,
        changes: ['Flow F1: retention in days', 'First day'].toSorted(),
      },
    },
  )
})

t.test('the text that was signed decides, not the new one', async (t) => {
  const desk = await agreementDesk(t)
  const { id, owner_org } = await signed(desk, 'RE_SIGN_REQUIRED')
  await amended(desk, id)
  await (await ownerPool(desk.service)).query(
    `update agreement_version set narrative = jsonb_set(narrative, '{amendment_policy}', '"AFFECTED_RE_SIGN"') where agreement_id = '${id}' and version = 2`,
  )
  t.strictSame((await desk.freeze({ id, owner_org })).body.carried, [])
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(ISLINGTON, BARNET), 'DENY PARTY_NOT_SIGNED')
})

t.test('nothing is carried for a party that had not signed', async (t) => {
  const desk = await agreementDesk(t)
  const { id, owner_org } = await signed(desk, 'AFFECTED_RE_SIGN', [CAMDEN, HACKNEY, ISLINGTON])
  await amended(desk, id)
  t.match((await desk.freeze({ id, owner_org })).body, { carried: [{ org: ISLINGTON }] })
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(ISLINGTON, BARNET), 'DENY PARTY_NOT_SIGNED')
})

t.test('nothing is carried where the person who signed has written the change (SD-1)', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await desk.draft({ orgs: ORGS, versions: [textOf('AFFECTED_RE_SIGN')] })
  const { hash } = await desk.freeze(agreement)
  for (const org of ORGS) await desk.sign(agreement.id, org, 1, hash, org === CAMDEN ? { sub: 'drafter' } : {})
  const officer = { org: CAMDEN, role: 'IG_OFFICER', sub: 'drafter' } as const
  await desk.call(
    officer,
    'POST',
    `/v1/agreements/${agreement.id}/amendments`,
    { reason: 'Later', effective_from: '2026-12-01' },
    ANY_STATE,
  )
  const second = await desk.freeze(agreement)
  t.strictSame(
    second.body.carried.map(({ org }: { org: string }) => org).toSorted(),
    [BARNET, HACKNEY, ISLINGTON],
    'the first day alone affects nobody',
  )
  t.strictSame(second.body.awaits, [CAMDEN])
})

t.test('a change of the first day alone is signed by nobody anew, and its sign-off is complete at once', async (t) => {
  const desk = await agreementDesk(t)
  const { id, owner_org } = await signed(desk, 'AFFECTED_RE_SIGN')
  const officer = { org: CAMDEN, role: 'IG_OFFICER', sub: 'drafter' } as const
  await desk.call(officer, 'POST', `/v1/agreements/${id}/amendments`, { reason: 'Later', effective_from: '2026-12-01' }, ANY_STATE)
  const second = await desk.freeze({ id, owner_org }, { route: 'PAN_LONDON' })
  t.match(second.body, { carried: { length: 4 }, awaits: [] })
  t.match((await desk.call({ org: CAMDEN, role: 'SIRO' }, 'GET', `/v1/sign-offs/${second.body.sign_off}`)).body, { status: 'COMPLETE' })
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
})

t.test('conditions of an approval are carried with it, and a version carried to another names what was really signed', async (t) => {
  const desk = await agreementDesk(t)
  const { id, hash, owner_org } = await signed(desk, 'AFFECTED_RE_SIGN')
  await (await ownerPool(desk.service)).query(
    `insert into approval_condition (agreement_id, version, org, position, text, bearer) values ('${id}', 1, '${BARNET}', 0, 'Keep a list', 'RECIPIENT')`,
  )
  await amended(desk, id, '2026-12-10')
  t.match((await desk.freeze({ id, owner_org }, { isApproved: false })).body, { version: 2, carried: { length: 2 } })
  await amended(desk, id, '2026-12-05', 3)
  t.match((await desk.freeze({ id, owner_org })).body, {
    version: 3,
    supersedes: [2],
    carried: [
      { version: 1, hash },
      { version: 1, hash },
    ],
  })
  desk.at('2026-12-05T00:00:00.000Z')
  const decision = await desk.call({ org: ISLINGTON, role: 'API_CLIENT' }, 'GET', `/v1/agreements/${id}`)
  t.match(
    decision.body.approvals
      .filter((one: { org: string }) => one.org === BARNET)
      .map(({ conditions }: { conditions: object[] }) => conditions),
    [[{ text: 'Keep a list' }], [{ text: 'Keep a list' }], [{ text: 'Keep a list' }]],
  )
  t.equal(await desk.ask(ISLINGTON, BARNET), 'PERMIT')
})

t.test('a party may object until the change begins: it goes on under what it signed, and is out from then on', async (t) => {
  const desk = await agreementDesk(t)
  const { id, owner_org } = await signed(desk, 'AFFECTED_RE_SIGN')
  t.match(
    await reject(desk, id, BARNET),
    { status: 409, body: { errors: [{ code: 'SIGNED' }] } },
    'what it signed itself it withdraws from',
  )
  await amended(desk, id)
  const second = await desk.freeze({ id, owner_org })
  t.ok((await read(desk, id, '/state', BARNET)).commands.includes('reject'))
  t.match(await reject(desk, id, BARNET), { status: 200, body: { objects_to: 2, left_at: null, to: 'ACTIVE', abandons: [] } })
  t.match(await reject(desk, id, BARNET), { status: 409 }, 'once')
  t.match((await desk.call({ org: CAMDEN, role: 'SIRO' }, 'GET', '/v1/notices?limit=100')).body.notices[0], {
    kind: 'CHANGE_OBJECTED',
    detail: { org: BARNET, version: 2 },
  })
  const { chains } = (await desk.call({ org: BARNET, role: 'SIRO' }, 'GET', `/v1/sign-offs/${second.body.sign_off}`)).body
  t.match(
    chains.find(({ org }: { org: string }) => org === BARNET),
    { status: 'DECLINED', end_reason: 'Not without us' },
  )
  t.match(
    (await read(desk, id)).signatures.find((one: { org: string; version: number }) => one.org === BARNET && one.version === 2),
    { objected_at: '2026-11-22T12:00:00.000Z' },
  )
  t.equal(await desk.ask(ISLINGTON, BARNET), 'PERMIT', 'version 1 binds it still')
  desk.at('2026-12-01T00:00:00.000Z')
  t.equal(await desk.ask(ISLINGTON, BARNET), 'DENY PARTY_NOT_SIGNED')
  t.match(await reject(desk, id, ISLINGTON), { status: 409, body: { errors: [{ code: 'SIGNED' }] } }, 'from the first day on it withdraws')
})

t.test('where what it signed was replaced before it began, a party that objects takes no part any more', async (t) => {
  const desk = await agreementDesk(t)
  const text = textOf('AFFECTED_RE_SIGN')
  const agreement = await desk.draft({ orgs: ORGS, versions: [{ ...text, effective_from: '2026-12-10' }] })
  const { hash } = await desk.freeze(agreement)
  for (const org of ORGS) await desk.sign(agreement.id, org, 1, hash)
  await amended(desk, agreement.id, '2026-12-05')
  t.match((await desk.freeze(agreement)).body, { supersedes: [1], carried: { length: 2 } })
  t.match(await reject(desk, agreement.id, BARNET), { status: 200, body: { objects_to: 2, left_at: '2026-11-22T12:00:00.000Z' } })
  const { parties } = await read(desk, agreement.id, '/state')
  t.match(
    parties.find(({ org }: { org: string }) => org === BARNET),
    { standing: 'LEFT' },
  )
})
