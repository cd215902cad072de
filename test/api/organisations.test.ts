import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'
import { HUB_PARTNERS } from '../support/hub-partners.ts'

const STANDING = {
  public_authority: false,
  competent_authority: 'NONE',
  health_or_social_care_authority: false,
  reason: 'Seen in the register of its kind',
}
const CAMDEN = { org: 'LBC_CAMDEN', role: 'IG_OFFICER' } as const
const ADMIN = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' } as const
const CONTACTS = {
  lead: 'Sharing lead',
  signatory_post: 'Director',
  dpo: 'DPO desk',
  ig: 'IG team',
  complaint: 'Complaints',
  sar: 'SAR desk',
  breach: 'Duty desk',
}

t.test('anyone a borough shares with has a name', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const propose = (organisation: object, over: object = {}, as = CAMDEN as { org: string; role: 'IG_OFFICER' }) =>
    call(as, 'POST', '/v1/organisations', { organisation, ...over })
  const confirm = (code: string, as: Parameters<typeof call>[0] = ADMIN) =>
    call(as, 'POST', `/v1/organisations/${code}/confirmation`, STANDING, { 'if-match': '*' })
  const search = async (q: string) =>
    (await call(CAMDEN, 'GET', `/v1/organisations?limit=20&q=${encodeURIComponent(q)}`)).body.organisations.map(
      ({ code }: { code: string }) => code,
    )
  const revision = () => desk.service.app.services.policy.current().revision

  t.test(
    'all 22 partners of a safeguarding hub are proposed, found again by every name and number, confirmed, and stand in one agreement',
    async (t) => {
      t.equal(HUB_PARTNERS.length, 22)
      const codes: string[] = []
      for (const { numbers, written, ...partner } of HUB_PARTNERS) {
        const reply = await propose({ ...partner, ...numbers })
        t.equal(reply.status, 201, `${partner.legal_name}: ${reply.text.slice(0, 300)}`)
        t.match(reply.body, { status: 'UNCONFIRMED', verified: false, legal_name: partner.legal_name })
        const { code } = reply.body
        codes.push(code)
        for (const text of [partner.legal_name, ...(partner.aliases ?? []), ...written, ...Object.values(numbers)])
          t.equal((await search(text))[0], code, `"${text}" finds ${code}`)
        const again = await propose({ legal_name: 'Some other name altogether', type: partner.type, ...numbers })
        t.match([again.status, again.body.errors?.[0]], [409, { code: 'KNOWN_IDENTIFIER' }], `${code} is not proposed twice by its number`)
        t.ok(again.body.errors[0].detail.includes(code), 'and the refusal points at it')
        const renamed = await propose({ legal_name: written[0] as string, type: partner.type })
        t.match([renamed.status, renamed.body.errors?.[0]?.code], [409, /KNOWN_NAME/], `${code} is not proposed twice by its name`)
      }
      t.equal(new Set(codes).size, 22)
      const agreement = await desk.draft()
      const parties = [
        ...['LBC_CAMDEN', 'LBC_HACKNEY'].map((org) => ({ org, role: 'CONTROLLER', capacities: [] })),
        ...codes.map((org, index) => ({
          org,
          role: HUB_PARTNERS[index]?.type === 'PROCESSOR_ONLY' ? 'PROCESSOR' : 'CONTROLLER',
          capacities: [],
        })),
      ]
      const drafted = await call(CAMDEN, 'PUT', `/v1/agreements/${agreement.id}/draft/parties`, { parties }, { 'if-match': '*' })
      t.equal(drafted.status, 200, drafted.text.slice(0, 500))
      const early = await call(CAMDEN, 'POST', `/v1/agreements/${agreement.id}/freeze`, undefined, { 'if-match': '*' })
      t.equal(early.status, 422)
      t.equal(
        early.body.errors.filter(({ code }: { code: string }) => code === 'ORGANISATION_UNCONFIRMED').length,
        22,
        'it is not frozen with a body that nobody confirmed',
      )
      for (const code of codes) {
        t.equal((await confirm(code)).status, 200, code)
        const written = await call(ADMIN, 'PUT', `/v1/organisations/${code}/contacts`, CONTACTS, { 'if-match': '*' })
        t.equal(written.status, 200, written.text)
      }
      const frozen = await call(CAMDEN, 'POST', `/v1/agreements/${agreement.id}/freeze`, undefined, { 'if-match': '*' })
      t.equal(frozen.status, 200, frozen.text.slice(0, 800))
    },
  )

  t.test('a body that nobody confirmed permits nothing, and is known to every decision from the reply that confirms it', async (t) => {
    const { body } = await propose({ legal_name: 'Quayside Refuge', type: 'CHARITY', charity_number: '9991001' })
    t.equal(await desk.ask('LBC_CAMDEN', body.code), 'DENY UNKNOWN_PARTY')
    t.equal(await desk.ask('LBC_CAMDEN', body.code, { mode: 'EMERGENCY' }), 'DENY UNKNOWN_PARTY')
    t.equal(await desk.ask('LBC_CAMDEN', body.code, { mode: 'AD_HOC' }), 'DENY UNKNOWN_PARTY')
    const before = revision()
    t.equal((await confirm(body.code)).status, 200)
    t.equal(await desk.ask('LBC_CAMDEN', body.code), 'DENY NO_AGREEMENT')
    t.ok(revision() > before, 'by a revision of the policy')
  })

  t.test('an unconfirmed body acts on nothing and cannot be invited', async (t) => {
    const { body } = await propose({ legal_name: 'Quayside Youth Club', type: 'CHARITY' })
    const begun = await call({ org: body.code, role: 'IG_OFFICER' }, 'POST', '/v1/agreements', {
      title: 'A draft of its own',
      instrument_type: 'CONTROLLER_TO_CONTROLLER',
    })
    t.match([begun.status, begun.body.errors[0].code], [403, 'ORGANISATION_UNCONFIRMED'])
    const agreement = await desk.draft()
    const { version, hash } = await desk.freeze(agreement)
    await desk.sign(agreement.id, 'LBC_CAMDEN', version, hash)
    const invited = await call(CAMDEN, 'POST', `/v1/agreements/${agreement.id}/accessions`, { org: body.code, role: 'CONTROLLER' })
    t.match([invited.status, invited.body.errors[0].code], [422, 'UNKNOWN_PARTY'])
  })

  t.test('whoever proposed a body does not confirm it, nor does anybody but a register administrator', async (t) => {
    const proposer = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN', sub: 'urn:test:both' } as const
    const { body } = await call(proposer, 'POST', '/v1/organisations', {
      organisation: { legal_name: 'Both Hands Trust', type: 'CHARITY' },
    })
    t.match([(await confirm(body.code, proposer)).body.errors[0].code, (await confirm(body.code, CAMDEN)).status], ['SD-1', 403])
    t.equal((await confirm(body.code, { ...ADMIN, sub: 'urn:test:another' })).status, 200)
    t.match((await confirm(body.code)).body, { code: 'ILLEGAL_STATE' })
  })

  t.test('two bodies of one name are two where whoever proposes the second says so', async (t) => {
    const first = await propose({ legal_name: 'All Hallows School', type: 'SCHOOL' })
    const refused = await propose({ legal_name: 'All Hallows School', type: 'SCHOOL' })
    t.match([refused.status, refused.body.errors[0].code], [409, 'KNOWN_NAME'])
    const second = await propose({ legal_name: 'All Hallows School', type: 'SCHOOL', distinct_from: [first.body.code] })
    t.equal(second.status, 201, second.text)
    t.not(second.body.code, first.body.code)
  })

  t.test('a department is pointed at its body and is never a party of its own', async (t) => {
    const own = await call(CAMDEN, 'GET', '/v1/organisations/LBC_CAMDEN')
    const { legal_name, short_name, type, aliases, gss } = own.body
    const described = { legal_name, short_name, type, aliases, gss, departments: ['Adult Social Care', 'Camden Family Hubs'] }
    const put = await call(CAMDEN, 'PUT', '/v1/organisations/LBC_CAMDEN', described, { 'if-match': '*' })
    t.match([put.status, put.body.departments], [200, described.departments])
    t.same((await search('Adult Social Care, Camden'))[0], 'LBC_CAMDEN')
    const refused = await propose({ legal_name: 'Camden Adult Social Care', type: 'CHARITY' })
    t.match([refused.status, refused.body.errors[0].detail], [409, /LBC_CAMDEN/])
    const { id } = await desk.draft()
    const twice = ['LBC_CAMDEN', 'LBC_CAMDEN', 'LBC_HACKNEY'].map((org) => ({ org, role: 'CONTROLLER', capacities: [] }))
    t.equal(
      (await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/parties`, { parties: twice }, { 'if-match': '*' })).status,
      422,
      'GW-6: one council is one party',
    )
    t.equal(await desk.ask('LBC_CAMDEN', 'LBC_CAMDEN'), 'DENY SAME_CONTROLLER')
    const stranger = await call(
      { org: 'LBC_HACKNEY', role: 'IG_OFFICER' },
      'PUT',
      '/v1/organisations/LBC_CAMDEN',
      { ...described, departments: [] },
      { 'if-match': '*' },
    )
    t.equal(stranger.status, 403)
    t.equal(
      (await call(CAMDEN, 'PUT', '/v1/organisations/LBC_CAMDEN', { ...described, type: 'CHARITY' }, { 'if-match': '*' })).status,
      403,
      'its officers do not change what it is in law',
    )
  })

  t.test('a number in no form of its kind is refused by name, and nothing is stored', async (t) => {
    const numbers = { ods: 'F-1', gss: 'E09', company_number: '123456789', charity_number: '12', ico_registration_no: 'A1234567' }
    const reply = await propose({ legal_name: 'Wrong Numbers', type: 'NO_SUCH_TYPE', ...numbers })
    t.equal(reply.status, 422)
    t.same(reply.body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted(), [
      '/charity_number',
      '/company_number',
      '/gss',
      '/ico_registration_no',
      '/ods',
      '/type',
    ])
    t.same(await search('Wrong Numbers'), [])
  })

  t.test('a proposal sent again under its key is answered as before, and one on a stale state is refused', async (t) => {
    const sent = { organisation: { legal_name: 'Once Only Trust', type: 'CHARITY' } }
    const first = await call(CAMDEN, 'POST', '/v1/organisations', sent, { 'idempotency-key': 'once-only' })
    const again = await call(CAMDEN, 'POST', '/v1/organisations', sent, { 'idempotency-key': 'once-only' })
    t.same([again.status, again.body, again.headers['etag']], [201, first.body, first.headers['etag']])
    const path = `/v1/organisations/${first.body.code}`
    t.equal((await call(CAMDEN, 'PUT', path, sent.organisation)).status, 428)
    t.equal((await call(CAMDEN, 'PUT', path, sent.organisation, { 'if-match': '"99"' })).status, 412)
    const changed = await call(
      CAMDEN,
      'PUT',
      path,
      { ...sent.organisation, aliases: ['OOT'] },
      { 'if-match': String(first.headers['etag']) },
    )
    t.equal(changed.status, 200, changed.text)
    t.same((await call(CAMDEN, 'GET', path)).headers['etag'], changed.headers['etag'])
  })

  t.test('two that propose one body at once make one', async (t) => {
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => propose({ legal_name: 'Raced Practice', type: 'GP_PRACTICE', ods: 'R9999' })),
    )
    t.same(replies.map(({ status }) => status).toSorted(), [201, 409, 409, 409])
  })

  t.test('everybody sees that a body is proposed, and only who has to do with it by whom and what for', async (t) => {
    const { body } = await propose({ legal_name: 'Silent Harbour Refuge', type: 'CHARITY' }, { note: 'For the hub in Camden' })
    const path = `/v1/organisations/${body.code}/history`
    const acts = async (as: Parameters<typeof call>[0]) => (await call(as, 'GET', path)).body.acts.map(({ act }: { act: string }) => act)
    t.same(await acts(CAMDEN), ['propose'])
    t.same(await acts(ADMIN), ['propose'])
    t.same(await acts({ org: 'LBC_BRENT', role: 'AUDITOR' }), ['propose'])
    t.same(await acts({ org: 'LBC_BRENT', role: 'IG_OFFICER' }), [])
    t.equal((await call({ org: 'LBC_BRENT', role: 'IG_OFFICER' }, 'GET', `/v1/organisations/${body.code}`)).status, 200)
  })

  t.test('contacts kept once apply in every agreement that does not say otherwise', async (t) => {
    const agreement = await desk.draft()
    const owner = await desk.service.database?.openAs('session_user', 1)
    await owner?.pool.query(`update agreement_party set contacts = '{}' where agreement_id = $1`, [agreement.id])
    const missing = async () =>
      (await call(CAMDEN, 'GET', `/v1/agreements/${agreement.id}/advice`)).body.advice.filter(({ pointer }: { pointer: string }) =>
        pointer.includes('/contacts/'),
      ).length
    t.equal(await missing(), 12)
    t.equal((await call(CAMDEN, 'PUT', '/v1/organisations/LBC_CAMDEN/contacts', CONTACTS, { 'if-match': '*' })).status, 200)
    t.equal(await missing(), 6, 'what is missing is named where it is missing')
    const hackney = { org: 'LBC_HACKNEY', role: 'DPO' } as const
    t.equal(
      (await call(hackney, 'PUT', '/v1/organisations/LBC_HACKNEY/contacts', { ...CONTACTS, dpo: 'Hackney DPO' }, { 'if-match': '*' }))
        .status,
      200,
    )
    t.equal(await missing(), 0)
    const own = await call(
      CAMDEN,
      'PUT',
      `/v1/agreements/${agreement.id}/parties/LBC_CAMDEN/contacts`,
      { breach: 'Only here' },
      { 'if-match': '*' },
    )
    t.match(
      own.body.parties.find(({ org }: { org: string }) => org === 'LBC_CAMDEN'),
      { contacts: { breach: 'Only here' }, organisation_contacts: CONTACTS },
    )
    const { version } = await desk.freeze(agreement)
    await call(hackney, 'PUT', '/v1/organisations/LBC_HACKNEY/contacts', { ...CONTACTS, dpo: 'Another DPO' }, { 'if-match': '*' })
    const text = await call(CAMDEN, 'GET', `/v1/agreements/${agreement.id}/versions/${version}`)
    const kept = Object.fromEntries(
      text.body.contacts.map(({ org, contacts }: { org: string; contacts: Record<string, string> }) => [org, contacts]),
    )
    t.match(
      kept,
      { LBC_CAMDEN: { ...CONTACTS, breach: 'Only here' }, LBC_HACKNEY: { dpo: 'Hackney DPO' } },
      'the text keeps what applied when it was frozen',
    )
    const now = await call(CAMDEN, 'GET', `/v1/agreements/${agreement.id}`)
    t.match(now.body.parties.find(({ org }: { org: string }) => org === 'LBC_HACKNEY').organisation_contacts, { dpo: 'Another DPO' })
  })

  t.test('contacts are told to partners and to nobody else', async (t) => {
    const { body } = await propose({ legal_name: 'Hidden Desk Charity', type: 'CHARITY' })
    const path = `/v1/organisations/${body.code}/contacts`
    t.equal((await call(CAMDEN, 'PUT', path, { dpo: 'Nobody else hears of this desk' }, { 'if-match': '*' })).status, 200)
    const stranger = await call({ org: 'LBC_BRENT', role: 'IG_OFFICER' }, 'GET', path)
    const absent = await call({ org: 'LBC_BRENT', role: 'IG_OFFICER' }, 'GET', '/v1/organisations/LBC_BEXLEY/contacts')
    t.same([stranger.status, stranger.body.detail], [404, absent.body.detail])
    t.equal((await call({ org: 'LBC_BRENT', role: 'DPO' }, 'PUT', path, { dpo: 'Mine' }, { 'if-match': '*' })).status, 403)
    for (const as of [CAMDEN, ADMIN, { org: 'LBC_BRENT', role: 'AUDITOR' } as const]) t.equal((await call(as, 'GET', path)).status, 200)
    const { id } = await desk.draft()
    const parties = ['LBC_CAMDEN', 'LBC_HACKNEY', body.code].map((org) => ({ org, role: 'CONTROLLER', capacities: [] }))
    t.equal((await call(CAMDEN, 'PUT', `/v1/agreements/${id}/draft/parties`, { parties }, { 'if-match': '*' })).status, 200)
    t.equal((await call({ org: 'LBC_HACKNEY', role: 'IG_OFFICER' }, 'GET', path)).status, 200, 'a partner in a draft')
    const history = await call(ADMIN, 'GET', `/v1/organisations/${body.code}/history`)
    t.notOk(history.text.includes('hears of this desk'), 'the history says which contact was changed, not what it says')
  })
})
