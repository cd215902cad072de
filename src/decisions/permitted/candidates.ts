import type { CodeLists } from '../../reference/code-lists.ts'
import type { PolicyAgreement, PolicyFlow } from '../policy/policy.ts'

// What could be permitted between two bodies: everything that is, and more. Pure. It decides nothing: each candidate is a question that the
// rules answer. It may never leave out what they would permit.

/** The flows from one body to the other, of every approved text: which of them speaks is for the rules. */
export function flowsBetween(agreements: readonly PolicyAgreement[], provider: string, recipient: string): readonly PolicyFlow[] {
  const found: PolicyFlow[] = []
  for (const { approved } of agreements)
    for (const { flows } of approved)
      for (const flow of flows) if (flow.providers.has(provider) && flow.recipients.has(recipient)) found.push(flow)
  return found
}

/** Data items that these flows name or grant (CK-17), sorted. */
export function itemsOf(flows: readonly PolicyFlow[], codes: CodeLists): readonly string[] {
  const found = new Set<string>()
  for (const { items, grants } of flows) {
    for (const item of items) found.add(item)
    if (grants.size > 0) for (const item of codes.items.keys()) if (isUnder(item, grants)) found.add(item)
  }
  return [...found].toSorted()
}

/** Purposes for which these flows are, and the narrower ones, sorted. */
export function purposesOf(flows: readonly PolicyFlow[], codes: CodeLists): readonly string[] {
  const agreed = [...new Set(flows.map(({ source }) => source.purpose))]
  return [...codes.purposes.codes].filter((purpose) => agreed.some((listed) => codes.purposes.covers(listed, purpose))).toSorted()
}

function isUnder(item: string, grants: ReadonlySet<string>): boolean {
  for (const grant of grants) if (item.startsWith(`${grant}.`)) return true
  return false
}
