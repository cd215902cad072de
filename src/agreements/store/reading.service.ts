import assert from 'node:assert/strict'
import { assessments } from '../../assessments/assessments.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import type { Agreement } from '../agreement.ts'
import { visibleTo } from '../visibility.ts'
import { readStored } from './reading.repository.ts'
import { lastStatuses } from './status.repository.ts'

/** Agreements read in one statement: they come as one text, which is parsed at once, and meanwhile nobody else is answered. */
const READ_AT_ONCE = 20

/** Reads whole agreements with the assessments they stand on, in the order of their ids; ids that are not there are left out. */
export async function readAgreements(tx: Transaction, ids: readonly string[]): Promise<Agreement[]> {
  const wanted = [...new Set(ids)].toSorted()
  const found: Agreement[] = []
  for (let from = 0; from < wanted.length; from += READ_AT_ONCE)
    found.push(...(await readSome(tx, wanted.slice(from, from + READ_AT_ONCE))))
  return found
}

async function readSome(tx: Transaction, ids: readonly string[]): Promise<Agreement[]> {
  const read = await readStored(tx, ids)
  const known = assessments.of(read.assessments)
  return read.agreements.map(({ assessment, ...agreement }) => {
    const dpia = known.get(assessment)
    assert(dpia, `agreement ${agreement.id} can be read and its assessment cannot`)
    return { ...agreement, dpia: assessment === agreement.id ? dpia : { ...dpia, id: assessment } }
  })
}

/**
 * What a reader may know of these agreements at an instant: those that it may not know are left out, and of those in which its part
 * is over it knows what it knew then, their status too. The transaction must read for that reader.
 */
export async function readAgreementsFor(tx: Transaction, reader: Reader, ids: readonly string[], at: Instant): Promise<Agreement[]> {
  const read = await readAgreements(tx, ids)
  const visible = read.map((whole) => ({ whole, known: visibleTo(reader, whole, at) }))
  const past = visible.filter(({ whole, known }) => known !== undefined && known !== whole).map(({ whole }) => whole.id)
  const statuses = await lastStatuses(tx, past)
  return visible.flatMap(({ known }) => {
    const status = known && statuses.get(known.id)
    return known ? [status === undefined ? known : { ...known, status }] : []
  })
}
