/**
 * What a verifier must accept and must refuse, as cases that can be put to any verifier: the real one, one that accepts
 * everything, one that refuses everything, and broken copies of the real one.
 */
import { formatCheckpoint, signCheckpoint } from '../../../src/audit/checkpoint.ts'
import { signerOf, signNote } from '../../../src/audit/signed-note.ts'
import { encodeEntryBundle } from '../../../src/audit/tile.ts'
import { formatAddCheckpoint } from '../../../src/audit/tlog-proof.ts'
import type { verifyExport } from '../../../src/verifier/export.ts'
import type { verifyProof } from '../../../src/verifier/proof.ts'
import type { unseenLog, WitnessState, witnessDecision } from '../../../src/verifier/witness.ts'
import { aLeaf, exportOf, type Files, flipped, generateLog, inMemory, newKey } from './generated-log.ts'

export interface Verifier {
  readonly verifyExport: typeof verifyExport
  readonly verifyProof: typeof verifyProof
  readonly witnessDecision: typeof witnessDecision
  readonly unseenLog: typeof unseenLog
}

/** `holds` answers whether the verifier behaves as the name says. */
export interface Case {
  readonly name: string
  readonly holds: (verifier: Verifier) => boolean
}

const log = generateLog('decisions-2026', 600)
const governance = generateLog('governance-2026', 3)
const forked = generateLog('decisions-2026', 600, { salt: 9, key: log.signer.privateKey })
const rewritten = generateLog('decisions-2026', 600, {
  key: log.signer.privateKey,
  keep: log.leaves.map((leaf, i) => (i === 299 ? aLeaf(i, 9) : leaf)),
})
const shorter = generateLog('decisions-2026', 500, { key: log.signer.privateKey })
const stranger = generateLog('decisions-2026', 600)
const old = log.checkpointAt(300)

interface Tampering {
  readonly name: string
  readonly files: () => Files
  /** Which check must fail. */
  readonly check: RegExp
  /** What its detail must name. */
  readonly names: RegExp
  readonly vkey?: string
  readonly old?: string
}

const changed = (change: (files: Files, get: (path: string) => Uint8Array) => void) => () => {
  const files = exportOf(log, governance)
  change(files, (path) => files.get(path) ?? Buffer.alloc(0))
  return files
}
const D = 'decisions-2026'
const bundle = (n: number) => log.leaves.slice(n * 256, (n + 1) * 256)

