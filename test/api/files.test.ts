import { createHash } from 'node:crypto'
import type { LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { agreementDesk, type Desk, inForce, type Person } from '../support/agreement-desk.ts'
import { databaseOf } from '../support/api-caller.ts'
import { eventually } from '../support/eventually.ts'
import { sendRaw } from '../support/raw-http.ts'
import { JPEG, PDF, PNG, TEXT, WINDOWS_PROGRAM } from '../support/sample-files.ts'

const [CAMDEN, HACKNEY, ISLINGTON, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET']
const MAX = 20 * 1024 * 1024
const officer = (org: string, sub?: string): Person => ({ org, role: 'IG_OFFICER', ...(sub ? { sub } : {}) })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** What a test does with files as people of a party. */
function filing(desk: Desk) {
  const { service } = desk
  const tokenOf = ({ org, role, sub = `urn:test:${org}:${role}` }: Person) => service.as({ org, roles: [role], sub })
  const send = async (
    person: Person,
    bytes: Buffer,
    {
      type = 'application/pdf',
      name = 'signed page.pdf',
      headers = {},
    }: { type?: string; name?: string; headers?: Record<string, string> } = {},
  ): Promise<LightMyRequestResponse> =>
    service.inject({
      method: 'POST',
      url: `/v1/files?name=${encodeURIComponent(name)}`,
      headers: { ...(await tokenOf(person)), 'content-type': type, ...headers },
      payload: bytes,
    })
  return {
    send,
    async sent(person: Person, bytes = PDF, over = {}): Promise<string> {
      const reply = await send(person, bytes, over)
      if (reply.statusCode !== 201) throw new Error(reply.body)
      return String(reply.json().id)
    },
    read: async (person: Person, path: string) =>
      service.inject({ method: 'GET', url: `/v1/files/${path}`, headers: await tokenOf(person) }),
    /** Rows of files and of chunks, whoever asks. */
    async rows(): Promise<{ readonly files: number; readonly chunks: number }> {
      const owner = await databaseOf(service).openAs('session_user', 1)
      const { rows } = (await owner.pool.query(
        'select (select count(*)::int from evidence_file) as files, (select count(*)::int from evidence_chunk) as chunks',
      )) as { rows: { files: number; chunks: number }[] }
      await owner.close()
      return rows[0] as { files: number; chunks: number }
    },
    /** Acts on files that the log holds: what, by whom, of which hash. */
    async leaves(): Promise<string[]> {
      const owner = await service.database?.openAs('session_user', 1)
      const found = await owner?.pool.query<{ leaf: Buffer }>(
        `select l.leaf from audit.leaf l join audit.log g using (log_id) where g.kind = 'governance' order by l.log_id, l.idx`,
      )
      await owner?.close()
      return (found?.rows ?? [])
        .map(({ leaf }) => JSON.parse(leaf.toString('utf8')) as Record<string, string>)
        .filter((leaf) => leaf['t']?.startsWith('gov.file.'))
        .map(
          (leaf) => `${leaf['t']?.slice(9)} ${leaf['org']?.split(':').at(-1)} ${leaf['st'] ?? 'Done'} ${(leaf['revh'] ?? '').slice(7, 15)}`,
        )
    },
    tokenOf,
  }
}

const short = (bytes: Buffer) => sha256(bytes).slice(0, 8)

t.test('a file is kept as it was sent, and given out to be saved', async (t) => {
  const desk = await agreementDesk(t)
  const { send, read, leaves } = filing(desk)
  const made = await send(officer(CAMDEN), PNG, { type: 'image/png', name: "Žižek's (page) 1.png" })
  t.match(made.json(), {
    ...{ org: CAMDEN, name: "Žižek's (page) 1.png", media_type: 'image/png', size: PNG.length, sha256: sha256(PNG) },
    ...{ scan: 'UNSCANNED', scanned_at: null, owner: null, attached_at: null, erased_at: null, uploaded_at: '2026-11-22T12:00:00.000Z' },
  })
  const { id } = made.json()
  t.equal(made.headers['location'], `/v1/files/${id}`)
  t.strictSame((await read(officer(CAMDEN), id)).json(), made.json())
  const got = await read(officer(CAMDEN), `${id}/content`)
  t.ok(got.rawPayload.equals(PNG))
  t.match(got.headers, {
    'content-type': 'image/png',
    'content-length': String(PNG.length),
    etag: `"${sha256(PNG)}"`,
    'content-disposition': "attachment; filename*=UTF-8''%C5%BDi%C5%BEek%27s%20%28page%29%201.png",
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  })
  t.strictSame(await leaves(), [`stored ${CAMDEN} Done ${short(PNG)}`], 'whoever reads the own file is not told of')
})

t.test('20 MB are kept, one byte more leaves nothing', async (t) => {
  const desk = await agreementDesk(t)
  const { send, read, rows } = filing(desk)
  const most = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(MAX - 9, 'a')])
  const kept = await send(officer(CAMDEN), most)
  t.match(kept.json(), { size: MAX, sha256: sha256(most) })
  t.strictSame(await rows(), { files: 1, chunks: 80 })
  t.equal(sha256((await read(officer(CAMDEN), `${kept.json().id}/content`)).rawPayload), sha256(most))
  const more = Buffer.concat([most, Buffer.from('a')])
  t.match((await send(officer(CAMDEN), more)).json(), { status: 413, code: 'PAYLOAD_TOO_LARGE' }, 'as the header says')
  // Without a length nobody knows before the last byte.
  await desk.service.app.server.listen({ port: 0 })
  const { port } = desk.service.app.server.server.address() as { port: number }
  const { authorization } = await filing(desk).tokenOf(officer(CAMDEN))
  const chunk = Buffer.concat([Buffer.from(`${more.length.toString(16)}\r\n`), more, Buffer.from('\r\n0\r\n\r\n')])
  const head = `POST /v1/files?name=x HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/pdf\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`
  const { statuses, codes } = await sendRaw(port, Buffer.concat([Buffer.from(head), chunk]))
  t.strictSame([statuses, codes], [[413], ['PAYLOAD_TOO_LARGE']])
  t.strictSame(await rows(), { files: 1, chunks: 80 })
})

