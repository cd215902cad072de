import fc from 'fast-check'
import { emptyPolicyIndex, type PolicyIndex, type PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import type { CodeListEntry } from '../../../src/reference/code-list.ts'
import { type LocalCode, localCodeOf } from '../../../src/reference/local-code.ts'
import { LISTS, ORGANISATIONS } from './decision-world.ts'

// Random lists with local codes under them, and what is said of them written down a second time, by walking the tree.

/** The day for which `AT` is, and local codes that count, have ended or are to come on it. */
export const AT = Date.parse('2026-06-15T12:00:00Z')
const PERIODS: readonly (readonly [string, string | null])[] = [
  ['2026-06-15', null],
  ['2020-01-01', '2026-06-15'],
  ['2020-01-01', '2026-06-14'],
  ['2026-06-16', null],
]

export interface LocalLists {
  readonly purposes: readonly CodeListEntry[]
  readonly items: readonly CodeListEntry[]
  readonly gateway: CodeListEntry
  readonly local: readonly LocalCode[]
}

const CATEGORIES = ['A', 'B', 'A.X'] as const
const ORIGINS = ['LOCAL', 'DWP', 'NHS'] as const

/** An entry of a list, always valid. */
export function anEntry(code: string, broader: string | null, attributes: CodeListEntry['attributes']): CodeListEntry {
  const none = { citation: null, valid_from: null, valid_to: null, verified: true, source: null, replaced_by: null }
  return { code, label: code, broader, attributes, ...none }
}

const treeArb = (prefix: string, attributes: fc.Arbitrary<CodeListEntry['attributes']>, dotted: readonly string[]) =>
  fc
    .array(fc.record({ above: fc.option(fc.nat(5)), attributes, category: fc.constantFrom('', ...dotted) }), { minLength: 2, maxLength: 6 })
    .map((rows) => {
      const codes = rows.map(({ category }, n) => `${category === '' ? '' : `${category}.`}${prefix}${n}`)
      return rows.map(({ above, attributes: held }, n) =>
        anEntry(codes[n] ?? '', above === null || above >= n ? null : (codes[above] ?? null), held),
      )
    })

const itemAttributes = fc.record({
  class: fc.constantFrom('ORDINARY', 'ORDINARY', 'ORDINARY', 'SPECIAL', 'CRIMINAL'),
  special_kind: fc.constantFrom(null, 'HEALTH', 'GENETIC'),
  duty_of_confidence: fc.boolean(),
  patient_information: fc.boolean(),
  health_information: fc.boolean(),
  origin: fc.constantFrom(...ORIGINS),
})

/** Random shipped purposes and items, local ones under them, and one gateway. */
export const localListsArb: fc.Arbitrary<LocalLists> = fc
  .record({
    purposes: treeArb('P', fc.constant({}), []),
    items: treeArb('I', itemAttributes, CATEGORIES),
    locals: fc.array(
      fc.record({
        isItem: fc.boolean(),
        under: fc.nat(20),
        period: fc.constantFrom(...PERIODS, ...PERIODS.slice(0, 2), ...PERIODS.slice(0, 2)),
        owner: fc.constantFrom('NORTH', 'SOUTH'),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    carried: fc.array(fc.nat(20), { maxLength: 3 }),
    onlyItems: fc.option(fc.array(fc.nat(20), { minLength: 1, maxLength: 4 })),
    excludesPatients: fc.boolean(),
  })
  .map(({ purposes, items, locals, carried, onlyItems, excludesPatients }) => {
    const pick = <T>(from: readonly T[], n: number): T => from[n % from.length] as T
    const itemParents = [...items.map(({ code }) => code), ...categoriesOf(items)]
    const local = locals.map(
      ({ isItem, under, period: [valid_from, valid_to], owner }, n): LocalCode => ({
        list: isItem ? 'DATA_ITEM' : 'PURPOSE',
        code: localCodeOf(owner, `N${n}`),
        owner_org: owner,
        label: `Local ${n}`,
        broader: isItem ? pick(itemParents, under) : pick(purposes, under).code,
        valid_from,
        valid_to,
      }),
    )
    const gateway = anEntry('LAW', null, {
      ...{ kind: 'POWER', provider_types: ['*'], recipient_types: ['*'], excludes_patient_information: excludesPatients },
      purposes: carried.length === 0 ? ['*'] : carried.map((n) => pick(purposes, n).code),
      only_items: onlyItems === null ? [] : onlyItems.map((n) => pick(items, n).code),
    })
    return { purposes, items, gateway, local }
  })

function categoriesOf(items: readonly CodeListEntry[]): string[] {
  return [...new Set(items.flatMap(({ code }) => (code.includes('.') ? [code.slice(0, code.lastIndexOf('.'))] : [])))]
}

/** The policy on these lists, compiled as the service compiles it. */
export function indexOnLists({ purposes, items, gateway, local }: LocalLists, records: readonly PolicyRecord[]): PolicyIndex {
  const own: Record<string, readonly CodeListEntry[]> = { PURPOSE: purposes, DATA_ITEM: items, GATEWAY: [gateway] }
  const lists = LISTS.map((list) => ({ ...list, entries: own[list.list] ?? list.entries }))
  return emptyPolicyIndex().apply(
    [
      { kind: 'CODE_LISTS', id: 'current', body: { version: 'random', lists } },
      ...ORGANISATIONS.map((body): PolicyRecord => ({ kind: 'ORGANISATION', id: body.code, body })),
      ...records,
      ...local.map((body): PolicyRecord => ({ kind: 'LOCAL_CODE', id: body.code, body })),
    ],
    { revision: 1, digest: '00'.repeat(32), instant: 0 },
  )
}

/** What the lists say, walked afresh for each question. */
export function said({ purposes, items, local }: LocalLists) {
  const broaderOf = (code: string): string | null =>
    local.find((one) => one.code === code)?.broader ?? purposes.find((one) => one.code === code)?.broader ?? null
  const upwards = (code: string): string[] => {
    const above = broaderOf(code)
    return above === null ? [code] : [code, ...upwards(above)]
  }
  const isLocal = (code: string) => local.some((one) => one.code === code)
  const counts = (code: string) => {
    const one = local.find((known) => known.code === code)
    return one ? one.valid_from <= '2026-06-15' && (one.valid_to === null || one.valid_to >= '2026-06-15') : true
  }
  const itemAbove = (code: string): string[] => {
    const above = items.find((one) => one.code === code)?.broader ?? null
    return above === null ? [code] : [code, ...itemAbove(above)]
  }
  /** Shipped items that a local one is at least as strict as. */
  const relatives = (code: string): CodeListEntry[] => {
    const under = local.find((one) => one.code === code)?.broader
    if (under === undefined) return items.filter((item) => item.code === code)
    return items.filter((item) => itemAbove(item.code).includes(under) || item.code.startsWith(`${under}.`))
  }
  return { upwards, isLocal, counts, relatives }
}