export const TAMPERINGS: readonly Tampering[] = [
  {
    name: 'a changed bit in an entry',
    check: /: root hash/,
    names: /signed root/,
    files: changed((f, get) => f.set(`${D}/tile/entries/001`, flipped(get(`${D}/tile/entries/001`), 40))),
  },
  {
    name: 'a changed bit in an entry, by the tile that no longer fits',
    check: /: hash tiles/,
    names: /tile\/0\/001: hash 0 .*index 256/,
    files: changed((f, get) => f.set(`${D}/tile/entries/001`, flipped(get(`${D}/tile/entries/001`), 40))),
  },
  {
    name: 'a changed entry with its tile changed to match',
    check: /: root hash/,
    names: /signed root/,
    files: () => new Map([...exportOf(log), ...rewritten.files, [`${D}/checkpoint`, log.files.get(`${D}/checkpoint`) ?? Buffer.alloc(0)]]),
  },
  {
    name: 'two entries swapped',
    check: /: hash tiles/,
    names: /tile\/0\/000: hash 3 .*index 3/,
    files: changed((f) =>
      f.set(
        `${D}/tile/entries/000`,
        encodeEntryBundle(bundle(0).map((leaf, i, all) => (i === 3 ? all[4] : i === 4 ? all[3] : leaf) as Uint8Array)),
      ),
    ),
  },
  {
    name: 'an entry left out',
    check: /: entries/,
    names: /entries\/001: 255 entries, not 256/,
    files: changed((f) => f.set(`${D}/tile/entries/001`, encodeEntryBundle(bundle(1).slice(1)))),
  },
  {
    name: 'an entry added',
    check: /: entries/,
    names: /entries\/002.p\/88: 89 entries, not 88/,
    files: changed((f) => f.set(`${D}/tile/entries/002.p/88`, encodeEntryBundle([...bundle(2), aLeaf(600)]))),
  },
  {
    name: 'a bundle cut inside an entry',
    check: /: entries/,
    names: /entries\/002.p\/88: ends inside entry 599/,
    files: changed((f, get) => f.set(`${D}/tile/entries/002.p/88`, get(`${D}/tile/entries/002.p/88`).subarray(0, -1))),
  },
  {
    name: 'a bundle that ends inside a length',
    check: /: entries/,
    names: /ends inside the length of entry 600/,
    files: changed((f, get) => f.set(`${D}/tile/entries/002.p/88`, Buffer.concat([get(`${D}/tile/entries/002.p/88`), Buffer.of(0)]))),
  },
  {
    name: 'a bundle missing',
    check: /: entries/,
    names: /entries\/001: missing/,
    files: changed((f) => f.delete(`${D}/tile/entries/001`)),
  },
  {
    name: 'a changed bit in a hash tile',
    check: /: hash tiles/,
    names: /tile\/0\/000: hash 7 .*index 7/,
    files: changed((f, get) => f.set(`${D}/tile/0/000`, flipped(get(`${D}/tile/0/000`), 7 * 32))),
  },
  {
    name: 'a changed bit in a tile of a higher level',
    check: /: hash tiles/,
    names: /tile\/1\/000.p\/2: hash 1 .*indices 256 to 511/,
    files: changed((f, get) => f.set(`${D}/tile/1/000.p/2`, flipped(get(`${D}/tile/1/000.p/2`), 32))),
  },
  {
    name: 'a hash tile missing',
    check: /: hash tiles/,
    names: /tile\/1\/000.p\/2: missing/,
    files: changed((f) => f.delete(`${D}/tile/1/000.p/2`)),
  },
  {
    name: 'a hash tile too long',
    check: /: hash tiles/,
    names: /tile\/0\/000: 8224 bytes, not 8192/,
    files: changed((f, get) => f.set(`${D}/tile/0/000`, Buffer.concat([get(`${D}/tile/0/000`), Buffer.alloc(32)]))),
  },
  {
    name: 'an older partial tile that says something else',
    check: /: older partial tiles/,
    names: /tile\/0\/000.p\/3: not the beginning/,
    files: changed((f, get) => f.set(`${D}/tile/0/000.p/3`, flipped(get(`${D}/tile/0/000`).subarray(0, 96), 95))),
  },
  {
    name: 'an older partial bundle that says something else',
    check: /: older partial tiles/,
    names: /entries\/000.p\/2: not the beginning/,
    files: changed((f) => f.set(`${D}/tile/entries/000.p/2`, encodeEntryBundle([aLeaf(0, 9), aLeaf(1, 9)]))),
  },
  {
    name: 'a tile beyond the signed size',
    check: /: older partial tiles/,
    names: /tile\/0\/003: no tile/,
    files: changed((f) => f.set(`${D}/tile/0/003`, Buffer.alloc(8192))),
  },
  {
    name: 'a checkpoint for another size',
    check: /: checkpoint signature/,
    names: /does not fit/,
    files: changed((f, get) =>
      f.set(
        `${D}/checkpoint`,
        Buffer.from(
          Buffer.from(get(`${D}/checkpoint`))
            .toString()
            .replace('\n600\n', '\n599\n'),
        ),
      ),
    ),
  },
  {
    name: 'a checkpoint with another root',
    check: /: checkpoint signature/,
    names: /does not fit/,
    files: changed((f) =>
      f.set(
        `${D}/checkpoint`,
        Buffer.from(
          formatCheckpoint({ origin: log.origin, size: 600, root: Buffer.alloc(32) }) +
            '\n' +
            (log.checkpointAt(600).split('\n\n')[1] ?? ''),
        ),
      ),
    ),
  },
  {
    name: 'a checkpoint by a key of the same name',
    check: /: checkpoint signature/,
    names: /not signed by a known key/,
    files: changed((f) => f.set(`${D}/checkpoint`, stranger.files.get(`${D}/checkpoint`) ?? Buffer.alloc(0))),
  },
  {
    name: 'a validly signed checkpoint of another state of the log',
    check: /: root hash/,
    names: /signed root/,
    files: changed((f) => f.set(`${D}/checkpoint`, forked.files.get(`${D}/checkpoint`) ?? Buffer.alloc(0))),
  },
  {
    name: 'a checkpoint of another log',
    check: /: checkpoint signature/,
    names: /known key of accord.example\/log\/governance-2026/,
    files: changed((f, get) => f.set(`${D}/checkpoint`, get('governance-2026/checkpoint'))),
  },
  {
    name: 'a checkpoint with an extension line',
    check: /: checkpoint signature/,
    names: /not exactly/,
    files: changed((f) =>
      f.set(`${D}/checkpoint`, Buffer.from(signNote(`${log.checkpointAt(600).split('\n\n')[0]}\nextra\n`, [log.signer]))),
    ),
  },
  {
    name: 'a checkpoint that claims more leaves than the folder could hold',
    check: /: entries/,
    names: /9007199254740991 leaves/,
    files: changed((f) =>
      f.set(
        `${D}/checkpoint`,
        Buffer.from(signCheckpoint({ origin: log.origin, size: 2 ** 53 - 1, root: Buffer.alloc(32) }, [log.signer])),
      ),
    ),
  },
  {
    name: 'no checkpoint',
    check: /: checkpoint signature/,
    names: /decisions-2026\/checkpoint: missing/,
    files: changed((f) => f.delete(`${D}/checkpoint`)),
  },
  {
    name: 'a key file with another key',
    check: /: key/,
    names: /vkey: not the key you gave/,
    files: changed((f) => f.set(`${D}/vkey`, Buffer.from(`${stranger.vkey}\n`))),
  },
  {
    name: 'a key file with the key of another log',
    check: /: key/,
    names: /vkey: the key is named/,
    files: changed((f) => f.set(`${D}/vkey`, Buffer.from(`${governance.vkey}\n`))),
  },
  { name: 'a key file missing', check: /: key/, names: /vkey: missing/, files: changed((f) => f.delete(`${D}/vkey`)) },
  {
    name: 'a list with another size',
    check: /: logs.json entry/,
    names: /size 601/,
    files: changed((f, get) => f.set('logs.json', Buffer.from(Buffer.from(get('logs.json')).toString().replace('600', '601')))),
  },
  { name: 'a list with one log twice', check: /^logs.json/, names: /two logs/, files: () => new Map([...exportOf(log, log)]) },
  {
    name: 'a list that leads out of the folder',
    check: /^logs.json/,
    names: /no proper name/,
    files: changed((f) => f.set('logs.json', Buffer.from('{"logs":[{"name":"../x","origin":"a","size":1}]}'))),
  },
  { name: 'a list that is not JSON', check: /^logs.json/, names: /not JSON/, files: changed((f) => f.set('logs.json', Buffer.from('['))) },
  { name: 'an empty list', check: /^logs.json/, names: /no list/, files: changed((f) => f.set('logs.json', Buffer.from('{"logs":[]}'))) },
  {
    name: 'the log of the trusted key left out',
    check: /^trusted key accord.example\/log\/decisions-2026/,
    names: /no log of this name/,
    files: () => exportOf(governance),
  },
  { name: 'a whole log by a key nobody trusts', check: /: key/, names: /not the key you gave/, files: () => exportOf(stranger) },
  {
    name: 'a changed bit in a log that no given key vouches for',
    check: /^governance-2026: root hash/,
    names: /signed root/,
    files: changed((f, get) => f.set('governance-2026/tile/entries/000.p/3', flipped(get('governance-2026/tile/entries/000.p/3'), 40))),
  },
  {
    name: 'a whole log by a key nobody trusts, by its signature',
    check: /: checkpoint signature/,
    names: /not signed by a known key/,
    files: () => exportOf(stranger),
  },
  { name: 'no trusted key', check: /^trusted keys/, names: /no key/, files: () => exportOf(log), vkey: '\n' },
  {
    name: 'a trusted key with a wrong key id',
    check: /^trusted keys/,
    names: /key id/,
    files: () => exportOf(log),
    vkey: log.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'),
  },
  {
    name: 'a log that shrank since the old checkpoint',
    check: /extends the old checkpoint/,
    names: /shrank from 600 to 500/,
    files: () => exportOf(shorter),
    old: log.checkpointAt(600),
  },
  {
    name: 'a log rewritten at the last leaf of the old checkpoint',
    check: /extends the old checkpoint/,
    names: /first 300 entries/,
    files: () => exportOf(rewritten),
    old,
  },
  {
    name: 'a log forked from the old checkpoint at the same size',
    check: /extends the old checkpoint/,
    names: /first 600 entries/,
    files: () => exportOf(forked),
    old: log.checkpointAt(600),
  },
  {
    name: 'an old checkpoint that nobody trusted signed',
    check: /^old checkpoint/,
    names: /not signed/,
    files: () => exportOf(log),
    old: stranger.checkpointAt(300),
  },
  {
    name: 'an old checkpoint of a log that is not in the export',
    check: /^old checkpoint/,
    names: /no log/,
    files: () => exportOf(log),
    vkey: `${log.vkey}\n${governance.vkey}`,
    old: governance.checkpointAt(2),
  },
]

