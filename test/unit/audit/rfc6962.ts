/** The recursive definitions of RFC 6962 section 2.1, letter by letter: what the implementations are held against. */
import { hash } from 'node:crypto'

export const sha256 = (...parts: Uint8Array[]) => hash('sha256', Buffer.concat(parts), 'buffer')
const k = (n: number) => {
  let power = 1
  while (power << 1 < n) power <<= 1
  return power
}

/** MTH over leaf hashes. */
export const MTH = (D: readonly Buffer[]): Buffer =>
  D.length === 0
    ? sha256()
    : D.length === 1
      ? (D[0] as Buffer)
      : sha256(Buffer.of(1), MTH(D.slice(0, k(D.length))), MTH(D.slice(k(D.length))))

/** PATH(m, D) */
export const PATH = (m: number, D: readonly Buffer[]): Buffer[] => {
  const n = D.length
  if (n === 1) return []
  return m < k(n) ? [...PATH(m, D.slice(0, k(n))), MTH(D.slice(k(n)))] : [...PATH(m - k(n), D.slice(k(n))), MTH(D.slice(0, k(n)))]
}

/** PROOF(m, D), 0 < m < n; empty for m = n. */
export const PROOF = (m: number, D: readonly Buffer[]): Buffer[] => SUBPROOF(m, D, true)

const SUBPROOF = (m: number, D: readonly Buffer[], b: boolean): Buffer[] => {
  const n = D.length
  if (m === n) return b ? [] : [MTH(D)]
  return m <= k(n)
    ? [...SUBPROOF(m, D.slice(0, k(n)), b), MTH(D.slice(k(n)))]
    : [...SUBPROOF(m - k(n), D.slice(k(n)), false), MTH(D.slice(0, k(n)))]
}

/** Leaf hashes that are all different. */
export const leafHashes = (count: number) => Array.from({ length: count }, (_, i) => sha256(Buffer.of(0), Buffer.from(`entry ${i}`)))

/** A reader of complete subtrees out of a list of leaf hashes. */
export const nodesOf = (hashes: readonly Buffer[]) => {
  const known = new Map<string, Buffer>()
  return (level: number, index: number): Buffer => {
    const key = `${level}/${index}`
    const node = known.get(key) ?? MTH(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level))
    known.set(key, node)
    return node
  }
}

/**
 * A tree of any size whose nodes cost next to nothing: leaves before `change` are all A, the others all B.
 * Moving a leaf across the change, or the change itself, changes the root.
 */
export const syntheticTree = (change: number) => {
  const uniform = ['A', 'B'].map((leaf) => {
    const levels = [sha256(Buffer.of(0), Buffer.from(leaf))]
    for (let i = 1; i <= 53; i += 1) levels.push(sha256(Buffer.of(1), levels[i - 1] as Buffer, levels[i - 1] as Buffer))
    return levels
  }) as [Buffer[], Buffer[]]
  const node = (level: number, index: number): Buffer => {
    const [lo, hi] = [index * 2 ** level, (index + 1) * 2 ** level]
    if (hi <= change) return uniform[0][level] as Buffer
    if (lo >= change) return uniform[1][level] as Buffer
    return sha256(Buffer.of(1), node(level - 1, index * 2), node(level - 1, index * 2 + 1))
  }
  return node
}
