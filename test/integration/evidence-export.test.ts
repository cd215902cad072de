import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { evidence } from '../../src/cli/evidence.ts'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import { ownerPool } from '../support/leaves.ts'
import { PDF, PNG } from '../support/sample-files.ts'

// Whoever runs the service takes the evidence of the register out as files, and everybody can check them.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const desk = await agreementDesk(t)
const { service } = desk
const owner = await ownerPool(service)
const folder = mkdtempSync(join(tmpdir(), 'accord-evidence-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const officer = (org: string): Person => ({ org, role: 'IG_OFFICER' })

async function sent(org: string, bytes: Buffer, type: string, name: string): Promise<string> {
  const headers = { ...(await service.as({ org, roles: ['IG_OFFICER'] })), 'content-type': type }
  const reply = await service.inject({ method: 'POST', url: `/v1/files?name=${encodeURIComponent(name)}`, headers, payload: bytes })
  if (reply.statusCode !== 201) throw new Error(reply.body)
  return reply.json().id
}
const attach = (org: string, agreement: string, files: string[], note: string) =>
  desk.call(officer(org), 'POST', `/v1/agreements/${agreement}/evidence`, { files, note }, { 'if-match': '*' })

let taken = 0
async function exported(directory = join(folder, `export-${++taken}`)) {
  const [out, err]: [string[], string[]] = [[], []]
  const env = { DATABASE_URL: service.databaseUrl, ACCORD_VAR: join(folder, 'var') }
  const io = { env, out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  return { directory, code: await evidence(['export', directory], io), out, err }
}
const manifestIn = (directory: string) => JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))
const sums = (directory: string) => execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: directory, encoding: 'utf8' })

const { id } = await desk.draft({ orgs: [CAMDEN, HACKNEY] })
const scan = await sent(CAMDEN, PDF, 'application/pdf', '..signed page.pdf')
const minute = await sent(CAMDEN, PNG, 'image/png', 'minute.png')
const unnamed = await sent(HACKNEY, PDF, 'application/pdf', 'not named yet.pdf')
t.equal((await attach(CAMDEN, id, [scan, minute], 'The signed page')).status, 201)

t.test('each file lies by its record, with its name, type and hash in the manifest, and anybody can check them', async (t) => {
  const { directory, code, out } = await exported()
  t.equal(code, 0)
  t.same(out, ['2 files exported, 0 not as they were sent'])
  t.match(manifestIn(directory).files, [
    {
      ...{ id: scan, path: `agreement/${id}/${scan}`, intact: true, name: '..signed page.pdf', media_type: 'application/pdf' },
      ...{ record: { type: 'agreement', id }, org: CAMDEN, size: PDF.length, note: 'The signed page', scan: 'UNSCANNED' },
    },
    { id: minute, name: 'minute.png', media_type: 'image/png' },
  ])
  t.ok(readFileSync(join(directory, 'agreement', id, scan)).equals(PDF))
  t.equal(sums(directory), '')
  t.same(readdirSync(join(directory, 'agreement', id)).toSorted(), [scan, minute].toSorted(), 'what no record names is not there')
  t.notOk(readdirSync(join(directory, 'agreement', id)).includes(unnamed))
  t.equal(statSync(join(directory, 'agreement', id, scan)).mode & 0o077, 0, 'and nobody else on the machine reads them')
  writeFileSync(join(directory, 'agreement', id, scan), 'changed')
  t.throws(() => sums(directory), 'a file that was changed since does not fit')
})

t.test('that it was taken out stands in the log of acts', async (t) => {
  const { rows } = await owner.query(
    `select convert_from(leaf, 'UTF8')::json ->> 'act' as act from audit.leaf where convert_from(leaf, 'UTF8') like '%"gov.file.exported"%'`,
  )
  t.same(rows, [{ act: 'export' }])
})

t.test('a folder in which something lies is left alone, and so is a call that is not understood', async (t) => {
  const { directory } = await exported()
  const before = readdirSync(directory).toSorted()
  const again = await exported(directory)
  t.match(again, { code: 2, err: [/is not empty/] })
  t.same(readdirSync(directory).toSorted(), before)
  for (const args of [[], ['export'], ['import', 'x'], ['export', '--all'], ['export', 'x', 'y']])
    t.equal(await evidence(args, { env: {}, out: () => {}, err: () => {} }), 2, args.join(' '))
})

t.test('a file that was erased is not taken out', async (t) => {
  const gone = await sent(CAMDEN, PNG, 'image/png', 'wrong scan.png')
  t.equal((await attach(CAMDEN, id, [gone], 'By mistake')).status, 201)
  const erased = await desk.call(officer(CAMDEN), 'POST', `/v1/files/${gone}/erasure`, { reason: 'Wrong scan' }, { 'if-match': '*' })
  t.equal(erased.status, 200, erased.text)
  const { directory, out } = await exported()
  t.same(out, ['2 files exported, 0 not as they were sent'])
  t.notMatch(readFileSync(join(directory, 'manifest.json'), 'utf8'), gone)
})

t.test('bytes that are not those that were sent, or are gone, are named, and the others are taken out all the same', async (t) => {
  await owner.query(`update evidence_chunk set bytes = 'other' where file_id = $1`, [scan])
  const changed = await exported()
  t.equal(changed.code, 1)
  t.match(changed.out, [
    new RegExp(`^FAIL agreement/${id}/${scan}: file ${scan} ends after 5`),
    '2 files exported, 1 not as they were sent',
  ])
  const other = Buffer.from(PDF)
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
  await owner.query('update evidence_chunk set bytes = $2 where file_id = $1', [scan, other])
  const one = await exported()
  t.match(one, { code: 1, out: [/^FAIL .*: its hash is [0-9a-f]{64} and not [0-9a-f]{64}$/, '2 files exported, 1 not as they were sent'] })
  t.match(
    manifestIn(one.directory).files.map(({ intact }: { intact: boolean }) => intact),
    [false, true],
  )
  t.throws(() => sums(one.directory), 'and the sums say so too')
})