const exportCases: Case[] = TAMPERINGS.map(({ name, files, check, names, vkey, old }) => ({
  name: `export: names ${name}`,
  holds: ({ verifyExport }) =>
    verifyExport(inMemory(files()), vkey ?? log.vkey, old).checks.some((c) => !c.ok && check.test(c.name) && names.test(c.detail)),
}))

const proof = log.proofOf(299)
const leaf = log.leaves[299] as Uint8Array
const refuses = (text: string, bytes: Uint8Array, vkey: string, check: RegExp) => (verifier: Verifier) =>
  verifier.verifyProof(text, bytes, vkey).checks.some(({ name, ok }) => !ok && check.test(name))
const lines = proof.split('\n')
const edited = (edit: (lines: string[]) => void) => {
  const copy = [...lines]
  edit(copy)
  return copy.join('\n')
}
const flippedLine = (line: string) => Buffer.from(flipped(Buffer.from(line, 'base64'), 5)).toString('base64')

const proofCases: Case[] = [
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
  { name: 'garbage', holds: refuses('garbage', leaf, log.vkey, /format/) },
].map(({ name, holds }) => ({ name: `proof: refuses ${name}`, holds }))

const witnessKey = newKey()
const ask = ({ witnessDecision }: Verifier, state: WitnessState, body: string) =>
  witnessDecision(state, { body, name: 'witness.example/w1', privateKey: witnessKey, timeSeconds: 1_795_374_000 })
