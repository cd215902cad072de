import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { inForce } from '../support/agreement-desk.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']

const SETTINGS = '/v1/notification-settings'

t.test('mail goes to the people whose turn it is', async (t) => {
  const server = await mailServer(t)
  const desk = await mailDesk(t, server)
  await desk.holder(HACKNEY, 'IG_OFFICER', 'officer', 'officer@hackney.example')
  await desk.holder(HACKNEY, 'DPO', 'dpo', 'dpo@hackney.example')
  await desk.holder(HACKNEY, 'SIGNATORY', 'director', 'director@hackney.example')
  await desk.holder(ISLINGTON, 'IG_OFFICER', 'stranger', 'stranger@islington.example')
  await desk.mailing.run()
  const titlesTo = (address: string) => server.to(address).map(({ subject }) => subject)

  await t.test('whoever is given a role is told so', async (t) => {
    t.strictSame(titlesTo('officer@hackney.example'), ['You have been given access'])
    t.match(server.to('dpo@hackney.example')[0]?.text, /You are data protection officer for Hackney\./)
  })

  const agreement = await desk.draft({ title: 'A title that is nobody’s business' } as never)
  await t.test('a text that is frozen: the officer who reviews it, and nobody who has nothing to do yet', async (t) => {
    await desk.freeze(agreement, { isApproved: false })
    await desk.mailing.run()
    t.strictSame(titlesTo('officer@hackney.example').slice(1), [`Review needed by 26 November 2026: ${agreement.id}`])
    t.equal(titlesTo('dpo@hackney.example').length, 1)
    t.equal(titlesTo('director@hackney.example').length, 1)
  })

  await t.test('once it is approved: the signatory', async (t) => {
    await desk.approve(agreement.id, HACKNEY, 1)
    await desk.mailing.run()
    t.match(titlesTo('director@hackney.example')[1], new RegExp(`^Sign ${agreement.id} by \\d+ \\w+ 2026$`))
  })

  await t.test('running again sends nothing again, and nobody else heard of it', async (t) => {
    const count = server.mails.length
    await Promise.all([desk.mailing.run(), desk.mailing.run()])
    t.equal(server.mails.length, count)
    t.strictSame(titlesTo('stranger@islington.example'), ['You have been given access'])
    t.notMatch(JSON.stringify(server.mails), /business/, 'no mail says what the agreement says')
    t.equal(new Set(server.mails.map(({ messageId }) => messageId)).size, count, 'each has a message id of its own')
  })
})

