/**
 * The files of one exported log (C2SP tlog-tiles): entry bundles, hash tiles, and what they add up to.
 *
 * One pass: bundle by bundle the entries are hashed, compared with the level 0 tile, and folded into the levels above.
 * Held in memory are the hashes of levels 1 and up, a 256th of the entries.
 */
import { type CheckResult, check, Fault, fail } from './check.ts'
import { type ExportFiles, mustRead, tileNumber } from './files.ts'
import type { SignedHead } from './note.ts'
import { growingTree, hashOfLeaf, same, treeHash } from './tree.ts'

const FULL = 256

/**
 * Checks the entries and tiles of the log folder `name` against the signed head, and against an older signed head if there is one.
 * `roots`: sizes to fill in the root at, as far as the entries reach.
 */
export function verifyFiles(
  files: ExportFiles,
  name: string,
  head: SignedHead,
  old: SignedHead | undefined,
  checks: CheckResult[],
  accounted: Set<string>,
  roots: Map<number, Uint8Array | undefined> = new Map(),
): void {
  // A size that the folder cannot hold would otherwise be counted through, bundle by missing bundle.
  if (Math.ceil(head.size / FULL) > files.paths.length) {
    check(checks, `${name}: entries`, () =>
      fail(`${name}/checkpoint: signed for ${head.size} leaves, the whole export has ${files.paths.length} files`),
    )
    return
  }
  const tree = growingTree()
  const faults = { entries: [] as string[], tiles: [] as string[] }
  let oldRoot = old?.size === 0 ? tree.root() : undefined
  if (roots.has(0)) roots.set(0, tree.root())
  let row: Uint8Array[] = []
  let count = 0
  for (let n = 0; n * FULL < head.size; n += 1) {
    const width = Math.min(FULL, head.size - n * FULL)
    const hashes = collect(faults.entries, () => readBundle(files, name, n, width, accounted)) ?? []
    for (const hash of hashes) {
      tree.push(hash)
      count += 1
      if (count === old?.size) oldRoot = tree.root()
      if (roots.has(count)) roots.set(count, tree.root())
    }
    // Without its entries a tile is still compared with the levels above, by its own hashes.
    const tile = collect(faults.tiles, () => compareTile(files, name, 0, n, width, hashes, accounted))
    if (width === FULL && (hashes.length === FULL || tile !== undefined)) row.push(treeHash(hashes.length === FULL ? hashes : (tile ?? [])))
  }
  for (let level = 1; row.length > 0; level += 1) {
    const above: Uint8Array[] = []
    for (let n = 0; n * FULL < row.length; n += 1) {
      const hashes = row.slice(n * FULL, (n + 1) * FULL)
      collect(faults.tiles, () => compareTile(files, name, level, n, hashes.length, hashes, accounted))
      if (hashes.length === FULL) above.push(treeHash(hashes))
    }
    row = above
  }
  check(checks, `${name}: entries`, () => (faults.entries.length > 0 ? fail(summary(faults.entries)) : `${count} entries`))
  check(checks, `${name}: hash tiles`, () =>
    faults.tiles.length > 0 ? fail(summary(faults.tiles)) : 'every tile is what the entries hash to',
  )
  check(checks, `${name}: root hash`, () => {
    if (count !== head.size) fail(`${name}/checkpoint: signed for ${head.size} leaves, the entries are ${count}`)
    if (!same(tree.root(), head.root)) fail(`${name}/checkpoint: the entries do not hash to the signed root of ${head.size} leaves`)
    return `the ${head.size} entries hash to the signed root`
  })
  if (old !== undefined) {
    check(checks, `${name}: extends the old checkpoint`, () => {
      if (old.size > head.size) fail(`${name}/checkpoint: the log shrank from ${old.size} to ${head.size} leaves`)
      if (faults.entries.length > 0 || oldRoot === undefined) return fail(`${name}/tile/entries: not all entries could be read`)
      if (!same(oldRoot, old.root))
        fail(`${name}/tile/entries: the first ${old.size} entries are not those of the old checkpoint: the log was rewritten or forked`)
      return `the first ${old.size} leaves are unchanged`
    })
  }
  check(checks, `${name}: older partial tiles`, () => olderPartials(files, name, head.size, accounted))
}