const seen = (v: Verifier, size: number) => ({
  [log.origin]: { ...v.unseenLog(log.vkey), size, root: log.checkpointAt(size).split('\n')[2] ?? '' },
})
const request = (from: number, to: number, of = log) => formatAddCheckpoint(from, of.consistencyProof(from, to), of.checkpointAt(to))
const answers =
  (status: number, body: string, size = 300, matches = /./) =>
  (v: Verifier) => {
    const state = seen(v, size)
    const answer = ask(v, state, body)
    return answer.status === status && matches.test(answer.body) && (status === 200 || answer.newState === state)
  }
const consistency = log.consistencyProof(300, 600)
const withProof = (proof: readonly Uint8Array[]) => formatAddCheckpoint(300, proof, log.checkpointAt(600))

const witnessCases: Case[] = [
  ...consistency.map((hash, i) => ({
    name: `answers 422 to a changed bit in consistency hash ${i}`,
    holds: answers(422, withProof(consistency.map((other, at) => (at === i ? flipped(hash, 3) : other)))),
  })),
  { name: 'answers 422 to a consistency hash left out', holds: answers(422, withProof(consistency.slice(1))) },
  { name: 'answers 422 to a consistency hash too many', holds: answers(422, withProof([...consistency, Buffer.alloc(32)])) },
  {
    name: 'answers 422 to a consistency hash put in before the others',
    holds: answers(422, withProof([Buffer.alloc(32), ...consistency])),
  },
  { name: 'answers 422 to no proof', holds: answers(422, withProof([])) },
  { name: 'answers 422 to a fork with its own valid proof', holds: answers(422, request(300, 600, forked)) },
  { name: 'answers 422 to a fork at the same size', holds: answers(422, request(600, 600, forked), 600) },
  {
    name: 'answers 422 to a proof where there is nothing to prove',
    holds: answers(422, formatAddCheckpoint(0, [Buffer.alloc(32)], log.checkpointAt(600)), 0),
  },
  {
    name: 'answers 422 to a proof for the size it has',
    holds: answers(422, formatAddCheckpoint(600, [Buffer.alloc(32)], log.checkpointAt(600)), 600),
  },
  { name: 'answers 409 and its size to a log that shrank', holds: answers(409, request(200, 300), 600, /^600\n$/) },
  { name: 'answers 409 and its size to an old size that is not its own', holds: answers(409, request(200, 600), 300, /^300\n$/) },
  { name: 'answers 409 and its size to a log that starts again', holds: answers(409, request(0, 600), 300, /^300\n$/) },
  { name: 'answers 400 to an old size larger than the new', holds: answers(400, formatAddCheckpoint(300, [], log.checkpointAt(200)), 300) },
  {
    name: 'answers 400 to a malformed request',
    holds: (v: Verifier) =>
      [
        '',
        'old 300',
        'old 300\n\n',
        request(300, 600).replace('old 300', 'old 0300'),
        request(300, 600).replace('old ', 'size '),
        request(300, 600).slice(0, -1),
      ].every((body) => ask(v, seen(v, 300), body).status === 400),
  },
  {
    name: 'answers 400 to 64 proof lines',
    holds: answers(400, request(300, 600).replace('\n\n', `\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n`)),
  },
  { name: 'answers 404 to an origin it does not know', holds: answers(404, request(0, 3, governance)) },
  {
    name: 'answers 404 to an origin named like a property',
    holds: answers(
      404,
      formatAddCheckpoint(
        0,
        [],
        signNote(`constructor\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`, [signerOf('constructor', newKey())]),
      ),
    ),
  },
  { name: 'answers 403 to a key of the same name', holds: answers(403, request(300, 600, stranger)) },
  { name: 'answers 403 to a signature that does not fit', holds: answers(403, request(300, 600).replace('\n600\n', '\n601\n')) },
].map(({ name, holds }) => ({ name: `witness: ${name}`, holds }))

