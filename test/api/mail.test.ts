import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'
import { mailServer } from '../support/mail-server.ts'

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const siro = { org: HACKNEY, role: 'SIRO', sub: 'siro' } as const

t.test('a text that is frozen is mailed to the officer who reviews it, at a mail server', async (t) => {
  const server = await mailServer(t)
  const desk = await agreementDesk(t, '2026-11-23T12:00:00.000Z', { mailChannel: 'smtp', smtpUrl: server.url })
  const { mailing } = desk.service.app.services
  const record = (sub: string, role: string, mail_address?: string) =>
    desk.call(siro, 'POST', `/v1/organisations/${HACKNEY}/roles`, { person: { subject: sub }, role, reason: 'Appointed', mail_address })
  t.equal((await record('officer', 'IG_OFFICER', 'officer@hackney.example')).status, 201)
  t.equal((await record('other', 'DPO', 'dpo@hackney.example')).status, 201)
  const { id } = await desk.draft({ title: 'A title that is nobody else’s business' } as never)
  await desk.freeze({ id, owner_org: CAMDEN }, { isApproved: false })
  await mailing.run()
  const mails = server.to('officer@hackney.example')
  for (const { subject, text } of mails) t.comment(`\n${subject}\n\n${text}`)
  t.equal(mails.length, 1)
  t.match(mails[0], { subject: new RegExp(`^Review needed by .* 2026: ${id}$`) })
  t.same(server.to('dpo@hackney.example'), [], 'the data protection officer has nothing to do yet')
  await mailing.run()
  t.equal(server.mails.length, 1, 'once')
})