t.test('a file that is not what it is said to be is refused, naming both, and leaves nothing', async (t) => {
  const desk = await agreementDesk(t)
  const { send, rows, leaves } = filing(desk)
  const lies: readonly (readonly [string, Buffer, string])[] = [
    ['application/pdf', PNG, 'image/png'],
    ['image/png', JPEG, 'image/jpeg'],
    ['application/pdf', WINDOWS_PROGRAM, 'application/x-msdownload'],
    ['text/plain', Buffer.from('<html><script>alert(1)</script>'), 'something else'],
  ]
  for (const [type, bytes, found] of lies) {
    const reply = (await send(officer(CAMDEN), bytes, { type })).json()
    t.match(reply, { status: 422, errors: [{ pointer: '/headers/content-type', code: 'MEDIA_TYPE' }] }, type)
    t.match(reply.detail, `said to be ${type}, and is ${found}`)
  }
  for (const type of [
    'text/html',
    'application/zip',
    'image/svg+xml',
    'application/x-msdownload',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
  ])
    t.match((await send(officer(CAMDEN), TEXT, { type })).json(), { status: 415 }, type)
  t.match((await send(officer(CAMDEN), Buffer.alloc(0))).json(), { status: 422, errors: [{ code: 'EMPTY' }] })
  for (const name of ['', '../x', 'a\\b', 'a\nb', 'x'.repeat(201)])
    t.match((await send(officer(CAMDEN), PDF, { name })).json(), { status: 400 }, name)
  t.strictSame(await rows(), { files: 0, chunks: 0 })
  t.strictSame(await leaves(), Array(4).fill(`stored ${CAMDEN} Refused `), 'each lie is on record')
})

