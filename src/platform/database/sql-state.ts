import { type Refusal, refusal } from '../kernel/refusal.ts'

/**
 * What a SQLSTATE means to a caller. A state that is not here is a defect and ends as a 500.
 * @see PostgreSQL documentation, appendix A (error codes)
 */
const meanings: Readonly<Record<string, () => Refusal>> = {
  '23505': () => refusal('CONFLICT', 'a record with the same key exists already'),
  '23P01': () => refusal('CONFLICT', 'the period overlaps that of another record'),
  '23503': () => refusal('CONFLICT', 'another record depends on this one, or the record this one names does not exist'),
  '40001': () => refusal('OVERLOADED', 'others changed the same records at the same moment; nothing was changed'),
  '40P01': () => refusal('OVERLOADED', 'others changed the same records at the same moment; nothing was changed'),
  '55P03': () => refusal('OVERLOADED', 'a record is being changed by others; the wait for it took too long'),
  '57014': () => refusal('OVERLOADED', 'the database did not answer in time'),
  '53300': () => refusal('OVERLOADED', 'the database has no free connection'),
  '53100': () => refusal('NOT_READY', 'the database has no room left'),
  '53200': () => refusal('OVERLOADED', 'the database has no memory left'),
  '57P01': () => refusal('NOT_READY', 'the database is stopping'),
  '57P02': () => refusal('NOT_READY', 'the database is starting again after a crash'),
  '57P03': () => refusal('NOT_READY', 'the database is starting'),
  '25006': () => refusal('NOT_READY', 'the database takes no writes at present'),
}

const lostConnection = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])

/**
 * The problem that an error of the database stands for, or undefined when it is a defect (or no database error at all).
 * The words are ours: messages of PostgreSQL name tables and values and stay inside. Pure.
 */
export function refusalOfDatabaseError(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined
  const code = sqlState(error) ?? (error as NodeJS.ErrnoException).code
  if (code !== undefined && lostConnection.has(code)) return refusal('NOT_READY', 'the database cannot be reached')
  if (code === undefined && /^timeout exceeded when trying to connect/.test(error.message)) {
    return refusal('OVERLOADED', 'the database has no free connection')
  }
  if (code === undefined && /^Connection terminated|^Client has encountered a connection error/.test(error.message)) {
    return refusal('NOT_READY', 'the connection to the database broke: look whether it was done before you try again')
  }
  if (code?.startsWith('08')) return refusal('NOT_READY', 'the database cannot be reached')
  return code === undefined || !Object.hasOwn(meanings, code) ? undefined : meanings[code]?.()
}

/** The five characters of the SQLSTATE when PostgreSQL sent this error, for example `23505`; otherwise undefined. Pure. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : undefined
}
