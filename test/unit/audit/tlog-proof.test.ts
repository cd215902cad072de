import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { signCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { signerOf } from '../../../src/audit/format/signed-note.ts'
import { formatAddCheckpoint, formatTlogProof } from '../../../src/audit/format/tlog-proof.ts'

const origin = 'accord.example/log/decisions-2026'
const key = signerOf(origin, generateKeyPairSync('ed25519').privateKey)
const note = signCheckpoint({ origin, size: 3, root: Buffer.alloc(32, 1) }, [key])
const hashes = [Buffer.alloc(32, 2), Buffer.alloc(32, 3)]
const lines = hashes.map((hash) => `${hash.toString('base64')}\n`).join('')

t.test('a proof is its name, the index, the hashes, a blank line and the checkpoint to the byte', async (t) => {
  t.equal(formatTlogProof({ index: 2, hashes, checkpointNote: note }), `c2sp.org/tlog-proof@v1\nindex 2\n${lines}\n${note}`)
  t.equal(formatTlogProof({ index: 0, hashes: [], checkpointNote: note }), `c2sp.org/tlog-proof@v1\nindex 0\n\n${note}`)
})

t.test('a request to a witness is the old size, the hashes, a blank line and the checkpoint to the byte', async (t) => {
  t.equal(formatAddCheckpoint(1, hashes, note), `old 1\n${lines}\n${note}`)
  t.equal(formatAddCheckpoint(0, [], note), `old 0\n\n${note}`)
})

t.test('malformed parts are refused', async (t) => {
  t.throws(() => formatTlogProof({ index: -1, hashes, checkpointNote: note }), /no index/)
  t.throws(() => formatTlogProof({ index: 1.5, hashes, checkpointNote: note }), /no index/)
  t.throws(() => formatTlogProof({ index: 1, hashes: [Buffer.alloc(31)], checkpointNote: note }), /32 bytes/)
  t.throws(() => formatTlogProof({ index: 1, hashes, checkpointNote: 'unsigned\n' }), /blank line/)
  t.throws(() => formatAddCheckpoint(1, Array(64).fill(Buffer.alloc(32)), note), /at most 63/)
  t.throws(() => formatAddCheckpoint(1, [], note.slice(0, -1)), /newline/)
})
