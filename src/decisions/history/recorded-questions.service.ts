import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Answer } from '../answer.ts'
import type { DecisionBody } from '../request-body.ts'
import { type DecisionRecord, isEvaluated } from './decision-record.ts'
import { logSearchRepository } from './log-search.repository.ts'
import { type RecordedReads, shownRecord } from './recorded-reads.service.ts'

/** What was asked, and what was answered. */
export interface RecordedQuestion {
  readonly request: DecisionBody
  readonly decision: Answer['decision']
  readonly evaluated_at: string
}

export type RecordedQuestions = ReturnType<typeof recordedQuestions>

/** What was asked in a recorded decision, for whoever asks for the share in another way; that somebody looked is recorded (R39). */
export function recordedQuestions({ db, reads }: { readonly db: Database; readonly reads: RecordedReads }) {
  /** Undefined: there is no such decision for this reader, or nothing was evaluated, or the words are gone. */
  return async (principal: Principal, decisionId: string): Promise<RecordedQuestion | undefined> => {
    const isAuditor = permits(principal.roles, 'agreement:audit')
    const [record] = await withTransaction(db, async (tx): Promise<DecisionRecord[]> => {
      await readAs(tx, isAuditor ? { kind: 'auditor' } : { kind: 'party', org: principal.org })
      return logSearchRepository(tx).records([decisionId])
    })
    if (!record || !isEvaluated(record)) return undefined
    await reads.record(principal, 'PAYLOAD', [shownRecord(record)])
    const { request, response } = record.payload
    return { request, decision: response.decision, evaluated_at: response.evaluated_at }
  }
}
