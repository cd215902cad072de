/** Offline proofs: to refuse and to accept. */
import { createHash } from 'node:crypto'
import { formatCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { signNote } from '../../../src/audit/format/signed-note.ts'
import { type Case, governance, log, stranger, type Verifier } from './case-logs.ts'
import { flipped, generateLog } from './generated-log.ts'

const proof = log.proofOf(299)
const leaf = log.leaves[299] as Uint8Array
const refuses = (text: string, bytes: Uint8Array, vkey: string, check: RegExp) => (verifier: Verifier) =>
  verifier.verifyProof(text, bytes, vkey).checks.some(({ name, ok }) => !ok && check.test(name))
const salt = '5a'.repeat(32)
const payload = Buffer.from('{"request":{"purpose":"HOMELESSNESS"}}')
const c = createHash('sha256').update('audit-payload/v1\0').update(Buffer.from(salt, 'hex')).update(payload).digest('hex')
const committing = generateLog('decisions-2026', 1, { keep: [Buffer.from(`{"c":"${c}","id":"x"}`)] })
const payloadChecks = ({ verifyProof }: Verifier, claimed: { payload: Uint8Array; salt: string }) =>
  verifyProof(committing.proofOf(0), committing.leaves[0] as Uint8Array, committing.vkey, claimed).checks
const refusesPayload = (claimed: { payload: Uint8Array; salt: string }) => (verifier: Verifier) =>
  payloadChecks(verifier, claimed).some(({ name, ok }) => !ok && name === 'payload')
const lines = proof.split('\n')
const edited = (edit: (lines: string[]) => void) => {
  const copy = [...lines]
  edit(copy)
  return copy.join('\n')
}
const flippedLine = (line: string) => Buffer.from(flipped(Buffer.from(line, 'base64'), 5)).toString('base64')

export const proofCases: Case[] = [
  { name: 'another leaf', holds: refuses(proof, log.leaves[298] as Uint8Array, log.vkey, /inclusion/) },
  { name: 'a changed bit in the leaf', holds: refuses(proof, flipped(leaf, 9), log.vkey, /inclusion/) },
  { name: 'the hash of the leaf given as the leaf', holds: refuses(proof, Buffer.alloc(32), log.vkey, /inclusion/) },
  { name: 'another index', holds: refuses(proof.replace('index 299', 'index 298'), leaf, log.vkey, /inclusion/) },
  { name: 'an index beyond the tree', holds: refuses(proof.replace('index 299', 'index 600'), leaf, log.vkey, /inclusion/) },
  { name: 'an index with a leading zero', holds: refuses(proof.replace('index 299', 'index 0299'), leaf, log.vkey, /format/) },
  ...lines.slice(2, lines.indexOf('')).map((line, i) => ({
    name: `a changed bit in proof hash ${i}`,
    holds: refuses(
      edited((copy) => copy.splice(i + 2, 1, flippedLine(line))),
      leaf,
      log.vkey,
      /inclusion/,
    ),
  })),
  {
    name: 'a proof hash left out',
    holds: refuses(
      edited((copy) => copy.splice(4, 1)),
      leaf,
      log.vkey,
      /inclusion/,
    ),
  },
  {
    name: 'a proof hash too many',
    holds: refuses(
      edited((copy) => copy.splice(4, 0, copy[4] ?? '')),
      leaf,
      log.vkey,
      /inclusion/,
    ),
  },
  {
    name: 'a proof hash put in before the others',
    holds: refuses(
      edited((copy) => copy.splice(2, 0, copy[3] ?? '')),
      leaf,
      log.vkey,
      /inclusion/,
    ),
  },
  {
    name: 'the size of the tree for the index of its last leaf',
    holds: refuses(log.proofOf(599).replace('index 599', 'index 600'), log.leaves[599] as Uint8Array, log.vkey, /inclusion/),
  },
  {
    name: 'two proof hashes swapped',
    holds: refuses(
      edited((copy) => copy.splice(3, 2, copy[4] ?? '', copy[3] ?? '')),
      leaf,
      log.vkey,
      /inclusion/,
    ),
  },
  {
    name: 'a proof hash of 31 bytes',
    holds: refuses(
      edited((copy) => copy.splice(3, 1, Buffer.alloc(31).toString('base64'))),
      leaf,
      log.vkey,
      /format/,
    ),
  },
  { name: 'another first line', holds: refuses(proof.replace('@v1', '@v2'), leaf, log.vkey, /format/) },
  {
    name: 'no index',
    holds: refuses(
      edited((copy) => copy.splice(1, 1)),
      leaf,
      log.vkey,
      /format/,
    ),
  },
  { name: 'no checkpoint', holds: refuses(proof.split('\n\n')[0] ?? '', leaf, log.vkey, /format/) },
  { name: 'a changed size under the signature', holds: refuses(proof.replace('\n600\n', '\n601\n'), leaf, log.vkey, /signature/) },
  { name: 'a key of the same name', holds: refuses(proof, leaf, stranger.vkey, /signature/) },
  { name: 'the key of another log', holds: refuses(proof, leaf, governance.vkey, /signature/) },
  {
    name: 'a note signed by the right key for another origin',
    holds: refuses(
      proof.replace(
        /\n\naccord.*/s,
        `\n\n${signNote(formatCheckpoint({ origin: 'other.example/log/x', size: 600, root: Buffer.alloc(32) }), [log.signer])}`,
      ),
      leaf,
      log.vkey,
      /signature/,
    ),
  },
  { name: 'another payload', holds: refusesPayload({ payload: flipped(payload, 20), salt }) },
  { name: 'another salt', holds: refusesPayload({ payload, salt: '5b'.repeat(32) }) },
  { name: 'a salt that is not hex', holds: refusesPayload({ payload, salt: `${'5a'.repeat(31)}zz` }) },
  {
    name: 'a payload beside a leaf that is not its own',
    holds: ({ verifyProof }: Verifier) =>
      verifyProof(proof, leaf, log.vkey, { payload, salt }).checks.some(({ name, ok }) => !ok && name === 'payload'),
  },
  { name: 'garbage', holds: refuses('garbage', leaf, log.vkey, /format/) },
].map(({ name, holds }) => ({ name: `proof: refuses ${name}`, holds }))

export const honestProofs: readonly Case[] = [
  {
    name: 'proof: the payload that the leaf commits to',
    holds: (verifier) => payloadChecks(verifier, { payload, salt: `${salt}\n` }).every(({ ok }) => ok),
  },
  {
    name: 'proof: first, middle and last leaf',
    holds: ({ verifyProof }) =>
      [0, 299, 599].every((i) => verifyProof(log.proofOf(i), log.leaves[i] as Uint8Array, log.vkey).checks.every(({ ok }) => ok)),
  },
  {
    name: 'proof: extra data',
    holds: ({ verifyProof }) => verifyProof(proof.replace('\n', '\nextra AAAA\n'), leaf, log.vkey).checks.every(({ ok }) => ok),
  },
]
