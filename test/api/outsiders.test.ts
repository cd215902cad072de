import t from 'tap'
import { SIGNING_STATEMENTS } from '../../src/agreements/model/signed-text.ts'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { ownerPool } from '../support/leaves.ts'

// People without an account: let in by a code mailed to an address that a register administrator confirmed, for one agreement.

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
const START = '2026-11-22T12:00:00.000Z'
const NOBODY = '5f1d7a52-6f0e-4c8e-9d55-0a1b2c3d4e5f'
const desk = await agreementDesk(t, START)
const { service } = desk
const owner = await ownerPool(service)
const admin = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' } as const
const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
let people = 0
const later = (minutes: number) => desk.at(new Date(Date.parse(START) + minutes * 60_000).toISOString())
const confirmed = async (roles: readonly Role[], over: object = {}, by: { readonly org: string; readonly role: Role } = admin) =>
  desk.call(by, 'POST', `/v1/organisations/${HACKNEY}/confirmed-contacts`, {
    ...{
      name: `Person ${++people}`,
      post: 'Partner',
      address: `person-${people}@practice.example`,
      roles,
      checked_how: 'Rang the practice',
    },
    ...over,
  })
const invite = (agreement: string, contact: string, over = {}) =>
  desk.call(officer, 'POST', `/v1/agreements/${agreement}/outside-invitations`, { contact, ...over })
const mailed = async (text: string, address: string) => {
  const { rows } = await owner.query<{ filled: Record<string, string> }>(
    'select filled from mail where text = $1 and address = $2 order by id desc limit 1',
    [text, address],
  )
  return rows[0]?.filled
}
/** What somebody without a token, or with one of their own, is answered. */
const outside = async (method: 'GET' | 'POST', url: string, { token, body }: { readonly token?: string; readonly body?: object } = {}) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const reply = await service.inject({ method, url, headers, ...(body ? { payload: body } : {}) })
  return { status: reply.statusCode, text: reply.body, body: reply.body.startsWith('{') ? reply.json() : reply.body }
}
const invited = async (agreement: string, roles: readonly Role[]) => {
  const contact = (await confirmed(roles)).body
  const invitation = await invite(agreement, contact.id)
  const link = (await mailed('OUTSIDE_INVITATION', contact.address))?.['link']?.split('/').at(-1) ?? ''
  return { contact, invitation: invitation.body, link }
}
const codeFor = async (link: string, address: string) => {
  await outside('POST', `/v1/invitations/${link}/codes`)
  return (await mailed('OUTSIDE_CODE', address))?.['code'] ?? ''
}
const session = (link: string, code: string) => outside('POST', `/v1/invitations/${link}/sessions`, { body: { code } })
const letIn = async (agreement: string, roles: readonly Role[]) => {
  const made = await invited(agreement, roles)
  const opened = await session(made.link, await codeFor(made.link, made.contact.address))
  return { ...made, token: String(opened.body.token), opened }
}
const frozen = async (orgs = [CAMDEN, HACKNEY]) => {
  const agreement = await desk.draft({ orgs, effectiveFrom: '2026-11-22' })
  return { id: agreement.id, ...(await desk.freeze(agreement, { isApproved: false })) }
}
const wrongCode = (code: string) => String((Number(code) + 1) % 100_000_000).padStart(8, '0')

t.test('people without an account read, do their steps and sign, each known by a mailed code, and the certificate says so', async (t) => {
  const { id, version, hash, body } = await frozen()
  await desk.approve(id, CAMDEN, version)
  for (const [index, role] of (['IG_OFFICER', 'DPO', 'SIRO'] as const).entries()) {
    const { token } = await letIn(id, [role])
    const signOff = await outside('GET', `/v1/sign-offs/${body.sign_off}`, { token })
    const chain = signOff.body.chains.find(({ org }: { org: string }) => org === HACKNEY)
    const step = chain.steps[index]
    const command = { command: 'approve', step: step.id, hash: signOff.body.subject.hash }
    const done = await outside('POST', `/v1/sign-offs/${body.sign_off}/commands`, { token, body: command })
    t.equal(done.status, 200, done.text)
  }
  const { token, contact } = await letIn(id, ['SIGNATORY'])
  t.match((await outside('GET', `/v1/agreements/${id}`, { token })).body, { id })
  const signature = {
    version,
    version_hash: hash,
    statements: SIGNING_STATEMENTS,
    name: 'A Partner',
    post: 'Partner',
    authority: 'Partnership deed',
  }
  const signed = await outside('POST', `/v1/agreements/${id}/signatures`, { token, body: signature })
  t.equal(signed.status, 201, signed.text)
  const { body: seen } = await desk.call(officer, 'GET', `/v1/agreements/${id}`)
  t.match(JSON.stringify(seen), '"level":"EMAIL_CODE"', 'how they were known stands with the signature')
  const printed = await desk.call(officer, 'GET', `/v1/agreements/${id}/versions/${version}/print`)
  t.match(printed.text, 'EMAIL_CODE', 'and on the certificate')
  t.equal((await desk.sign(id, CAMDEN, version, hash)).status, 201)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', contact.id)
})

