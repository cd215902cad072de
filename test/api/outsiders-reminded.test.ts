import t from 'tap'
import { SIGNING_STATEMENTS } from '../../src/agreements/model/signed-text.ts'
import type { Role } from '../../src/identity/permissions.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

// People without an account are chased like everybody: at a real mail server, and for as long as they are asked something.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const server = await mailServer(t)
const desk = await mailDesk(t, server)
const { service, mailing } = desk
const { timers } = service.app.services
const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
const admin = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' } as const

/** Fires what is due and sends what is to be sent, at an instant. */
async function at(instant: string) {
  desk.at(instant)
  await timers.fireDue()
  await mailing.run()
}
async function contact(name: string, roles: readonly Role[]) {
  const address = `${name}@practice.example`
  const body = { name, post: 'Partner', address, roles, checked_how: 'Rang the practice' }
  const made = await desk.call(admin, 'POST', `/v1/organisations/${HACKNEY}/confirmed-contacts`, body)
  t.equal(made.status, 201, made.text)
  return { id: String(made.body.id), address }
}
async function invited(agreement: string, { id }: { readonly id: string }, days = 30): Promise<string> {
  const made = await desk.call(officer, 'POST', `/v1/agreements/${agreement}/outside-invitations`, { contact: id, days })
  t.equal(made.status, 201, made.text)
  return made.body.id
}
/** What somebody without an account was mailed since they were invited. */
const mailsTo = (address: string) => server.to(address).filter(({ subject }) => !/^(You are invited|Your code)/.test(subject))
const subjectsTo = (address: string) => mailsTo(address).map(({ subject }) => subject)
const linkOf = (address: string) => /invitations\/([0-9a-f-]{36})/.exec(server.to(address)[0]?.text ?? '')?.[1] ?? ''
const outside = (url: string, body: object, token?: string) =>
  service.inject({ method: 'POST', url, payload: body, headers: token ? { authorization: `Bearer ${token}` } : {} })
async function letIn(address: string): Promise<string> {
  await outside(`/v1/invitations/${linkOf(address)}/codes`, {})
  await mailing.run()
  const code = /\d{8}/.exec(server.to(address).at(-1)?.subject ?? '')?.[0]
  return (await outside(`/v1/invitations/${linkOf(address)}/sessions`, { code })).json().token
}
async function frozen() {
  const agreement = await desk.draft({ title: 'A title that is nobody’s business', effectiveFrom: '2026-11-23' } as never)
  return { id: agreement.id, ...(await desk.freeze(agreement, { isApproved: false })) }
}

const signs = await contact('signs', ['SIGNATORY'])
const reviews = await contact('reviews', ['IG_OFFICER'])
const gone = await contact('gone', ['SIGNATORY'])
const briefly = await contact('briefly', ['SIGNATORY'])
const one = await frozen()
const late = await frozen()
await mailing.run()
for (const who of [signs, reviews, gone]) await invited(one.id, who)
await invited(one.id, briefly, 9)
await mailing.run()

t.test('whoever is invited is reminded of the steps of their roles, and of no other', async (t) => {
  const step = await desk.draft()
  await invited(step.id, reviews)
  await desk.freeze(step, { isApproved: false })
  await mailing.run()
  t.strictSame(subjectsTo(reviews.address), [`Review needed by 26 November 2026: ${step.id}`])
  t.same(subjectsTo(signs.address), [])
  await at('2026-11-25T09:00:00.000Z')
  await at('2026-11-26T08:00:00.000Z')
  const reminder = mailsTo(reviews.address).at(-1)
  t.match(reminder?.subject, /^2 things for Hackney, 26 November 2026$/)
  t.match(reminder?.text, new RegExp(`Reminder: ${step.id} waits for the information governance officer by 26 November 2026`))
  t.match(reminder?.text, new RegExp(`Reminder: ${one.id} waits`), 'of every agreement that they are invited to')
  t.notMatch(reminder?.text, new RegExp(late.id), 'and of no other')
  desk.at('2026-11-23T12:00:00.000Z')
})

