import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { compileCodeLists } from '../../reference/code-lists.ts'
import type { ReferenceService } from '../../reference/reference.service.ts'
import type { Agreement } from '../agreement.ts'
import { type Overlap, type OverlapQuestion, overlaps } from '../model/overlap.ts'
import { agreementsListing } from '../store/overlap.repository.ts'
import { readAgreementsFor } from '../store/reading.service.ts'

export interface OverlapOptions {
  readonly db: Database
  readonly reference: ReferenceService
  readonly clock: Clock
}

export type OverlapService = ReturnType<typeof overlapService>

/** More agreements than this with one body are not compared one by one; those that changed last are. */
const COMPARED_MAX = 2000
const SHOWN_MAX = 50

/** "Does a share already exist?", for the question itself and for whoever begins a draft. */
export function overlapService({ db, reference, clock }: OverlapOptions) {
  /** The overlaps that the caller may know of with each of several questions. */
  async function answers(principal: Principal, questions: readonly OverlapQuestion[]): Promise<Overlap[][]> {
    if (questions.length === 0) return []
    const lists = compileCodeLists(new Map((await reference.lists()).map((list) => [list.list, list])))
    const reader = readerFor(principal)
    const at = clock().getTime()
    return withTransactionAs(db, reader, async (tx) => {
      const found: Overlap[][] = []
      for (const question of questions) {
        const parties = reader.kind === 'party' ? [...new Set([principal.org, ...question.parties])] : question.parties
        const ids = await agreementsListing(tx, parties, COMPARED_MAX)
        found.push(overlaps(await readAgreementsFor(tx, reader, ids, at), { ...question, parties }, lists, at).slice(0, SHOWN_MAX))
      }
      return found
    })
  }

  return {
    /** The overlaps that the caller may know of. */
    ask: async (principal: Principal, question: OverlapQuestion): Promise<Overlap[]> => (await answers(principal, [question])).flat(),
    /** What overlaps with a draft that has just begun: nothing while it says nothing of purposes. */
    async withDraft(principal: Principal, draft: Pick<Agreement, 'id' | 'parties' | 'versions'>): Promise<Overlap[]> {
      const flows = draft.versions.flatMap((version) => version.terms.flows)
      const parties = draft.parties.map((party) => party.org)
      const questions = [...new Set(flows.map((flow) => flow.purpose))].map((purpose) => ({
        ...{ parties, purpose },
        categories: [...new Set(flows.filter((flow) => flow.purpose === purpose).flatMap((flow) => flow.data_items))],
      }))
      const found = new Map((await answers(principal, questions)).flat().map((overlap) => [overlap.agreement, overlap]))
      found.delete(draft.id)
      return [...found.values()].sort((a, b) => b.score - a.score)
    },
  }
}
