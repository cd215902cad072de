import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { permits, readerFor, writerFor } from '../../identity/permissions.ts'
import type { Identity, Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { type Refusal, refusal, refused } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { DecisionEvidenceService } from '../history/decision-evidence.service.ts'
import { type CallPayload, evaluationsOf } from '../history/decision-record.ts'
import { type NotSharedFilter, notSharedRepository } from './not-shared.repository.ts'
import type { NotShared, NotSharedCounts, NotSharedReason } from './not-shared.ts'

export interface NotSharedOptions {
  readonly db: Database
  readonly commands: CommandsService
  readonly records: Pick<DecisionEvidenceService, 'find'>
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

export interface NotSharedPage extends NotSharedCounts {
  readonly not_shared: readonly NotShared[]
  /** `before` of the next page; null: this is the last. */
  readonly next_before: string | null
}

const PAGE = 50

export type NotSharedService = ReturnType<typeof notSharedService>

/** "Not shared because": what a person records after an answer, and what their organisation learns of it. */
export function notSharedService({ db, commands, records, mustBeConfirmed }: NotSharedOptions) {
  const kind: SubjectKind<never, WorkDone<NotShared>> = {
    type: 'not_shared',
    unknown: 'There is no such record.',
    readerFor: writerFor,
    lock: async () => undefined,
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: async () => '1',
    publish: async () => undefined,
    record: ({ id, now, done: { detail } }) => ({ payload: { at: now, not_shared: id, detail } }),
    known: async () => undefined,
  }
  const own = (principal: Principal, decisionId: string): Promise<NotShared | undefined> =>
    withTransactionAs(db, writerFor(principal), (tx) => notSharedRepository(tx).of(decisionId, principal))

  return {
    /** Records it once for a decision that the person may know; what is recorded stays. Nothing that was answered changes by it. */
    async record(
      call: Call,
      decisionId: string,
      { reason, note = null }: { readonly reason: NotSharedReason; readonly note?: string | null | undefined },
    ): Promise<CommandResult<NotShared>> {
      // Before the act, so that it needs no second connection while it holds one.
      const found = await records.find(decisionId, call.principal, { wait: false })
      if (!found.ok) return found
      const { payload } = found.value.record
      const calls = payload === null ? [] : evaluationsOf(JSON.parse(payload) as CallPayload)
      const [, place = '0'] = decisionId.split('.')
      const { request: asked, response: answer } = calls[Number(place)] ?? {}
      if (!asked || !answer) return refuse(refusal('ILLEGAL_STATE', 'The words of this decision are no longer kept, or not yours to read.'))
      return commands.create<NotShared, WorkDone<NotShared>>(
        kind as never,
        { ...call, act: 'record', event: 'not_shared.recorded' },
        async ({ tx, principal, now, newId, leafId }) => {
          const one: NotShared = {
            ...{ id: newId(), decision_id: answer.decision_id, decision: answer.decision, agreement: answer.agreement ?? null },
            ...{ provider: asked.provider, recipient: asked.recipient, purpose: asked.purpose },
            ...{ reason, note, recorded_at: now },
          }
          if (!(await notSharedRepository(tx).insert(one, principal.org, principal, leafId)))
            throw refused('CONFLICT', 'You have recorded already why this was not shared.')
          return { id: one.id, detail: { ...one }, outcome: one }
        },
      )
    },

    /** What the reader has recorded for a decision that they may know; null: nothing yet. Refused where they may not know it. */
    async before(principal: Principal, decisionId: string): Promise<Result<NotShared | null, Refusal>> {
      const found = await records.find(decisionId, principal, { wait: false })
      return found.ok ? ok((await own(principal, decisionId)) ?? null) : found
    },

    /** What the reader has recorded for a decision; undefined: nothing. */
    own,

    /** What was recorded in the organisation, or by the reader alone where they may read no more, newest first and counted. */
    list: (
      principal: Principal,
      {
        mine = false,
        before = null,
        limit = PAGE,
        ...filter
      }: NotSharedFilter & {
        readonly mine?: boolean | undefined
        readonly before?: string | null | undefined
        readonly limit?: number | undefined
      },
    ): Promise<NotSharedPage> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const by: Identity | null = mine || !permits(principal.roles, 'not_shared:read') ? principal : null
        const repository = notSharedRepository(tx)
        const found = await repository.list(filter, { by, before, limit: limit + 1 })
        const page = found.slice(0, limit)
        return {
          ...(await repository.counts(filter, by)),
          not_shared: page,
          next_before: found.length > limit ? (page.at(-1)?.id ?? null) : null,
        }
      }),
  }
}
