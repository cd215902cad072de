import type { Test } from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import type { Config } from '../../src/platform/config.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { agreementDesk, type Person } from './agreement-desk.ts'
import type { MailServer } from './mail-server.ts'

/** A Monday, after the digest of the day. */
export const MONDAY = '2026-11-23T12:00:00.000Z'

/** A desk whose mail goes to a mail server, and what tests do about readers. */
export async function mailDesk(t: Test, server: MailServer, config: Partial<Config> = {}) {
  const desk = await agreementDesk(t, MONDAY, { mailChannel: 'smtp', smtpUrl: server.url, ...config })
  const { mailing, notifications, db } = desk.service.app.services
  const owner = await desk.service.database?.openAs('session_user', 1)
  return {
    ...desk,
    mailing,
    owner: { query: async (text: string, values: unknown[] = []) => (await owner?.pool.query(text, values))?.rows ?? [] },
    /** Records a role, with the address of its holder where one is given. */
    async holder(org: string, role: Role, sub: string, mail_address?: string) {
      const siro = { org, role: 'SIRO', sub: `siro of ${org}` } as const
      const body = { person: { subject: sub }, role, reason: 'Appointed', mail_address }
      const made = await desk.call(siro, 'POST', `/v1/organisations/${org}/roles`, body)
      if (made.status !== 201) throw new Error(made.text)
      return made.body.id as string
    },
    /** Tells an organisation that an agreement is suspended. */
    tell: (org: string, id: string, kind: 'SUSPENDED' | 'PARTY_JOINED' = 'SUSPENDED') =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        const subject = { type: 'agreement', id }
        await notifications.tell(tx, [org], {
          kind,
          subject,
          at: MONDAY,
          detail: { by: 'LBC_CAMDEN', org: 'LBC_CAMDEN' },
          toldBy: 'LBC_CAMDEN',
        })
      }),
    problems: async (person: Person) => (await desk.call(person, 'GET', '/v1/mail-problems')).body.problems,
  }
}
