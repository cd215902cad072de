import type { Organisation } from '../../parties/organisation.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { compileCodeLists } from '../../reference/code-lists.ts'
import type { Agreement } from '../agreement.ts'
import { overlaps } from '../finding/overlap.ts'
import { codeMatch } from './code-match.ts'
import { type PartnerReading, partnerLookup } from './organisation-match.ts'
import { type KnownRecord, plan } from './plan.ts'
import { readRow } from './row.ts'
import type { RowPlan, StoredImport } from './stored-import.ts'

/** What a dry run reads the lines with, as it stood when it began. */
export interface DryRunFacts {
  readonly lists: readonly CodeList[]
  readonly organisations: readonly Organisation[]
  /** What earlier imports left, by source key. */
  readonly known: ReadonlyMap<string, KnownRecord>
  /** Agreements that the importing organisation may see and takes part in. */
  readonly agreements: readonly Agreement[]
  /** ISO 8601. */
  readonly at: string
}

export interface DryRun {
  readonly plans: readonly { readonly row: number; readonly plan: RowPlan }[]
  readonly openPartners: StoredImport['openPartners']
}

const OVERLAPS_SHOWN = 3
/** Below this an agreement has a body or a purpose in common and no more. */
const OVERLAP_SCORE_MIN = 0.5

/** Reads every line and says what an import would do with it. Changes nothing; the same input gives the same plan. */
export function dryRun(
  { header, mapping, picks, org }: Pick<StoredImport, 'header' | 'mapping' | 'picks' | 'org'>,
  lines: readonly { readonly row: number; readonly cells: readonly string[] }[],
  facts: DryRunFacts,
): DryRun {
  const lookup = remembered(partnerLookup(facts.organisations))
  const gone = new Set(facts.organisations.filter(({ active_to }) => active_to !== null && active_to <= facts.at).map(({ code }) => code))
  const context = { header, mapping, lookup, codes: codeMatch(facts.lists), picks, own: org, isGone: (code: string) => gone.has(code) }
  const read = lines.map(({ row, cells }) => ({ row, read: readRow(cells, context) }))
  const planned = plan(read, facts.known)
  const near = nearAgreements(org, facts)
  const plans = planned.map((found, index) => ({
    row: lines[index]?.row ?? 0,
    plan: { ...found, overlaps: found.status === 'NEW' && found.row ? near(found.row.partners, found.row.purpose) : [] },
  }))
  return { plans, openPartners: openPartners(read.map((one) => one.read.organisations)) }
}

/** Agreements that a new record would repeat: only those with one of its partners can come near enough. */
function nearAgreements(org: string, { agreements, lists, at }: DryRunFacts) {
  const codes = compileCodeLists(new Map(lists.map((list) => [list.list, list])))
  const byPartner = new Map<string, Agreement[]>()
  for (const agreement of agreements) {
    for (const party of agreement.parties) byPartner.set(party.org, [...(byPartner.get(party.org) ?? []), agreement])
  }
  return (partners: readonly string[], purpose: string | null) => {
    const candidates = [...new Set(partners.flatMap((partner) => byPartner.get(partner) ?? []))]
    return overlaps(candidates, { parties: [org, ...partners], purpose, categories: [] }, codes, instantOf(at))
      .filter(({ score }) => score >= OVERLAP_SCORE_MIN)
      .slice(0, OVERLAPS_SHOWN)
  }
}

/** One entry a name, with how many lines have it; the most frequent first. */
function openPartners(readings: readonly (readonly PartnerReading[])[]): StoredImport['openPartners'] {
  const byText = new Map<string, PartnerReading & { rows: number }>()
  for (const reading of readings.flat()) {
    const known = byText.get(reading.text)
    byText.set(reading.text, { ...reading, rows: (known?.rows ?? 0) + 1 })
  }
  return [...byText.values()].sort((a, b) => b.rows - a.rows || (a.text < b.text ? -1 : 1))
}

/** A register names the same partners in line after line. */
function remembered(lookup: (text: string) => PartnerReading): (text: string) => PartnerReading {
  const answers = new Map<string, PartnerReading>()
  return (text) => {
    const answer = answers.get(text) ?? lookup(text)
    answers.set(text, answer)
    return answer
  }
}
