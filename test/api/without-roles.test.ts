import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createDatabase, dropDatabase, urlOfDatabase } from '../../src/platform/database/create-database.ts'
import { openDatabase } from '../../src/platform/database/database.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { serverUrl } from '../support/database.ts'
import { SHARE } from '../support/demo-share.ts'
import { type TestCaller, testService } from '../support/service.ts'

// A database whose administrator gave us no roles: the service owns its tables, row-level security does not apply to it, and
// what others may see is still decided, by the queries themselves.

const adminUrl = await serverUrl()
const name = `tenant_${randomUUID().slice(0, 8)}`
const admin = await openDatabase({
  url: adminUrl,
  role: 'session_user',
  applicationName: 'accord-test',
  poolMax: 1,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 10_000,
})
await admin.pool.query(`create role ${name} login createdb password 'tenant-secret'`)
const tenantUrl = Object.assign(new URL(adminUrl), { username: name, password: 'tenant-secret' }).href
await createDatabase(tenantUrl, name)
const databaseUrl = urlOfDatabase(tenantUrl, name)
await migrate({ url: databaseUrl })
t.teardown(async () => {
  await dropDatabase(adminUrl, name)
  await admin.pool.query(`drop role ${name}`)
  await admin.close()
})

const service = await testService(t, { databaseUrl })
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN', clientId: 'camden-client' }
const HACKNEY: TestCaller = { org: 'LBC_HACKNEY', roles: ['DPO'] }
const BARNET: TestCaller = { org: 'LBC_BARNET', roles: ['DPO'] }
const get = async (url: string, caller: TestCaller) => service.inject({ url, headers: await service.as(caller) })

t.test('the service runs as the owner of its tables here', async (t) => {
  t.equal(service.app.services.database.role, 'session user')
})

t.test('a stranger finds, exports, reports and replays none of the decisions of others', async (t) => {
  const reply = await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(CAMDEN), payload: SHARE })
  const { decision, decision_id: id } = reply.json()
  t.equal(decision, 'PERMIT')
  const ways = ['/v1/decisions', '/v1/decisions/export?format=adl', '/v1/decisions/export?format=cloudevents', '/v1/break-glass']
  for (const url of ways) {
    const seen = await get(url, BARNET)
    t.equal(seen.statusCode, 200, url)
    t.notMatch(seen.body, id, `${url} to a stranger`)
  }
  for (const url of [`/v1/decisions/${id}`, `/v1/decisions/${id}/replay`]) t.equal((await get(url, BARNET)).statusCode, 404, url)
  t.match((await get('/v1/decisions', HACKNEY)).json().decisions, [{ decision_id: id }], 'its party finds it')
})

t.test('a stranger sees no agreement of others', async (t) => {
  t.equal((await get('/v1/agreements/DEMO-CURL', HACKNEY)).statusCode, 200)
  t.equal((await get('/v1/agreements/DEMO-CURL', BARNET)).statusCode, 404)
  t.notMatch((await get('/v1/agreements?limit=200', BARNET)).body, /DEMO-CURL/)
  t.notMatch((await get('/v1/notices', BARNET)).body, /DEMO-CURL/)
  t.equal((await get('/v1/agreements/DEMO-CURL/history', BARNET)).statusCode, 404)
})