t.test(
  'only a register administrator who is no party confirms an address, and only a confirmed contact of a party is invited',
  async (t) => {
    const { id } = await frozen()
    for (const by of [officer, { org: HACKNEY, role: 'IG_OFFICER' }, { org: HACKNEY, role: 'SIGNATORY' }] as const)
      t.equal((await confirmed(['SIGNATORY'], {}, by)).status, 403)
    const byParty = (await confirmed(['SIGNATORY'], {}, { org: CAMDEN, role: 'REGISTER_ADMIN' })).body
    const rule = (code: string) => ({ status: 422, body: { errors: [{ pointer: '/contact', code }] } })
    t.match(await invite(id, byParty.id), rule('CONTACT_CONFIRMED_BY_PARTY'))
    t.match(await invite(id, NOBODY), rule('CONTACT_NOT_CONFIRMED'))
    const { body: contact } = await confirmed(['SIGNATORY'])
    const other = await frozen([CAMDEN, ISLINGTON])
    t.match(await invite(other.id, contact.id), rule('CONTACT_NOT_OF_A_PARTY'))
    const stranger = { org: 'LBC_BARNET', role: 'IG_OFFICER' } as const
    t.equal((await desk.call(stranger, 'POST', `/v1/agreements/${id}/outside-invitations`, { contact: contact.id })).status, 404)
    t.match(
      await confirmed(['DPO', 'SIGNATORY']),
      { status: 422, body: { errors: [{ code: 'SD-2' }] } },
      'one person holds no duties that are kept apart',
    )
    t.equal((await confirmed(['IG_OFFICER'], { address: contact.address.toUpperCase() })).status, 409, 'and an address is one person')
    const shown = await desk.call(officer, 'GET', `/v1/organisations/${HACKNEY}/confirmed-contacts`)
    t.notMatch(shown.text, '@practice.example', 'whoever invites is not told the address')
    t.match(await desk.call(admin, 'GET', `/v1/organisations/${HACKNEY}/confirmed-contacts`), { text: /@practice\.example/ })
  },
)

t.test('a session opens nothing but its own agreement, by what is on its list', async (t) => {
  const { id, body } = await frozen()
  const other = await frozen()
  const { token } = await letIn(id, ['SIGNATORY', 'IG_OFFICER'])
  for (const path of ['', '/versions/1', '/state']) {
    t.equal((await outside('GET', `/v1/agreements/${id}${path}`, { token })).status, 200, path)
    t.equal((await outside('GET', `/v1/agreements/${other.id}${path}`, { token })).status, 404, `another of the same parties${path}`)
  }
  const seen = await outside('GET', `/v1/sign-offs/${body.sign_off}`, { token })
  t.equal(seen.status, 200)
  const open = new Set<string>(seen.body.commands.map(({ command }: { command: string }) => command))
  t.ok(open.has('approve') && open.has('comment'), [...open].join())
  for (const closed of ['delegate', 'assign', 'adopt', 'overrule', 'resolve', 'chase'])
    t.notOk(open.has(closed), `${closed} is not offered`)
  t.equal((await outside('GET', `/v1/sign-offs/${other.body.sign_off}`, { token })).status, 404)
  for (const name of ['x', 'urn:uuid:1', '%00', '..'])
    t.equal((await outside('GET', `/v1/sign-offs/${name}`, { token })).status >= 500, false, name)
  const comment = { command: 'comment', text: 'Words' }
  t.equal((await outside('POST', `/v1/sign-offs/${other.body.sign_off}/commands`, { token, body: comment })).status, 404)
  const reads = ['/v1/agreements', '/v1/notices', '/v1/sign-offs', '/v1/sign-off-tasks', '/v1/webhooks', `/v1/agreements/${id}/history`]
  const more = [
    `/v1/organisations/${HACKNEY}/contacts`,
    `/v1/organisations/${HACKNEY}/roles`,
    '/v1/requests',
    '/v1/decisions',
    '/v1/reference',
  ]
  for (const url of [...reads, ...more]) t.equal((await outside('GET', url, { token })).status, 403, url)
  const posts = ['freeze', 'suspensions', 'outside-invitations', 'termination']
  for (const act of posts) t.equal((await outside('POST', `/v1/agreements/${id}/${act}`, { token, body: {} })).status, 403, act)
  const delegate = {
    command: 'delegate',
    step: 'SIGNATURE',
    org: HACKNEY,
    to: { subject: 'friend' },
    first: '2026-11-22',
    last: '2026-11-23',
    reason: 'x',
  }
  const commanded = await outside('POST', `/v1/sign-offs/${body.sign_off}/commands`, { token, body: delegate })
  t.ok([400, 403].includes(commanded.status), `nobody else is brought in: ${commanded.text}`)
})

