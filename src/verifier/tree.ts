/**
 * Tree maths of RFC 6962 section 2.1, as its recursive definitions stand, from the checking side.
 */
import { createHash } from 'node:crypto'
import { fail } from './check.ts'

/** MTH({}) */
export const EMPTY_TREE = createHash('sha256').digest()

/** MTH({d}) = SHA-256(0x00 || d) */
export function hashOfLeaf(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(entry).digest()
}

/** SHA-256(0x01 || left || right) */
export function hashOfNode(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()
}

/** MTH of leaf hashes already made. */
export function treeHash(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return EMPTY_TREE
  if (leafHashes.length === 1) return leafHashes[0] as Uint8Array
  const k = split(leafHashes.length)
  return hashOfNode(treeHash(leafHashes.slice(0, k)), treeHash(leafHashes.slice(k)))
}

/** The root that PATH(m, D[n]) leads to. Fails when m is not in the tree or the path has another length than the tree asks for. */
export function rootOfPath(m: number, n: number, leafHash: Uint8Array, path: readonly Uint8Array[]): Uint8Array {
  if (!Number.isSafeInteger(m) || m < 0 || m >= n) fail(`index ${m} is not in a tree of ${n} leaves`)
  if (n === 1) return path.length === 0 ? leafHash : fail(`inclusion proof: ${path.length} hashes too many`)
  const sibling = path.at(-1) ?? fail('inclusion proof: too few hashes')
  const below = path.slice(0, -1)
  const k = split(n)
  return m < k ? hashOfNode(rootOfPath(m, k, leafHash, below), sibling) : hashOfNode(sibling, rootOfPath(m - k, n - k, leafHash, below))
}

/** Fails unless PROOF(m, D[n]) = proof shows that the tree with root `oldRoot` is the first m leaves of the one with root `newRoot`. */
export function mustBePrefix(m: number, oldRoot: Uint8Array, n: number, newRoot: Uint8Array, proof: readonly Uint8Array[]): void {
  if (m > n) fail(`the old tree has ${m} leaves, the new one only ${n}`)
  if (m === 0) {
    if (!same(oldRoot, EMPTY_TREE)) fail('the empty tree has another root')
    if (proof.length > 0) fail('consistency proof: not empty, though nothing precedes')
    return
  }
  const [old, now] = rootsOfProof(m, n, true, oldRoot, proof)
  if (!same(old, oldRoot)) fail(`consistency proof: does not lead to the old root of ${m} leaves`)
  if (!same(now, newRoot)) fail(`consistency proof: does not lead to the new root of ${n} leaves`)
}

/** SUBPROOF(m, D[n], b) read backwards: the roots of the first m and of all n leaves of this subtree. */
function rootsOfProof(m: number, n: number, b: boolean, oldRoot: Uint8Array, proof: readonly Uint8Array[]): [Uint8Array, Uint8Array] {
  if (m === n && b) return proof.length === 0 ? [oldRoot, oldRoot] : fail(`consistency proof: ${proof.length} hashes too many`)
  const last = proof.at(-1) ?? fail('consistency proof: too few hashes')
  const below = proof.slice(0, -1)
  if (m === n) return below.length === 0 ? [last, last] : fail(`consistency proof: ${below.length} hashes too many`)
  const k = split(n)
  if (m <= k) {
    const [old, now] = rootsOfProof(m, k, b, oldRoot, below)
    return [old, hashOfNode(now, last)]
  }
  const [old, now] = rootsOfProof(m - k, n - k, false, oldRoot, below)
  return [hashOfNode(last, old), hashOfNode(last, now)]
}

/** A tree that grows leaf by leaf and can say its root at any size: a stack of complete subtrees, the largest first. */
export function growingTree(): { push: (leafHash: Uint8Array) => void; root: () => Uint8Array } {
  const stack: { leaves: number; hash: Uint8Array }[] = []
  return {
    push(leafHash) {
      let top = { leaves: 1, hash: leafHash }
      for (let left = stack.at(-1); left !== undefined && left.leaves === top.leaves; left = stack.at(-1)) {
        stack.pop()
        top = { leaves: left.leaves * 2, hash: hashOfNode(left.hash, top.hash) }
      }
      stack.push(top)
    },
    root: () =>
      stack
        .map(({ hash }) => hash)
        .reduceRight<Uint8Array | undefined>((right, left) => (right ? hashOfNode(left, right) : left), undefined) ?? EMPTY_TREE,
  }
}

/** Whether two byte strings are the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** k: the largest power of two smaller than n, by the count of binary digits, which is exact up to 2^53. */
function split(n: number): number {
  return 2 ** ((n - 1).toString(2).length - 1)
}
