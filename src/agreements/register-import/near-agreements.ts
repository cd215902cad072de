import { instantOf } from '../../platform/kernel/instant.ts'
import type { Pause } from '../../platform/kernel/turns.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { Agreement } from '../agreement.ts'
import { type Overlap, overlaps } from '../model/overlap.ts'

/** Finds the agreements here that a new record would repeat. Its work a question is bounded, however many there are. */
export type NearAgreements = (partners: readonly string[], purpose: string | null) => Overlap[]

const SHOWN = 3
/** Below this an agreement has a body or a purpose in common and no more. */
const SCORE_MIN = 0.5
/** So many agreements, those with most of the partners and the purpose in common, are compared word for word. */
const COMPARED = 40
/** A register asks the same question in line after line; so many answers are kept. */
const REMEMBERED = 5000

/**
 * @param org the importing organisation
 * @param at the instant for which states are worked out, ISO 8601
 */
export async function nearAgreements(
  org: string,
  {
    agreements,
    codes,
    at,
  }: { readonly agreements: readonly Agreement[]; readonly codes: Pick<CodeLists, 'purposes' | 'items'>; readonly at: string },
  pause: Pause,
): Promise<NearAgreements> {
  const byPartner = new Map<string, number[]>()
  const byPurpose = new Map<string, Set<number>>()
  for (const [index, { parties, versions }] of agreements.entries()) {
    for (const { org: partner } of parties) {
      const known = byPartner.get(partner)
      if (known) known.push(index)
      else byPartner.set(partner, [index])
    }
    for (const flow of versions.flatMap(({ terms }) => terms.flows)) {
      byPurpose.set(flow.purpose, (byPurpose.get(flow.purpose) ?? new Set()).add(index))
    }
    await pause()
  }
  const related = new Map<string, readonly number[]>()
  const relatedTo = (purpose: string) => {
    const isRelated = (code: string) => code === purpose || codes.purposes.isWithin(code, purpose) || codes.purposes.isWithin(purpose, code)
    const known = related.get(purpose) ?? [...byPurpose].flatMap(([code, found]) => (isRelated(code) ? [...found] : []))
    related.set(purpose, known)
    return known
  }
  const answers = new Map<string, Overlap[]>()
  return (partners, purpose) => {
    const key = JSON.stringify([partners, purpose])
    const known = answers.get(key)
    if (known) return known
    const common = new Map<number, number>()
    for (const partner of partners) for (const index of byPartner.get(partner) ?? []) common.set(index, (common.get(index) ?? 0) + 1)
    for (const index of purpose === null ? [] : relatedTo(purpose)) {
      const shared = common.get(index)
      if (shared !== undefined) common.set(index, shared + partners.length)
    }
    const nearest = [...common].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, COMPARED)
    const candidates = nearest.flatMap(([index]) => agreements[index] ?? [])
    const answer = overlaps(candidates, { parties: [org, ...partners], purpose, categories: [] }, codes, instantOf(at))
      .filter(({ score }) => score >= SCORE_MIN)
      .slice(0, SHOWN)
    if (answers.size < REMEMBERED) answers.set(key, answer)
    return answer
  }
}