t.test('a code is tried five times, counts for ten minutes and once, and is sent five times an hour', async (t) => {
  const { id } = await frozen()
  const { link, contact, invitation } = await invited(id, ['SIGNATORY'])
  const code = await codeFor(link, contact.address)
  t.equal((await session(link, code)).status, 201)
  t.equal((await session(link, code)).status, 422, 'a code opens one session')
  const second = await codeFor(link, contact.address)
  later(11)
  t.equal((await session(link, second)).status, 422, 'its time is over')
  later(0)
  const third = await codeFor(link, contact.address)
  const tries = await Promise.all(Array.from({ length: 8 }, () => session(link, wrongCode(third))))
  t.same(new Set(tries.map(({ status }) => status)), new Set([422]))
  t.equal((await session(link, third)).status, 422, 'the right one, too late: the invitation is locked')
  const { invitations } = (await desk.call(officer, 'GET', `/v1/agreements/${id}/outside-invitations`)).body
  t.match(invitations, [{ id: invitation.id, locked_at: START }])
  const asked = await owner.query('select wrong_codes from outside_invitation where id = $1', [invitation.id])
  t.same(asked.rows, [{ wrong_codes: 5 }], 'eight at once are five tries')
  const notices = await owner.query(`select org from notification where kind = 'OUTSIDE_INVITATION_LOCKED' order by org`)
  t.same(notices.rows, [{ org: CAMDEN }, { org: 'LONDON_COUNCILS' }])
  const busy = await invited(id, ['LEGAL'])
  for (let n = 0; n < 7; n++) await outside('POST', `/v1/invitations/${busy.link}/codes`)
  const sent = await owner.query(`select count(*)::int as n from mail where text = 'OUTSIDE_CODE' and address = $1`, [busy.contact.address])
  t.same(sent.rows, [{ n: 5 }])
})

t.test('an uninvited address, an unknown link and the key of the invitation are answered like any other', async (t) => {
  const { id } = await frozen()
  const { link, invitation, contact } = await invited(id, ['SIGNATORY'])
  const known = await outside('POST', `/v1/invitations/${link}/codes`)
  const before = performance.now()
  t.same(await outside('POST', `/v1/invitations/${NOBODY}/codes`), known)
  t.ok(performance.now() - before >= 249, 'nor does the time tell')
  await outside('POST', `/v1/invitations/${invitation.id}/codes`)
  const sent = await owner.query(`select count(*)::int as n from mail where text = 'OUTSIDE_CODE' and address = $1`, [contact.address])
  t.same(sent.rows, [{ n: 1 }], 'the key that whoever invited sees is not the link')
  const answers = [
    await session(NOBODY, '12345678'),
    await session(link, wrongCode((await mailed('OUTSIDE_CODE', contact.address))?.['code'] ?? '')),
  ]
  t.same(answers.map(({ body: { instance: _one, ...rest } }) => rest)[0], answers.map(({ body: { instance: _one, ...rest } }) => rest)[1])
  const kept = await owner.query(`select code_hash from outside_invitation where link = $1`, [link])
  t.notMatch(
    JSON.stringify(kept.rows),
    (await mailed('OUTSIDE_CODE', contact.address))?.['code'] ?? 'none',
    'no code stands in the invitation',
  )
})

t.test('a session ends at once with its invitation, its contact or its hour', async (t) => {
  const { id } = await frozen()
  const reads = (token: string) => outside('GET', `/v1/agreements/${id}`, { token })
  const one = await letIn(id, ['SIGNATORY'])
  t.equal((await reads(one.token)).status, 200)
  await desk.call(officer, 'POST', `/v1/agreements/${id}/outside-invitations/${one.invitation.id}/withdrawal`)
  t.equal((await reads(one.token)).status, 401, 'the invitation is withdrawn')
  t.equal((await session(one.link, await codeFor(one.link, one.contact.address))).status, 422)
  const two = await letIn(id, ['SIGNATORY'])
  await desk.call(admin, 'POST', `/v1/organisations/${HACKNEY}/confirmed-contacts/${two.contact.id}/withdrawal`)
  t.equal((await reads(two.token)).status, 401, 'the contact is withdrawn')
  t.match(await invite(id, two.contact.id), { status: 422 })
  const three = await letIn(id, ['SIGNATORY'])
  later(61)
  t.equal((await reads(three.token)).status, 401, 'an hour is over')
  await service.app.forgetOldSessions()
  t.equal((await owner.query('select from outside_session')).rowCount, 0, 'and nothing is kept of it')
  later(15 * 24 * 60)
  t.equal((await session(three.link, await codeFor(three.link, three.contact.address))).status, 422, 'the invitation is over')
  later(0)
  t.equal((await reads('outside_guessed')).status, 401)
})

