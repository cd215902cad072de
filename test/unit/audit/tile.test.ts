import fc from 'fast-check'
import t from 'tap'
import {
  appendAllToEdge,
  consistencyProof,
  emptyEdge,
  HASH_BYTES,
  inclusionProof,
  nodesOfConsistencyProof,
  nodesOfInclusionProof,
  nodesOfRoot,
  rootHash,
  rootOfEdge,
} from '../../../src/audit/format/merkle-tree.ts'
import {
  encodeEntryBundle,
  parseTilePath,
  readNodeFromTiles,
  type TileCoordinate,
  tilePath,
  tilesOfNodes,
  tilesOfTree,
  tileWidth,
} from '../../../src/audit/format/tile.ts'
import { partialTilesOfEdge } from '../verifier/generated-log.ts'
import { leafHashes, nodesOf } from './rfc6962.ts'

const path = (level: TileCoordinate['level'], n: number, width = 256) => tilePath({ level, n, width })

t.test('writes the paths that the specification gives as examples', async (t) => {
  t.equal(path(0, 1_234_067), 'tile/0/x001/x234/067')
  t.equal(path(0, 0), 'tile/0/000')
  t.equal(path('entries', 1000, 5), 'tile/entries/x001/000.p/5')
  t.equal(path(63, 999, 255), 'tile/63/999.p/255')
})

t.test('a tree of 70,000 leaves has the tiles that the specification counts', async (t) => {
  const tiles = [...tilesOfTree(70_000)]
  const count = (level: TileCoordinate['level'], full: boolean) =>
    tiles.filter((tile) => tile.level === level && (tile.width === 256) === full)
  t.equal(count(0, true).length, 273)
  t.strictSame(count(0, false), [{ level: 0, n: 273, width: 112 }])
  t.equal(count(1, true).length, 1)
  t.strictSame(count(1, false), [{ level: 1, n: 1, width: 17 }])
  t.strictSame(count(2, false), [{ level: 2, n: 0, width: 1 }])
  t.equal(count('entries', true).length, 273)
  t.equal(tiles.length, 274 * 2 + 2 + 1)
})

t.test('a tree of 256 leaves has a full tile and a partial one of width 1 above, and an empty tree has none', async (t) => {
  t.strictSame([...tilesOfTree(256)].map(tilePath), ['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1'])
  t.strictSame([...tilesOfTree(0)], [])
  t.equal(tileWidth(256, 0, 1), 0)
})

t.test('reads every path back that it writes', async () => {
  const tile = fc.record({
    level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
    n: fc.oneof(fc.nat(3000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
    width: fc.integer({ min: 1, max: 256 }),
  })
  fc.assert(fc.property(tile, (given) => JSON.stringify(parseTilePath(tilePath(given))) === JSON.stringify(given)))
})

t.test('reads no second path for a tile, and no path that leaves the log', async (t) => {
  const refused = [
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/x000/x001/000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/data/000',
    'tile/0/001/000',
    'tile/0/x001',
    'tile/0/X001/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000/',
    '/tile/0/000',
    'tile//000',
    'tile/0/000?x',
    'tile/0/000\n',
    'tile/0/../000',
    'tile/entries/../../etc/passwd',
    'tile/0/%30%30%30',
    'tile/0/٠٠٠',
    'tile/0/x999/x999/x999/x999/x999/999',
    '',
    'checkpoint',
  ]
  for (const given of refused) t.equal(parseTilePath(given), undefined, JSON.stringify(given))
})

t.test('refuses a coordinate that names no tile', async (t) => {
  for (const given of [
    [-1, 0, 1],
    [64, 0, 1],
    [0.5, 0, 1],
    [0, -1, 1],
    [0, 0.5, 1],
    [0, 2 ** 53, 1],
    [0, 0, 0],
    [0, 0, 257],
  ] as const) {
    const [level, n, width] = given
    t.throws(() => path(level, n, width), /no such tile/, given.join(' '))
  }
})

t.test('roots and proofs read out of tiles are those of the tree, and the tiles can be named beforehand', async (t) => {
  for (const size of [1, 2, 255, 256, 257, 600, 1000]) {
    const all = leafHashes(size)
    const { edge, completedTiles } = appendAllToEdge(emptyEdge(), all)
    const stored = new Map(completedTiles.map(({ level, n, hashes }) => [path(level, n), hashes]))
    for (const { tile, hashes } of partialTilesOfEdge(edge)) stored.set(tilePath(tile), hashes)
    t.strictSame(
      [...stored.keys()].sort(),
      [...tilesOfTree(size)]
        .filter(({ level }) => level !== 'entries')
        .map(tilePath)
        .sort(),
    )
    const asked = new Set<string>()
    const read = readNodeFromTiles(size, (tile) => {
      asked.add(tilePath(tile))
      return stored.get(tilePath(tile)) ?? Buffer.alloc(0)
    })
    t.strictSame(rootHash(size, read), rootOfEdge(edge), `root of ${size}`)
    t.strictSame([...asked].sort(), tilesOfNodes(size, nodesOfRoot(size)).map(tilePath).sort())
    for (const m of new Set([0, Math.floor(size / 3), size - 1])) {
      asked.clear()
      t.strictSame(inclusionProof(m, size, read), inclusionProof(m, size, nodesOf(all)), `leaf ${m} of ${size}`)
      t.strictSame([...asked].sort(), tilesOfNodes(size, nodesOfInclusionProof(m, size)).map(tilePath).sort())
      asked.clear()
      t.strictSame(consistencyProof(m, size, read), consistencyProof(m, size, nodesOf(all)), `from ${m} to ${size}`)
      t.strictSame([...asked].sort(), tilesOfNodes(size, nodesOfConsistencyProof(m, size)).map(tilePath).sort())
    }
  }
})

t.test('a proof in a tree of a thousand million leaves reads at most eight tiles', async (t) => {
  for (const index of [0, 123_456_789, 999_999_999]) t.ok(tilesOfNodes(1e9, nodesOfInclusionProof(index, 1e9)).length <= 8)
})

t.test('a short tile and a subtree that is not complete are refused, not read past', async (t) => {
  const read = readNodeFromTiles(10, () => Buffer.alloc(9 * HASH_BYTES))
  t.throws(() => read(0, 3), /has 288 bytes/)
  t.throws(() => read(3, 1), /not complete/)
})

t.test('writes an entry bundle as lengths and entries', async (t) => {
  t.strictSame(
    Buffer.from(encodeEntryBundle([Buffer.from('a'), Buffer.alloc(258, 'b')])),
    Buffer.concat([Buffer.from('\0\x01a\x01\x02'), Buffer.alloc(258, 'b')]),
  )
  t.equal(encodeEntryBundle(Array.from({ length: 256 }, () => Buffer.alloc(65_535, 'c'))).length, 256 * 65_537)
})

t.test('refuses a bundle or an entry out of bounds', async (t) => {
  t.throws(() => encodeEntryBundle([]), /1 to 256/)
  t.throws(() => encodeEntryBundle(Array.from({ length: 257 }, () => Buffer.of(1))), /1 to 256/)
  t.throws(() => encodeEntryBundle([Buffer.alloc(0)]), /1 to 65535/)
  t.throws(() => encodeEntryBundle([Buffer.alloc(65_536)]), /1 to 65535/)
})
