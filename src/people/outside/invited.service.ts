import { OUTSIDERS } from '../../identity/outsider.ts'
import type { InvitedReader } from '../../notifications/mail/mailing.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { outsidersRepository } from './outsiders.repository.ts'

/** Who is let in to an agreement for an organisation at an instant (ISO 8601), for whoever mails them. Joins the transaction, which reads everything. */
export async function invitedTo(tx: Transaction, org: string, agreement: string, at: string): Promise<InvitedReader[]> {
  const found = await outsidersRepository(tx).invitedTo(org, agreement, at)
  return found.map(({ contact, ...reader }) => ({ issuer: OUTSIDERS, sub: contact, ...reader }))
}
