import type { PolicyAgreement } from './policy.ts'

/** Which agreements list two bodies. */
export interface PairIndex {
  /** Every agreement that lists both of two different bodies; in no order. Takes no longer where the register is larger. */
  between(a: string, b: string): readonly PolicyAgreement[]
  /** Puts an agreement in the place of what stood under its id before. @throws RangeError when that does not stand here: then nothing is sure */
  put(agreement: PolicyAgreement, before: PolicyAgreement | undefined): void
}

/** With more parties than this an agreement is found by each of them: the pairs of many would fill the memory. */
const PARTIES_PAIRED_MAX = 12

const NONE: readonly PolicyAgreement[] = []

/** An index of no agreement. */
export function pairIndex(): PairIndex {
  const paired = new Map<string, Map<string, PolicyAgreement[]>>()
  const wide = new Map<string, PolicyAgreement[]>()

  /** The lists in which an agreement stands. Whoever reads one does so to its end without awaiting, as with everything here. */
  function* listsOf({ parties }: PolicyAgreement): Generator<PolicyAgreement[]> {
    const orgs = [...parties.keys()]
    if (orgs.length > PARTIES_PAIRED_MAX) for (const org of orgs) yield listIn(wide, org)
    else for (const a of orgs) for (const b of orgs) if (a < b) yield listIn(othersOf(a), b)
  }

  function othersOf(org: string): Map<string, PolicyAgreement[]> {
    const known = paired.get(org)
    if (known) return known
    const made = new Map<string, PolicyAgreement[]>()
    paired.set(org, made)
    return made
  }

  return {
    between(a, b) {
      const found = (a < b ? paired.get(a)?.get(b) : paired.get(b)?.get(a)) ?? NONE
      const [ofA, ofB] = [wide.get(a), wide.get(b)]
      if (!ofA || !ofB) return found
      const both = ofA.length <= ofB.length ? ofA.filter(({ parties }) => parties.has(b)) : ofB.filter(({ parties }) => parties.has(a))
      return found.length === 0 ? both : [...found, ...both]
    },
    put(agreement, before) {
      if (before) for (const list of listsOf(before)) takeOut(list, before)
      for (const list of listsOf(agreement)) list.push(agreement)
    },
  }
}

function takeOut(list: PolicyAgreement[], agreement: PolicyAgreement): void {
  const at = list.indexOf(agreement)
  if (at < 0) throw new RangeError(`${agreement.id} is not where it was put`)
  list.splice(at, 1)
}

function listIn(lists: Map<string, PolicyAgreement[]>, key: string): PolicyAgreement[] {
  const known = lists.get(key)
  if (known) return known
  const made: PolicyAgreement[] = []
  lists.set(key, made)
  return made
}
