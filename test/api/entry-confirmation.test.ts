import t from 'tap'
import type { Person } from '../support/agreement-desk.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

// Whose entry in the register is right: its own people say so once a year, and are asked where they did not.

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const server = await mailServer(t)
const desk = await mailDesk(t, server)
const { timers } = desk.service.app.services
const officer = (org: string): Person => ({ org, role: 'IG_OFFICER' })
const entry = async (org: string) => (await desk.call(officer(org), 'GET', `/v1/organisations/${org}`)).body
const confirm = (org: string, as = officer(org), match = '*') =>
  desk.call(as, 'POST', `/v1/organisations/${org}/entry-confirmation`, undefined, { 'if-match': match })
const asked = async (org: string) =>
  (await desk.call(officer(org), 'GET', '/v1/notices')).body.notices
    .filter(({ kind }: { readonly kind: string }) => kind === 'ENTRY_TO_CONFIRM')
    .map(
      ({ at, detail }: { readonly at: string; readonly detail: { readonly since: string } }) => `${at.slice(0, 10)} since ${detail.since}`,
    )
    .toReversed()
const fireAt = async (instant: string) => {
  desk.at(instant)
  await Promise.all([timers.fireDue(), timers.fireDue()])
}

await desk.holder(CAMDEN, 'IG_OFFICER', 'lead', 'lead@camden.example')
await desk.holder(HACKNEY, 'IG_OFFICER', 'other', 'other@hackney.example')
await desk.owner.query(`update organisation set registered_on = '2025-12-01'`)

t.test('an entry is confirmed by the people of the organisation who keep its contacts, as they read it, and by nobody else', async (t) => {
  t.equal((await entry(CAMDEN)).entry_confirmed_on, null)
  const read = await desk.call(officer(CAMDEN), 'GET', `/v1/organisations/${CAMDEN}`)
  for (const as of [officer(HACKNEY), { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' } as const])
    t.match(await confirm(CAMDEN, as), { status: 403, body: { errors: [{ code: 'OWN' }] } }, 'nobody confirms for another')
  t.match(await confirm(CAMDEN, { org: CAMDEN, role: 'SIRO' }), { status: 403 })
  await desk.call(officer(CAMDEN), 'PUT', `/v1/organisations/${CAMDEN}/contacts`, { ig: 'ig@camden.example' }, { 'if-match': '*' })
  t.match(
    await confirm(CAMDEN, officer(CAMDEN), String(read.headers['etag'])),
    { status: 412 },
    'what was changed since is to be read first',
  )
  t.equal((await entry(CAMDEN)).entry_confirmed_on, null)
  t.match(await confirm(CAMDEN), { status: 200, body: { code: CAMDEN, entry_confirmed_on: '2026-11-23' } })
  t.equal((await entry(CAMDEN)).entry_confirmed_on, '2026-11-23')
  const { acts } = (await desk.call(officer(CAMDEN), 'GET', `/v1/organisations/${CAMDEN}/history`)).body
  t.match(acts.at(-1), { act: 'confirm_entry', detail: { entry_confirmed_on: '2026-11-23' }, leaf_id: /^[0-9a-f-]{36}$/ })
})

t.test('where it was not for twelve months the organisation is asked once, and every thirty days until it does', async (t) => {
  await fireAt('2026-12-01T08:59:00.000Z')
  t.strictSame(await asked(HACKNEY), [], 'not before the morning')
  await fireAt('2026-12-01T09:00:00.000Z')
  await fireAt('2026-12-30T12:00:00.000Z')
  t.strictSame(await asked(HACKNEY), ['2026-12-01 since 2025-12-01'])
  await fireAt('2026-12-31T09:00:00.000Z')
  await fireAt('2027-03-15T12:00:00.000Z')
  t.strictSame(
    await asked(HACKNEY),
    ['2026-12-01 since 2025-12-01', '2026-12-31 since 2025-12-01', '2027-03-15 since 2025-12-01'],
    'after a standstill of months once',
  )
  t.strictSame(await asked(CAMDEN), [], 'which has confirmed it')
  t.strictSame(await asked(BARNET), [], 'where nobody has a role here')
  await desk.mailing.run()
  desk.at('2027-03-16T08:00:00.000Z')
  await desk.mailing.run()
  const mails = server.to('other@hackney.example').filter(({ text }) => /organisation-entry/.test(text))
  t.match(mails.at(0)?.text, /Nobody has confirmed the entry of Hackney\s+in the register of organisations since\s+1 December 2025/)
  t.equal(mails.length, 1)
})

t.test('once it is confirmed nothing more is asked for twelve months', async (t) => {
  desk.at('2027-03-20T12:00:00.000Z')
  t.match(await confirm(HACKNEY), { status: 200, body: { entry_confirmed_on: '2027-03-20' } })
  const before = (await asked(HACKNEY)).length
  await fireAt('2028-03-19T12:00:00.000Z')
  t.equal((await asked(HACKNEY)).length, before)
  await fireAt('2028-03-20T09:00:00.000Z')
  t.equal((await asked(HACKNEY)).at(-1), '2028-03-20 since 2027-03-20')
  t.equal((await asked(CAMDEN)).at(-1), '2028-03-19 since 2026-11-23', 'the last of those that fell due while nothing ran')
})
