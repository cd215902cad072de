import assert from 'node:assert/strict'
import { assessments } from '../../assessments/assessments.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Agreement } from '../agreement.ts'
import { readStored } from './reading.repository.ts'

/** Reads whole agreements with the assessments they stand on, in the order of their ids; ids that are not there are left out. */
export async function readAgreements(tx: Transaction, ids: readonly string[]): Promise<Agreement[]> {
  const stored = await readStored(tx, ids)
  const known = await assessments.read(
    tx,
    stored.map(({ assessment }) => assessment),
  )
  return stored.map(({ assessment, ...agreement }) => {
    const dpia = known.get(assessment)
    assert(dpia, `agreement ${agreement.id} can be read and its assessment cannot`)
    return { ...agreement, dpia: assessment === agreement.id ? dpia : { ...dpia, id: assessment } }
  })
}
