import { permits } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import { type Problem, problem } from '../platform/kernel/problem.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import type { Agreement } from './agreement.ts'

/**
 * The one place in the code that says who sees agreements: an auditor all of them, anybody else those of their own
 * organisation. PostgreSQL enforces it again, row by row.
 */
export function readerFor(principal: Principal): Reader {
  return permits(principal.roles, 'agreement:audit') ? { kind: 'auditor' } : { kind: 'party', org: principal.org }
}

/** For whom somebody writes: always an organisation. An auditor reads everything and writes nothing. */
export function writerFor(principal: Principal): Reader {
  return { kind: 'party', org: principal.org }
}

/** Whether a reader may know an agreement: it takes part, or has taken part, or keeps the text. Pure. */
export function maySee(reader: Reader, agreement: Pick<Agreement, 'owner_org' | 'parties'>): boolean {
  if (reader.kind !== 'party') return true
  return agreement.owner_org === reader.org || agreement.parties.some((party) => party.org === reader.org)
}

/** What whoever may not know an agreement is told: word for word what is said of one that does not exist. */
export function noSuchAgreement(): Problem {
  return problem('NOT_FOUND', 'There is no agreement with this reference.')
}
