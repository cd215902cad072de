import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { EMPTY_ROOT } from '../../../src/audit/format/merkle-tree.ts'
import { COSIGNATURE_V1, cosign, signerOf, signNote } from '../../../src/audit/format/signed-note.ts'

const origin = 'accord.example/log/decisions-2026'
const newKey = (name: string, type?: 1 | 4) => signerOf(name, generateKeyPairSync('ed25519').privateKey, type)
const log = newKey(origin)
const checkpoint = { origin, size: 70_000, root: Buffer.alloc(32, 7) }
const base64 = checkpoint.root.toString('base64')

t.test('is three lines: origin, size and root', async (t) => {
  t.equal(formatCheckpoint(checkpoint), `${origin}\n70000\n${base64}\n`)
  t.strictSame(parseCheckpoint(formatCheckpoint(checkpoint)), checkpoint)
  t.equal(formatCheckpoint({ origin, size: 0, root: EMPTY_ROOT }), `${origin}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`)
})

t.test('refuses any other text', async (t) => {
  const refused: Record<string, string> = {
    'an extension line': `${origin}\n1\n${base64}\nextra\n`,
    'a missing root': `${origin}\n1\n`,
    'a blank line': `${origin}\n1\n${base64}\n\n`,
    'no newline at the end': `${origin}\n1\n${base64}`,
    'no origin': `\n1\n${base64}\n`,
    'a leading zero': `${origin}\n01\n${base64}\n`,
    'a sign': `${origin}\n+1\n${base64}\n`,
    'an exponent': `${origin}\n1e3\n${base64}\n`,
    'a size beyond 2^53 - 1': `${origin}\n9007199254740992\n${base64}\n`,
    'a root of 31 bytes': `${origin}\n1\n${Buffer.alloc(31).toString('base64')}\n`,
    'a root with spare bits': `${origin}\n1\n${base64.slice(0, -2)}d=\n`,
    'an empty tree with another root': `${origin}\n0\n${base64}\n`,
  }
  for (const [why, text] of Object.entries(refused)) t.throws(() => parseCheckpoint(text), /^checkpoint: /, why)
})

t.test('refuses to write what could not be read back', async (t) => {
  t.throws(() => formatCheckpoint({ ...checkpoint, size: 1.5 }))
  t.throws(() => formatCheckpoint({ ...checkpoint, size: -1 }))
  t.throws(() => formatCheckpoint({ ...checkpoint, root: Buffer.alloc(31) }))
  t.throws(() => formatCheckpoint({ ...checkpoint, origin: 'a\nb' }))
})

t.test('opens with the key of the log, with both keys of an overlap, and with a witness beside', async (t) => {
  const next = newKey(origin)
  const witness = newKey('witness.example/w1', COSIGNATURE_V1)
  const note = signCheckpoint(checkpoint, [log, next]) + cosign(formatCheckpoint(checkpoint), witness, 5)
  for (const known of [[log], [next]]) t.strictSame(openCheckpoint(note, known).checkpoint, checkpoint)
  t.equal(openCheckpoint(note, [log, next, witness]).signatures.length, 3)
})

t.test('does not open on a cosignature alone, nor on the signature of another log', async (t) => {
  const text = formatCheckpoint(checkpoint)
  const namesake = newKey(origin, COSIGNATURE_V1)
  t.throws(() => openCheckpoint(`${text}\n${cosign(text, namesake, 5)}`, [namesake]), /not signed by the log itself/)
  const other = newKey('accord.example/log/governance-2026')
  t.throws(() => openCheckpoint(signNote(text, [other]), [other, log]), /not signed by the log itself/)
})

t.test('is signed only by a key of its own name', async (t) => {
  t.throws(() => signCheckpoint(checkpoint, [newKey('other.example/log/x')]), /no key of that name/)
})