/** One entry of a log of this size, undefined where it cannot be read: what it says counts only once everything else holds. */
export function entryAt(files: ExportFiles, name: string, size: number, index: number): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined
  const n = Math.floor(index / FULL)
  const bytes = Buffer.from(files.read(`${name}/tile/entries/${tileNumber(n, Math.min(FULL, size - n * FULL))}`) ?? [])
  for (let at = 0, here = n * FULL; at + 2 <= bytes.length; here++) {
    const end = at + 2 + bytes.readUInt16BE(at)
    if (here === index) return bytes.subarray(at + 2, end)
    at = end
  }
  return undefined
}

/** Splits an entry bundle into its entries' leaf hashes: each entry behind its length in two bytes, big-endian. */
function readBundle(files: ExportFiles, name: string, n: number, width: number, accounted: Set<string>): Uint8Array[] {
  const path = account(accounted, `${name}/tile/entries/${tileNumber(n, width)}`)
  const bytes = Buffer.from(mustRead(files, path))
  const hashes: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const index = n * FULL + hashes.length
    if (at + 2 > bytes.length) fail(`${path}: ends inside the length of entry ${index}`)
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end > bytes.length) fail(`${path}: ends inside entry ${index}`)
    hashes.push(hashOfLeaf(bytes.subarray(at + 2, end)))
    at = end
  }
  return hashes.length === width ? hashes : fail(`${path}: ${hashes.length} entries, not ${width}`)
}

/** Compares a tile with the hashes it must hold, and answers its own. Names the first index that differs, in leaves. */
function compareTile(
  files: ExportFiles,
  name: string,
  level: number,
  n: number,
  width: number,
  expected: readonly Uint8Array[],
  accounted: Set<string>,
): Uint8Array[] {
  const path = account(accounted, `${name}/tile/${level}/${tileNumber(n, width)}`)
  const bytes = mustRead(files, path)
  if (bytes.length !== width * 32) fail(`${path}: ${bytes.length} bytes, not ${width * 32}`)
  const found = Array.from({ length: width }, (_, i) => bytes.subarray(i * 32, (i + 1) * 32))
  const wrong = expected.findIndex((hash, i) => !same(hash, found[i] as Uint8Array))
  const first = (n * FULL + wrong) * FULL ** level
  const where = level === 0 ? `index ${first}` : `indices ${first} to ${first + FULL ** level - 1}`
  return wrong < 0 ? found : fail(`${path}: hash ${wrong} is not that of the entries (${where})`)
}

/** Partial tiles and bundles of earlier sizes that were left in place must be the beginning of the fuller ones, already checked. */
function olderPartials(files: ExportFiles, name: string, size: number, accounted: Set<string>): string {
  let compared = 0
  for (const path of files.paths) {
    if (!path.startsWith(`${name}/tile/`) || accounted.has(path)) continue
    account(accounted, path)
    const [, level = '', number = '', w = ''] = /^[a-z0-9-]+\/tile\/(\d+|entries)\/([x\d/]+)\.p\/(\d+)$/.exec(path) ?? []
    const [n, width] = [Number(number.replace(/\D/g, '')), Number(w)]
    const now = Math.min(FULL, Math.floor(size / FULL ** (level === 'entries' ? 0 : Number(level))) - n * FULL)
    const isOlder = width > 0 && width < now && path === `${name}/tile/${level}/${tileNumber(n, width)}`
    if (!isOlder) fail(`${path}: no tile of a tree of ${size} leaves`)
    const fuller = `${name}/tile/${level}/${tileNumber(n, now)}`
    const bytes = mustRead(files, path)
    if (level !== 'entries' && bytes.length !== width * 32) fail(`${path}: ${bytes.length} bytes, not ${width * 32}`)
    if (!same(mustRead(files, fuller).subarray(0, bytes.length), bytes)) fail(`${path}: not the beginning of ${fuller}`)
    compared += 1
  }
  return `${compared} compared`
}

function collect<T>(faults: string[], run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    faults.push(error.message)
    return undefined
  }
}

function summary(faults: readonly string[]): string {
  return faults.length > 3 ? `${faults.slice(0, 3).join('; ')}; and ${faults.length - 3} more` : faults.join('; ')
}

function account(accounted: Set<string>, path: string): string {
  accounted.add(path)
  return path
}
