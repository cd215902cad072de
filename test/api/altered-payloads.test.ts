import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { log as logCommand } from '../../src/cli/log/log.ts'
import { replay } from '../../src/cli/replay.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { decisionLeaves, ownerPool } from '../support/leaves.ts'
import { type TestCaller, testService } from '../support/service.ts'

// Words put in place of the recorded ones, by whoever can write to every table, are never served as what was asked and answered.

const lines: string[] = []
const service = await testService(t, { config: { logLevel: 'error' }, logStream: { write: (line) => void lines.push(line) } })
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN' }
const HACKNEY: TestCaller = { org: 'LBC_HACKNEY', roles: ['IG_OFFICER'] }
const BARNET: TestCaller = { org: 'LBC_BARNET' }
const AUDITOR: TestCaller = { org: 'LBC_BARNET', roles: ['AUDITOR'] }
const ask = async (body: object, caller = CAMDEN) =>
  (await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(caller), payload: body })).json()
const get = async (url: string, caller: TestCaller = AUDITOR) => service.inject({ method: 'GET', url, headers: await service.as(caller) })
const altered = async () => /^accord_log_altered_payloads (\d+)$/m.exec((await get('/metrics')).body)?.[1]
const alerts = (id: string) => lines.filter((line) => line.includes('ALTERED_PAYLOAD') && line.includes(id)).length

/** Gives an entry the salt and the body of another one. */
async function alter(id: string, asIn: string): Promise<void> {
  await (await ownerPool(service)).query(`set session_replication_role = replica;
    update audit.payload p set salt = o.salt, body = o.body from audit.payload o where p.event_id = '${id}' and o.event_id = '${asIn}';
    set session_replication_role = origin`)
}

/** Does something while nothing is copied for the search, which the service does every second of itself. */
async function beforeAnySearch(work: () => Promise<void>): Promise<void> {
  const holder = await (await ownerPool(service)).connect()
  await holder.query('begin; select from decision_search_progress for update')
  try {
    await work()
  } finally {
    await holder.query('commit')
    holder.release()
  }
}

const permit = await ask(SHARE)
const stranger = await ask(SHARE, BARNET)
const denied = await ask(DENIED_SHARE)
const unseen = await ask(DENIED_SHARE)
await get('/v1/decisions')
await alter(denied.decision_id, permit.decision_id)

t.test('the record of a refusal with the words of a permit says that they are not the recorded ones, and shows none', async (t) => {
  t.equal(await altered(), '0')
  for (const who of [CAMDEN, HACKNEY, AUDITOR]) {
    const reply = await get(`/v1/decisions/${denied.decision_id}?wait=checkpoint`, who)
    t.match(reply.json(), { record: { payload: null, salt: null, payload_is_altered: true }, proof: /^c2sp/ }, who.org)
  }
  t.match((await get(`/v1/decisions/${permit.decision_id}`)).json(), { record: { payload: /PERMIT/, payload_is_altered: false } })
  t.equal(await altered(), '1')
  t.equal(alerts(denied.decision_id), 1, 'the operator is told once, with the id')
})

t.test('replay, search, both exports and the reports serve none of it', async (t) => {
  const refused = await get(`/v1/decisions/${denied.decision_id}/replay`, CAMDEN)
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), { detail: /not what was recorded/ })
  const row = (await get('/v1/decisions', HACKNEY))
    .json()
    .decisions.find((one: { decision_id: string }) => one.decision_id === denied.decision_id)
  t.match(row, { outcome: 'DENY', reasons: ['DATA_NOT_COVERED'] })
  for (const format of ['adl', 'cloudevents']) {
    const line = (await get(`/v1/decisions/export?format=${format}`)).body.split('\n').find((one) => one.includes(denied.decision_id)) ?? ''
    t.match(line, /payload_altered":true/, format)
    t.notMatch(line, /PERMIT|LBC_HACKNEY/, format)
  }
  t.equal(alerts(denied.decision_id), 1)
})

