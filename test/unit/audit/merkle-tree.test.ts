import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { leafHash } from '../../../src/audit/format/leaf-bytes.ts'
import {
  appendAllToEdge,
  consistencyProof,
  EMPTY_ROOT,
  edgeFromBytes,
  edgeToBytes,
  emptyEdge,
  inclusionProof,
  nodesOfConsistencyProof,
  nodesOfInclusionProof,
  nodesOfRoot,
  rootHash,
  rootOfEdge,
} from '../../../src/audit/format/merkle-tree.ts'
import { mustBePrefix, rootOfPath } from '../../../src/verifier/tree.ts'
import { runs } from '../../support/properties.ts'
import { leafHashes, MTH, nodesOf, PATH, PROOF, syntheticTree } from './rfc6962.ts'

const vectors = JSON.parse(readFileSync(new URL('../../vectors/rfc6962.json', import.meta.url), 'utf8')) as {
  leaves: string[]
  emptyRoot: string
  roots: string[]
  inclusion: { index: number; size: number; proof: string[] }[]
  consistency: { old: number; size: number; proof: string[] }[]
}
const published = vectors.leaves.map((leaf) => Buffer.from(leafHash(Buffer.from(leaf, 'hex'))))
const hex = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('hex'))

t.test('gives the published roots of Certificate Transparency', async (t) => {
  t.equal(Buffer.from(rootHash(0, nodesOf([]))).toString('hex'), vectors.emptyRoot)
  t.strictSame(hex(published.map((_, i) => rootHash(i + 1, nodesOf(published)))), vectors.roots)
  t.strictSame(hex(published.map((_, i) => rootOfEdge(appendAllToEdge(emptyEdge(), published.slice(0, i + 1)).edge))), vectors.roots)
})

t.test('gives the published inclusion and consistency proofs', async (t) => {
  for (const { index, size, proof } of vectors.inclusion) t.strictSame(hex(inclusionProof(index, size, nodesOf(published))), proof)
  for (const { old, size, proof } of vectors.consistency) t.strictSame(hex(consistencyProof(old, size, nodesOf(published))), proof)
})

t.test('proves every leaf and every older size of every tree up to 70 leaves as RFC 6962 defines it', async (t) => {
  const all = leafHashes(70)
  const read = nodesOf(all)
  let different = 0
  for (let n = 1; n <= 70; n += 1) {
    const D = all.slice(0, n)
    if (!MTH(D).equals(rootHash(n, read))) different += 1
    for (let m = 0; m < n; m += 1) {
      if (hex(PATH(m, D)).join() !== hex(inclusionProof(m, n, read)).join()) different += 1
      if (hex(PROOF(m + 1, D)).join() !== hex(consistencyProof(m + 1, n, read)).join()) different += 1
    }
  }
  t.equal(different, 0)
})

t.test('proves leaves and older sizes of random trees up to a million leaves, and far beyond', async () => {
  for (const max of [1_000_000, 2 ** 52]) {
    const tree = fc
      .integer({ min: 1, max })
      .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n - 1 }), fc.integer({ min: 0, max: n })))
    fc.assert(
      fc.property(tree, ([n, m, change]) => {
        const read = syntheticTree(change)
        const root = rootHash(n, read)
        if (!Buffer.from(rootOfPath(m, n, read(0, m), inclusionProof(m, n, read))).equals(root)) return false
        mustBePrefix(m, rootHash(m, read), n, root, consistencyProof(m, n, read))
        return true
      }),
      runs(300),
    )
  }
})

t.test('names beforehand exactly the nodes it will read', async (t) => {
  const asked: string[] = []
  const read = (level: number, index: number) => {
    asked.push(`${level}/${index}`)
    return EMPTY_ROOT
  }
  const named = (nodes: readonly { level: number; index: number }[]) => nodes.map(({ level, index }) => `${level}/${index}`)
  for (const [m, n] of [
    [0, 1],
    [5, 7],
    [300, 1000],
    [69_999, 70_000],
    [12_345, 987_654],
  ] as const) {
    for (const [nodes, run] of [
      [nodesOfRoot(n), () => void rootHash(n, read)],
      [nodesOfInclusionProof(m, n), () => void inclusionProof(m, n, read)],
      [nodesOfConsistencyProof(m, n), () => void consistencyProof(m, n, read)],
    ] as const) {
      asked.length = 0
      run()
      t.strictSame(asked, named(nodes), `${m} of ${n}`)
    }
  }
})

