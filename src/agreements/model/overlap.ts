import type { Instant } from '../../platform/kernel/instant.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { Agreement, AgreementVersion } from '../agreement.ts'
import { derivedStates } from './derived-states.ts'
import { partiesInForce } from './in-force.ts'
import { draftVersion, keeperOf, leadingVersion, presentParties, signatoriesOf, standingVersions, statusAt } from './standing.ts'

/** "Does a share already exist?": which agreements cover the same bodies and the same purpose, whatever their state. */
export interface OverlapQuestion {
  /** Organisation codes that the share is between, the asker's among them. */
  readonly parties: readonly string[]
  /** PURPOSE code; null: any. */
  readonly purpose: string | null
  /** DATA_ITEM codes, or beginnings of them such as HEALTH; none: any. */
  readonly categories: readonly string[]
}

/** In the order in which they answer the question. */
export const OVERLAP_STATES = [
  'IN_FORCE',
  'NOT_YET_EFFECTIVE',
  'AWAITING_SIGNATURE',
  'DRAFT',
  'SUSPENDED',
  'RECORDED_ELSEWHERE',
  'EXPIRED',
  'TERMINATED',
] as const
export type OverlapState = (typeof OVERLAP_STATES)[number]

/** An agreement that comes near, and why. */
export interface Overlap {
  readonly agreement: string
  readonly title: string
  readonly state: OverlapState
  readonly owner_org: string | null
  readonly effective_to: string | null
  readonly matched: {
    readonly parties: readonly string[]
    /** Purposes of its flows that are the same, narrower or broader. */
    readonly purposes: readonly { readonly code: string; readonly relation: PurposeRelation }[]
    readonly categories: readonly string[]
  }
  /** Organisations asked about that are not in it, or have not signed it, and could join instead of writing a new one. */
  readonly joinable_by: readonly string[]
  /** 0 to 1; 1: all the bodies, the same purpose, all the categories. */
  readonly score: number
}

export type PurposeRelation = 'SAME' | 'NARROWER' | 'BROADER'

const WEIGHTS = { parties: 0.45, purpose: 0.4, categories: 0.15 }
const RELATION_WEIGHTS: Readonly<Record<PurposeRelation, number>> = { SAME: 1, BROADER: 0.8, NARROWER: 0.7 }
/** For a record that holds no flows, so that nobody can say what it is for. */
export const UNKNOWN_PURPOSE_WEIGHT = 0.3
/** States in which a body can still be let in. */
const OPEN: ReadonlySet<OverlapState> = new Set<OverlapState>(['IN_FORCE', 'NOT_YET_EFFECTIVE', 'AWAITING_SIGNATURE'])

/**
 * The agreements among these that come near, best first, equal ones by id. An agreement counts when it is about the
 * purpose and lists one of the bodies, or when it lists two of them and nobody recorded what for. Drafts that were
 * dropped do not count.
 *
 * @param at the instant for which states are worked out
 */
export function overlaps(
  agreements: readonly Agreement[],
  question: OverlapQuestion,
  codes: Pick<CodeLists, 'purposes' | 'items'>,
  at: Instant,
): Overlap[] {
  return agreements.flatMap((agreement) => overlap(agreement, question, codes, at) ?? []).sort(nearestFirst)
}

/** Best first, equal ones by id. */
export function nearestFirst(one: Pick<Overlap, 'agreement' | 'score'>, other: Pick<Overlap, 'agreement' | 'score'>): number {
  return other.score - one.score || (one.agreement < other.agreement ? -1 : 1)
}

function overlap(
  agreement: Agreement,
  question: OverlapQuestion,
  codes: Pick<CodeLists, 'purposes' | 'items'>,
  at: Instant,
): Overlap | null {
  const asked = [...new Set(question.parties)]
  const present = presentParties(agreement, at)
  const parties = asked.filter((org) => present.includes(org))
  const state = stateOf(agreement, parties, at)
  const version = leadingVersion(agreement, at) ?? draftVersion(agreement) ?? agreement.versions.at(-1)
  if (!state || !version) return null
  const purposes = relatedPurposes(version, question.purpose, codes)
  const flows = version.terms.flows.filter(({ purpose }) => purposes.some(({ code }) => code === purpose))
  const categories = question.categories.filter((category) =>
    flows.some((flow) => flow.data_items.some((item) => isOfCategory(item, category, codes))),
  )
  const isSilent = version.terms.flows.length === 0
  const isNear = parties.length > 0 && (purposes.length > 0 || (isSilent && parties.length > 1))
  if (!isNear) return null
  const signed = new Set(signatoriesOf(agreement, version.version, at))
  const isIn = (org: string) => present.includes(org) && signed.has(org)
  return {
    agreement: agreement.id,
    title: agreement.title,
    state,
    owner_org: keeperOf(agreement, at),
    effective_to: version.effective_to,
    matched: { parties, purposes, categories },
    joinable_by: OPEN.has(state) ? asked.filter((org) => !isIn(org)) : [],
    score: scoreOf(question, {
      parties: parties.length,
      purpose: isSilent ? UNKNOWN_PURPOSE_WEIGHT : Math.max(0, ...purposes.map(({ relation }) => RELATION_WEIGHTS[relation])),
      categories: categories.length,
    }),
  }
}

