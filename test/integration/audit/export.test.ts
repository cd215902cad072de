import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseVkey } from '../../../src/audit/format/signed-note.ts'
import { logReading } from '../../../src/audit/reading/log-reading.service.ts'
import { witnessClient } from '../../../src/audit/tree/witness-client.service.ts'
import { log as logCommand } from '../../../src/cli/log/log.ts'
import { startWitness } from '../../../src/cli/log/witness.ts'
import { openWitnessKey } from '../../../src/cli/log/witness-files.ts'
import { eventually } from '../../support/eventually.ts'
import { ownLog } from '../../support/own-log.ts'

const root = mkdtempSync(join(tmpdir(), 'accord-export-'))
t.teardown(() => rmSync(root, { recursive: true }))
const own = await ownLog(t)
const lines: string[] = []
const run = (...args: string[]) => {
  lines.length = 0
  const env = { DATABASE_URL: own.database.url, ACCORD_VAR: join(root, 'var') }
  return logCommand(args, { env, out: (line) => void lines.push(line), err: () => {} })
}
const [first = '', ...others] = await own.record(600)
await own.audit.keeper.round()
const name = own.audit.logs[0]?.name ?? ''
const folder = join(root, 'export')
const keys = join(root, 'keys')
writeFileSync(keys, own.audit.logs.map(({ vkey }) => `${vkey}\n`).join(''))

t.test('an export of the database holds against its keys, and against an older checkpoint', async (t) => {
  t.equal(await run('export', folder), 0)
  writeFileSync(join(root, 'old'), readFileSync(join(folder, name, 'checkpoint')))
  await own.record(300)
  await own.audit.keeper.round()
  t.equal(await run('export', folder), 0, 'into the same folder: what was there stays true')
  t.equal(await run('verify', folder, '--vkey', keys, '--old', join(root, 'old')), 0, lines.join('\n'))
  t.match(lines.at(-1), /^\d+ checks passed, 0 failed$/)
  t.equal(others.length, 599)
})

t.test('the export itself is an entry of the log of acts', async (t) => {
  const { rows } = await own.root.query(
    `select convert_from(leaf, 'UTF8')::json as leaf from audit.leaf where convert_from(leaf, 'UTF8') like '%"what":"EXPORT"%' order by idx`,
  )
  t.equal(rows.length, 4)
  t.match(rows[0], { leaf: { t: 'audit.read', n: 601, first: 0 } })
})

t.test('a damaged export is refused with the place, and exit 1', async (t) => {
  const file = join(folder, name, 'tile/entries/001')
  const good = readFileSync(file)
  const bad = Buffer.from(good)
  bad[40] = (bad[40] ?? 0) ^ 1
  writeFileSync(file, bad)
  t.equal(await run('verify', folder, '--vkey', keys), 1)
  t.match(lines.join('\n'), /FAIL .*index 256/)
  writeFileSync(file, good)
  t.equal(await run('verify', folder), 2, 'without a key of your own nothing is shown')
})

t.test('an export brings the newest checkpoint that a witness cosigned, and is held against the key of the witness', async (t) => {
  const key = openWitnessKey(join(root, 'witness'), 'hackney.example/witness')
  const server = await startWitness({
    key,
    stateFile: join(root, 'witness.json'),
    originVkeys: readFileSync(keys, 'utf8'),
    port: 0,
    host: '127.0.0.1',
  })
  t.teardown(() => server.close().closeAllConnections())
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const client = witnessClient({
    url: own.database.url,
    role: 'audit_integrator',
    witnesses: [{ url, vkey: key.vkey }],
    keeper: own.audit.keeper,
    now: () => new Date().toISOString(),
  })
  t.teardown(client.close)
  const witnessKeys = join(root, 'witness-keys')
  writeFileSync(witnessKeys, `${key.vkey}\n`)
  t.equal(await run('verify', folder, '--vkey', keys, '--witness-vkey', witnessKeys), 1, 'nobody has cosigned yet')
  await client.round()
  await own.record(10)
  await own.audit.keeper.round()
  t.equal(await run('export', folder), 0)
  t.equal(await run('verify', folder, '--vkey', keys, '--witness-vkey', witnessKeys, '--quorum', '1'), 0, lines.join('\n'))
  t.match(lines.join('\n'), /: cosignatures: hackney.example\/witness at \d+ s since 1970/)
  writeFileSync(witnessKeys, `${openWitnessKey(join(root, 'other'), 'hackney.example/witness').vkey}\n`)
  t.equal(await run('verify', folder, '--vkey', keys, '--witness-vkey', witnessKeys), 1, 'by nobody of that name but with another key')
  t.equal(await run('verify', folder, '--vkey', keys, '--quorum', '1'), 2)
})

