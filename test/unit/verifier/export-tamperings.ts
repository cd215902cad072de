/** Exports that were tampered with, which check must find each, and what it must name. */
import { formatCheckpoint, signCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { signNote } from '../../../src/audit/format/signed-note.ts'
import { encodeEntryBundle } from '../../../src/audit/format/tile.ts'
import { bundle, D, forked, governance, log, old, rewritten, shorter, stranger } from './case-logs.ts'
import { aLeaf, exportOf, type Files, flipped } from './generated-log.ts'

export interface Tampering {
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
