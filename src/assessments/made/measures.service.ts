import { permits, readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { AssessedAgreement, AssessedAgreements } from './assessed-agreement.service.ts'
import { measuresRepository } from './measures.repository.ts'
import { doersOf, doingOrgOf, type OpenMeasure } from './measures.ts'

export interface MeasuresOptions {
  readonly db: Database
  readonly clock: Clock
  readonly agreementOf: AssessedAgreements
}

/** Measures of one organisation that are looked through at most. */
const MEASURES_MAX = 500

export type MeasuresService = ReturnType<typeof measuresService>

/** The measures of action plans as the work of those who do them. */
export function measuresService({ db, clock, agreementOf }: MeasuresOptions) {
  return {
    /**
     * Open measures that wait for the caller's organisation in one of the caller's roles, or in any role; what is due first at the beginning. Of an
     * agreement that is over nothing is done any more.
     */
    async openFor(principal: Principal, limit: number, whose: 'MINE' | 'ORGANISATION' = 'MINE'): Promise<readonly OpenMeasure[]> {
      if (whose === 'MINE' && !permits(principal.roles, 'assessment:measure')) return []
      const at = clock().getTime()
      return withTransactionAs(db, readerFor(principal), async (tx) => {
        const known = new Map<string, AssessedAgreement | undefined>()
        const found: OpenMeasure[] = []
        for (const one of await measuresRepository(tx).for(principal.org, MEASURES_MAX)) {
          if (found.length === limit) break
          if (whose === 'MINE' && !doersOf(one.measure).some((role) => principal.roles.includes(role))) continue
          if (!known.has(one.agreement)) known.set(one.agreement, await agreementOf(tx, one.agreement, principal, at))
          const about = known.get(one.agreement)
          if (about && !about.isOver && doingOrgOf(one.measure, about) === principal.org) found.push(one)
        }
        return found
      })
    },
  }
}
