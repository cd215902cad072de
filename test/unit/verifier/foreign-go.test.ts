import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { exportOf, flipped, type GeneratedLog, generateLog, greased } from './generated-log.ts'

const source = fileURLToPath(new URL('../../support/go-verifier/main.go', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'accord-go-'))
t.teardown(() => rmSync(root, { recursive: true }))

/** Builds with what the machine has, offline. Answers why not, when it has not. */
function buildVerifier(): string | undefined {
  if (spawnSync('go', ['version']).status !== 0) return 'go is not installed'
  const built = spawnSync('go', ['build', '-o', join(root, 'go-verifier'), source], {
    env: { ...process.env, GO111MODULE: 'off', GOPATH: `${process.env['GOPATH'] ?? join(root, 'gopath')}:/usr/share/gocode`, GOFLAGS: '' },
    encoding: 'utf8',
  })
  return built.status === 0
    ? undefined
    : `the Go program does not build here, is golang.org/x/mod missing? (${built.stderr.split('\n').find((line) => line.includes('.go')) ?? 'go build failed'})`
}

const missing = buildVerifier()
const skip =
  missing === undefined
    ? false
    : `NOT CHECKED WITH GO: ${missing}. No foreign code has checked consistency proofs and hash tiles. apt-get install golang-go golang-golang-x-mod-dev`
if (skip) console.error(`\n*** ${skip} ***\n`)

function write(log: GeneratedLog, directory: string): string {
  for (const [path, bytes] of exportOf(log)) {
    mkdirSync(dirname(join(root, directory, path)), { recursive: true })
    writeFileSync(join(root, directory, path), bytes)
  }
  return join(root, directory, log.name)
}

function askGo(...logs: object[]): { passed: number; failed: string[] } {
  return JSON.parse(execFileSync(join(root, 'go-verifier'), { input: JSON.stringify({ Logs: logs }), encoding: 'utf8' }))
}

const base64 = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('base64'))
const inclusion = (log: GeneratedLog, Index: number, Size: number) => ({ Index, Size, Proof: base64(log.inclusionProof(Index, Size)) })
const consistency = (log: GeneratedLog, Old: number, Size: number) => ({ Old, Size, Proof: base64(log.consistencyProof(Old, Size)) })

t.test('Go makes the same proofs, accepts ours, and finds every entry and tile as signed', { skip }, async (t) => {
  const requests: object[] = []
  let expected = 0
  for (const size of [1, 2, 255, 256, 257, 1000]) {
    const log = generateLog('decisions-2026', size)
    const step = Math.max(1, Math.floor(size / 120))
    const indices = Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step)
    const Inclusion = indices.map((i) => inclusion(log, i, size))
    const Consistency = indices.map((i) => consistency(log, i + 1, size))
    const Notes = indices.filter((_, i) => i % 10 === 0).map((i) => log.checkpointAt(i + 1))
    requests.push({ Dir: write(log, `go-${size}`), Vkey: log.vkey, Inclusion, Consistency, Notes })
    expected += 3 + Notes.length * 2 + Inclusion.length * 2 + Consistency.length * 2
  }
  t.strictSame(askGo(...requests), { passed: expected, failed: [] })
})

t.test('Go accepts notes that carry signatures of keys it does not know', { skip }, async (t) => {
  const log = generateLog('decisions-2026', 300)
  log.files.set(`${log.name}/checkpoint`, Buffer.from(greased(log.checkpointAt(300))))
  const Notes = [1, 256, 300].map((size) => greased(log.checkpointAt(size)))
  const answer = askGo({ Dir: write(log, 'go-grease'), Vkey: log.vkey, Inclusion: [], Consistency: [], Notes })
  t.strictSame(answer, { passed: 3 + Notes.length * 2, failed: [] })
})

t.test('Go finds an export of 70,000 entries as signed', { skip }, async (t) => {
  const log = generateLog('decisions-2026', 70_000)
  const Inclusion = [0, 255, 256, 65_535, 65_536, 69_999].map((i) => inclusion(log, i, 70_000))
  const Consistency = [1, 256, 257, 65_536, 65_537, 69_999, 70_000].map((m) => consistency(log, m, 70_000))
  const answer = askGo({ Dir: write(log, 'go-70000'), Vkey: log.vkey, Inclusion, Consistency, Notes: [log.checkpointAt(65_537)] })
  t.strictSame(answer, { passed: 3 + 2 + 12 + 14, failed: [] })
})

t.test('Go refuses what is damaged, so its assent means something', { skip }, async (t) => {
  const log = generateLog('decisions-2026', 300)
  const [other] = [generateLog('decisions-2026', 300)]
  const Dir = write(log, 'go-damaged')
  const refused = (request: object) => askGo({ Dir, Vkey: log.vkey, ...request }).failed
  const good = inclusion(log, 7, 300)
  const damaged = { ...good, Proof: base64(log.inclusionProof(7, 300).map((hash, i) => (i === 2 ? flipped(hash, 0) : hash))) }
  t.match(refused({ Inclusion: [damaged] }), [/leaf 7 of 300, made by Go: hash 2/])
  t.match(refused({ Consistency: [{ ...consistency(log, 100, 300), Old: 101 }] }), [/from 101 to 300/])
  t.match(refused({ Vkey: other.vkey }), [/checkpoint/])
  t.match(refused({ Notes: [other.checkpointAt(100)] }), [/further checkpoint/])
  writeFileSync(join(Dir, 'tile/entries/001.p/44'), flipped(log.files.get('decisions-2026/tile/entries/001.p/44') ?? Buffer.alloc(0), 9))
  t.match(refused({}), [/entry 256 is not what the tree holds/])
  writeFileSync(join(Dir, 'tile/0/000'), flipped(log.files.get('decisions-2026/tile/0/000') ?? Buffer.alloc(0), 9))
  t.ok(refused({}).length > 0)
})
