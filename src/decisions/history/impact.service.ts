import type { AgreementsService } from '../../agreements/agreements.service.ts'
import { permits, readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { answered, type Refusal, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { compileCodeLists } from '../../reference/code-lists.ts'
import { decideOn } from '../decide.ts'
import { compileAgreement } from '../policy/compile.ts'
import { withAgreement, withCodeLists } from '../policy/overlay.ts'
import type { PolicyService } from '../policy/policy.service.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import { namedIn } from '../request-body.ts'
import { batchesOf } from './batches.ts'
import { callerOfRecord, type EvaluatedRecord, isEvaluated } from './decision-record.ts'
import type { Position } from './found-decision.ts'
import { type ComparedCase, type ImpactReport, impactReport, inShort, isOtherwise } from './impact.ts'
import { changeRefused, governedByDraft, type ImpactChange, keepingLocalCodes, listFaults, suspended } from './impact-change.ts'
import type { LogFiller } from './log-filler.service.ts'
import { logSearchRepository } from './log-search.repository.ts'
import { type RecordedReads, type ShownDecision, shownRecord } from './recorded-reads.service.ts'

/** The report, with what it stands on. */
export interface ImpactAnswer extends ImpactReport {
  readonly from: string
  readonly to: string
  readonly policy_revision: number
  /** False: there are more decisions in that time than one report looks at; the newest were taken. */
  readonly is_complete: boolean
}

const DAY_MS = 24 * 60 * 60 * 1000
const PAGE = 500
/** Stored bytes that are read at once. */
const BATCH_BYTES = 256 * 1024
const LISTED_MAX = 200

export type ImpactService = ReturnType<typeof impactService>

/**
 * "What would have changed": recorded live decisions evaluated again at their own instants on today's policy, without and
 * with the change. The change is made on a copy; nothing is published and nothing is recorded as a decision. That somebody read them is recorded (R39).
 */
export function impactService(options: {
  readonly db: Database
  readonly policy: PolicyService
  readonly agreements: AgreementsService
  readonly filler: LogFiller
  readonly reads: RecordedReads
  readonly clock: Clock
  /** Decisions that one report looks at. */
  readonly examinedMax: number
}) {
  const { db, policy, agreements, filler, reads, clock } = options

  /** The policy with the change made on it. @throws Refused 404 and 422 */
  async function changed(index: PolicyIndex, principal: Principal, change: ImpactChange): Promise<PolicyIndex> {
    if (change.kind === 'CODE_LISTS') return withLists(index, change.lists)
    const agreement = await withTransactionAs(db, readerFor(principal), (tx) =>
      agreements.find(tx, readerFor(principal), change.agreement, clock().getTime()),
    )
    if (!agreement) throw refused('NOT_FOUND', 'There is no agreement with this reference.')
    if (change.kind === 'DRAFT_VERSION') return withAgreement(index, compileAgreement(governedByDraft(agreement), index.organisation))
    // What is suspended is the agreement as decisions see it.
    const present = index.agreement(change.agreement)
    if (!present) throw changeRefused([{ pointer: '/change/agreement', detail: 'has no version that decisions stand on' }])
    return withAgreement(index, compileAgreement(suspended(present.source, change), index.organisation))
  }

  async function withLists(index: PolicyIndex, lists: readonly CodeList[]): Promise<PolicyIndex> {
    const inUse = (await policy.codeLists())?.lists ?? []
    const faults = listFaults(lists, new Set(inUse.map(({ list }) => list)))
    if (faults.length > 0) throw changeRefused(faults)
    const merged = new Map([...inUse, ...lists.map((list) => keepingLocalCodes(list, inUse))].map((list) => [list.list, list]))
    return withCodeLists(index, compileCodeLists(merged), `${index.codeListVersion}+change`)
  }

  const readerOf = (principal: Principal) =>
    permits(principal.roles, 'agreement:audit') ? ({ kind: 'auditor' } as const) : ({ kind: 'party', org: principal.org } as const)

  /** Newest first, as this principal may see them: batches of identifiers, none larger than can be read in one go. */
  async function page(
    principal: Principal,
    from: string,
    after: Position | null,
  ): Promise<{ batches: readonly string[][]; next: Position | null }> {
    return withTransactionAs(db, readerOf(principal), async (tx) => {
      const repository = logSearchRepository(tx)
      const rows = await repository.search({ from, simulated: false }, { after, limit: PAGE, org: null })
      const shown = rows.slice(0, PAGE)
      const sizes = await repository.sizes(shown.map((row) => row.found.decision_id))
      return { batches: batchesOf(sizes, BATCH_BYTES), next: rows.length > PAGE ? (shown.at(-1)?.position ?? null) : null }
    })
  }

  async function evaluatedRecords(principal: Principal, ids: readonly string[]): Promise<EvaluatedRecord[]> {
    const records = await withTransactionAs(db, readerOf(principal), (tx) => logSearchRepository(tx).records(ids))
    return records.filter(isEvaluated)
  }

  return {
    /** @param days how far back to look */
    report: (principal: Principal, change: ImpactChange, days: number): Promise<Result<ImpactAnswer, Refusal>> =>
      answered(() => report(principal, change, days)),
  }

  async function report(principal: Principal, change: ImpactChange, days: number): Promise<ImpactAnswer> {
    await policy.refresh()
    const { revision } = policy.current()
    // A copy of its own: the report takes many turns of the event loop, and the present index moves.
    const index = await policy.at(revision)
    if (!index) throw refused('NOT_READY', 'The register is empty.')
    const what = await changed(index, principal, change)
    await filler.catchUp()
    const to = clock()
    const from = new Date(to.getTime() - days * DAY_MS).toISOString()
    const cases: ComparedCase[] = []
    const examined: ShownDecision[] = []
    let after: Position | null = null
    // Decisions go first: in between the event loop is theirs.
    const pause = pauses()
    do {
      const { batches, next } = await page(principal, from, after)
      for (const ids of batches) {
        for (const record of await evaluatedRecords(principal, ids)) {
          cases.push(compare(record, index, what))
          examined.push(shownRecord(record))
          await pause()
        }
      }
      after = next
    } while (after !== null && cases.length < options.examinedMax)
    await reads.record(principal, 'PAYLOAD', examined)
    const report = impactReport(cases, LISTED_MAX)
    return { ...report, from, to: to.toISOString(), policy_revision: revision, is_complete: after === null }
  }
}

/** Everybody goes by the name that it has today: a body of the record may have been merged since. */
function compare(record: EvaluatedRecord, index: PolicyIndex, what: PolicyIndex): ComparedCase {
  const { request, response } = record.payload
  const at = Date.parse(response.at)
  const recorded = callerOfRecord(record)
  const caller = { ...recorded, org: index.codeOf(recorded.org) }
  const asked = { caller, body: namedIn(index, request), simulated: false, at, askedAt: at }
  const without = decideOn(asked, { index, callers: index })
  const changed = decideOn(asked, { index: what, callers: index })
  return {
    decision_id: record.decisionId,
    at: response.at,
    provider: request.provider,
    recipient: request.recipient,
    purpose: request.purpose,
    without: inShort(without),
    with: inShort(changed),
    isOtherwise: isOtherwise(without, changed),
  }
}
