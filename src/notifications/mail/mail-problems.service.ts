import { permits, readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { readAs, withTransactionAs } from '../../platform/database/reader.ts'
import { type MailProblem, type MailProblemsQuery, mailProblemsRepository } from './mail-problems.repository.ts'

export type { MailProblem } from './mail-problems.repository.ts'

/** One page, newest first. */
export interface MailProblemPage {
  readonly problems: readonly MailProblem[]
  /** The last one looked at, where there are older ones. */
  readonly nextBefore: string | null
}

export type MailProblemsService = ReturnType<typeof mailProblemsService>

/** What could not be mailed: nothing of it is silent. */
export function mailProblemsService({ db }: { readonly db: Database }) {
  return {
    /** Of the caller's organisation, and what an act of it told others in vain; an address is for whoever keeps the roles there. */
    list: (principal: Principal, page: MailProblemsQuery): Promise<MailProblemPage> =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        const found = await mailProblemsRepository(tx).of(principal.org, { ...page, limit: page.limit + 1 })
        const problems = found.slice(0, page.limit)
        await readAs(tx, readerFor(principal))
        const visible = await mailProblemsRepository(tx).visible(problems)
        const mayKnow = ({ organisation }: MailProblem) => organisation === principal.org && permits(principal.roles, 'role:keep')
        return {
          problems: problems
            .filter(({ notice }) => visible.has(notice))
            .map((problem) => (mayKnow(problem) ? problem : { ...problem, address: null, why: null })),
          nextBefore: found.length > page.limit ? (problems.at(-1)?.notice ?? null) : null,
        }
      }),
  }
}
