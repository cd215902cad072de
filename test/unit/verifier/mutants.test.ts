import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import type { Verifier } from './case-logs.ts'
import { HONEST_CASES, NEGATIVE_CASES } from './cases.ts'

const source = fileURLToPath(new URL('../../../src/verifier/', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'accord-mutants-'))
t.teardown(() => rmSync(root, { recursive: true }))

/** One fault each, put into a copy of the verifier: the file, what stands there, and what stands there instead. */
const MUTANTS: readonly (readonly [name: string, file: string, from: string, to: string])[] = [
  ['leaves are hashed without their prefix', 'tree.ts', 'Uint8Array.of(0)', "''"],
  ['nodes are hashed as leaves', 'tree.ts', 'Uint8Array.of(1)', 'Uint8Array.of(0)'],
  ['the index may be the size', 'tree.ts', 'm >= n) fail(`index', 'm > n) fail(`index'],
  ['left and right are not told apart', 'tree.ts', 'm < k ? hashOfNode(rootOfPath(m, k, leafHash, below), sibling) : ', ''],
  ['a proof may be too long at the leaf', 'tree.ts', 'path.length === 0 ? leafHash', 'true ? leafHash'],
  ['the old root is not compared', 'tree.ts', 'if (!same(old, oldRoot))', 'if (false)'],
  ['the new root is not compared', 'tree.ts', 'if (!same(now, newRoot))', 'if (false)'],
  ['a proof may be too long at the old root', 'tree.ts', 'proof.length === 0 ? [oldRoot, oldRoot]', 'true ? [oldRoot, oldRoot]'],
  ['a proof may be too long beside it', 'tree.ts', 'below.length === 0 ? [last, last]', 'true ? [last, last]'],
  ['a proof from nothing may hold anything', 'tree.ts', 'if (proof.length > 0) fail', 'if (false) fail'],
  ['all hashes are the same', 'tree.ts', 'Buffer.compare(a, b) === 0', 'true'],
  ['signatures are not checked', 'note.ts', 'if (!verify(', 'if (false && !verify('],
  ['no signature is needed', 'note.ts', 'return signed > 0 ? head', 'return true ? head'],
  ['any key may sign for any origin', 'note.ts', '|| key.name !== head.origin', ''],
  ['extension lines pass', 'note.ts', "rest.length !== 1 || rest[0] !== ''", 'false'],
  ['key ids are not checked', 'note.ts', "if (keyId(name, bytes).toString('hex') !== id)", 'if (false)'],
  ['numbers may start with zeros', 'note.ts', '(0|[1-9]\\d*)', '(\\d+)'],
  ['the root is not compared', 'export-files.ts', 'if (!same(tree.root(), head.root))', 'if (false)'],
  ['the count is not compared, nor the root', 'export-files.ts', '=== width ? hashes : fail(', '>= 0 ? hashes : fail('],
  [
    'faults in entries are forgotten',
    'export-files.ts',
    'faults.entries.length > 0 ? fail(summary(faults.entries))',
    'false ? fail(summary(faults.entries))',
  ],
  ['faults in tiles are forgotten', 'export-files.ts', 'faults.tiles.length > 0 ? fail(', 'false ? fail('],
  ['tiles are not compared', 'export-files.ts', 'wrong < 0 ? found', 'true ? found'],
  ['the length of a tile is not checked', 'export-files.ts', 'if (bytes.length !== width * 32)', 'if (false)'],
  ['only the lowest level of tiles is compared', 'export-files.ts', 'for (let level = 1; row.length > 0;', 'for (let level = 1; false;'],
  ['a log may shrink', 'export-files.ts', 'if (old.size > head.size)', 'if (false)'],
  ['the old root in an export is not compared', 'export-files.ts', 'if (!same(oldRoot, old.root))', 'if (false)'],
  ['older partial tiles are not looked at', 'export-files.ts', 'for (const path of files.paths) {', 'for (const path of [] as string[]) {'],
  ['tiles beyond the signed size pass', 'export-files.ts', 'if (!isOlder) fail', 'if (!isOlder) continue; if (false) fail'],
  [
    'the brought key is not compared with the trusted one',
    'export.ts',
    'if (trusted.length > 0 && !trusted.some',
    'if (false && !trusted.some',
  ],
  ['the export may bring its own key', 'export.ts', 'trusted.length > 0 ? trusted : own', 'own !== undefined ? [own] : own'],
  ['a trusted key need not have a log', 'export.ts', 'if (!logs.some(({ origin }) => origin === key.name))', 'if (false)'],
  ['the listed size is not compared', 'export.ts', 'if (head.size !== log.size)', 'if (false)'],
  [
    'the old checkpoint is not verified',
    'export.ts',
    'const old = openHead(oldCheckpoint, keys)',
    'const old = openHead(files.read("decisions-2026/checkpoint")!, keys)',
  ],
  ['two logs may share a name', 'export.ts', 'distinct.size === logs.length * 2 ?', 'true ?'],
  ['cosignatures are not checked', 'cosignature.ts', 'if (!verify(', 'if (false && !verify('],
  ['the time of a cosignature is not signed for', 'cosignature.ts', 'Number(signature.readBigUInt64BE())', '1_795_374_000'],
  ['one witness may count twice', 'cosignature.ts', 'return [...found.values()]', 'return signatures.flatMap(() => [...found.values()])'],
  ['one key may be given twice', 'cosignature.ts', 'distinct.size === keys.length ?', 'true ?'],
  ['a log may be its own witness', 'cosignature.ts', 'if (bytes[0] !== 4)', 'if (false)'],
  ['key ids of witnesses are not checked', 'cosignature.ts', "if (keyId(name, bytes).toString('hex') !== id)", 'if (false)'],
  ['cosignatures are not counted', 'witnessed.ts', 'if (cosigned.length < asked.quorum)', 'if (false)'],
  ['a quorum may be none', 'witnessed.ts', 'least < 1 ||', ''],
  ['a quorum may be more than there are', 'witnessed.ts', '|| least > keys.length', ''],
  [
    "a witnessed checkpoint need not be the log's",
    'witnessed.ts',
    'trusted.length === 0 ? own() : trusted',
    '[...own(), ...trusted, readVkey(Buffer.from(note).toString())]',
  ],
  ['a log need not extend what was cosigned', 'witnessed.ts', 'if (!same(root, witnessed.root))', 'if (false)'],
  [
    'a log may be shorter than what was cosigned',
    'witnessed.ts',
    'if (root === undefined) return fail(',
    'if (root === undefined) return String(',
  ],
  ['no witnessed checkpoint is no fault', 'witnessed.ts', 'if (!asked && files.read', 'if (files.read'],
  ['a year may end anywhere', 'chain.ts', 'before.size !== prev.size)', 'false)'],
  [
    'the root a log continues is not compared',
    'chain.ts',
    'root !== undefined && same(',
    'root !== undefined || same(root ?? Buffer.alloc(0), Buffer.alloc(0)) || same(',
  ],
  ['every incident excuses another root', 'chain.ts', '/^(ROLLBACK|FORK)$/.test(link.incident', '/./.test(link.incident'],
  ['no incident excuses another root', 'chain.ts', '/^(ROLLBACK|FORK)$/.test(link.incident', '/^$/.test(link.incident'],
  ['an announced key need not be taken', 'chain.ts', 'before.announced !== link.vkey', 'false'],
  ['an announced key binds after an incident too', 'chain.ts', "isOtherKey && link.why !== 'INCIDENT'", 'isOtherKey'],
  ['a year may continue nothing', 'chain.ts', "link.why === 'INCIDENT' ? 'nothing", "true ? 'nothing"],
  ['the leaf of a proof is not hashed in', 'proof.ts', 'hashOfLeaf(leafBytes)', 'proof.hashes[0] ?? head.root'],
  ['the root of a proof is not compared', 'proof.ts', 'if (!same(root, head.root))', 'if (false)'],
  ['the name of the proof format is not read', 'proof.ts', "if (lines.shift() !== 'c2sp.org/tlog-proof@v1')", "if (lines.shift() === '')"],
  ['a witness does not compare sizes', 'witness.ts', 'if (asked.oldSize !== log.size)', 'if (false)'],
  ['the payload is not compared', 'proof.ts', 'found === committed ?', 'true ?'],
  ['the salt of a payload is not hashed in', 'proof.ts', ".update(Buffer.from(hex, 'hex'))", ''],
  ['a witness does not check the proof', 'witness.ts', 'if (fault !== undefined) return', 'if (false) return'],
  ['a witness starts from the size it is told', 'witness.ts', 'mustBePrefix(log.size, ', 'mustBePrefix(0, '],
  [
    'a witness takes any origin',
    'witness.ts',
    'Object.hasOwn(state, asked.origin) ? state[asked.origin]',
    'true ? (state[asked.origin] ?? Object.values(state)[0])',
  ],
  ['a witness looks an origin up among inherited properties', 'witness.ts', 'Object.hasOwn(state, asked.origin)', 'true'],
  ['a witness lets an old size exceed the new', 'witness.ts', 'if (asked.oldSize > head.size)', 'if (false)'],
  ['a witness takes any number of proof lines', 'witness.ts', 'if (lines.length > 63)', 'if (false)'],
  ['a witness says conflict to a fork', 'witness.ts', 'refuse(422, fault)', 'refuse(400, fault)'],
]

