import { assessments } from '../../assessments/assessments.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { AgreementRecord } from '../agreement-view.ts'
import { readStoredRecord } from './record.repository.ts'

/** What is recorded of an agreement beside the model, with what is recorded of its assessment; undefined when it is not there or the reader may not see it. */
export async function readRecord(tx: Transaction, id: string): Promise<AgreementRecord | undefined> {
  const found = await readStoredRecord(tx, id)
  if (!found) return undefined
  const { assessment, ...record } = found
  return { ...record, assessedElsewhere: (await assessments.elsewhere(tx, assessment)).map((one) => one.record) }
}
