import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/** Something that could not be mailed. */
export interface MailProblem {
  readonly notice: string
  readonly kind: string
  readonly subject_type: string
  readonly subject_id: string
  readonly organisation: string
  readonly what: 'NOBODY' | 'FAILED' | 'BOUNCED'
  readonly at: string
  readonly address: string | null
  readonly why: string | null
}

/** Which of them, newest first. */
export interface MailProblemsQuery {
  readonly before: string | null
  readonly limit: number
  /** Of notices about this alone; absent: about anything. */
  readonly subject?: { readonly type: string; readonly id: string }
}

/** What could not be mailed. */
export function mailProblemsRepository(tx: Transaction) {
  return {
    /** Of an organisation, or told by it; one a notice, newest first. */
    async of(org: string, { before, limit, subject }: MailProblemsQuery): Promise<MailProblem[]> {
      const { rows } = await sql<MailProblem>`
        select distinct on (n.id) n.id as notice, n.kind, n.subject_type, n.subject_id, n.org as organisation, p.what, p.at, p.address, p.why
        from (
          select u.notification_id, 'NOBODY' as what, u.at, null as address, null as why from mail_unreached u
           where u.org = ${org} or u.told_by = ${org}
          union all
          select i.notification_id, m.state, m.ended_at, m.address, m.last_error from mail m join mail_item i on i.mail_id = m.id
           where m.state in ('FAILED', 'BOUNCED')
        ) as p join notification n on n.id = p.notification_id
        where (n.org = ${org} or n.told_by = ${org}) and (${before}::uuid is null or n.id < ${before}::uuid)
          and (${subject === undefined}::boolean or (n.subject_type = ${subject?.type ?? ''} and n.subject_id = ${subject?.id ?? ''}))
        order by n.id desc, p.what, p.at limit ${limit}`.execute(tx)
      return rows
    },

    /** Those of these notices whose subject this transaction's reader may see, or which its organisation is told whatever it sees. */
    async visible(problems: readonly MailProblem[]): Promise<ReadonlySet<string>> {
      const asked = JSON.stringify(problems.map(({ notice, subject_type, subject_id }) => ({ notice, subject_type, subject_id })))
      const { rows } = await sql<{ notice: string }>`
        select q.notice from json_to_recordset(${asked}::json) as q(notice uuid, subject_type text, subject_id text)
        where public.may_see_subject(q.subject_type, q.subject_id) or exists (select from notification n where n.id = q.notice)`.execute(tx)
      return new Set(rows.map(({ notice }) => notice))
    },
  }
}