async function verifierIn(directory: string): Promise<Verifier> {
  const load = (file: string) => import(pathToFileURL(join(directory, file)).href)
  const [exported, proof, witness] = await Promise.all(['export.ts', 'proof.ts', 'witness.ts'].map(load))
  return { ...exported, ...proof, ...witness } as Verifier
}

/** The first case that shows the verifier to be broken; a case that throws shows it too. Cases of the broken part come first, to save time. */
function found(verifier: Verifier, file: string): string | undefined {
  const part = `${file.replace(/[-.].*/, '')}:`
  const cases = [...NEGATIVE_CASES, ...HONEST_CASES]
  return [...cases.filter(({ name }) => name.startsWith(part)), ...cases.filter(({ name }) => !name.startsWith(part))].find(({ holds }) => {
    try {
      return !holds(verifier)
    } catch {
      return true
    }
  })?.name
}

t.test('an unchanged copy of the verifier passes every case', async (t) => {
  const directory = join(root, 'unchanged')
  cpSync(source, directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  t.equal(found(await verifierIn(directory), ''), undefined)
})

for (const [i, [name, file, from, to]] of MUTANTS.entries()) {
  t.test(`is found out when ${name}`, async (t) => {
    const directory = join(root, String(i))
    cpSync(source, directory, { recursive: true })
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
    const text = readFileSync(join(source, file), 'utf8')
    t.equal(text.split(from).length, 2, `${file} holds "${from}" exactly once`)
    writeFileSync(
      join(directory, file),
      text.replace(from, () => to),
    )
    const by = found(await verifierIn(directory), file)
    t.type(by, 'string', by ?? 'no case finds it')
  })
}
