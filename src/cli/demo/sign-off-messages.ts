import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { DemoSession } from './session.ts'
import { a, CAMDEN, HACKNEY } from './sign-off-cast.ts'

/** What leaves the building: mail to a data protection officer of Hackney, and what Camden is told to a system of its own. */
export interface Messages {
  /** States what came of them, and closes the system of Camden. */
  arrived(): Promise<void>
}

const ADDRESS = 'dpo@hackney.example'
/** Given access; a step to do, at each of its two openings; what was asked by the others is for others. */
const AT_LEAST = 3

/** Records where Hackney's officer gets mail, and subscribes a system of Camden's to what Camden is told. */
export async function listening(session: DemoSession): Promise<Messages> {
  const admin = a('REGISTER_ADMIN', 'LONDON_COUNCILS')
  await session.act({
    ...{ by: admin, does: 'records Hackney’s data protection officer with a mail address', method: 'POST', expect: 201 },
    path: `/v1/organisations/${HACKNEY}/roles`,
    body: { person: { subject: `urn:accord:demo:${a('DPO', HACKNEY).name}` }, role: 'DPO', mail_address: ADDRESS, reason: 'Appointed' },
  })
  const received: { readonly body: string; readonly headers: Readonly<Record<string, string>> }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ body: Buffer.concat(chunks).toString('utf8'), headers: request.headers as Record<string, string> })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens))
  const subscribed = await session.act({
    ...{ by: a('SIRO', CAMDEN), does: 'subscribes a system of its own', method: 'POST', path: '/v1/webhooks', expect: 201 },
    body: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
  })
  const secret = new Webhook(String(subscribed.body['secret']))
  session.beforeTimePasses(async () => {
    await session.sendOut()
  })
  return {
    async arrived() {
      const sent = await session.sendOut()
      const notices = await noticesOf(session)
      const mails = sent.filter(({ to }) => to === ADDRESS)
      session.show(
        `  ${sent.length} mails, ${mails.length} of them to Hackney’s data protection officer; ${received.length} webhooks to Camden`,
      )
      session.check('  the officer was mailed when there was something to do', mails.length >= AT_LEAST)
      session.check(
        '  no mail says what the agreement says',
        sent.every(({ text }) => !text.includes('parental responsibility')),
      )
      const verified = received.filter(({ body, headers }) => isSigned(secret, body, headers))
      session.check('  every notice came, each with the signature of its secret', notices > 0 && verified.length === notices)
      await closed(server)
    },
  }
}

/** How many notices Camden has. */
async function noticesOf(session: DemoSession): Promise<number> {
  let count = 0
  for (let before: unknown = null; ; ) {
    const page = await session.act({
      ...{ by: a('SIRO', CAMDEN), does: 'reads what Camden was told', method: 'GET', expect: 200 },
      path: `/v1/notices?limit=200${typeof before === 'string' ? `&before=${before}` : ''}`,
    })
    count += (page.body['notices'] as readonly unknown[]).length
    before = page.body['next_before']
    if (before === null) return count
  }
}

/** Whether a message has the signature of the secret; when it was sent is judged by the clock of the story, not by this machine's. */
function isSigned(secret: Webhook, body: string, headers: Readonly<Record<string, string>>): boolean {
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000)
  return headers['webhook-signature'] === secret.sign(headers['webhook-id'] ?? '', sentAt, body)
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => {
    server.close(() => done())
  })
}