t.test('fsck and verify hold each log against the checkpoint that the next one names', async (t) => {
  let at = new Date('2026-12-31T23:00:00Z')
  const years = await ownLog(t, { clock: () => at })
  await years.record(300)
  at = new Date('2027-01-01T00:00:01Z')
  t.ok(await eventually(() => years.audit.logs.every(({ name }) => name.endsWith('2027'))))
  await years.record(1)
  await years.audit.keeper.round()
  const said: string[] = []
  const runYears = (...args: string[]) => {
    said.length = 0
    const env = { DATABASE_URL: years.database.url, ACCORD_VAR: join(root, 'years') }
    return logCommand(args, { env, out: (line) => void said.push(line), err: () => {} })
  }
  t.equal(await runYears('fsck'), 0, said.join('\n'))
  t.match(said.join('\n'), /ok {3}decisions-2027: continues the log before: decisions-2026 at 302 leaves/)
  const { rows } = await years.root.query('select vkey from audit.log')
  writeFileSync(join(root, 'years-keys'), rows.map(({ vkey }) => `${vkey}\n`).join(''))
  t.equal(await runYears('export', join(root, 'years-export')), 0)
  t.equal(await runYears('verify', join(root, 'years-export'), '--vkey', join(root, 'years-keys')), 0, said.join('\n'))
  t.match(said.join('\n'), /ok {3}decisions-2027: continues the log before/)
})

t.test('one decision is proven with three files', async (t) => {
  const reading = logReading({ sql: (await own.database.openAs('audit_reader')).pool, keeper: own.audit.keeper })
  const entry = await reading.entry(first)
  writeFileSync(join(root, 'leaf'), entry?.leaf ?? '')
  writeFileSync(join(root, 'proof'), (await reading.proof(entry?.log.logId ?? 0, entry?.index ?? 0, 0)) ?? '')
  t.equal(await run('verify', '--proof', join(root, 'proof'), '--leaf', join(root, 'leaf'), '--vkey', keys), 0)
  t.equal(lines.at(-1), '3 checks passed, 0 failed')
  writeFileSync(join(root, 'leaf'), `${entry?.leaf} `)
  t.equal(await run('verify', '--proof', join(root, 'proof'), '--leaf', join(root, 'leaf'), '--vkey', keys), 1)
})

t.test('sigstore, code of other people, accepts every proof the service gives', async (t) => {
  const require = createRequire(import.meta.url)
  const { verifyCheckpoint } = require('@sigstore/verify/dist/tlog/checkpoint.js')
  const { verifyMerkleInclusion } = require('@sigstore/verify/dist/tlog/merkle.js')
  const reading = logReading({ sql: (await own.database.openAs('audit_reader')).pool, keeper: own.audit.keeper })
  const verifier = parseVkey(own.audit.logs[0]?.vkey ?? '')
  const logID = Buffer.alloc(32)
  logID.writeUInt32BE(verifier.keyId)
  const check = async (id: string, change = '') => {
    const found = await reading.entry(id)
    const [head = '', ...note] = ((await reading.proof(found?.log.logId ?? 0, found?.index ?? 0, 0)) ?? '').split('\n\n')
    const hashes = head
      .split('\n')
      .slice(2)
      .map((line) => Buffer.from(line, 'base64'))
    const inclusionProof = { logIndex: String(found?.index), hashes, checkpoint: { envelope: note.join('\n\n') } }
    const entry = { canonicalizedBody: Buffer.concat([found?.leaf ?? Buffer.alloc(0), Buffer.from(change)]), inclusionProof }
    const trust = [{ logID, baseURL: `https://${verifier.name}`, publicKey: verifier.publicKey }]
    verifyMerkleInclusion(entry, verifyCheckpoint(entry, trust))
  }
  for (const id of others.slice(0, 50)) await t.resolves(check(id))
  await t.rejects(check(first, ' '), /does not match/)
})

const binary = join(root, 'go-verifier')
const built = spawnSync('go', ['build', '-o', binary, fileURLToPath(new URL('../../support/go-verifier/main.go', import.meta.url))], {
  env: {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: `${join(root, 'gopath')}:/usr/share/gocode`,
    GOFLAGS: '',
    GOCACHE: join(tmpdir(), 'accord-go-cache'),
  },
})
const skip = built.status === 0 ? false : 'NOT CHECKED WITH GO: apt-get install golang-go golang-golang-x-mod-dev'

t.test('Go, code of other people, finds both logs as signed', { skip }, async (t) => {
  const Logs = own.audit.logs.map((log) => ({
    Dir: join(folder, log.name),
    Vkey: log.vkey,
    Inclusion: [],
    Consistency: [],
    Notes: [readFileSync(join(folder, log.name, 'checkpoint'), 'utf8')],
  }))
  const answer = JSON.parse(execFileSync(binary, { input: JSON.stringify({ Logs }), encoding: 'utf8' })) as {
    passed: number
    failed: string[]
  }
  t.same(answer.failed, [])
  t.ok(answer.passed >= 6)
})