t.test('refuses what is no size and no index', async (t) => {
  const read = nodesOf(leafHashes(4))
  t.throws(() => rootHash(-1, read))
  t.throws(() => rootHash(1.5, read))
  t.throws(() => rootHash(2 ** 53, read))
  t.throws(() => inclusionProof(4, 4, read), /not in a tree/)
  t.throws(() => inclusionProof(-1, 4, read), /not in a tree/)
  t.throws(() => inclusionProof(0, 0, read), /not in a tree/)
  t.throws(() => consistencyProof(5, 4, read), /larger/)
})

t.test('grows leaf by leaf and in batches to the same root, tiles and edge', async (t) => {
  const all = leafHashes(1000)
  let single = emptyEdge()
  const singleTiles: unknown[] = []
  for (const hash of all) {
    const step = appendAllToEdge(single, [hash])
    single = step.edge
    singleTiles.push(...step.completedTiles)
  }
  const first = appendAllToEdge(emptyEdge(), all.slice(0, 300))
  const second = appendAllToEdge(first.edge, all.slice(300))
  t.strictSame(second.edge, single)
  t.strictSame([...first.completedTiles, ...second.completedTiles], singleTiles)
  t.ok(MTH(all).equals(rootOfEdge(single)))
})

t.test('has the root of RFC 6962 at every size up to 600', async (t) => {
  const all = leafHashes(600)
  const read = nodesOf(all)
  let edge = emptyEdge()
  t.strictSame(rootOfEdge(edge), EMPTY_ROOT)
  let different = 0
  for (const [i, hash] of all.entries()) {
    edge = appendAllToEdge(edge, [hash]).edge
    if (!Buffer.from(rootHash(i + 1, read)).equals(rootOfEdge(edge))) different += 1
  }
  t.equal(different, 0)
})

t.test('completes a tile exactly when its 256th hash comes, with its bytes and its root', async (t) => {
  const all = leafHashes(65_536)
  const before = appendAllToEdge(emptyEdge(), all.slice(0, -1))
  t.equal(before.completedTiles.length, 255)
  const { completedTiles, edge } = appendAllToEdge(before.edge, [all.at(-1) as Buffer])
  t.strictSame(
    completedTiles.map(({ level, n }) => [level, n]),
    [
      [0, 255],
      [1, 0],
    ],
  )
  t.ok(Buffer.concat(all.slice(-256)).equals(completedTiles[0]?.hashes ?? Buffer.alloc(0)))
  t.ok(MTH(all).equals(completedTiles[1]?.root ?? Buffer.alloc(0)))
  t.ok(MTH(all).equals(rootOfEdge(edge)))
  t.strictSame(
    edge.levels.map((row) => row.length),
    [0, 0, 1],
  )
})

t.test('leaves the edge it was given as it was', async (t) => {
  const { edge } = appendAllToEdge(emptyEdge(), leafHashes(255))
  const root = rootOfEdge(edge)
  appendAllToEdge(edge, leafHashes(3))
  t.equal(edge.size, 255)
  t.strictSame(rootOfEdge(edge), root)
})

t.test('reads an edge back from its bytes, and nothing else', async (t) => {
  for (const size of [0, 1, 255, 256, 1000]) {
    const { edge } = appendAllToEdge(emptyEdge(), leafHashes(size))
    const bytes = edgeToBytes(edge)
    t.strictSame(rootOfEdge(edgeFromBytes(size, bytes)), rootOfEdge(edge), `size ${size}`)
    const grown = leafHashes(1300).slice(size)
    t.strictSame(rootOfEdge(appendAllToEdge(edgeFromBytes(size, bytes), grown).edge), rootOfEdge(appendAllToEdge(edge, grown).edge))
    t.throws(() => edgeFromBytes(size + 1, bytes), /edge of a tree/)
    t.throws(() => edgeFromBytes(size, Buffer.concat([bytes, Buffer.alloc(32)])), /edge of a tree/)
  }
  t.throws(() => appendAllToEdge(emptyEdge(), [Buffer.alloc(31)]), /31 bytes/)
})

t.test('integrates 8,192 leaves in under 50 ms of the processor', async (t) => {
  const hashes = leafHashes(8192)
  const times = Array.from({ length: 7 }, () => {
    const start = process.cpuUsage()
    rootOfEdge(appendAllToEdge(emptyEdge(), hashes).edge)
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  })
  t.comment(`best ${Math.min(...times).toFixed(1)} ms`)
  t.ok(Math.min(...times) < 50)
})
