import { permits } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { Reader } from '../platform/kernel/reader.ts'

/**
 * The one place in the code that says who sees agreements: an auditor all of them, anybody else those of their own
 * organisation. PostgreSQL enforces it again, row by row.
 */
export function readerFor(principal: Principal): Reader {
  return permits(principal.roles, 'agreement:audit') ? { kind: 'auditor' } : { kind: 'party', org: principal.org }
}