t.test('whoever is to sign is asked to at once, then reminded with the days that are left, by the link of their invitation', async (t) => {
  await desk.approve(one.id, CAMDEN, 1)
  t.equal((await desk.sign(one.id, CAMDEN, 1, one.hash)).status, 201)
  await desk.approve(one.id, HACKNEY, 1)
  await mailing.run()
  t.strictSame(subjectsTo(signs.address), [`Sign ${one.id} by 7 December 2026`])
  await at('2026-11-30T09:00:00.000Z')
  t.equal(subjectsTo(signs.address).length, 1, 'what can wait waits for the morning')
  await at('2026-12-01T08:00:00.000Z')
  const reminder = mailsTo(signs.address).at(-1)
  t.equal(reminder?.subject, 'One thing for Hackney, 1 December 2026')
  t.match(reminder?.text, `Reminder: sign ${one.id} by 7 December 2026`)
  t.match(reminder?.text, `1 of 2 parties has signed ${one.id}, and Hackney has not: 6 days are left.`)
  t.match(reminder?.text, new RegExp(`/invitations/${linkOf(signs.address)}\\?return_to=%2Fsign%2F${one.id}%2F1`))
  t.match(reminder?.text, 'you are invited to act for Hackney as signatory')
  t.notMatch(JSON.stringify(server.mails), /business/, 'and no mail says what the agreement says')
})

t.test('whose invitation was withdrawn, or is over, is reminded no more', async (t) => {
  t.match(subjectsTo(gone.address), [/^Sign /, /^One thing/])
  const { invitations } = (await desk.call(officer, 'GET', `/v1/agreements/${one.id}/outside-invitations`)).body
  const { id } = invitations.find(({ contact_id }: { contact_id: string }) => contact_id === gone.id)
  const withdrawn = await desk.call(officer, 'POST', `/v1/agreements/${one.id}/outside-invitations/${id}/withdrawal`)
  t.equal(withdrawn.status, 200, withdrawn.text)
  const before = { gone: mailsTo(gone.address).length, briefly: mailsTo(briefly.address).length }
  t.equal(before.briefly, 2)
  await at('2026-12-03T09:00:00.000Z')
  await at('2026-12-04T08:00:00.000Z')
  t.equal(mailsTo(signs.address).length, 3)
  t.same({ gone: mailsTo(gone.address).length, briefly: mailsTo(briefly.address).length }, before)
})

t.test('what waits for the morning is not sent where the invitation was withdrawn meanwhile', async (t) => {
  desk.at('2026-12-04T12:00:00.000Z')
  await desk.approve(late.id, HACKNEY, 1)
  const again = await invited(late.id, gone)
  await at('2026-12-11T09:00:00.000Z')
  const before = mailsTo(gone.address).length
  await desk.call(officer, 'POST', `/v1/agreements/${late.id}/outside-invitations/${again}/withdrawal`)
  await at('2026-12-14T08:00:00.000Z')
  t.equal(mailsTo(gone.address).length, before)
  const [row] = await desk.owner.query('select state, address from mail where subject = $1 order by id desc limit 1', [gone.id])
  t.same(row, { state: 'WITHDRAWN', address: null })
})

t.test('whoever has signed is not reminded, and is told as everybody is once it is overdue where they have not', async (t) => {
  const overdue = mailsTo(signs.address).filter(({ text }) => /Overdue: /.test(text))
  t.equal(overdue.length, 1, 'once')
  t.match(overdue[0]?.text, new RegExp(`Overdue: ${one.id} waits for the signatory`))
  const token = await letIn(signs.address)
  const by = { name: 'A Partner', post: 'Partner', authority: 'Partnership deed', statements: SIGNING_STATEMENTS }
  const signed = await outside(`/v1/agreements/${one.id}/signatures`, { version: 1, version_hash: one.hash, ...by }, token)
  t.equal(signed.statusCode, 201, signed.body)
  const before = mailsTo(signs.address).length
  for (const day of ['2026-12-15', '2026-12-16', '2026-12-17', '2026-12-21']) await at(`${day}T09:30:00.000Z`)
  t.equal(mailsTo(signs.address).length, before)
})