t.test('who gets what, when', async (t) => {
  const server = await mailServer(t)
  const desk = await mailDesk(t, server)
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-23' })
  await desk.mailing.run()
  const [first, second] = ['first@hackney.example', 'second@hackney.example']
  const firstRole = await desk.holder(HACKNEY, 'IG_OFFICER', 'first', first)
  await desk.holder(HACKNEY, 'IG_OFFICER', 'second', second)
  await desk.mailing.run()
  const titlesTo = (address: string) =>
    server
      .to(address)
      .slice(1)
      .map(({ subject }) => subject)

  await t.test('what can wait is told in one mail at 08:00 of the next working day, and never at the weekend', async (t) => {
    await desk.tell(HACKNEY, id, 'PARTY_JOINED')
    await desk.tell(HACKNEY, id, 'PARTY_JOINED')
    await desk.mailing.run()
    t.strictSame(titlesTo(first), [])
    desk.at('2026-11-24T07:59:00.000Z')
    await desk.mailing.run()
    t.strictSame(titlesTo(first), [])
    desk.at('2026-11-24T08:00:00.000Z')
    await Promise.all([desk.mailing.run(), desk.mailing.run()])
    t.strictSame(titlesTo(first), ['2 things for Hackney, 24 November 2026'])
    t.strictSame(titlesTo(second), ['2 things for Hackney, 24 November 2026'])
    t.match(server.to(first)[1]?.text, /1\. Camden joins DSA-2026-.*\n[\s\S]*2\. Camden joins/)
    desk.at('2026-11-27T17:00:00.000Z')
    await desk.tell(HACKNEY, id, 'PARTY_JOINED')
    await desk.mailing.run()
    desk.at('2026-11-28T08:30:00.000Z')
    await desk.mailing.run()
    t.equal(titlesTo(first).length, 1, 'Saturday')
    desk.at('2026-11-30T08:30:00.000Z')
    await desk.mailing.run()
    t.strictSame(titlesTo(first)[1], 'One thing for Hackney, 30 November 2026')
  })

  await t.test('a suspension is mailed at once; to whoever chose so everything is', async (t) => {
    const [before, reader] = [titlesTo(first).length, { org: HACKNEY, role: 'IG_OFFICER', sub: 'first' } as const]
    const settings = await desk.call(reader, 'GET', SETTINGS)
    t.match(settings.body, { address: first, counts: 'RECORDED', pending: null, single: [] })
    const set = await desk.call(reader, 'PUT', SETTINGS, { address: null, single: ['CHANGES'] }, { 'if-match': settings.etag })
    t.match(set, { status: 200, body: { address: first, single: ['CHANGES'] } })
    await desk.tell(HACKNEY, id)
    await desk.tell(HACKNEY, id, 'PARTY_JOINED')
    await desk.mailing.run()
    t.strictSame(titlesTo(first).slice(before).toSorted(), [`Camden joins ${id}`, `${id} suspended`])
    t.strictSame(titlesTo(second).slice(before), [`${id} suspended`])
  })

  await t.test('whoever no longer holds the role by then gets nothing', async (t) => {
    const [before, siro] = [titlesTo(first).length, { org: HACKNEY, role: 'SIRO' } as const]
    await desk.tell(HACKNEY, id, 'PARTY_JOINED')
    server.behave(first, 'IS_BUSY')
    await desk.mailing.run()
    server.behave(first, 'TAKES')
    const role = await desk.call(siro, 'GET', `/v1/organisations/${HACKNEY}/roles/${firstRole}`)
    await desk.call(siro, 'POST', `/v1/organisations/${HACKNEY}/roles/${firstRole}/end`, { reason: 'Left' }, { 'if-match': role.etag })
    desk.at('2026-12-01T08:30:00.000Z')
    await desk.mailing.run()
    t.equal(titlesTo(first).length, before)
    t.same((await desk.owner.query(`select state from mail where subject = 'first' order by id desc limit 1`))[0], { state: 'WITHDRAWN' })
  })

  await t.test('what an organisation may no longer see when the mail is sent is not mailed', async (t) => {
    const { id: draft } = await desk.draft({ orgs: [CAMDEN, HACKNEY] })
    const before = titlesTo(second).length
    await desk.tell(HACKNEY, draft, 'PARTY_JOINED')
    await desk.mailing.run()
    await desk.owner
      .query('delete from agreement_party where agreement_id = $1 and org = $2', [draft, HACKNEY])
      .catch(() =>
        desk.owner.query(`update agreement_party set left_at = now(), left_how = 'UNINVITED' where agreement_id = $1 and org = $2`, [
          draft,
          HACKNEY,
        ]),
      )
    desk.at('2026-12-02T08:30:00.000Z')
    await desk.mailing.run()
    t.notOk(
      titlesTo(second)
        .slice(before)
        .some((title) => title.includes(draft)),
    )
    t.notMatch(JSON.stringify(server.to(second).slice(before + 1)), new RegExp(draft))
  })

  await t.test('a deputy is told for whom and until when, by role, and then gets what the role gets', async (t) => {
    await desk.holder(HACKNEY, 'DPO', 'deputy', 'deputy@hackney.example')
    const body = {
      role: 'IG_OFFICER',
      person: { subject: 'second' },
      deputy: { subject: 'deputy' },
      first: '2026-12-02',
      last: '2026-12-09',
      reason: 'Leave',
    }
    t.equal((await desk.call({ org: HACKNEY, role: 'SIRO' }, 'POST', `/v1/organisations/${HACKNEY}/deputies`, body)).status, 201)
    await desk.tell(HACKNEY, id)
    await desk.mailing.run()
    const mails = server.to('deputy@hackney.example')
    t.strictSame(
      mails.map(({ subject }) => subject).toSorted(),
      [`${id} suspended`, 'You can act as deputy until 9 December 2026', 'You have been given access'].toSorted(),
    )
    t.match(
      mails.find(({ subject }) => subject.startsWith('You can act'))?.text,
      /stand in for the information governance officer of Hackney.*from 2 December 2026/,
    )
  })
})

t.test('where nobody has an address', async (t) => {
  const server = await mailServer(t)
  const desk = await mailDesk(t, server)
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-23' })

  await t.test('that is on a list for both organisations, and no other', async (t) => {
    await desk.tell(HACKNEY, id)
    await desk.mailing.run()
    t.match((await desk.problems({ org: HACKNEY, role: 'IG_OFFICER' }))[0], { what: 'NOBODY', kind: 'SUSPENDED', organisation: HACKNEY })
    t.match((await desk.problems({ org: CAMDEN, role: 'IG_OFFICER' }))[0], { what: 'NOBODY', organisation: HACKNEY })
    t.same(await desk.problems({ org: ISLINGTON, role: 'IG_OFFICER' }), [])
    t.equal((await desk.call({ org: HACKNEY, role: 'IAO' }, 'GET', '/v1/mail-problems')).status, 403)
  })

  await t.test('the mailbox of the organisation takes it', async (t) => {
    const officer = { org: HACKNEY, role: 'IG_OFFICER' } as const
    const contacts = await desk.call(officer, 'GET', `/v1/organisations/${HACKNEY}/contacts`)
    const kept = { ...contacts.body.contacts, ig: 'IG team <ig@hackney.example>' }
    t.equal((await desk.call(officer, 'PUT', `/v1/organisations/${HACKNEY}/contacts`, kept, { 'if-match': contacts.etag })).status, 200)
    await desk.tell(HACKNEY, id)
    await desk.mailing.run()
    t.strictSame(
      server.to('ig@hackney.example').map(({ subject }) => subject),
      [`${id} suspended`],
    )
    t.match(server.to('ig@hackney.example')[0]?.text, /this is the mailbox of Hackney/)
  })
})

