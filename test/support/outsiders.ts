import type { Role } from '../../src/identity/permissions.ts'
import { personOf } from './api-caller.ts'
import { ownerPool } from './leaves.ts'
import type { TestService } from './service.ts'

/** What tests do about people without an account: confirm, invite, and read what was mailed to them. */
export async function outsidersOf(service: TestService) {
  const owner = await ownerPool(service)
  const mailed = async (text: string, address: string): Promise<Record<string, string> | undefined> => {
    const { rows } = await owner.query<{ filled: Record<string, string> }>(
      'select filled from mail where text = $1 and address = $2 order by id desc limit 1',
      [text, address],
    )
    return rows[0]?.filled
  }
  let people = 0
  return {
    owner,
    /** The path of the page behind the link that was mailed. */
    async linkTo(address: string): Promise<string> {
      return new URL((await mailed('OUTSIDE_INVITATION', address))?.['link'] ?? '').pathname
    },
    /** The code that was mailed to an address which somebody entered in their settings. */
    addressCodeTo: async (address: string): Promise<string> => (await mailed('ADDRESS_CODE', address))?.['code'] ?? '',
    codeTo: async (address: string): Promise<string> => (await mailed('OUTSIDE_CODE', address))?.['code'] ?? '',
    /** Has somebody of an organisation confirmed by a register administrator, and invited to an agreement by another party. */
    async invited(agreement: string, org: string, roles: readonly Role[], inviter = 'LBC_CAMDEN') {
      people += 1
      const address = `person-${people}-${service.databaseUrl.length}@practice.example`
      const admin = await personOf(service, 'LONDON_COUNCILS', ['REGISTER_ADMIN'])
      const contact = await admin('POST', `/v1/organisations/${org}/confirmed-contacts`, {
        body: { name: `Pat Doe ${people} (fictional)`, post: 'Partner', address, roles, checked_how: 'Rang the practice' },
      })
      const officer = await personOf(service, inviter, ['IG_OFFICER'])
      const made = await officer('POST', `/v1/agreements/${agreement}/outside-invitations`, { body: { contact: contact.body.id } })
      if (made.status !== 201) throw new Error(made.text)
      return { address, contact: String(contact.body.id), invitation: String(made.body.id) }
    },
  }
}
