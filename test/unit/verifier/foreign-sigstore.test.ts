import type { KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import t from 'tap'
import { flipped, type GeneratedLog, generateLog, greased } from './generated-log.ts'

/** The parts of @sigstore/verify used here: code of other people that checks inclusion and signed notes. */
interface Sigstore {
  readonly verifyCheckpoint: (entry: object, tlogs: readonly object[]) => object
  readonly verifyMerkleInclusion: (entry: object, checkpoint: object) => void
}

const require = createRequire(import.meta.url)
const { verifyCheckpoint } = require('@sigstore/verify/dist/tlog/checkpoint.js') as Pick<Sigstore, 'verifyCheckpoint'>
const { verifyMerkleInclusion } = require('@sigstore/verify/dist/tlog/merkle.js') as Pick<Sigstore, 'verifyMerkleInclusion'>

const trust = (log: GeneratedLog, publicKey: KeyObject = log.signer.publicKey) => {
  const logID = Buffer.alloc(32)
  logID.writeUInt32BE(log.signer.keyId)
  return [{ logID, baseURL: `https://${log.origin}`, publicKey }]
}

/** Checks a leaf the way sigstore checks an entry of Rekor. Throws when it does not hold. */
function check(
  log: GeneratedLog,
  index: number,
  size: number,
  leaf: Uint8Array,
  change: { note?: string; hashes?: Uint8Array[]; publicKey?: KeyObject } = {},
): void {
  const hashes = change.hashes ?? log.inclusionProof(index, size)
  const entry = {
    canonicalizedBody: leaf,
    inclusionProof: { logIndex: String(index), hashes, checkpoint: { envelope: change.note ?? log.checkpointAt(size) } },
  }
  verifyMerkleInclusion(entry, verifyCheckpoint(entry, trust(log, change.publicKey)))
}

t.test('sigstore accepts every leaf of our logs under our checkpoints', async (t) => {
  for (const size of [1, 2, 3, 255, 256, 257, 1000]) {
    const log = generateLog('decisions-2026', size)
    let refused = 0
    for (let i = 0; i < size; i += size > 300 ? 7 : 1) {
      try {
        check(log, i, size, log.leaves[i] as Uint8Array)
      } catch {
        refused += 1
      }
    }
    t.equal(refused, 0, `${size} leaves`)
  }
})

t.test('sigstore accepts leaves under earlier checkpoints', async (t) => {
  const log = generateLog('decisions-2026', 300)
  for (const size of [1, 100, 128, 255, 256, 299])
    t.doesNotThrow(() => check(log, size - 1, size, log.leaves[size - 1] as Uint8Array), `${size} leaves`)
})

t.test('sigstore accepts notes that carry signatures of keys it does not know', async (t) => {
  const log = generateLog('decisions-2026', 300)
  t.doesNotThrow(() => check(log, 7, 300, log.leaves[7] as Uint8Array, { note: greased(log.checkpointAt(300)) }))
})

t.test('sigstore refuses what is damaged, so its assent means something', async (t) => {
  const log = generateLog('decisions-2026', 300)
  const stranger = generateLog('decisions-2026', 300)
  const leaf = log.leaves[7] as Uint8Array
  t.throws(() => check(log, 7, 300, flipped(leaf, 4)), /does not match/, 'another leaf')
  t.throws(() => check(log, 8, 300, leaf, { hashes: log.inclusionProof(7, 300) }), /does not match/, 'another index')
  t.throws(
    () => check(log, 7, 300, leaf, { hashes: log.inclusionProof(7, 300).map((hash, i) => (i === 3 ? flipped(hash, 0) : hash)) }),
    /does not match/,
  )
  t.throws(() => check(log, 7, 300, leaf, { note: log.checkpointAt(300).replace('\n300\n', '\n299\n') }), /signature/, 'another size')
  t.throws(() => check(log, 7, 300, leaf, { publicKey: stranger.signer.publicKey }), /signature/, 'another key')
})
