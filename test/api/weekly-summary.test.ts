import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

// The summary of Mondays (E23): to whoever chose it, at a real mail server, and only where there is something to say.

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const SETTINGS = '/v1/notification-settings'
const server = await mailServer(t)
const desk = await mailDesk(t, server)

/** Somebody with a role and an address, who says whether they want a summary. */
async function reader(org: string, role: Role, sub: string, weekly?: boolean) {
  const address = `${sub}@${org.toLowerCase().replace('lbc_', '')}.example`
  const id = await desk.holder(org, role, sub, address)
  const person = { org, role, sub }
  if (weekly !== undefined) {
    const set = await desk.call(person, 'PUT', SETTINGS, { address: null, single: [], weekly }, { 'if-match': '*' })
    t.match(set, { status: 200, body: { weekly, address } })
  }
  return { id, person, address }
}
const summariesTo = (address: string) => server.to(address).filter(({ subject }) => subject.startsWith('Weekly summary'))
async function at(instant: string) {
  desk.at(instant)
  await Promise.all([desk.mailing.run(), desk.mailing.run()])
}

const officer = await reader(HACKNEY, 'IG_OFFICER', 'officer', true)
const dpo = await reader(HACKNEY, 'DPO', 'dpo', false)
const idle = await reader(BARNET, 'IG_OFFICER', 'idle', true)
const leaver = await reader(HACKNEY, 'SIRO', 'leaver', true)
const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], title: 'A title that is nobody’s business' } as never)
await desk.freeze(agreement, { isApproved: false })
const signed = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-23', effectiveTo: '2027-01-31' })
const { version, hash } = await desk.freeze(signed)
for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(signed.id, org, version, hash)).status, 201)

t.test('a choice is kept where it is not said anew, and shown', async (t) => {
  t.match((await desk.call(officer.person, 'GET', SETTINGS)).body, { weekly: true })
  const set = await desk.call(officer.person, 'PUT', SETTINGS, { address: null, single: ['CHANGES'] }, { 'if-match': '*' })
  t.match(set.body, { weekly: true, single: ['CHANGES'] })
  t.match((await desk.call({ ...officer.person, sub: 'new' }, 'GET', SETTINGS)).body, { weekly: false })
})

t.test('on Monday at 08:00 in London: what is to do, what waits for others, what falls due', async (t) => {
  await at('2026-11-29T12:00:00.000Z')
  await at('2026-11-30T07:59:59.000Z')
  t.same(summariesTo(officer.address), [])
  await at('2026-11-30T08:00:00.000Z')
  await at('2026-11-30T09:00:00.000Z')
  const [mail, ...more] = summariesTo(officer.address)
  t.same(more, [], 'once, however many nodes make it')
  t.equal(mail?.subject, 'Weekly summary for Hackney, 30 November 2026')
  t.match(
    mail?.text,
    new RegExp(`To do \\(1\\)\\n - ${agreement.id}: the information governance officer of Hackney, overdue since 26 November 2026\\n`),
  )
  t.match(
    mail?.text,
    new RegExp(`Waiting for others \\(1\\)\\n - ${agreement.id}: the information governance officer of Camden, overdue since`),
  )
  t.match(mail?.text, new RegExp(`Due in the next 90 days \\(1\\)\\n - ${signed.id}: last day, 31 January 2027\\n`))
  t.match(mail?.text, new RegExp(`http://127\\.0\\.0\\.1/agreements/${signed.id}`))
  t.match(mail?.text, 'you chose a weekly summary of your work for Hackney')
  t.notMatch(mail?.text, /business|undefined|null/)
})

t.test('nothing where there is nothing, and nothing to whoever did not choose it', async (t) => {
  for (const { address } of [idle, dpo]) t.same(summariesTo(address), [], address)
  const [row] = await desk.owner.query(`select state, address from mail where form = 'WEEKLY' and subject = 'idle'`)
  t.same(row, { state: 'WITHDRAWN', address: null })
})

t.test('a week later again, for as long as they hold a role and want it', async (t) => {
  t.equal(summariesTo(leaver.address).length, 1)
  const keeper = { org: HACKNEY, role: 'SIRO' } as const
  const path = `/v1/organisations/${HACKNEY}/roles/${leaver.id}`
  const { etag } = await desk.call(keeper, 'GET', path)
  t.equal((await desk.call(keeper, 'POST', `${path}/end`, { reason: 'Left' }, { 'if-match': etag })).status, 200)
  await at('2026-12-02T09:00:00.000Z')
  await at('2026-12-07T08:00:00.000Z')
  t.equal(summariesTo(officer.address).length, 2)
  t.equal(summariesTo(leaver.address).length, 1)
  await desk.call(officer.person, 'PUT', SETTINGS, { address: null, single: [], weekly: false }, { 'if-match': '*' })
  await at('2026-12-14T08:00:00.000Z')
  t.equal(summariesTo(officer.address).length, 2)
})
