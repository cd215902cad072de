import t from 'tap'
import { organisationNames } from '../../src/agreements/register-import/organisation-match.ts'
import { underAllNames } from '../../src/parties/organisation.ts'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import { SHARE } from '../support/demo-share.ts'

const STANDING = {
  public_authority: true,
  competent_authority: 'NONE',
  health_or_social_care_authority: true,
  reason: 'Seen in the register of its kind',
}
const CAMDEN: Person = { org: 'LBC_CAMDEN', role: 'IG_OFFICER' }
const ADMIN: Person = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' }

t.test('an entry of the register turns out to be another body', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const owner = await desk.service.database?.openAs('session_user', 2)
  const rows = async (text: string, values: readonly unknown[] = []) => (await owner?.pool.query(text, [...values]))?.rows ?? []
  const proposed = async (legal_name: string, over: object = {}) => {
    const reply = await call(CAMDEN, 'POST', '/v1/organisations', { organisation: { legal_name, type: 'GP_PRACTICE', ...over } })
    if (reply.status !== 201) throw new Error(reply.text)
    return String(reply.body.code)
  }
  const confirm = (code: string) => call(ADMIN, 'POST', `/v1/organisations/${code}/confirmation`, STANDING, { 'if-match': '*' })
  const merge = (code: string, into: string, as = ADMIN) =>
    call(as, 'POST', `/v1/organisations/${code}/merger`, { into, reason: 'Two spellings of one body' }, { 'if-match': '*' })
  const pair = async (name: string) => {
    const [kept, other] = [await proposed(`${name} Practice`), await proposed(`${name} Surgery Rooms`)]
    await confirm(kept)
    return { kept, other }
  }
  const party = (org: string) => ({ org, role: 'CONTROLLER', capacities: [] })
  const setParties = (id: string, orgs: readonly string[]) =>
    call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/parties`, { parties: orgs.map(party) }, { 'if-match': '*' })
  const flowOf = (reply: { body: { versions: { terms: { flows: { providers: string[]; recipients: string[] }[] } }[] } }) =>
    reply.body.versions[0]?.terms.flows[0]

  t.test('every draft that names the one names the other from then on, with an act, a leaf and a new state', async (t) => {
    const { kept, other } = await pair('Alder')
    const { id } = await desk.draft()
    t.equal((await setParties(id, ['LBC_CAMDEN', 'LBC_HACKNEY', other])).status, 200)
    const before = await call(CAMDEN, 'GET', `/v1/agreements/${id}`)
    const flow = { ...flowOf(before), recipients: ['LBC_HACKNEY', other], id: 'F1' }
    await owner?.pool.query('update flow set recipients = $2 where agreement_id = $1', [id, flow.recipients])
    const drafted = await call(CAMDEN, 'GET', `/v1/agreements/${id}`)
    const merged = await merge(other, kept)
    t.match([merged.status, merged.body], [200, { status: 'MERGED', merged_into: kept }], merged.text)
    const after = await call(CAMDEN, 'GET', `/v1/agreements/${id}`)
    t.same(
      after.body.parties.map(({ org }: { org: string }) => org),
      ['LBC_CAMDEN', 'LBC_HACKNEY', kept],
    )
    t.same(flowOf(after)?.recipients, ['LBC_HACKNEY', kept])
    t.not(after.headers['etag'], drafted.headers['etag'], 'an edit of the state before is refused')
    const { body: history } = await call(CAMDEN, 'GET', `/v1/agreements/${id}/history`)
    t.match(JSON.stringify(history), /merge_party/)
    const leaves = (await desk.leaves(id)).filter(({ refused }) => !refused)
    t.equal(leaves.at(-1)?.act, 'merge_party')
    t.same(
      leaves.map(({ cseq }) => cseq),
      leaves.map((_leaf, index) => (leaves[0]?.cseq ?? 0) + index),
      'the counter has no gap',
    )
  })

  t.test('a text that was frozen, and its signatures, keep every byte: what stands in one is not merged', async (t) => {
    const { kept, other } = await pair('Birch')
    await confirm(other)
    const agreement = await desk.draft()
    t.equal((await setParties(agreement.id, ['LBC_CAMDEN', 'LBC_HACKNEY', other])).status, 200)
    await call(
      ADMIN,
      'PUT',
      `/v1/organisations/${other}/contacts`,
      { signatory_post: 'x', dpo: 'x', ig: 'x', complaint: 'x', sar: 'x', breach: 'x' },
      { 'if-match': '*' },
    )
    const { version, hash } = await desk.freeze(agreement)
    const refused = await merge(other, kept)
    t.match([refused.status, refused.body.errors[0].code], [409, 'BOUND'])
    const text = await call(CAMDEN, 'GET', `/v1/agreements/${agreement.id}/versions/${version}`)
    t.equal(text.body.hash, hash)
    t.match(text.text, other)
  })

  t.test('a record from elsewhere is about the body that it is, and asks for its confirmation', async (t) => {
    const { kept, other } = await pair('Cedar')
    const csv = [
      'Ref,Name of agreement,Partner(s),Type,Purpose,Data shared,Direction,Method,Date signed,Start,Expiry,Status,DPIA',
      `M-1,A record of elsewhere,${other},ISA,Homelessness,Name; Address,Out,Secure email,01/07/2024,01/07/2024,31/03/2030,Live,Not required`,
    ].join('\n')
    const uploaded = await desk.service.inject({
      method: 'POST',
      url: '/v1/imports',
      headers: {
        ...(await desk.service.as({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'], sub: 'urn:test:importer' })),
        'content-type': 'text/csv',
      },
      payload: csv,
    })
    t.equal(uploaded.statusCode, 201, uploaded.body)
    const committed = await call(
      { ...CAMDEN, sub: 'urn:test:importer' },
      'POST',
      `/v1/imports/${uploaded.json().id}/commit`,
      {},
      { 'if-match': '*' },
    )
    t.equal(committed.status, 200, committed.text)
    const id = String(committed.body.rows[0].agreement)
    t.match(id, /^DSA-/, committed.text)
    t.equal(await desk.ask('LBC_CAMDEN', other), 'DENY UNKNOWN_PARTY')
    const merged = await merge(other, kept)
    t.equal(merged.status, 200, merged.text)
    const record = await call(CAMDEN, 'GET', `/v1/agreements/${id}`)
    t.ok(
      record.body.parties.some(({ org }: { org: string }) => org === kept),
      record.text.slice(0, 300),
    )
    t.notOk((await rows('select 1 from agreement_party where org = $1 union all select 1 from signature where org = $1', [other])).length)
    t.notMatch(await desk.ask('LBC_CAMDEN', kept), /PERMIT/, 'the record permits nothing before its signatures are confirmed')
    t.equal(
      await desk.ask('LBC_CAMDEN', other),
      await desk.ask('LBC_CAMDEN', kept),
      'asked by the one name or the other, the answer is one',
    )
    const seen = await call({ org: kept, role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${id}`)
    t.equal(seen.status, 200, 'and its people read the record')
  })

  t.test('an import knows a merged name as the body that it is, and never picks between two bodies of one name', async (t) => {
    const { kept, other } = await pair('Clover')
    await merge(other, kept)
    const twin = await proposed('Twin Hall School', { type: 'SCHOOL' })
    const second = await call(CAMDEN, 'POST', '/v1/organisations', {
      organisation: { legal_name: 'Twin Hall School', type: 'SCHOOL', distinct_from: [twin] },
    })
    t.equal(second.status, 201, second.text)
    const { lookup, like } = await organisationNames(underAllNames(await desk.service.app.services.parties.all()))
    t.same(lookup('Clover Surgery Rooms').orgs, [kept])
    t.same(lookup(other).orgs, [kept])
    const reading = lookup('Twin Hall School')
    t.same(reading.orgs, [])
    t.same(
      like('Twin Hall School')
        .map(({ org }) => org)
        .filter((org) => org === twin || org === second.body.code).length,
      2,
      'a person picks',
    )
  })

  t.test('decisions about either name are decisions about one body from the reply on', async (t) => {
    const { kept, other } = await pair('Damson')
    t.equal(await desk.ask('LBC_CAMDEN', other), 'DENY UNKNOWN_PARTY')
    await merge(other, kept)
    t.equal(await desk.ask('LBC_CAMDEN', other), 'DENY NO_AGREEMENT')
    t.equal(await desk.ask(kept, other), 'DENY SAME_CONTROLLER', 'one body shares nothing with itself')
  })

  t.test('a past text is asked under the names of its time, and its record keeps the question as it was asked', async (t) => {
    const { kept, other } = await pair('Dogwood')
    const before = desk.service.app.services.policy.current().revision
    await merge(other, kept)
    const simulate = async (as: string, recipient: string, as_of_revision?: number) => {
      const headers = { ...(await desk.service.as({ org: as })), 'content-type': 'application/json' }
      const payload = JSON.stringify({ ...SHARE, provider: 'LBC_CAMDEN', recipient, ...(as_of_revision ? { as_of_revision } : {}) })
      const { decision_id, reasons } = (
        await desk.service.inject({ method: 'POST', url: '/v1/decisions/simulate', headers, payload })
      ).json()
      const get = async (path: string) =>
        (await desk.service.inject({ method: 'GET', url: `/v1/decisions/${decision_id}${path}`, headers })).json()
      const { request } = JSON.parse((await get('')).record.payload)
      return { reason: reasons[0].code, recipient: request.recipient, same: (await get('/replay')).same }
    }
    t.same(await simulate('LBC_CAMDEN', other), { reason: 'NO_AGREEMENT', recipient: kept, same: true }, 'today: the body that it is')
    t.same(await simulate('LBC_CAMDEN', other, before), { reason: 'UNKNOWN_PARTY', recipient: other, same: true }, 'then: nobody')
    t.same(await simulate(kept, other, before), { reason: 'UNKNOWN_PARTY', recipient: other, same: true }, 'it may ask about what it was')
    t.match(await simulate('LBC_BARNET', other, before), { reason: 'CALLER_NOT_PARTY' }, 'and a stranger may not')
  })

  t.test('names, numbers, groups and chains of mergers lead to the body that it is', async (t) => {
    const { kept, other } = await pair('Elder')
    const third = await proposed('Elder Rooms', { ods: 'E9999', aliases: ['Old Elder'] })
    const group = await call(
      CAMDEN,
      'PUT',
      '/v1/organisation-groups/ELDERS',
      { name: 'The Elders', members: [{ org: third }, { org: kept }] },
      { 'if-match': '*' },
    )
    t.equal(group.status, 201, group.text)
    await confirm(other)
    t.equal((await merge(third, other)).status, 200)
    t.equal((await merge(other, kept)).status, 200)
    t.equal((await call(CAMDEN, 'GET', `/v1/organisations/${third}`)).body.merged_into, kept)
    for (const q of ['E9999', 'Old Elder', 'Elder Rooms', third])
      t.equal((await call(CAMDEN, 'GET', `/v1/organisations?q=${encodeURIComponent(q)}`)).body.organisations[0].code, kept, q)
    t.same((await call(CAMDEN, 'GET', '/v1/organisation-groups/ELDERS')).body.members_on, [kept])
    const again = await call(CAMDEN, 'POST', '/v1/organisations', {
      organisation: { legal_name: 'Something else', type: 'GP_PRACTICE', ods: 'E9999' },
    })
    t.match([again.status, again.body.errors[0].detail], [409, new RegExp(kept)])
    const { id } = await desk.draft()
    const named = await setParties(id, ['LBC_CAMDEN', 'LBC_HACKNEY', third])
    t.match([named.status, named.body.errors[0]], [422, { code: 'ORGANISATION_MERGED', detail: new RegExp(kept) }])
  })

  t.test('contacts of the one fill in what the other does not say', async (t) => {
    const { kept, other } = await pair('Fir')
    await call(ADMIN, 'PUT', `/v1/organisations/${kept}/contacts`, { dpo: 'Kept' }, { 'if-match': '*' })
    await call(ADMIN, 'PUT', `/v1/organisations/${other}/contacts`, { dpo: 'Other', ig: 'IG' }, { 'if-match': '*' })
    await merge(other, kept)
    t.same((await call(ADMIN, 'GET', `/v1/organisations/${kept}/contacts`)).body.contacts, { dpo: 'Kept', ig: 'IG' })
  })

  t.test('a merger that would lose something is refused and changes nothing', async (t) => {
    const { kept, other } = await pair('Gorse')
    const { id } = await desk.draft()
    await setParties(id, ['LBC_CAMDEN', 'LBC_HACKNEY', kept, other])
    const cases = [
      [await merge(other, kept), 409, 'BOTH_IN_ONE'],
      [await merge(other, other), 422, 'SAME_ORGANISATION'],
      [await merge(other, await proposed('Gorse Third')), 422, 'ORGANISATION_UNCONFIRMED'],
      [await merge(other, 'NOBODY'), 422, 'UNKNOWN_ORGANISATION'],
      [await merge('LBC_CAMDEN', kept), 409, 'BOUND'],
      [await merge('ICB_NCL', kept), 409, 'BOUND'],
    ] as const
    for (const [reply, status, code] of cases) t.match([reply.status, reply.body.errors?.[0]?.code], [status, code], reply.text)
    t.equal((await merge(other, kept, CAMDEN)).status, 403)
    t.equal((await call(ADMIN, 'POST', '/v1/organisations/NOBODY/merger', { into: kept, reason: 'x' }, { 'if-match': '*' })).status, 404)
    t.equal((await call(CAMDEN, 'GET', `/v1/organisations/${other}`)).body.status, 'UNCONFIRMED')
  })

  t.test('the database lets nobody change a name except along a merger, nor take one back', async (t) => {
    const { kept, other } = await pair('Hazel')
    await merge(other, kept)
    for (const statement of [
      `update organisation set status = 'CONFIRMED', merged_into = null where code = $1`,
      `update organisation set code = 'X' where code = $1`,
    ])
      await t.rejects(rows(statement, [other]), /keeps its code/)
    await t.rejects(rows(`update signature set org = 'LBC_BRENT'`), /never changed|violates/)
  })
})