t.test('whoever is named in words put in afterwards learns nothing by it', async (t) => {
  await alter(unseen.decision_id, stranger.decision_id)
  t.equal((await get(`/v1/decisions/${unseen.decision_id}`, BARNET)).statusCode, 404)
  t.equal((await get(`/v1/decisions/${unseen.decision_id}/replay`, BARNET)).statusCode, 404)
})

let fresh = { decision_id: '' }
t.test('altered before any search has seen it, a decision is found by its leaf alone', async (t) => {
  await beforeAnySearch(async () => {
    fresh = await ask(DENIED_SHARE)
    await alter(fresh.decision_id, stranger.decision_id)
  })
  const found = async (who: TestCaller) =>
    (await get('/v1/decisions', who)).json().decisions.find((one: { decision_id: string }) => one.decision_id === fresh.decision_id)
  t.match(await found(AUDITOR), { outcome: 'DENY', provider: null, caller_org: null })
  t.equal(await found(BARNET), undefined)
})

t.test('the monitor finds those that nobody has read, with rights that reach no payload, and a healthy log stays in service', async (t) => {
  const { monitor } = service.app.services.log
  t.equal(alerts(fresh.decision_id), 0, 'nobody has read it')
  t.strictSame((await monitor.pass()).findings, [], 'the log itself is whole')
  t.equal(await altered(), '3')
  t.equal(alerts(fresh.decision_id), 1)
  t.equal((await get('/health/ready')).statusCode, 200)
  const reader = await service.database?.openAs('audit_reader')
  await t.rejects(async () => void (await reader?.pool.query('select body from audit.payload')), /permission denied/)
})

t.test('an erased payload is not an altered one', async (t) => {
  const gone = await ask(SHARE)
  await (await ownerPool(service)).query('select audit.erase_payload($1::uuid[])', [[gone.decision_id]])
  t.match((await get(`/v1/decisions/${gone.decision_id}`)).json(), { record: { payload: null, payload_is_altered: false } })
  await service.app.services.log.monitor.pass()
  t.equal(await altered(), '3')
})

t.test('the commands name them and end with 1: fsck by entry, replay by decision, without ending the run', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-altered-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const out: string[] = []
  const io = { env: { DATABASE_URL: service.databaseUrl, ACCORD_VAR: folder }, out: (line: string) => void out.push(line), err: () => {} }
  t.equal(await logCommand(['fsck'], io), 1)
  t.match(
    out.join('\n'),
    new RegExp(`FAIL decisions-\\d+: payloads: ALTERED_PAYLOAD: the payload of entry \\d+ \\(${denied.decision_id}\\)`),
  )
  t.match(out.join('\n'), /ok {3}governance-\d+: payloads/)
  out.length = 0
  t.equal(await replay(['--since', '2020-01-01T00:00:00Z'], io), 1)
  t.match(out.join('\n'), new RegExp(`MISMATCH ${denied.decision_id} revision \\d+: What is stored as payload is not what was recorded.`))
  t.match(out.at(-1), /^5 replayed, 3 mismatches$/)
})

t.test('whoever has leaf, payload and salt can check them without us', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-payload-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { record, proof } = (await get(`/v1/decisions/${permit.decision_id}?wait=checkpoint`)).json()
  const [name] = service.app.services.audit.logs
  const vkey = (await get(`/log/${name?.name}/vkey`)).body
  for (const [file, text] of Object.entries({ leaf: record.leaf, payload: record.payload, salt: record.salt, proof, vkey }))
    writeFileSync(join(folder, file), text)
  const out: string[] = []
  const io = { env: {}, out: (line: string) => void out.push(line), err: () => {} }
  const verify = () =>
    logCommand(['verify', ...['proof', 'leaf', 'vkey', 'payload', 'salt'].flatMap((file) => [`--${file}`, join(folder, file)])], io)
  t.equal(await verify(), 0)
  t.match(out.join('\n'), /ok {3}payload: the payload is the one the leaf commits to/)
  writeFileSync(join(folder, 'payload'), record.payload.replace('PERMIT', 'DENY'))
  t.equal(await verify(), 1)
  t.equal((await decisionLeaves(service)).length, 6)
})