/** What places an agreement: how many of the bodies and of the categories asked for are in it, and how near its nearest purpose is. */
export interface Nearness {
  readonly parties: number
  readonly purpose: number
  readonly categories: number
}

/** How near, 0 to 1; never less for more of anything. */
export function scoreOf(question: OverlapQuestion, found: Nearness): number {
  const parts: [number, number][] = [[WEIGHTS.parties, found.parties / new Set(question.parties).size]]
  if (question.purpose !== null) parts.push([WEIGHTS.purpose, found.purpose])
  if (question.categories.length > 0) parts.push([WEIGHTS.categories, found.categories / question.categories.length])
  const total = parts.reduce((sum, [weight]) => sum + weight, 0)
  return Math.round((parts.reduce((sum, [weight, share]) => sum + weight * share, 0) / total) * 100) / 100
}

function relatedPurposes(
  version: AgreementVersion,
  asked: string | null,
  codes: Pick<CodeLists, 'purposes'>,
): { code: string; relation: PurposeRelation }[] {
  return [...new Set(version.terms.flows.map(({ purpose }) => purpose))].flatMap((code) => {
    const relation = relationOf(code, asked, codes)
    return relation === null ? [] : [{ code, relation }]
  })
}

/** Purposes hang together both ways: an agreement for a narrower purpose may do, one for a broader purpose covers it, unless it is a local code. */
function relationOf(code: string, asked: string | null, { purposes }: Pick<CodeLists, 'purposes'>): PurposeRelation | null {
  if (asked === null || code === asked) return 'SAME'
  if (purposes.covers(code, asked)) return 'BROADER'
  return purposes.isWithin(code, asked) ? 'NARROWER' : null
}

/** The purposes among these that hang together with the one asked for, each with how near it is. */
export function nearPurposes(among: readonly string[], asked: string, codes: Pick<CodeLists, 'purposes'>): ReadonlyMap<string, number> {
  return new Map(
    [...among, asked].flatMap((code): [string, number][] => {
      const relation = relationOf(code, asked, codes)
      return relation === null ? [] : [[code, RELATION_WEIGHTS[relation]]]
    }),
  )
}

/** Whether an item is of a category asked for: a local one is of that which it was added under. */
export function isOfCategory(item: string, category: string, { items }: Pick<CodeLists, 'items'>): boolean {
  return item === category || isUnder(items.get(item)?.localUnder ?? item, category)
}

/** Whether an item is the category, one of its kind, or the category one of the item's. */
function isUnder(item: string, category: string): boolean {
  return item === category || item.startsWith(`${category}.`) || category.startsWith(`${item}.`)
}

/** How it stands between the bodies asked about, where it lists two of them; else between anybody. null: dropped before it bound anybody. */
function stateOf(agreement: Agreement, parties: readonly string[], at: Instant): OverlapState | null {
  const status = statusAt(agreement, at)
  if (status === 'REJECTED' || status === 'WITHDRAWN') return null
  if (status === 'TERMINATED') return 'TERMINATED'
  const derived = new Set<string>(derivedStates(agreement, at))
  if (standingVersions(agreement, at).length === 0) return 'DRAFT'
  if (derived.has('EXPIRED')) return 'EXPIRED'
  if (agreement.origin === 'ELSEWHERE' && agreement.signatures.length === 0) return 'RECORDED_ELSEWHERE'
  if (derived.has('SUSPENDED')) return 'SUSPENDED'
  const inForce = partiesInForce(agreement, at)
  const between = parties.length > 1 ? parties.filter((org) => inForce.includes(org)) : inForce
  if (between.length > 1) return 'IN_FORCE'
  return derived.has('NOT_YET_EFFECTIVE') ? 'NOT_YET_EFFECTIVE' : 'AWAITING_SIGNATURE'
}
