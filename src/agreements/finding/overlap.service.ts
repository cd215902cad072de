import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import { type CodeLists, compileCodeLists } from '../../reference/code-lists.ts'
import type { ReferenceService } from '../../reference/reference.service.ts'
import type { Agreement } from '../agreement.ts'
import {
  isOfCategory,
  nearestFirst,
  nearPurposes,
  type Overlap,
  type OverlapQuestion,
  overlaps,
  scoreOf,
  UNKNOWN_PURPOSE_WEIGHT,
} from '../model/overlap.ts'
import { nearAgreements } from '../store/overlap.repository.ts'
import { readAgreementsFor } from '../store/reading.service.ts'

export interface OverlapOptions {
  readonly db: Database
  readonly reference: ReferenceService
  readonly clock: Clock
}

/** The lists, and all codes of those that a question names. */
interface Codes {
  readonly lists: CodeLists
  readonly purposes: readonly string[]
  readonly items: readonly string[]
}

export type OverlapService = ReturnType<typeof overlapService>

/** Overlaps that a question is answered with: the nearest. There may be more. */
export const OVERLAPS_MAX = 20
/** Whole agreements that are read at a time, and for one question at most: where more than that might come nearer, what was read is answered. */
const BATCH = 20
const READ_MAX = 500

/** "Does a share already exist?", for the question itself and for whoever begins a draft. */
export function overlapService({ db, reference, clock }: OverlapOptions) {
  /** The nearest overlaps that the caller may know of with each of several questions. */
  async function answers(principal: Principal, questions: readonly OverlapQuestion[]): Promise<Overlap[][]> {
    if (questions.length === 0) return []
    const shipped = await reference.lists()
    const lists = compileCodeLists(new Map(shipped.map((list) => [list.list, list])))
    const codesOf = (name: string) => shipped.find(({ list }) => list === name)?.entries.map(({ code }) => code) ?? []
    const known = { lists, purposes: codesOf('PURPOSE'), items: codesOf('DATA_ITEM') }
    const reader = readerFor(principal)
    return withTransactionAs(db, reader, async (tx) => {
      const found: Overlap[][] = []
      for (const question of questions) {
        const parties = reader.kind === 'party' ? [...new Set([principal.org, ...question.parties])] : question.parties
        found.push(await nearest(tx, reader, { ...question, parties }, known))
      }
      return found
    })
  }

  /**
   * The best answers to a question: agreements are read best first by what is known of them before, and no further than where the next one
   * cannot be among them.
   */
  async function nearest(
    tx: Transaction,
    reader: Reader,
    question: OverlapQuestion,
    { lists, purposes, items }: Codes,
  ): Promise<Overlap[]> {
    const at = clock().getTime()
    const near = await nearAgreements(tx, {
      orgs: question.parties,
      purposes: question.purpose === null ? null : nearPurposes(purposes, question.purpose, lists),
      categories: question.categories.map((category) => items.filter((item) => isOfCategory(item, category, lists))),
    })
    const next = near.flatMap((ones) => {
      const purpose = Math.max(ones.weight, ones.is_silent ? UNKNOWN_PURPOSE_WEIGHT : 0)
      const score = scoreOf(question, { parties: ones.parties, purpose, categories: ones.categories })
      return ones.ids.map((agreement) => ({ agreement, score }))
    })
    next.sort(nearestFirst)
    let best: Overlap[] = []
    for (let read = 0; read < Math.min(next.length, READ_MAX); read += BATCH) {
      const [first, last] = [next[read], best[OVERLAPS_MAX - 1]]
      if (first && last && nearestFirst(first, last) > 0) break
      const ids = next.slice(read, read + BATCH).map(({ agreement }) => agreement)
      best = [...best, ...overlaps(await readAgreementsFor(tx, reader, ids, at), question, lists, at)]
        .sort(nearestFirst)
        .slice(0, OVERLAPS_MAX)
    }
    return best
  }

  return {
    /** The overlaps that the caller may know of, best first, `OVERLAPS_MAX` at most. */
    ask: async (principal: Principal, question: OverlapQuestion): Promise<Overlap[]> => (await answers(principal, [question])).flat(),
    /** What overlaps with a draft that has just begun, as many at most for each of its purposes: nothing while it says nothing of purposes. */
    async withDraft(principal: Principal, draft: Pick<Agreement, 'id' | 'parties' | 'versions'>): Promise<Overlap[]> {
      const flows = draft.versions.flatMap((version) => version.terms.flows)
      const parties = draft.parties.map((party) => party.org)
      const questions = [...new Set(flows.map((flow) => flow.purpose))].map((purpose) => ({
        ...{ parties, purpose },
        categories: [...new Set(flows.filter((flow) => flow.purpose === purpose).flatMap((flow) => flow.data_items))],
      }))
      const found = new Map((await answers(principal, questions)).flat().map((overlap) => [overlap.agreement, overlap]))
      found.delete(draft.id)
      return [...found.values()].sort(nearestFirst)
    },
  }
}
