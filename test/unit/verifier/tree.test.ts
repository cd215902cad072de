import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { EMPTY_TREE, growingTree, hashOfLeaf, mustBePrefix, rootOfPath, same, treeHash } from '../../../src/verifier/tree.ts'
import { runs } from '../../support/properties.ts'
import { leafHashes, MTH, PATH, PROOF, sha256, syntheticTree } from '../audit/rfc6962.ts'
import { flipped } from './generated-log.ts'

const vectors = JSON.parse(readFileSync(new URL('../../vectors/rfc6962.json', import.meta.url), 'utf8')) as {
  leaves: string[]
  emptyRoot: string
  roots: string[]
  inclusion: { index: number; size: number; proof: string[] }[]
  consistency: { old: number; size: number; proof: string[] }[]
}
const bytes = (hex: string) => Buffer.from(hex, 'hex')
const published = vectors.leaves.map((leaf) => hashOfLeaf(bytes(leaf)))
const root = (n: number) => bytes(vectors.roots[n - 1] ?? '')

const includes = (m: number, n: number, leaf: Buffer, path: readonly Uint8Array[], expected: Buffer) => {
  try {
    return same(rootOfPath(m, n, leaf, path), expected)
  } catch {
    return false
  }
}
const isPrefix = (m: number, oldRoot: Uint8Array, n: number, newRoot: Uint8Array, proof: readonly Uint8Array[]) => {
  try {
    mustBePrefix(m, oldRoot, n, newRoot, proof)
    return true
  } catch {
    return false
  }
}

t.test('finds the published roots of Certificate Transparency, both ways of hashing', async (t) => {
  t.equal(EMPTY_TREE.toString('hex'), vectors.emptyRoot)
  const tree = growingTree()
  t.ok(same(tree.root(), EMPTY_TREE))
  for (const [i, leaf] of published.entries()) {
    tree.push(leaf)
    t.ok(same(tree.root(), root(i + 1)), `stack, ${i + 1} leaves`)
    t.ok(same(treeHash(published.slice(0, i + 1)), root(i + 1)), `recursive, ${i + 1} leaves`)
  }
})

t.test('accepts the published proofs', async (t) => {
  for (const { index, size, proof } of vectors.inclusion) {
    t.ok(includes(index, size, published[index] as Buffer, proof.map(bytes), root(size)), `leaf ${index} of ${size}`)
  }
  for (const { old, size, proof } of vectors.consistency) {
    t.ok(isPrefix(old, root(old), size, root(size), proof.map(bytes)), `from ${old} to ${size}`)
  }
})

t.test('accepts every proof of every tree up to 70 leaves', async (t) => {
  const all = leafHashes(70)
  const roots = Array.from({ length: 71 }, (_, n) => MTH(all.slice(0, n)))
  let refused = 0
  for (let n = 1; n <= 70; n += 1) {
    const D = all.slice(0, n)
    for (let m = 0; m < n; m += 1) {
      if (!includes(m, n, all[m] as Buffer, PATH(m, D), roots[n] as Buffer)) refused += 1
      if (!isPrefix(m + 1, roots[m + 1] as Buffer, n, roots[n] as Buffer, PROOF(m + 1, D))) refused += 1
    }
  }
  t.equal(refused, 0)
})

