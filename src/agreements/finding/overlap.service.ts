import type { Principal } from '../../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type CodeLists, compileCodeLists } from '../../reference/code-lists.ts'
import type { ReferenceService } from '../../reference/reference.service.ts'
import type { Agreement } from '../agreement.ts'
import { type Overlap, type OverlapQuestion, overlaps } from '../model/overlap.ts'
import { agreementsListing } from '../store/overlap.repository.ts'
import { readAgreementsFor } from '../store/reading.service.ts'
import { readerFor } from '../visibility.ts'

export interface OverlapOptions {
  readonly db: Database
  readonly reference: ReferenceService
  readonly clock: Clock
}

export type OverlapService = ReturnType<typeof overlapService>

/** More agreements than this with one body are not compared one by one; those that changed last are. */
const COMPARED_MAX = 2000
const SHOWN_MAX = 50

/** "Does a share already exist?", for the question itself, for whoever begins a draft, and for an import. */
export function overlapService({ db, reference, clock }: OverlapOptions) {
  /** The code lists in force. Reads in a transaction of its own, so ask before opening one. */
  const codes = async (): Promise<CodeLists> => compileCodeLists(new Map((await reference.lists()).map((list) => [list.list, list])))

  async function find(
    tx: Transaction,
    principal: Principal,
    question: OverlapQuestion,
    lists: Pick<CodeLists, 'purposes' | 'items'>,
  ): Promise<Overlap[]> {
    const reader = readerFor(principal)
    const parties = reader.kind === 'party' ? [...new Set([principal.org, ...question.parties])] : question.parties
    const ids = await agreementsListing(tx, parties, COMPARED_MAX)
    const at = clock().getTime()
    return overlaps(await readAgreementsFor(tx, reader, ids, at), { ...question, parties }, lists, at).slice(0, SHOWN_MAX)
  }

  async function ask(principal: Principal, question: OverlapQuestion): Promise<Overlap[]> {
    const lists = await codes()
    return withTransaction(db, async (tx) => {
      await readAs(tx, readerFor(principal))
      return find(tx, principal, question, lists)
    })
  }

  return {
    codes,
    /** The overlaps that the caller may know of. The transaction must say for whom it reads. */
    find,
    /** As `find`, in a transaction of its own. */
    ask,
    /** What overlaps with a draft that has just begun: nothing while it says nothing of purposes. */
    async withDraft(principal: Principal, draft: Pick<Agreement, 'id' | 'parties' | 'versions'>): Promise<Overlap[]> {
      const flows = draft.versions.flatMap((version) => version.terms.flows)
      const parties = draft.parties.map((party) => party.org)
      const found = new Map<string, Overlap>()
      for (const purpose of new Set(flows.map((flow) => flow.purpose))) {
        const categories = [...new Set(flows.filter((flow) => flow.purpose === purpose).flatMap((flow) => flow.data_items))]
        for (const overlap of await ask(principal, { parties, purpose, categories })) found.set(overlap.agreement, overlap)
      }
      found.delete(draft.id)
      return [...found.values()].sort((a, b) => b.score - a.score)
    },
  }
}
