import { sql } from 'kysely'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { MailGroup } from './mail-kinds.ts'

/** Where somebody gets mail for an organisation, and of what each thing by itself. */
export interface ReaderSettings extends Identity {
  readonly address: string
  readonly single: readonly MailGroup[]
}

/** Mail settings of persons. */
export function mailSettingsRepository(tx: Transaction) {
  return {
    /** Of these persons those who have an address that counts: their own, else the one that was recorded with a role. */
    async reachable(org: string, persons: readonly Identity[]): Promise<ReaderSettings[]> {
      if (persons.length === 0) return []
      const wanted = JSON.stringify(persons.map(({ issuer, sub }) => ({ issuer, sub })))
      const { rows } = await sql<{ issuer: string; subject: string; address: string; single: MailGroup[] }>`
        select s.issuer, s.subject, coalesce(s.confirmed, s.recorded) as address, s.single from mail_settings s
        where s.org = ${org} and coalesce(s.confirmed, s.recorded) is not null
          and (s.issuer, s.subject) in (select p.issuer, p.sub from json_to_recordset(${wanted}::json) as p(issuer text, sub text))
        order by s.id`.execute(tx)
      return rows.map(({ issuer, subject, address, single }) => ({ issuer, sub: subject, address, single }))
    },

    /** Records an address with a role; one that its reader has confirmed goes before it. */
    async record({
      id,
      org,
      person,
      address,
    }: {
      readonly id: string
      readonly org: string
      readonly person: Identity
      readonly address: string
    }): Promise<void> {
      await tx
        .insertInto('mail_settings')
        .values({ id, org, issuer: person.issuer, subject: person.sub, recorded: address })
        .onConflict((conflict) => conflict.columns(['org', 'issuer', 'subject']).doUpdateSet({ recorded: address }))
        .execute()
    },
  }
}