t.test('a contact has one invitation to an agreement at a time, and gets no more than ten in a day', async (t) => {
  const { id } = await frozen()
  const { contact, invitation } = await invited(id, ['SIGNATORY'])
  const again = await invite(id, contact.id)
  t.match(again, { status: 409, body: { detail: /withdraw that invitation first/ } })
  let last = invitation.id
  for (let n = 1; n < 10; n++) {
    await desk.call(officer, 'POST', `/v1/agreements/${id}/outside-invitations/${last}/withdrawal`)
    const next = await invite(id, contact.id)
    t.equal(next.status, 201, `invitation ${n + 1}`)
    last = next.body.id
  }
  await desk.call(officer, 'POST', `/v1/agreements/${id}/outside-invitations/${last}/withdrawal`)
  t.match(await invite(id, contact.id), { status: 429 })
  const mails = await owner.query('select count(*)::int as n from mail where text = $1 and address = $2', [
    'OUTSIDE_INVITATION',
    contact.address,
  ])
  t.same(mails.rows, [{ n: 10 }])
  later(24 * 60 + 1)
  const both = await Promise.all([invite(id, contact.id), invite(id, contact.id)])
  t.same(both.map(({ status }) => status).toSorted(), [201, 409], 'of two at the same time one is made')
  const shown = (await desk.call(officer, 'GET', `/v1/agreements/${id}/outside-invitations`)).body.invitations
  t.equal(shown[0].withdrawn_at, null, 'the last made comes first')
  later(0)
})

t.test('an organisation whose part has ended still withdraws whom it invited, sees no other invitation, and invites nobody', async (t) => {
  const BARNET = 'LBC_BARNET'
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY, ISLINGTON], effectiveFrom: '2026-11-22' })
  const { id } = agreement
  const { hash } = await desk.freeze(agreement)
  for (const org of [CAMDEN, HACKNEY, ISLINGTON]) await desk.sign(id, org, 1, hash)
  const path = `/v1/agreements/${id}/outside-invitations`
  const byCamden = await invited(id, ['DPO'])
  const act = (org: string, role: Role, where: string, body: object = {}) =>
    desk.call({ org, role }, 'POST', `/v1/agreements/${id}/${where}`, body)
  const invitedBy = async (org: string) => {
    const { body: contact } = await confirmed(['SIGNATORY'])
    const made = await desk.call({ org, role: 'IG_OFFICER' }, 'POST', path, { contact: contact.id })
    t.equal(made.status, 201, made.text)
    return { org, contact, id: String(made.body.id) }
  }
  t.equal(
    (await act(CAMDEN, 'IG_OFFICER', 'accessions', { org: BARNET, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] })).status,
    201,
  )
  const [left, uninvited] = [await invitedBy(ISLINGTON), await invitedBy(BARNET)]
  t.equal((await act(ISLINGTON, 'SIRO', 'withdrawals', { reason: 'It is over' })).status, 201)
  t.equal((await act(CAMDEN, 'IG_OFFICER', `accessions/${BARNET}/revocation`, { reason: 'A mistake' })).status, 200)
  t.match(await desk.call({ org: ISLINGTON, role: 'IG_OFFICER' }, 'POST', path, { contact: byCamden.contact.id }), { status: 403 })
  t.match(await desk.call({ org: BARNET, role: 'IG_OFFICER' }, 'POST', path, { contact: byCamden.contact.id }), { status: 404 })
  for (const { org, id: made } of [left, uninvited]) {
    const own = { org, role: 'IG_OFFICER' } as const
    const seen = await desk.call(own, 'GET', path)
    t.same(
      seen.body.invitations?.map((one: { id: string }) => one.id),
      [made],
      'its own alone',
    )
    t.equal((await desk.call(own, 'POST', `${path}/${byCamden.invitation.id}/withdrawal`)).status, 404, 'nor that of another')
    t.match(await desk.call(own, 'POST', `${path}/${made}/withdrawal`), { status: 200, body: { withdrawn_at: START } })
  }
  t.equal((await desk.call({ org: 'LBC_SUTTON', role: 'IG_OFFICER' }, 'GET', path)).status, 404)
  t.equal((await desk.call(officer, 'GET', path)).body.invitations.length, 3)
  const { body: contact } = await confirmed(['LEGAL'])
  t.equal((await act(HACKNEY, 'SIRO', 'withdrawals', { reason: 'It is over' })).status, 201)
  t.match(
    await invite(id, contact.id),
    { status: 422, body: { errors: [{ code: 'CONTACT_NOT_OF_A_PARTY' }] } },
    'nor is a contact invited of one that left',
  )
})
