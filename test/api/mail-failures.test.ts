import t from 'tap'
import { smtpChannel } from '../../src/notifications/mail/channels/smtp.service.ts'
import { inForce } from '../support/agreement-desk.ts'
import { MONDAY, mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']

t.test('a mail server may fail in every way', async (t) => {
  const server = await mailServer(t)
  const desk = await mailDesk(t, server)
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-23' })
  await desk.mailing.run()
  const address = 'officer@hackney.example'
  await desk.holder(HACKNEY, 'IG_OFFICER', 'officer', address)
  await desk.mailing.run()
  const sent = () => server.to(address).length
  const state = async () =>
    (await desk.owner.query(`select state, attempts, last_error from mail where issuer is not null order by id desc limit 1`))[0]
  let minute = 0
  const later = (minutes: number) => {
    minute += minutes
    desk.at(new Date(Date.parse(MONDAY) + minute * 60_000).toISOString())
  }

  await t.test('a reader it does not know bounces at once; both organisations see it, and one of them where it was to go', async (t) => {
    server.behave(address, 'REFUSES')
    await desk.tell(HACKNEY, id)
    await desk.mailing.run()
    t.match(await state(), { state: 'BOUNCED', attempts: 1, last_error: /550 No such reader/ })
    t.match((await desk.problems({ org: HACKNEY, role: 'SIRO' }))[0], { what: 'BOUNCED', kind: 'SUSPENDED', address, subject: { id } })
    t.match((await desk.problems({ org: CAMDEN, role: 'SIRO' }))[0], { what: 'BOUNCED', organisation: HACKNEY, address: null, why: null })
    t.same(await desk.problems({ org: ISLINGTON, role: 'SIRO' }), [])
  })

  await t.test('one that is busy, or drops the connection, is asked again, later each time, and the mail arrives once', async (t) => {
    for (const behaviour of ['IS_BUSY', 'DROPS'] as const) {
      const before = sent()
      server.behave(address, behaviour)
      await desk.tell(HACKNEY, id)
      await desk.mailing.run()
      t.match(await state(), { state: 'QUEUED', attempts: 1 }, behaviour)
      await desk.mailing.run()
      t.match(await state(), { attempts: 1 }, 'not before its time')
      later(1)
      await desk.mailing.run()
      t.match(await state(), { state: 'QUEUED', attempts: 2 })
      server.behave(address, 'TAKES')
      later(1)
      await desk.mailing.run()
      t.equal(sent(), before)
      later(4)
      await desk.mailing.run()
      t.match(await state(), { state: 'SENT', attempts: 3, last_error: null })
      t.equal(sent(), before + 1)
    }
  })

  await t.test('one that loses its own answer gets the mail again, under the same message id', async (t) => {
    const before = sent()
    server.behave(address, 'DROPS_AFTER_TAKING')
    await desk.tell(HACKNEY, id)
    await desk.mailing.run()
    server.behave(address, 'TAKES')
    later(1)
    await desk.mailing.run()
    const [one, other] = server.to(address).slice(before)
    t.ok(one && other)
    t.equal(one?.messageId, other?.messageId)
  })

  await t.test('one that never takes it is given up in the end, and that is shown', async (t) => {
    server.behave(address, 'IS_BUSY')
    await desk.tell(HACKNEY, id)
    for (let attempt = 1; attempt <= 9; attempt++) {
      await desk.mailing.run()
      t.match(await state(), { attempts: attempt, state: attempt === 9 ? 'FAILED' : 'QUEUED' })
      later(1_440)
    }
    t.match((await desk.problems({ org: HACKNEY, role: 'SIRO' }))[0], { what: 'FAILED', why: /451/ })
    server.behave(address, 'TAKES')
  })

  await t.test('ninety days later it is forgotten where a mail went, and what was said of it', async (t) => {
    const known = async () => (await desk.owner.query('select from mail where address is not null or last_error is not null')).length
    t.ok((await known()) > 0)
    later(90 * 1_440)
    await desk.mailing.run()
    t.equal(await known(), 0)
    t.match((await desk.problems({ org: HACKNEY, role: 'SIRO' }))[0], { what: 'FAILED', address: null, why: null })
  })

  await t.test('a node that was killed while it sent leaves the mail to another once its claim is over', async (t) => {
    const before = sent()
    await desk.tell(HACKNEY, id)
    await desk.mailing.run()
    t.equal(sent(), before + 1)
    await desk.owner.query(
      `update mail set state = 'SENDING', claimed_until = clock_timestamp() + interval '1 minute' where state = 'SENT'`,
    )
    await desk.mailing.run()
    t.equal(sent(), before + 1, 'a claim that holds is respected')
    const [killed] = await desk.owner.query(`update mail set claimed_until = clock_timestamp() - interval '1 second'
      where id = (select id from mail where state = 'SENDING' order by id desc limit 1) returning id`)
    await desk.owner.query(`update mail set state = 'SENT' where state = 'SENDING' and id <> $1`, [killed?.id])
    await desk.mailing.run()
    t.equal(sent(), before + 2)
  })
})

t.test('a server that hangs holds up a mail for a bounded time, and no other one', async (t) => {
  const server = await mailServer(t)
  const channel = smtpChannel({ url: server.url, password: undefined, from: 'accord@accord.example', timeoutMs: 3_000 })
  t.teardown(() => channel.close())
  server.behave('slow@hackney.example', 'HANGS')
  const mail = (to: string) => ({ id: '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f', to, subject: 'Subject', text: 'Text' })
  const from = performance.now()
  const [slow, quick] = await Promise.all([
    channel.send(mail('slow@hackney.example'), false),
    channel.send(mail('quick@hackney.example'), false),
  ])
  t.match(slow, { outcome: 'LATER' })
  t.match(quick, { outcome: 'SENT' })
  t.ok(performance.now() - from < 20_000)
  server.behave('odd@hackney.example', 'REFUSES_CONTENT')
  t.match(await channel.send(mail('odd@hackney.example'), false), { outcome: 'FAILED' })
  const nobody = smtpChannel({ url: new URL('smtp://127.0.0.1:9'), password: undefined, from: 'accord@accord.example', timeoutMs: 3_000 })
  t.match(await nobody.send(mail('quick@hackney.example'), false), { outcome: 'LATER', why: /ECONNREFUSED/ })
})