/** Everything a verifier must refuse, and how. */
export const NEGATIVE_CASES: readonly Case[] = [...proofCases, ...witnessCases, ...exportCases]

const whole =
  (files: Files, vkey: string, old?: string) =>
  ({ verifyExport }: Verifier) => {
    const { checks } = verifyExport(inMemory(files), vkey, old)
    return checks.length > 0 && checks.every(({ ok }) => ok)
  }
const leftBehind = exportOf(log)
  .set(`${D}/tile/0/000.p/3`, (log.files.get(`${D}/tile/0/000`) ?? Buffer.alloc(0)).subarray(0, 96))
  .set(`${D}/tile/entries/001.p/1`, encodeEntryBundle(bundle(1).slice(0, 1)))

/** Everything a verifier must accept. */
export const HONEST_CASES: readonly Case[] = [
  { name: 'export: one log with its key', holds: whole(exportOf(log), log.vkey) },
  { name: 'export: two logs with both keys', holds: whole(exportOf(log, governance), `${governance.vkey}\n${log.vkey}\n`) },
  { name: 'export: two logs with the key of one', holds: whole(exportOf(log, governance), log.vkey) },
  { name: 'export: older partial tiles left behind', holds: whole(leftBehind, log.vkey) },
  ...[0, 1, 255, 256, 257, 511, 512, 599, 600].map((size) => ({
    name: `export: extends its own checkpoint of ${size} leaves`,
    holds: whole(exportOf(log), log.vkey, log.checkpointAt(size)),
  })),
  {
    name: 'proof: first, middle and last leaf',
    holds: ({ verifyProof }) =>
      [0, 299, 599].every((i) => verifyProof(log.proofOf(i), log.leaves[i] as Uint8Array, log.vkey).checks.every(({ ok }) => ok)),
  },
  {
    name: 'proof: extra data',
    holds: ({ verifyProof }) => verifyProof(proof.replace('\n', '\nextra AAAA\n'), leaf, log.vkey).checks.every(({ ok }) => ok),
  },
  { name: 'witness: a log from its beginning', holds: answers(200, request(0, 600), 0, /^— witness.example\/w1 [A-Za-z0-9+/]+=*\n$/) },
  { name: 'witness: growth with its proof', holds: answers(200, request(300, 600)) },
  { name: 'witness: the same head again', holds: answers(200, request(600, 600), 600) },
  { name: 'witness: an empty log', holds: answers(200, request(0, 0), 0) },
]
