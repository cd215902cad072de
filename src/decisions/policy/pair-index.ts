import type { AgreementEntry } from './policy-record.ts'

/** Which agreements list two bodies. */
export interface PairIndex {
  /** Every agreement that lists both of two different bodies; in no order. Takes no longer where the register is larger. */
  between(a: string, b: string): readonly AgreementEntry[]
  /** Every other body with which one is listed, each once, in no order; also some with which it was. Grows with those, not with the register. */
  besides(org: string): ReadonlySet<string>
  /** Puts an agreement in the place of what stood under its id before. @throws RangeError when that does not stand here: then nothing is sure */
  put(agreement: AgreementEntry, before: AgreementEntry | undefined): void
}

/** With more parties than this an agreement is found by each of them: the pairs of many would fill the memory. */
const PARTIES_PAIRED_MAX = 12

const NONE: readonly AgreementEntry[] = []

/** An index of no agreement. */
export function pairIndex(): PairIndex {
  const paired = new Map<string, Map<string, AgreementEntry[]>>()
  const wide = new Map<string, AgreementEntry[]>()

  /** The lists in which an agreement stands. Whoever reads one does so to its end without awaiting, as with everything here. */
  function* listsOf({ parties }: AgreementEntry): Generator<AgreementEntry[]> {
    if (parties.length > PARTIES_PAIRED_MAX) for (const org of parties) yield listIn(wide, org)
    else for (const a of parties) for (const b of parties) if (a < b) yield listOfPair(a, b)
  }

  /** One list, found from either side. */
  function listOfPair(a: string, b: string): AgreementEntry[] {
    const found = listIn(othersOf(a), b)
    othersOf(b).set(a, found)
    return found
  }

  function othersOf(org: string): Map<string, AgreementEntry[]> {
    const known = paired.get(org)
    if (known) return known
    const made = new Map<string, AgreementEntry[]>()
    paired.set(org, made)
    return made
  }

  return {
    between(a, b) {
      const found = paired.get(a)?.get(b) ?? NONE
      const [ofA, ofB] = [wide.get(a), wide.get(b)]
      if (!ofA || !ofB) return found
      const both =
        ofA.length <= ofB.length ? ofA.filter(({ parties }) => parties.includes(b)) : ofB.filter(({ parties }) => parties.includes(a))
      return found.length === 0 ? both : [...found, ...both]
    },
    besides(org) {
      const others = new Set(paired.get(org)?.keys())
      for (const { parties } of wide.get(org) ?? NONE) for (const other of parties) others.add(other)
      others.delete(org)
      return others
    },
    put(agreement, before) {
      if (before) for (const list of listsOf(before)) takeOut(list, before)
      for (const list of listsOf(agreement)) list.push(agreement)
    },
  }
}

function takeOut(list: AgreementEntry[], agreement: AgreementEntry): void {
  const at = list.indexOf(agreement)
  if (at < 0) throw new RangeError(`${agreement.id} is not where it was put`)
  list.splice(at, 1)
}

function listIn(lists: Map<string, AgreementEntry[]>, key: string): AgreementEntry[] {
  const known = lists.get(key)
  if (known) return known
  const made: AgreementEntry[] = []
  lists.set(key, made)
  return made
}
