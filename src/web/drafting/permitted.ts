import type { PreviewGroup } from '../../decisions/advice/preview-groups.ts'

/** What one flow lets whom send to whom, and what not and why. */
export interface PermittedFlow {
  readonly flow: string
  readonly purpose: string
  /** Pairs of one who sends and one who receives. */
  readonly permitted: number
  readonly refused: number
  readonly data_items: readonly string[]
  /** What is permitted first, then what concerns most pairs. */
  readonly answers: readonly (Pick<PreviewGroup, 'needs_consent' | 'countries' | 'reasons' | 'pair_count'> & {
    readonly isPermitted: boolean
    readonly between: readonly { readonly from: readonly string[]; readonly to: readonly string[]; readonly isMutual: boolean }[]
  })[]
}

/** The groups of a decision table, flow by flow. Pure. */
export function permittedIn(groups: readonly PreviewGroup[]): PermittedFlow[] {
  return [...new Set(groups.map(({ flow }) => flow))].flatMap((id) => {
    const ofFlow = groups.filter(({ flow }) => flow === id)
    const [first] = ofFlow
    if (!first) return []
    const answers = ofFlow
      .map(({ outcome, needs_consent, countries, reasons, pair_count, between }) => ({
        ...{ needs_consent, countries, reasons, pair_count, isPermitted: outcome === 'PERMIT' },
        between: between.map((one) => ({ ...one, isMutual: isMutual(one) })),
      }))
      .toSorted((one, other) => Number(other.isPermitted) - Number(one.isPermitted) || other.pair_count - one.pair_count)
    const count = (isPermitted: boolean) =>
      answers.filter((one) => one.isPermitted === isPermitted).reduce((sum, one) => sum + one.pair_count, 0)
    const { flow, purpose, data_items } = first
    return [{ flow, purpose, data_items, permitted: count(true), refused: count(false), answers }]
  })
}

/** Whether each of more than two sends to each of the others. */
function isMutual({ from, to }: PreviewGroup['between'][number]): boolean {
  return from.length > 2 && from.length === to.length && from.every((org) => to.includes(org))
}
