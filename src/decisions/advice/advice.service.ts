import type { Agreement, AgreementVersion } from '../../agreements/agreement.ts'
import type { AgreementsService } from '../../agreements/agreements.service.ts'
import { type Advice, errorsIn, inOrder } from '../../agreements/drafting/advice.ts'
import { completeness } from '../../agreements/drafting/completeness.ts'
import { draftVersion, leadingVersion } from '../../agreements/model/standing.ts'
import { noSuchAgreement, readerFor } from '../../agreements/visibility.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import { inTurns } from '../../platform/kernel/turns.ts'
import type { PolicyService } from '../policy/policy.service.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import { consistencyInSteps } from './consistency.ts'
import { type PreviewPage, type PreviewQuery, preview } from './preview.ts'

export interface AdviceOptions {
  readonly db: Database
  readonly agreements: AgreementsService
  readonly policy: PolicyService
  readonly clock: Clock
}

/** What the advice is about, and the advice. */
export interface GivenAdvice {
  readonly agreement: string
  readonly version: number
  /** When it was given, ISO 8601 in UTC: another day may bring other advice on the same text. */
  readonly at: string
  /** Whether nothing stands against freezing the version. */
  readonly ready: boolean
  readonly advice: readonly Advice[]
}

export type AdviceService = ReturnType<typeof adviceService>

/** Advice on a version and the decision table it would make: by the functions that decide, on the code lists in force. */
export function adviceService({ db, agreements, policy, clock }: AdviceOptions) {
  const now = () => Math.max(clock().getTime(), policy.current().head.instant)

  /** The rules in force. @throws ProblemError 503 while this process remembers rules that the database has lost */
  async function rules(tx: Transaction): Promise<PolicyIndex> {
    const index = policy.current()
    if (await policy.stands(tx, index.head)) return index
    throw new ProblemError(problem('NOT_READY', 'The rules are being loaded anew.'))
  }

  async function adviceOn(tx: Transaction, agreement: Agreement, version: AgreementVersion): Promise<Advice[]> {
    const index = await rules(tx)
    const toComplete = await agreements.toComplete(tx, agreement)
    return inOrder([...completeness(toComplete, version), ...(await inTurns(consistencyInSteps(agreement, version, now(), index)))])
  }

  async function found(tx: Transaction, principal: Principal, id: string): Promise<Agreement> {
    const reader = readerFor(principal)
    await readAs(tx, reader)
    const agreement = await agreements.find(tx, reader, id, now())
    if (!agreement) throw new ProblemError(noSuchAgreement())
    return agreement
  }

  return {
    /** Advice on a version; without a number on the draft, else on the one in force. @throws ProblemError 404 */
    advise: (principal: Principal, id: string, number?: number): Promise<GivenAdvice> =>
      withTransaction(db, async (tx) => {
        const agreement = await found(tx, principal, id)
        const version = versionOf(agreement, number, now())
        const advice = await adviceOn(tx, agreement, version)
        const ready = errorsIn(advice).length === 0
        return { agreement: id, version: version.version, at: new Date(now()).toISOString(), ready, advice }
      }),

    /** The decision table of a version, chosen as in `advise`. @throws ProblemError 404 */
    preview: (
      principal: Principal,
      id: string,
      query: PreviewQuery & { readonly version?: number | undefined },
    ): Promise<PreviewPage & { readonly version: number }> =>
      withTransaction(db, async (tx) => {
        const agreement = await found(tx, principal, id)
        const version = versionOf(agreement, query.version, now())
        return { version: version.version, ...preview(agreement, version, now(), await rules(tx), query) }
      }),

    /** Advice on the draft of an agreement, for the act that freezes it: errors stop it, warnings are kept with the version. */
    async onDraft(agreement: Agreement, tx: Transaction): Promise<readonly Advice[]> {
      const draft = draftVersion(agreement)
      return draft ? adviceOn(tx, agreement, draft) : []
    },
  }
}

function versionOf(agreement: Agreement, number: number | undefined, now: number): AgreementVersion {
  const version =
    number === undefined
      ? (draftVersion(agreement) ?? leadingVersion(agreement, now) ?? agreement.versions.at(-1))
      : agreement.versions.find((known) => known.version === number)
  if (version) return version
  throw new ProblemError(problem('NOT_FOUND', 'The agreement has no such version.'))
}
