import { sql } from 'kysely'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { MailGroup } from './mail-kinds.ts'
import type { MailSettings } from './mail-settings.ts'

/** Where somebody gets mail for an organisation, and of what each thing by itself. */
export interface ReaderSettings extends Identity {
  readonly address: string
  readonly single: readonly MailGroup[]
}

/** Mail settings of persons. */
export function mailSettingsRepository(tx: Transaction) {
  const settings = () =>
    tx
      .selectFrom('mail_settings')
      .select(['org', 'issuer', 'subject', 'confirmed', 'recorded', 'pending', 'code_hash', 'code_expires_at', 'code_tries', 'codes_sent'])
      .select(['single', 'weekly', 'row_version', 'act_count'])

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

    /** Readers with an address who chose the summary of Mondays and have none of this day yet. */
    async weeklyWithout(day: Day, limit: number): Promise<{ readonly org: string; readonly person: Identity }[]> {
      const { rows } = await sql<{ org: string; issuer: string; subject: string }>`
        select s.org, s.issuer, s.subject from mail_settings s
        where s.weekly and coalesce(s.confirmed, s.recorded) is not null and not exists (
          select from mail m where m.org = s.org and m.issuer = s.issuer and m.subject = s.subject and m.form = 'WEEKLY' and m.day = ${day})
        order by s.id limit ${limit}`.execute(tx)
      return rows.map(({ org, issuer, subject: sub }) => ({ org, person: { issuer, sub } }))
    },

    /** Somebody's settings with their version, locked until the transaction ends and made where there are none; `id` is for that. */
    async lock({ org, person }: Whose, id: string): Promise<StoredSettings> {
      const { issuer, sub: subject } = person
      await tx
        .insertInto('mail_settings')
        .values({ id, org, issuer, subject })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const found = await settings()
        .where('org', '=', org)
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .forUpdate()
        .executeTakeFirstOrThrow()
      return toStored(found)
    },

    /** Somebody's settings with their version; undefined: they have never said any. */
    async find({ org, person }: Whose): Promise<StoredSettings | undefined> {
      const found = await settings()
        .where('org', '=', org)
        .where('issuer', '=', person.issuer)
        .where('subject', '=', person.sub)
        .executeTakeFirst()
      return found && toStored(found)
    },

    /** Counts that a code was entered, whether or not it is the right one. */
    async countTry({ org, person }: Whose): Promise<void> {
      await tx
        .updateTable('mail_settings')
        .set((eb) => ({ code_tries: eb('code_tries', '+', 1) }))
        .where('org', '=', org)
        .where('issuer', '=', person.issuer)
        .where('subject', '=', person.sub)
        .where('pending', 'is not', null)
        .execute()
    },

    /** Writes what somebody says themselves, and answers the new version. */
    async write({ org, issuer, sub, confirmed, pending, codesSent, single, weekly }: MailSettings): Promise<string> {
      const code = { pending: pending?.address ?? null, code_hash: pending?.codeHash ?? null, code_expires_at: pending?.expiresAt ?? null }
      const row = await tx
        .updateTable('mail_settings')
        .set({ confirmed, ...code, code_tries: pending?.tries ?? 0, codes_sent: JSON.stringify(codesSent), single: [...single], weekly })
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('org', '=', org)
        .where('issuer', '=', issuer)
        .where('subject', '=', sub)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
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

/** Whose settings. */
interface Whose {
  readonly org: string
  readonly person: Identity
}

/** Settings with their version, and how often they were changed. */
export interface StoredSettings {
  readonly settings: MailSettings
  readonly version: string
  readonly actCount: number
}

interface Row {
  readonly org: string
  readonly issuer: string
  readonly subject: string
  readonly confirmed: string | null
  readonly recorded: string | null
  readonly pending: string | null
  readonly code_hash: string | null
  readonly code_expires_at: string | null
  readonly code_tries: number
  readonly codes_sent: unknown
  readonly single: readonly string[]
  readonly weekly: boolean
  readonly row_version: string
  readonly act_count: string
}

function toStored({
  org,
  issuer,
  subject,
  confirmed,
  recorded,
  pending,
  code_hash,
  code_expires_at,
  code_tries,
  codes_sent,
  ...row
}: Row): StoredSettings {
  const settings: MailSettings = {
    ...{
      org,
      issuer,
      sub: subject,
      confirmed,
      recorded,
      codesSent: codes_sent as string[],
      single: row.single as MailGroup[],
      weekly: row.weekly,
    },
    pending: pending === null ? null : { address: pending, codeHash: code_hash ?? '', expiresAt: code_expires_at ?? '', tries: code_tries },
  }
  return { settings, version: row.row_version, actCount: Number(row.act_count) }
}