t.test('a file is seen as the agreement that names it is', async (t) => {
  const desk = await agreementDesk(t)
  const { send, sent, read, leaves, rows } = filing(desk)
  const { id } = await inForce(desk)
  const attach = (person: Person, files: readonly string[], of = id) =>
    desk.call(person, 'POST', `/v1/agreements/${of}/evidence`, { files, note: 'Signed' })
  const listed = async (org: string) =>
    (await desk.call(officer(org), 'GET', `/v1/agreements/${id}/evidence`)).body.files?.map((one: { id: string }) => one.id)
  const file = await sent(officer(HACKNEY))
  for (const org of [CAMDEN, ISLINGTON, BARNET])
    for (const path of [file, `${file}/content`]) t.match((await read(officer(org), path)).json(), { status: 404 }, `${org} before`)
  t.match((await read({ org: BARNET, role: 'AUDITOR' }, file)).json(), { status: 404 }, "what no record names is its sender's alone")
  t.match(
    await attach(officer(CAMDEN), [file]),
    { status: 422, body: { errors: [{ pointer: '/files/0', code: 'UNKNOWN_FILE' }] } },
    'nobody names a file of others',
  )
  t.match(await attach(officer(BARNET), [file]), { status: 404 })
  t.match(await attach(officer(HACKNEY), [file]), {
    status: 201,
    body: {
      act: 'attach',
      files: [{ id: file, owner: { type: 'agreement', id }, attached_at: '2026-11-22T12:00:00.000Z', note: 'Signed' }],
    },
  })
  t.match(await attach(officer(HACKNEY), [file]), { status: 422, body: { errors: [{ code: 'UNKNOWN_FILE' }] } }, 'once is enough')
  for (const org of [CAMDEN, HACKNEY, ISLINGTON]) {
    t.strictSame(await listed(org), [file], org)
    t.ok((await read(officer(org), `${file}/content`)).rawPayload.equals(PDF), org)
  }
  t.ok((await read({ org: BARNET, role: 'AUDITOR' }, `${file}/content`)).rawPayload.equals(PDF), 'an auditor reads it')
  for (const path of [file, `${file}/content`]) t.match((await read(officer(BARNET), path)).json(), { status: 404 }, 'a stranger does not')
  t.strictSame(
    await leaves(),
    [`stored ${HACKNEY}`, `read ${CAMDEN}`, `read ${ISLINGTON}`, `read ${BARNET}`].map((leaf) => `${leaf} Done ${short(PDF)}`),
    'that others read it is on record',
  )
  t.match((await desk.leaves(id)).at(-1), { act: 'attach', refused: true })
  const notices = (await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', '/v1/notices?limit=200')).body.notices.filter(
    ({ kind }: { kind: string }) => kind === 'EVIDENCE_ATTACHED',
  )
  t.match(notices, [{ agreement: id, detail: { files: [{ id: file, sha256: sha256(PDF) }] } }])

  await t.test('whoever has left sees what was attached before, and nothing later', async (t) => {
    desk.at('2026-11-22T12:01:00.000Z')
    await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/withdrawals`, { reason: 'Moved' })
    desk.at('2026-11-22T12:02:00.000Z')
    const later = await sent(officer(CAMDEN), PNG, { type: 'image/png' })
    t.equal((await attach(officer(CAMDEN), [later])).status, 201)
    t.strictSame(await listed(CAMDEN), [file, later])
    t.strictSame(await listed(ISLINGTON), [file])
    t.equal((await read(officer(ISLINGTON), `${file}/content`)).statusCode, 200)
    t.equal((await read(officer(ISLINGTON), `${later}/content`)).statusCode, 404)
    t.match(await attach(officer(ISLINGTON), [await sent(officer(ISLINGTON))]), { status: 403, body: { errors: [{ code: 'PARTY' }] } })
  })

  await t.test('PostgreSQL shows a stranger no row of it, nor whoever does not say who reads', async (t) => {
    const pool = desk.service.database?.pool
    for (const org of [BARNET, ''])
      for (const table of ['evidence_file', 'evidence_chunk']) {
        const client = await pool?.connect()
        await client?.query('begin')
        if (org) await client?.query(`select set_config('accord.reader', 'party', true), set_config('accord.org', $1, true)`, [org])
        const { rows: seen } = (await client?.query(`select count(*)::int as n from ${table}`)) ?? { rows: [] }
        await client?.query('rollback')
        client?.release()
        t.strictSame(seen, [{ n: 0 }], `${org} ${table}`)
      }
    t.ok((await rows()).chunks > 0)
  })
  t.equal((await send(officer(CAMDEN), PDF, { headers: { authorization: 'Bearer x' } })).statusCode, 401)
})

t.test('an upload that breaks off or stalls leaves nothing and holds nobody up', async (t) => {
  const desk = await agreementDesk(t, undefined, { requestTimeoutSeconds: 1 })
  const { rows, tokenOf, send } = filing(desk)
  const { server } = desk.service.app
  await server.listen({ port: 0 })
  const { port } = server.server.address() as { port: number }
  const { authorization } = await tokenOf(officer(CAMDEN))
  const begun = Buffer.concat([
    Buffer.from(
      `POST /v1/files?name=x HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/pdf\r\ncontent-length: 2000000\r\n\r\n`,
    ),
    Buffer.alloc(700_000, 'a'),
  ])
  const isEmpty = () => eventually(async () => JSON.stringify(await rows()) === '{"files":0,"chunks":0}')
  await sendRaw(port, begun, { leaveAfterMs: 400, resets: true })
  t.ok(await isEmpty(), 'broken off')
  await sendRaw(port, begun, { leaveAfterMs: 400 })
  t.ok(await isEmpty(), 'left')
  const stalled = await sendRaw(port, begun, { leaveAfterMs: 8_000 })
  t.ok(stalled.isEnded && stalled.ms < 4_000, `a stalled one ends after ${Math.round(stalled.ms)} ms`)
  t.ok(await isEmpty(), 'stalled')
  // Slow, but within its time.
  const whole = Buffer.concat([begun.subarray(0, begun.indexOf('\r\n\r\n') + 4)])
  const slow = whole.toString().replace('2000000', String(PDF.length))
  const later = [...PDF].map((byte, place) => [place * 5, Buffer.from([byte])] as const)
  t.strictSame((await sendRaw(port, slow, { later, leaveAfterMs: 1_500 })).statuses, [201])
  t.equal((await send(officer(CAMDEN), PDF)).statusCode, 201, 'and every place is free again')
})

t.test('a caller sends two at a time, and everybody together as many as may be', async (t) => {
  const desk = await agreementDesk(t, undefined, { filesAtOnceMax: 3 })
  const { tokenOf, send, rows } = filing(desk)
  const { server } = desk.service.app
  await server.listen({ port: 0 })
  const { port } = server.server.address() as { port: number }
  const slow = async (person: Person) => {
    const { authorization } = await tokenOf(person)
    const head = `POST /v1/files?name=x HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/pdf\r\ncontent-length: ${PDF.length}\r\nconnection: close\r\n\r\n`
    return sendRaw(port, `${head}${PDF.subarray(0, 20)}`, { later: [[1_500, PDF.subarray(20)]], leaveAfterMs: 10_000 })
  }
  const going = [slow(officer(CAMDEN)), slow(officer(CAMDEN))]
  t.ok(await eventually(async () => (await rows()).files === 2))
  const refused = await send(officer(CAMDEN), PDF)
  t.match([refused.statusCode, refused.json().code, refused.headers['retry-after']], [503, 'OVERLOADED', /^\d+$/])
  t.equal((await send(officer(CAMDEN, 'urn:test:somebody-else'), PDF)).statusCode, 201, 'another person of it')
  going.push(slow(officer(HACKNEY)))
  t.ok(await eventually(async () => (await rows()).files === 4))
  t.equal((await send(officer(ISLINGTON), PDF)).statusCode, 503, 'everybody')
  t.strictSame(
    (await Promise.all(going)).map(({ statuses }) => statuses),
    [[201], [201], [201]],
    'those on their way arrive',
  )
  t.equal((await send(officer(CAMDEN), PDF)).statusCode, 201, 'and give their places back')
})

t.test('the same key sends a file once, and what an organisation keeps is bounded', async (t) => {
  const desk = await agreementDesk(t, undefined, { filesQuotaMebibytes: 1 })
  const { send, rows, leaves } = filing(desk)
  const headers = { 'idempotency-key': 'once' }
  const first = await send(officer(CAMDEN), PDF, { headers })
  const again = await send(officer(CAMDEN), PDF, { headers })
  t.strictSame([again.statusCode, again.json()], [201, first.json()])
  t.match((await send(officer(CAMDEN), JPEG, { headers, type: 'image/jpeg' })).json(), { status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
  t.strictSame(await rows(), { files: 1, chunks: 1 })
  const large = Buffer.concat([PDF, Buffer.alloc(700_000, 'a')])
  t.equal((await send(officer(CAMDEN), large)).statusCode, 201)
  t.match((await send(officer(CAMDEN), large)).json(), { status: 422, errors: [{ code: 'QUOTA' }] })
  t.equal((await send(officer(HACKNEY), large)).statusCode, 201, 'each organisation has its own')
  t.strictSame(
    (await leaves()).map((leaf) => leaf.split(' ').slice(0, 3).join(' ')),
    [`stored ${CAMDEN} Done`, `stored ${CAMDEN} Refused`, `stored ${CAMDEN} Done`, `stored ${CAMDEN} Refused`, `stored ${HACKNEY} Done`],
  )
})

t.test('files are erased when their time is over, and on request; their hash stays', async (t: Test) => {
  const desk = await agreementDesk(t)
  const { sent, read, rows, leaves } = filing(desk)
  const { id } = await inForce(desk)
  const { timers } = desk.service.app.services
  const attach = (files: readonly string[]) => desk.call(officer(CAMDEN), 'POST', `/v1/agreements/${id}/evidence`, { files })
  const [unnamed, named, mistaken] = [
    await sent(officer(CAMDEN)),
    await sent(officer(CAMDEN), JPEG, { type: 'image/jpeg' }),
    await sent(officer(CAMDEN), PNG, { type: 'image/png' }),
  ]
  await attach([named, mistaken])
  const erase = (person: Person, file: string) =>
    desk.call(person, 'POST', `/v1/files/${file}/erasure`, { reason: 'It shows more than was needed' })
  t.match(await erase(officer(HACKNEY), mistaken), { status: 403, body: { errors: [{ code: 'SENT' }] } })
  t.match(await erase(officer(BARNET), mistaken), { status: 404 })
  t.match(await erase({ org: CAMDEN, role: 'REQUESTER' }, mistaken), { status: 403 })
  t.match(await erase(officer(CAMDEN), mistaken), {
    status: 200,
    body: { name: null, erased_at: '2026-11-22T12:00:00.000Z', erased_why: 'ASKED_FOR', sha256: sha256(PNG), owner: { id } },
  })
  t.match((await read(officer(CAMDEN), `${mistaken}/content`)).json(), { status: 409, code: 'ILLEGAL_STATE' })
  t.match(await erase(officer(CAMDEN), mistaken), { status: 409 })
  t.strictSame(await rows(), { files: 3, chunks: 2 })

  desk.at('2026-11-23T11:59:59.000Z')
  await timers.fireDue()
  t.match((await read(officer(CAMDEN), unnamed)).json(), { erased_at: null }, 'until a day is over it can be named')
  desk.at('2026-11-23T12:00:00.000Z')
  t.match(await timers.fireDue(), { failed: 0 })
  t.match((await read(officer(CAMDEN), unnamed)).json(), { erased_why: 'NOT_NAMED', erased_at: '2026-11-23T12:00:00.000Z', name: null })
  t.match((await read(officer(CAMDEN), named)).json(), { erased_at: null })

  await desk.call({ org: CAMDEN, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/termination`, { reason: 'Over' }, { 'if-match': '*' })
  desk.at('2032-11-23T12:00:00.000Z')
  t.match(await timers.fireDue(), { failed: 0 })
  t.equal((await read(officer(CAMDEN), `${named}/content`)).statusCode, 200, 'the last day of six years is inside')
  desk.at('2032-11-24T12:00:00.000Z')
  t.match(await timers.fireDue(), { failed: 0 })
  t.match((await read(officer(CAMDEN), named)).json(), { erased_why: 'RETENTION', sha256: sha256(JPEG) })
  t.strictSame(await rows(), { files: 3, chunks: 0 })
  t.strictSame(
    (await leaves()).filter((leaf) => leaf.startsWith('erased')),
    [
      `erased ${HACKNEY} Refused ${short(PNG)}`,
      `erased ${BARNET} Refused `,
      `erased ${CAMDEN} Done ${short(PNG)}`,
      `erased ${CAMDEN} Refused ${short(PNG)}`,
      `erased ${CAMDEN} Done ${short(PDF)}`,
      `erased ${CAMDEN} Done ${short(JPEG)}`,
    ].filter((leaf) => !leaf.includes(BARNET)),
  )
})
