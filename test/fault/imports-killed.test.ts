import t from 'tap'
import { databaseOf, personOf } from '../support/api-caller.ts'
import { eventually } from '../support/eventually.ts'
import { startNode } from '../support/nodes.ts'
import { testService, trustIn } from '../support/service.ts'

// A node is killed while a register comes in; two others go on with it at once.

const LINES = 80
const HEADER = 'Ref,Name of agreement,Partner(s),Type,Purpose,Legal basis,Direction,Date signed,Start,Expiry,Review date,Status'
const line = (n: number) =>
  `ISA-${n},Sharing ${n},Hackney,ISA,Homelessness,public task,Out,01/03/2025,01/04/2025,31/03/2030,01/04/2027,Live`
const REGISTER = `${[HEADER, ...Array.from({ length: LINES }, (_, n) => line(n))].join('\r\n')}\r\n`

t.test('no line is lost or brought in twice, although a node is killed in the middle and two others go on at once', async (t) => {
  const service = await testService(t)
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const { pool: owner } = await databaseOf(service).openAs('session_user', 2)
  const sent = await officer('POST', '/v1/imports', { body: { csv: REGISTER } })
  t.match(sent.body.counts, { NEW: LINES, REFUSED: 0 })
  const { id } = sent.body
  const inNow = async () =>
    Number(
      (await owner.query(`select count(*) as n from register_import_row where import_id = $1 and done_at is not null`, [id])).rows[0].n,
    )
  const authorization = await service.as({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] })
  const commitAt = (url: string) =>
    fetch(`${url}/v1/imports/${id}/commit`, {
      method: 'POST',
      headers: { ...authorization, 'if-match': sent.etag, 'idempotency-key': `${url} ${Date.now()}` },
    })
  const options = {
    ...{ databaseUrl: service.databaseUrl, logKeyHex: Buffer.from(service.logKey).toString('hex'), clockOffsetMs: 0 },
    trust: { ...trustIn(service.issuer), keys: service.issuer.jwks },
  }

  const killed = await startNode(t, options)
  const broken = commitAt(killed.url).then(
    () => 'answered',
    () => 'broken off',
  )
  t.ok(await eventually(async () => (await inNow()) > 5))
  process.kill(killed.pid, 'SIGKILL')
  await killed.stop()
  t.equal(await broken, 'broken off')
  const before = await inNow()
  t.ok(before < LINES, `${before} of ${LINES} lines were in when it was killed`)
  t.match((await officer('GET', `/v1/imports/${id}`)).body, { status: 'COMMITTING', counts: { committed: before, open: LINES - before } })

  const nodes = await Promise.all([startNode(t, options), startNode(t, options)])
  await Promise.all(
    nodes.map(async ({ url }) => {
      for (let isOpen = true; isOpen; ) {
        const reply = await commitAt(url)
        t.equal(reply.status, 200)
        isOpen = ((await reply.json()) as { readonly status: string }).status === 'COMMITTING'
      }
    }),
  )
  await Promise.all(nodes.map(({ stop }) => stop()))

  t.match((await officer('GET', `/v1/imports/${id}`)).body, { status: 'COMMITTED', counts: { committed: LINES, open: 0 } })
  const { rows } = await owner.query(
    `select count(*)::int as lines, count(distinct r.agreement_id)::int as records,
       (select count(*)::int from agreement a where a.origin = 'ELSEWHERE' and not a.sample) as agreements,
       (select count(*)::int from imported_record where import_id = $1) as kept,
       (select count(*)::int from agreement_act where act = 'import') as acts,
       (select count(*)::int from audit.leaf where position('gov.agreement.imported'::bytea in leaf) > 0) as leaves,
       (select count(*)::int from notification where kind = 'IMPORT_FINISHED') as told
     from register_import_row r where r.import_id = $1 and r.done_at is not null`,
    [id],
  )
  t.match(rows[0], { lines: LINES, records: LINES, agreements: LINES, kept: LINES, acts: LINES, leaves: LINES, told: 1 })
})
