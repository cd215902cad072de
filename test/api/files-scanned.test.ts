import t from 'tap'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'
import { testClamd } from '../support/clamd.ts'
import { EICAR, TEXT } from '../support/sample-files.ts'

const CAMDEN = 'LBC_CAMDEN'
const officer: Person = { org: CAMDEN, role: 'IG_OFFICER' }

t.test('where a scanner is configured, no file is used before it was found clean', async (t) => {
  const clamd = await testClamd(t)
  const desk = await agreementDesk(t, undefined, { clamd: clamd.address })
  const { service } = desk
  const authorization = await service.as({ org: CAMDEN, roles: ['IG_OFFICER'], sub: `urn:test:${CAMDEN}:IG_OFFICER` })
  const send = (payload: Buffer) =>
    service.inject({ method: 'POST', url: '/v1/files?name=x', headers: { ...authorization, 'content-type': 'text/plain' }, payload })
  const read = (path: string) => service.inject({ method: 'GET', url: `/v1/files/${path}`, headers: authorization })
  const { id } = await inForce(desk)
  const attach = (file: string) => desk.call(officer, 'POST', `/v1/agreements/${id}/evidence`, { files: [file] })
  const count = async () => {
    const owner = await service.database?.openAs('session_user', 1)
    const { rows } = (await owner?.pool.query('select count(*)::int as n from evidence_chunk')) ?? { rows: [] }
    await owner?.close()
    return rows[0]?.n
  }

  await t.test('what it finds clean is kept and used', async (t) => {
    const made = await send(TEXT)
    t.match(made.json(), { scan: 'CLEAN', scanned_at: '2026-11-22T12:00:00.000Z' })
    t.equal(clamd.seen(), TEXT.length, 'every byte went there')
    t.equal((await read(`${made.json().id}/content`)).body, TEXT.toString())
    t.equal((await attach(made.json().id)).status, 201)
  })

  await t.test('where it finds something, nothing is kept', async (t) => {
    const before = await count()
    t.match((await send(Buffer.concat([TEXT, EICAR]))).json(), { status: 422, errors: [{ code: 'INFECTED' }] })
    t.equal(await count(), before)
  })

  for (const manner of ['ERROR', 'EARLY', 'GARBAGE', 'BREAKS_OFF'] as const)
    await t.test(`where it says nothing to be relied on (${manner}), the file waits, and is used once it was scanned`, async (t) => {
      clamd.manner = manner
      const made = await send(Buffer.from(`${TEXT} ${manner}`))
      t.match([made.statusCode, made.json()], [201, { scan: 'PENDING', scanned_at: null }])
      const file = String(made.json().id)
      t.match((await read(`${file}/content`)).json(), { status: 503, code: 'NOT_READY' })
      t.match(await attach(file), { status: 503 })
      clamd.manner = 'HONEST'
      t.equal((await attach(file)).status, 201)
      t.match((await read(file)).json(), { scan: 'CLEAN', owner: { id } })
    })

  await t.test('what turns out to be infected only later is erased, and its hash stays', async (t) => {
    clamd.manner = 'ERROR'
    const file = String((await send(EICAR)).json().id)
    const before = await count()
    clamd.manner = 'HONEST'
    t.match((await read(`${file}/content`)).json(), { status: 409, code: 'ILLEGAL_STATE' })
    t.match((await read(file)).json(), { scan: 'INFECTED', erased_why: 'INFECTED', name: null, sha256: /^[0-9a-f]{64}$/ })
    t.equal(await count(), before - 1)
    t.match(await attach(file), { status: 409 })
  })

  await t.test('what was sent while there was no scanner is scanned once there is one', async (t) => {
    const file = String((await send(Buffer.from('Minute 13'))).json().id)
    const owner = await service.database?.openAs('session_user', 1)
    await owner?.pool.query("update evidence_file set scan = 'UNSCANNED', scanned_at = null where id = $1", [file])
    const before = clamd.seen()
    t.equal((await read(`${file}/content`)).body, 'Minute 13')
    t.equal(clamd.seen(), before + 'Minute 13'.length)
    t.match((await read(file)).json(), { scan: 'CLEAN', scanned_at: '2026-11-22T12:00:00.000Z' })
  })
})
