import type { PreviewRow } from '../../decisions/advice/preview.ts'

/** What a flow lets whom send to whom, or why not, in as few lines as will do. */
export interface Permitted {
  readonly flow: string
  readonly purpose: string
  readonly isPermitted: boolean
  readonly needsConsent: boolean
  /** Where each of these may send to each of the others, and nobody else to anybody; empty: the pairs say it. */
  readonly among: readonly string[]
  /** Who would send, each with whom to: those with the same recipients together. */
  readonly pairs: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[]
  readonly data_items: readonly string[]
  /** Why not, for an officer. */
  readonly reasons: readonly { readonly text: string; readonly citation: string | null }[]
}

/** The lines of a decision table put together where they say the same. Pure. */
export function permittedIn(rows: readonly PreviewRow[]): Permitted[] {
  const groups = new Map<string, PreviewRow[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.flow, row.outcome, row.needs_consent, row.reasons.map(({ code, side }) => [code, side])])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()].flatMap((same) => {
    const [first] = same
    if (!first) return []
    const { flow, purpose, outcome, needs_consent, data_items, reasons } = first
    return {
      ...{ flow, purpose, isPermitted: outcome === 'PERMIT', needsConsent: needs_consent, data_items },
      ...{ among: amongOf(same), pairs: pairsOf(same) },
      reasons: reasons.map(({ text, citation }) => ({ text, citation })),
    }
  })
}

function amongOf(rows: readonly PreviewRow[]): readonly string[] {
  const [providers, recipients] = [new Set(rows.map(({ provider }) => provider)), new Set(rows.map(({ recipient }) => recipient))]
  const isMutual = providers.size > 2 && providers.size === recipients.size && [...providers].every((org) => recipients.has(org))
  return isMutual && rows.length === providers.size * (providers.size - 1) ? [...providers] : []
}

function pairsOf(rows: readonly PreviewRow[]): Permitted['pairs'] {
  const byProvider = new Map<string, string[]>()
  for (const { provider, recipient } of rows) byProvider.set(provider, [...(byProvider.get(provider) ?? []), recipient])
  const byRecipients = new Map<string, { from: string[]; to: readonly string[] }>()
  for (const [provider, to] of byProvider) {
    const key = JSON.stringify(to)
    const known = byRecipients.get(key)
    if (known) known.from.push(provider)
    else byRecipients.set(key, { from: [provider], to })
  }
  return [...byRecipients.values()]
}
