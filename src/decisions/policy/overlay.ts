import type { CodeLists } from '../../reference/code-lists.ts'
import type { PolicyAgreement } from './policy.ts'
import type { PolicyIndex } from './policy-index.ts'

/**
 * "What if": the index with one thing changed. The index it is made from stays as it is, and what is made here is never
 * published and never decides a live call.
 */

/** The index in which this agreement stands as given, whether it was there before or not. */
export function withAgreement(index: PolicyIndex, changed: PolicyAgreement): PolicyIndex {
  const replace = (agreements: readonly PolicyAgreement[]) => agreements.map((known) => (known.id === changed.id ? changed : known))
  return {
    ...index,
    agreement: (id) => (id === changed.id ? changed : index.agreement(id)),
    between(a, b) {
      const known = index.between(a, b)
      if (known.some((agreement) => agreement.id === changed.id)) return replace(known)
      return changed.parties.has(a) && changed.parties.has(b) ? [...known, changed] : known
    },
    whereAgent: (agent) => replace(index.whereAgent(agent)),
  }
}

/** The index under other code lists. */
export function withCodeLists(index: PolicyIndex, codes: CodeLists, codeListVersion: string): PolicyIndex {
  return { ...index, codes, codeListVersion }
}