t.test('an address of one’s own counts once its code was entered', async (t) => {
  const server = await mailServer(t)
  const desk = await mailDesk(t, server)
  const reader = { org: HACKNEY, role: 'IG_OFFICER', sub: 'reader' } as const
  const address = 'reader@hackney.example'
  const settings = () => desk.call(reader, 'GET', SETTINGS)
  const say = async (wanted: string | null) =>
    desk.call(reader, 'PUT', SETTINGS, { address: wanted, single: [] }, { 'if-match': (await settings()).etag })
  const enter = (code: string) => desk.call(reader, 'POST', `${SETTINGS}/confirmation`, { code })
  const codeMailed = async () => {
    await desk.mailing.run()
    return /^Your code: (\d{6})$/.exec(server.to(address).at(-1)?.subject ?? '')?.[1] ?? ''
  }
  const wrongFor = (code: string) => (code === '000000' ? '000001' : '000000')

  t.match((await settings()).body, { address: null, counts: null, pending: null, single: [] })
  t.match((await say(address)).body, { address: null, pending: address })
  const code = await codeMailed()
  t.match(code, /^\d{6}$/)
  t.match(
    server.to(address).at(-1)?.text,
    /open your settings \(you sign in first\): https?:\/\/[^\s?#]+\/settings\s/,
    'the link holds no code',
  )
  t.same(await desk.owner.query('select filled from mail where filled is not null'), [], 'the code is kept nowhere once it is sent')
  t.match(await enter(wrongFor(code)), { status: 422, body: { errors: [{ pointer: '/code' }] } })
  t.match(await enter(code), { status: 200, body: { address, counts: 'CONFIRMED', pending: null } })
  t.equal((await enter(code)).status, 409, 'once')

  await t.test('five wrong codes end it, and so does half an hour', async (t) => {
    await say('other@hackney.example')
    await desk.mailing.run()
    const right = /\d{6}/.exec(server.to('other@hackney.example')[0]?.subject ?? '')?.[0] ?? ''
    for (let tries = 0; tries < 5; tries++) t.equal((await enter(wrongFor(right))).status, 422)
    t.equal((await enter(right)).status, 409)
    t.match((await settings()).body, { address, counts: 'CONFIRMED' }, 'the former address still counts')
    await say('third@hackney.example')
    await desk.mailing.run()
    const late = /\d{6}/.exec(server.to('third@hackney.example')[0]?.subject ?? '')?.[0] ?? ''
    desk.at('2026-11-23T12:31:00.000Z')
    t.equal((await enter(late)).status, 409)
  })

  await t.test('no more than five codes are sent a day', async (t) => {
    t.equal((await say('fourth@hackney.example')).status, 200)
    t.equal((await say('fifth@hackney.example')).status, 200)
    t.equal((await say('sixth@hackney.example')).status, 429)
  })

  await t.test('nobody sees the settings of another, and the log holds no address', async (t) => {
    t.match((await desk.call({ ...reader, sub: 'another' }, 'GET', SETTINGS)).body, { address: null })
    t.match(
      (await desk.call({ ...reader, org: CAMDEN }, 'GET', SETTINGS)).body,
      { address: null },
      'another organisation is another reader',
    )
    const payloads = await desk.owner
      .query(`select count(*)::int as count from audit.payload where convert_from(payload, 'utf8') ~ '@hackney'`)
      .catch(async () => desk.owner.query(`select count(*)::int as count from audit.payload p where p::text ~ '@hackney'`))
    t.same(payloads, [{ count: 0 }])
  })
})

t.test('the demo writes each mail as a file that mail programs open', async (t) => {
  const varDirectory = mkdtempSync(join(tmpdir(), 'accord-mail-'))
  const server = await mailServer(t)
  const desk = await mailDesk(t, server, { mailChannel: 'file', varDirectory })
  await desk.holder(HACKNEY, 'IG_OFFICER', 'officer', 'officer@hackney.example')
  await desk.mailing.run()
  const files = readdirSync(join(varDirectory, 'mail'))
  t.equal(files.length, 1)
  t.match(files[0], /^[0-9a-f-]{36}\.eml$/)
  t.match(
    readFileSync(join(varDirectory, 'mail', files[0] ?? ''), 'utf8'),
    /^From: Accord <no-reply@accord\.invalid>\r\nTo: officer@hackney\.example\r\nSubject: You have been given access\r\n/m,
  )
  t.equal(server.mails.length, 0)
})