t.test('refuses every proof of every tree up to 40 leaves once it is changed anywhere', async (t) => {
  const all = leafHashes(41)
  const roots = Array.from({ length: 42 }, (_, n) => MTH(all.slice(0, n)))
  const wrong: string[] = []
  const refuse = (accepted: boolean, what: string) => accepted && wrong.push(what)
  for (let n = 1; n <= 40; n += 1) {
    const D = all.slice(0, n)
    const now = roots[n] as Buffer
    for (let m = 0; m < n; m += 1) {
      const [leaf, path, at] = [all[m] as Buffer, PATH(m, D), `leaf ${m} of ${n}`]
      for (const i of path.keys())
        refuse(includes(m, n, leaf, path.with(i, Buffer.from(flipped(path[i] as Buffer, i))), now), `${at}: hash ${i} changed`)
      for (const i of path.keys()) refuse(includes(m, n, leaf, path.toSpliced(i, 1), now), `${at}: hash ${i} left out`)
      for (let i = 0; i <= path.length; i += 1)
        refuse(includes(m, n, leaf, path.toSpliced(i, 0, now), now), `${at}: hash put in before ${i}`)
      for (const other of [m - 1, m + 1, m ^ 2, -1, n, 0.5]) {
        if (other !== m) refuse(includes(other, n, leaf, path, now), `${at}: index ${other}`)
      }
      // Another size of the same root is another statement; it may only pass where the path is the same for both.
      refuse(includes(m, n, all[40] as Buffer, path, now), `${at}: other leaf`)
      refuse(includes(m, n, leaf, path, roots[41] as Buffer), `${at}: other root`)
    }
    for (let m = 1; m < n; m += 1) {
      const [was, proof, at] = [roots[m] as Buffer, PROOF(m, D), `from ${m} to ${n}`]
      for (const i of proof.keys())
        refuse(isPrefix(m, was, n, now, proof.with(i, Buffer.from(flipped(proof[i] as Buffer, i)))), `${at}: hash ${i} changed`)
      for (const i of proof.keys()) refuse(isPrefix(m, was, n, now, proof.toSpliced(i, 1)), `${at}: hash ${i} left out`)
      for (let i = 0; i <= proof.length; i += 1)
        refuse(isPrefix(m, was, n, now, proof.toSpliced(i, 0, was)), `${at}: hash put in before ${i}`)
      refuse(isPrefix(m, was, n, now, []), `${at}: no proof`)
      refuse(isPrefix(m, now, n, was, proof), `${at}: roots swapped`)
      refuse(isPrefix(m, roots[41] as Buffer, n, now, proof), `${at}: other old root`)
      refuse(isPrefix(m, was, n, roots[41] as Buffer, proof), `${at}: other new root`)
      refuse(isPrefix(n, now, m, was, proof), `${at}: backwards`)
    }
    refuse(isPrefix(n, now, n, now, [now]), `${n} to itself with a proof`)
    refuse(isPrefix(n, now, n, roots[41] as Buffer, []), `${n} to another root of the same size`)
    refuse(isPrefix(0, EMPTY_TREE, n, now, [now]), `from nothing with a proof`)
    refuse(isPrefix(0, now, n, now, []), `from nothing with a root`)
  }
  t.strictSame(wrong, [])
})

t.test('takes no node for a leaf and no leaf for a node', async (t) => {
  const [a, b] = leafHashes(2) as [Buffer, Buffer]
  const inner = sha256(Buffer.of(1), a, b)
  t.notOk(same(hashOfLeaf(Buffer.concat([a, b])), inner))
  t.notOk(includes(0, 1, hashOfLeaf(Buffer.concat([a, b])), [], inner))
})

t.test('the stack has the root of RFC 6962 at every size', async () => {
  const all = leafHashes(2000)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), (n) => {
      const tree = growingTree()
      for (const leaf of all.slice(0, n)) tree.push(leaf)
      return same(tree.root(), MTH(all.slice(0, n))) && same(treeHash(all.slice(0, n)), tree.root())
    }),
    runs(40),
  )
})

t.test('splits at the largest power of two below, to the last leaf of the largest trees', async (t) => {
  for (const n of [2 ** 31 + 1, 2 ** 48 + 1, 2 ** 52 + 1, 2 ** 53 - 1]) {
    const k = 2 ** Math.floor(Math.log2(n - 1))
    const read = syntheticTree(k)
    // The last leaf stands right of every split, so its path ends with the left half.
    t.ok(
      same(rootOfPath(n - 1, n, read(0, n - 1), n === k + 1 ? [read(Math.log2(k), 0)] : pathOfLast(n, read)), rootOf(n, read)),
      String(n),
    )
  }
})

/** PATH(n - 1, D[n]) out of complete subtrees: the left neighbours, smallest first. */
function pathOfLast(n: number, read: (level: number, index: number) => Buffer): Buffer[] {
  const path: Buffer[] = []
  let rest = BigInt(n - 1)
  for (let level = 0; rest > 0n; level += 1, rest >>= 1n) if (rest & 1n) path.push(read(level, Number(rest - 1n)))
  return path
}

function rootOf(n: number, read: (level: number, index: number) => Buffer): Buffer {
  return pathOfLast(n, read).reduce((right, left) => sha256(Buffer.of(1), left, right), read(0, n - 1))
}
