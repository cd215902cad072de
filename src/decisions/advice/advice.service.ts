import type { Agreement, AgreementVersion } from '../../agreements/agreement.ts'
import type { AgreementsService } from '../../agreements/agreements.service.ts'
import { type Advice, errorsIn, inOrder } from '../../agreements/model/advice.ts'
import { type AgreementToComplete, completeness } from '../../agreements/model/completeness.ts'
import { draftVersion, leadingVersion } from '../../agreements/model/standing.ts'
import { agreementReading } from '../../agreements/reading.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Refusal, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { inTurns } from '../../platform/kernel/turns.ts'
import type { PolicyService } from '../policy/policy.service.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import { type AdviceInFull, consistencyInSteps } from './consistency.ts'
import { type PreviewPage, type PreviewQuery, preview } from './preview.ts'
import { type PreviewGroup, previewGroupsInSteps } from './preview-groups.ts'

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

/** What is said of a text before it is sent. */
interface CheckedText {
  readonly advice: readonly AdviceInFull[]
  readonly groups: readonly PreviewGroup[]
}

export type AdviceService = ReturnType<typeof adviceService>

/** Advice on a version and the decision table it would make: by the functions that decide, on the code lists in force. */
export function adviceService({ db, agreements, policy, clock }: AdviceOptions) {
  const now = () => Math.max(clock().getTime(), policy.current().head.instant)
  const read = agreementReading({ db, agreements, clock: () => new Date(now()) })

  /** The rules in force. @throws Refused 503 while this process remembers rules that the database has lost */
  async function rules(tx: Transaction): Promise<PolicyIndex> {
    const index = policy.current()
    if (await policy.stands(tx, index.head)) return index
    throw refused('NOT_READY', 'The rules are being loaded anew.')
  }

  async function adviceBy(index: PolicyIndex, agreement: AgreementToComplete, version: AgreementVersion): Promise<AdviceInFull[]> {
    return inOrder([...completeness(agreement, version), ...(await inTurns(consistencyInSteps(agreement, version, now(), index)))])
  }

  async function inFull(tx: Transaction, agreement: AgreementToComplete, version: AgreementVersion): Promise<AdviceInFull[]> {
    return adviceBy(await rules(tx), agreement, version)
  }

  async function adviceOn(tx: Transaction, agreement: AgreementToComplete, version: AgreementVersion): Promise<Advice[]> {
    return (await inFull(tx, agreement, version)).map(({ of: _all, ...advice }) => advice)
  }

  return {
    /** Advice on a version; without a number on the draft, else on the one in force. */
    advise: (principal: Principal, id: string, number?: number): Promise<Result<GivenAdvice, Refusal>> =>
      read(principal, id, async (tx, agreement) => {
        const version = versionOf(agreement, number, now())
        const advice = await adviceOn(tx, await agreements.toComplete(tx, agreement), version)
        const ready = errorsIn(advice).length === 0
        return { agreement: id, version: version.version, at: new Date(now()).toISOString(), ready, advice }
      }),

    /** The same advice, with all whom each is about. */
    adviseInFull: (principal: Principal, id: string, number: number): Promise<Result<readonly AdviceInFull[], Refusal>> =>
      read(principal, id, async (tx, agreement) =>
        inFull(tx, await agreements.toComplete(tx, agreement), versionOf(agreement, number, now())),
      ),

    /** What is missing in a version, without a look at the law: quick, however many bodies it names. */
    missing: (principal: Principal, id: string, number: number): Promise<Result<readonly Advice[], Refusal>> =>
      read(principal, id, async (tx, agreement) =>
        completeness(await agreements.toComplete(tx, agreement), versionOf(agreement, number, now())),
      ),

    /** Advice on one flow of a version, at the places that it has in the whole; nothing where there is no such flow. */
    adviseOnFlow: (principal: Principal, id: string, number: number, flowId: string): Promise<Result<readonly Advice[], Refusal>> =>
      read(principal, id, async (tx, agreement) => {
        const version = versionOf(agreement, number, now())
        const index = version.terms.flows.findIndex((flow) => flow.id === flowId)
        const alone = { ...version, terms: { ...version.terms, flows: version.terms.flows.filter((flow) => flow.id === flowId) } }
        const found = index < 0 ? [] : await adviceOn(tx, await agreements.toComplete(tx, agreement), alone)
        return found.flatMap((one) => {
          const within = /^\/terms\/flows\/0(\/.*)?$/.exec(one.pointer)
          return within ? [{ ...one, pointer: `/terms/flows/${index}${within[1] ?? ''}` }] : []
        })
      }),

    /** The decision table of a version, chosen as in `advise`. */
    preview: (
      principal: Principal,
      id: string,
      query: PreviewQuery & { readonly version?: number | undefined },
    ): Promise<Result<PreviewPage & { readonly version: number }, Refusal>> =>
      read(principal, id, async (tx, agreement) => {
        const version = versionOf(agreement, query.version, now())
        return { version: version.version, ...preview(agreement, version, now(), await rules(tx), query) }
      }),

    /** The advice in full, and the whole of the table with its lines put together where they say the same: of one text as it was read. */
    checked: (principal: Principal, id: string, number: number): Promise<Result<CheckedText, Refusal>> =>
      read(principal, id, async (tx, agreement) => {
        const version = versionOf(agreement, number, now())
        const index = await rules(tx)
        const advice = await adviceBy(index, await agreements.toComplete(tx, agreement), version)
        return { advice, groups: await inTurns(previewGroupsInSteps(agreement, version, now(), index)) }
      }),

    /** Advice on the draft of an agreement, for the act that freezes it: errors stop it, warnings are kept with the version. */
    async onDraft(agreement: AgreementToComplete, tx: Transaction): Promise<readonly Advice[]> {
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
  throw refused('NOT_FOUND', 'The agreement has no such version.')
}
