import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** A section of a draft, and whoever has it open. */
export interface OpenSection {
  /** Below the address of the draft. */
  readonly section: string
  readonly org: string
  readonly name: string
  readonly opened_at: string
}

/** Whoever opens a section, as their issuer calls them. */
export interface SectionReader {
  readonly issuer: string
  readonly subject: string
  readonly org: string
  readonly name: string
}

/** Which sections of drafts are open. The transaction reads for whoever opens them. */
export function openSectionsRepository(tx: Transaction) {
  return {
    /** Notes that somebody opened a section; of an agreement no more than `most` are noted. */
    async note(agreement: string, section: string, { issuer, subject, org, name }: SectionReader, at: string, most: number): Promise<void> {
      await sql`
        insert into open_section (agreement_id, section, issuer, subject, org, name, opened_at)
        select ${agreement}, ${section}, ${issuer}, ${subject}, ${org}, ${name}, ${at}::timestamptz
         where (select count(*) from open_section where agreement_id = ${agreement}) < ${most}
        on conflict (agreement_id, section, issuer, subject)
          do update set org = excluded.org, name = excluded.name, opened_at = excluded.opened_at`.execute(tx)
    },

    /** What others than this person opened in an agreement since an instant, the newest first. */
    others: (agreement: string, { issuer, subject }: Pick<SectionReader, 'issuer' | 'subject'>, since: string): Promise<OpenSection[]> =>
      tx
        .selectFrom('open_section')
        .select(['section', 'org', 'name', 'opened_at'])
        .where('agreement_id', '=', agreement)
        .where('opened_at', '>', since)
        .where((row) => row.or([row('issuer', '!=', issuer), row('subject', '!=', subject)]))
        .orderBy('opened_at', 'desc')
        .orderBy('name')
        .execute(),

    async leave(agreement: string, section: string, { issuer, subject }: Pick<SectionReader, 'issuer' | 'subject'>): Promise<void> {
      await tx
        .deleteFrom('open_section')
        .where('agreement_id', '=', agreement)
        .where('section', '=', section)
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .execute()
    },

    /** Takes away what was opened before an instant. */
    async forget(before: string): Promise<void> {
      await tx.deleteFrom('open_section').where('opened_at', '<=', before).execute()
    },
  }
}
