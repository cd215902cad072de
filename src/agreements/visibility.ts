import { readerFor } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { Instant } from '../platform/kernel/instant.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { type Refused, refused } from '../platform/kernel/refusal.ts'
import type { Agreement } from './agreement.ts'
import { knownUntil } from './model/known-until.ts'
import { knowsUntil } from './model/standing.ts'

/**
 * What a reader sees of an agreement at an instant: all of it while its organisation takes part or keeps the text, what was known
 * when its part ended afterwards; undefined: it may not know that there is one. Pure.
 */
export function visibleTo(reader: Reader, agreement: Agreement, at: Instant): Agreement | undefined {
  if (reader.kind !== 'party') return agreement
  const until = knowsUntil(agreement, reader.org, at)
  if (until === null) return undefined
  return knownUntil(agreement, until, agreement.parties.find(({ org }) => org === reader.org)?.left_version)
}

/** What whoever may not know an agreement is told: word for word what is said of one that does not exist. */
export const NO_SUCH_AGREEMENT = 'There is no agreement with this reference.'

/** The refusal in these words, to be thrown. */
export function noSuchAgreement(): Refused {
  return refused('NOT_FOUND', NO_SUCH_AGREEMENT)
}

/** Whether somebody learns which people of the parties acted: officers of a party and auditors do. */
export function isAmongThem(principal: Principal, { parties }: Pick<Agreement, 'parties'>): boolean {
  return readerFor(principal).kind === 'auditor' || parties.some(({ org }) => org === principal.org)
}
