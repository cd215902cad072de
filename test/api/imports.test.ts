import t from 'tap'
import type { TestService } from '../support/service.ts'
import { testService } from '../support/service.ts'

const HEADER =
  'Ref,Name of agreement,Partner(s),Type,Purpose,Data shared,Legal basis,Direction,Method,DPIA ref,Date signed,Signed by,Start,Expiry,Review date,Retention,Status,Notes'
const line = (over: Readonly<Record<string, string>> = {}) => {
  const cells: Record<string, string> = {
    ref: 'ISA-1',
    title: 'Rough sleeping',
    partners: 'Hackney',
    type: 'ISA',
    purpose: 'Homelessness',
    data: 'Name; Address',
    basis: 'public task',
    direction: 'Out',
    method: 'Secure email',
    dpia: 'Not required',
    signed: '01/03/2025',
    by: 'A Director',
    start: '01/04/2025',
    expiry: '31/03/2030',
    review: '01/04/2027',
    retention: '6 years',
    status: 'Live',
    notes: '',
    ...over,
  }
  return Object.values(cells)
    .map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')
}
const file = (...lines: readonly string[]) => [HEADER, ...lines].join('\r\n')

async function service(t: Parameters<typeof testService>[0]) {
  const made = await testService(t)
  const officer = await made.as({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'], clientId: null })
  return { ...made, officer }
}

const upload = async (made: TestService, authorization: { readonly authorization: string }, csv: string | Buffer, headers = {}) =>
  made.inject({ method: 'POST', url: '/v1/imports', headers: { ...authorization, 'content-type': 'text/csv', ...headers }, payload: csv })
const change = (made: TestService, authorization: object, id: string, act: 'commit' | 'undo', etag?: string) =>
  made.inject({ method: 'POST', url: `/v1/imports/${id}/${act}`, headers: { ...authorization, ...(etag ? { 'if-match': etag } : {}) } })
const importedAgreements = async (made: TestService) =>
  (await made.database?.openAs('session_user'))?.pool
    .query("select id, status from agreement where origin = 'ELSEWHERE' and not sample order by id")
    .then(({ rows }) => rows)
const ask = async (made: TestService) =>
  (
    await made.inject({
      method: 'POST',
      url: '/v1/decisions/simulate',
      headers: await made.as({ org: 'LBC_CAMDEN' }),
      payload: {
        provider: 'LBC_CAMDEN',
        recipient: 'BTP',
        purpose: 'HOMELESSNESS',
        data_items: ['IDENTITY.NAME'],
        data_subjects: ['RESIDENT'],
        method: 'SECURE_EMAIL',
        country: 'GB',
        mode: 'SYSTEMATIC',
      },
    })
  ).json()

t.test('a register is read, its columns are recognised, and nothing is in the register before the commit', async (t) => {
  const made = await service(t)
  const reply = await upload(made, made.officer, `\ufeff${file(line())}`)
  t.equal(reply.statusCode, 201, reply.body)
  const body = reply.json()
  t.equal(body.status, 'READY')
  t.same(body.missing_fields, [])
  t.equal(body.columns[1].field, 'title')
  t.match(body.counts, { NEW: 1, REFUSED: 0, committed: 0 })
  t.same(body.rows[0].parties, ['LBC_CAMDEN', 'LBC_HACKNEY'])
  t.same(await importedAgreements(made), [])
})

t.test('a committed record is recorded elsewhere: it names the missing signature and permits nothing', async (t) => {
  const made = await service(t)
  t.equal((await ask(made)).primary_reason, 'NO_AGREEMENT')
  const dry = await upload(made, made.officer, file(line({ partners: 'BTP' })))
  const done = await change(made, made.officer, dry.json().id, 'commit', dry.headers['etag'] as string)
  t.equal(done.statusCode, 200, done.body)
  t.match(done.json(), { status: 'COMMITTED', counts: { committed: 1, open: 0 } })
  await made.app.services.policy.refresh()
  const answer = await ask(made)
  t.equal(answer.decision, 'DENY')
  t.ok(
    answer.reasons.some(({ code }: { code: string }) => code === 'PARTY_NOT_SIGNED'),
    JSON.stringify(answer.reasons),
  )
  t.equal(answer.agreement, done.json().rows[0].agreement)
})

t.test('importing twice changes nothing', async (t) => {
  const made = await service(t)
  const csv = file(line(), line({ ref: 'ISA-2', title: 'Other' }))
  const first = await upload(made, made.officer, csv)
  await change(made, made.officer, first.json().id, 'commit', first.headers['etag'] as string)
  const before = await importedAgreements(made)
  const again = await upload(made, made.officer, csv)
  t.match(again.json().counts, { SAME: 2, NEW: 0, CHANGED: 0 })
  const done = await change(made, made.officer, again.json().id, 'commit', again.headers['etag'] as string)
  t.match(done.json(), { status: 'COMMITTED', counts: { committed: 0 } })
  t.same(await importedAgreements(made), before)
  const repeated = await change(made, made.officer, first.json().id, 'commit', first.headers['etag'] as string)
  t.equal(repeated.statusCode, 200, 'a commit sent again answers as it did')
  t.same(await importedAgreements(made), before)
})

t.test('undo restores what was: decisions, and what the next dry run says', async (t) => {
  const made = await service(t)
  const csv = file(line({ partners: 'BTP' }))
  const before = await ask(made)
  const first = await upload(made, made.officer, csv)
  const refused = await change(made, made.officer, first.json().id, 'undo')
  t.equal(refused.statusCode, 409, 'nothing is committed yet')
  await change(made, made.officer, first.json().id, 'commit', first.headers['etag'] as string)
  const undone = await change(made, made.officer, first.json().id, 'undo')
  t.match(undone.json(), { status: 'UNDONE', counts: { committed: 0, undone: 1 } })
  await made.app.services.policy.refresh()
  const after = await ask(made)
  t.same([after.decision, after.reasons, after.agreement], [before.decision, before.reasons, before.agreement])
  t.same(
    (await importedAgreements(made))?.map(({ status }) => status),
    ['WITHDRAWN'],
  )
  t.equal((await upload(made, made.officer, csv)).json().rows[0].status, 'NEW')
  t.equal((await change(made, made.officer, first.json().id, 'commit', '*')).statusCode, 409, 'an undone import is not committed again')
})

t.test('a changed line replaces the record, and undo puts the old one back', async (t) => {
  const made = await service(t)
  const first = await upload(made, made.officer, file(line()))
  const one = (await change(made, made.officer, first.json().id, 'commit', first.headers['etag'] as string)).json().rows[0].agreement
  const second = await upload(made, made.officer, file(line({ expiry: '31/03/2031' })))
  t.match(second.json().rows[0], { status: 'CHANGED', agreement: one })
  const done = await change(made, made.officer, second.json().id, 'commit', second.headers['etag'] as string)
  const other = done.json().rows[0].agreement
  t.not(other, one)
  const standing = async () => Object.fromEntries((await importedAgreements(made))?.map(({ id, status }) => [id, status]) ?? [])
  t.same(await standing(), { [one]: 'WITHDRAWN', [other]: 'ACTIVE' })
  t.equal((await change(made, made.officer, second.json().id, 'undo')).json().status, 'UNDONE')
  t.same(await standing(), { [one]: 'ACTIVE', [other]: 'WITHDRAWN' })
  t.equal((await upload(made, made.officer, file(line()))).json().rows[0].status, 'SAME')
})

t.test('what somebody has worked on since is neither changed nor undone', async (t) => {
  const made = await service(t)
  const first = await upload(made, made.officer, file(line()))
  const { agreement } = (await change(made, made.officer, first.json().id, 'commit', first.headers['etag'] as string)).json().rows[0]
  const principal = {
    issuer: 'https://login.example',
    org: 'LBC_CAMDEN',
    roles: ['IG_OFFICER' as const],
    sub: 'urn:accord:test:officer',
    clientId: null,
  }
  await made.app.services.acts.perform(
    { principal, agreementId: agreement, idempotency: null },
    { act: 'note', event: 'agreement.noted' },
    async () => ({ detail: {}, outcome: null }),
  )
  const changed = await upload(made, made.officer, file(line({ expiry: '31/03/2031' })))
  t.match(changed.json().rows[0], { status: 'REFUSED', errors: [{ detail: /worked on here/ }] })
  const undone = await change(made, made.officer, first.json().id, 'undo')
  t.match(undone.json().counts, { undone: 0, committed: 1 })
  t.same(
    (await importedAgreements(made))?.map(({ status }) => status),
    ['ACTIVE'],
  )
})

t.test('every record has one leaf, and the history of the agreement names the import', async (t) => {
  const made = await service(t)
  const dry = await upload(made, made.officer, file(line(), line({ ref: 'ISA-2', title: 'Other' }), line({ ref: 'ISA-3', title: '' })))
  await change(made, made.officer, dry.json().id, 'commit', dry.headers['etag'] as string)
  const { rows } = (await (
    await made.database?.openAs('session_user')
  )?.pool.query("select act, detail from agreement_act where act = 'import' order by detail->>'row'")) ?? { rows: [] }
  t.same(
    rows.map(({ detail }) => [detail.import, detail.row]),
    [
      [dry.json().id, 2],
      [dry.json().id, 3],
    ],
  )
})

t.test('an unknown partner is suggested, and a person picks', async (t) => {
  const made = await service(t)
  const dry = await upload(made, made.officer, file(line({ partners: 'Metropolitan Polise' })))
  const { id, mapping, rows, open_partners } = dry.json()
  t.match(rows[0], { status: 'REFUSED', errors: [{ column: 'Partner(s)' }] })
  t.equal(open_partners[0].matches[0].org, 'MPS')
  const put = (payload: object, etag?: string) =>
    made.inject({
      method: 'PUT',
      url: `/v1/imports/${id}/mapping`,
      headers: { ...made.officer, ...(etag ? { 'if-match': etag } : {}) },
      payload,
    })
  t.equal((await put({ columns: mapping.columns, partners: {} })).statusCode, 428, 'without If-Match')
  t.equal((await put({ columns: mapping.columns, partners: {} }, '"999"')).statusCode, 412, 'with an old one')
  const unknown = await put({ columns: mapping.columns, partners: { 'Metropolitan Polise': 'NOBODY' } }, dry.headers['etag'] as string)
  t.match([unknown.statusCode, unknown.json().errors?.[0]?.pointer], [422, '/partners/Metropolitan Polise'])
  const picked = await put({ columns: mapping.columns, partners: { 'Metropolitan Polise': 'MPS' } }, dry.headers['etag'] as string)
  t.match(picked.json().rows[0], { status: 'NEW', parties: ['LBC_CAMDEN', 'MPS'] })
})

t.test('files that cannot be read are refused, each saying why', async (t) => {
  const made = await service(t)
  const cases: readonly (readonly [string, string | Buffer, number, RegExp])[] = [
    ['Windows-1252', Buffer.from(`${HEADER}\r\n1,Caf\xe9,Hackney`, 'latin1'), 422, /Line 2 is not UTF-8.*Windows-1252/],
    ['UTF-16', Buffer.from('\ufeffRef,Title', 'utf16le'), 422, /UTF-16/],
    ['a spreadsheet file', Buffer.from([0x50, 0x4b, 3, 4, 0]), 422, /spreadsheet file/],
    ['a quotation mark that never closes', 'Ref,Title\r\n1,"Open', 422, /line 2.*never closed/],
    ['an empty file', '\r\n\r\n', 422, /no line/],
    ['too many lines', `Ref,Title\n${'1,a\n'.repeat(5001)}`, 413, /5000 lines/],
    ['too many bytes', `Ref,Title\n${'a'.repeat(5 * 1024 * 1024)}`, 413, /larger than 5 MB/],
  ]
  for (const [name, csv, status, detail] of cases) {
    const reply = await upload(made, made.officer, csv)
    t.equal(reply.statusCode, status, `${name}: ${reply.body.slice(0, 200)}`)
    t.match(reply.json().detail, detail, name)
  }
  const charset = await made.inject({
    method: 'POST',
    url: '/v1/imports',
    headers: { ...made.officer, 'content-type': 'text/csv; charset=windows-1252' },
    payload: 'a,b',
  })
  t.match([charset.statusCode, charset.json().detail], [415, /windows-1252.*UTF-8/])
})

t.test('an import belongs to the organisation that sent it: a stranger, and a person without the role, get nothing', async (t) => {
  const made = await service(t)
  const { id } = (await upload(made, made.officer, file(line()))).json()
  const stranger = await made.as({ org: 'LBC_HACKNEY', roles: ['IG_OFFICER'], clientId: null })
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/commit'],
    ['POST', '/undo'],
  ] as const) {
    const reply = await made.inject({ method, url: `/v1/imports/${id}${path}`, headers: { ...stranger, 'if-match': '*' } })
    t.equal(reply.statusCode, 404, `${method} ${path}: ${reply.body}`)
  }
  const signatory = await made.as({ org: 'LBC_CAMDEN', roles: ['SIGNATORY'], clientId: null })
  t.equal((await upload(made, signatory, file(line()))).statusCode, 403)
  const auditor = await made.as({ org: 'LBC_HACKNEY', roles: ['AUDITOR'], clientId: null })
  t.equal((await made.inject({ url: `/v1/imports/${id}`, headers: auditor })).statusCode, 200, 'an auditor reads it')
  const party = await made.database?.pool.connect()
  await party?.query("select set_config('accord.reader', 'party', false), set_config('accord.org', 'LBC_HACKNEY', false)")
  for (const table of ['register_import', 'register_import_row', 'imported_record']) {
    t.equal(
      (await party?.query(`select count(*)::int as n from ${table}`))?.rows[0].n,
      0,
      `${table} shows a stranger nothing, whatever the query`,
    )
  }
  party?.release(true)
})

t.test('the same key gives the same answer, another file under it is refused', async (t) => {
  const made = await service(t)
  const key = { 'idempotency-key': 'register-1' }
  const first = await upload(made, made.officer, file(line()), key)
  const again = await upload(made, made.officer, file(line()), key)
  t.same(again.json(), first.json())
  t.equal((await upload(made, made.officer, file(line({ ref: 'other' })), key)).statusCode, 422)
})

t.test('a commit sent twice under one key is done once, and the key stands for no other import', async (t) => {
  const made = await service(t)
  const first = (await upload(made, made.officer, file(line()))).json()
  const second = (await upload(made, made.officer, file(line({ ref: 'ISA-2', title: 'Another' })))).json()
  const commit = (id: string, etag: string) =>
    made.inject({
      method: 'POST',
      url: `/v1/imports/${id}/commit`,
      headers: { ...made.officer, 'if-match': etag, 'idempotency-key': 'commit-once' },
    })
  const [one, again] = await Promise.all([commit(first.id, '*'), commit(first.id, '*')])
  t.equal(one.statusCode, 200, one.body)
  t.same(again.json(), one.json(), 'the second gets the answer of the first')
  t.equal((await importedAgreements(made))?.length, 1)
  t.equal((await commit(second.id, '*')).statusCode, 422, 'the key stands for the first import')
})

t.test('a dry run tells what an agreement here covers already', async (t) => {
  const made = await service(t)
  const dry = await upload(
    made,
    await made.as({ org: 'LBC_BRENT', roles: ['IG_OFFICER'], clientId: null }),
    file(line({ partners: 'LBC_EALING', purpose: 'SAFEGUARDING_CHILDREN' })),
  )
  t.ok(
    dry.json().rows[0].overlaps.some(({ agreement }: { agreement: string }) => agreement === 'DEMO-MASH'),
    dry.body.slice(0, 800),
  )
})

t.test('a partner that nobody knows is answered with a new body or with a group, and the record names whom that was', async (t) => {
  const made = await service(t)
  const { officer } = made
  const put = (url: string, payload: object) => made.inject({ method: 'PUT', url, headers: { ...officer, 'if-match': '*' }, payload })
  t.equal(
    (
      await put('/v1/organisation-groups/NEAR', {
        name: 'Near neighbours',
        members: [{ org: 'LBC_BRENT' }, { org: 'LBC_BARNET', to: '2020-01-01' }],
      })
    ).statusCode,
    201,
  )
  const { id } = (await upload(made, officer, file(line({ partners: 'Foxglove Refuge; The near ones' })))).json()
  const create = {
    organisation: { legal_name: 'Foxglove Refuge', type: 'CHARITY', charity_number: '9997001' },
    note: 'In the register of Camden',
  }
  const answers = [
    { field: 'partners', text: 'Foxglove Refuge', answer: { create } },
    { field: 'partners', text: 'The near ones', answer: { group: 'NEAR' } },
  ]
  const mapped = await put(`/v1/imports/${id}/mapping`, { answers })
  t.equal(mapped.statusCode, 200, mapped.body)
  const kept = mapped.json().mapping.answers
  t.match(kept, [
    { answer: { organisations: ['CHA_FOXGLOVE_REFUGE'] } },
    { answer: { organisations: ['LBC_BRENT'], group: 'NEAR', on: /^\d{4}-/ } },
  ])
  t.equal((await put(`/v1/imports/${id}/mapping`, { answers })).statusCode, 200, 'the same new body said again is proposed once')
  const unknown = await put(`/v1/imports/${id}/mapping`, {
    answers: [{ field: 'partners', text: 'The near ones', answer: { group: 'NOBODY' } }],
  })
  t.match([unknown.statusCode, unknown.json().errors[0].code], [422, 'UNKNOWN_GROUP'])
  const wrong = await put(`/v1/imports/${id}/mapping`, { answers: [{ field: 'status', text: 'Live', answer: { create } }] })
  t.equal(wrong.statusCode, 422)
  const known = { organisation: { legal_name: 'Hackney Council', type: 'LONDON_BOROUGH' } }
  const taken = await put(`/v1/imports/${id}/mapping`, { answers: [{ field: 'partners', text: 'x', answer: { create: known } }] })
  t.match([taken.statusCode, taken.json().errors[0].code], [409, 'KNOWN_NAME'], 'a body that is there is not made again')
  const committed = await change(made, officer, id, 'commit', '*')
  t.equal(committed.statusCode, 200, committed.body)
  const [record] = (await importedAgreements(made)) ?? []
  const shown = (await made.inject({ method: 'GET', url: `/v1/agreements/${record?.id}`, headers: officer })).json()
  t.same(shown.parties.map(({ org }: { org: string }) => org).toSorted(), ['CHA_FOXGLOVE_REFUGE', 'LBC_BRENT', 'LBC_CAMDEN'])
  const asked = await made.inject({
    method: 'POST',
    url: '/v1/decisions/simulate',
    headers: await made.as({ org: 'LBC_CAMDEN' }),
    payload: {
      provider: 'LBC_CAMDEN',
      recipient: 'CHA_FOXGLOVE_REFUGE',
      purpose: 'HOMELESSNESS',
      data_items: ['IDENTITY.NAME'],
      data_subjects: ['RESIDENT'],
      method: 'SECURE_EMAIL',
      country: 'GB',
      mode: 'SYSTEMATIC',
    },
  })
  t.match(asked.json(), { decision: 'DENY', reasons: [{ code: 'UNKNOWN_PARTY' }] }, 'it stands in the record and permits nothing')
})

t.test('a call that is refused for its key has proposed nobody, and columns are checked against the headers that are to be', async (t) => {
  const made = await service(t)
  const { officer } = made
  const create = (legal_name: string) => ({ organisation: { legal_name, type: 'CHARITY' } })
  const send = (url: string, method: 'POST' | 'PUT', key: string, payload: object) =>
    made.inject({ method, url, headers: { ...officer, 'if-match': '*', 'idempotency-key': key }, payload })
  const answer = (name: string) => [{ field: 'partners', text: 'x', answer: { create: create(name) } }]
  const first = await send('/v1/imports', 'POST', 'one', { csv: file(line({})), mapping: { answers: answer('First Refuge') } })
  t.equal(first.statusCode, 201, first.body)
  const other = await send('/v1/imports', 'POST', 'one', { csv: file(line({})), mapping: { answers: answer('Second Refuge') } })
  t.match([other.statusCode, other.json().code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  const known = async (q: string) =>
    (await made.inject({ method: 'GET', url: `/v1/organisations?q=${encodeURIComponent(q)}`, headers: officer })).json()
  t.match(await known('First Refuge'), { organisations: [{ code: 'CHA_FIRST_REFUGE' }] })
  t.same((await known('Second Refuge')).organisations, [])

  const late = await send('/v1/imports', 'POST', 'two', { csv: 'Our register\nOne,Two,Three\nA share,Third Refuge,x\n' })
  const mapping = { header_row: 2, columns: { title: 0, partners: 1, notes: 2 }, answers: answer('Third Refuge') }
  const mapped = await send(`/v1/imports/${late.json().id}/mapping`, 'PUT', 'three', mapping)
  t.match(mapped.json(), { header_row: 2, columns: [{ header: 'One' }, { header: 'Two' }, { header: 'Three' }] }, mapped.body)
  const wide = { ...mapping, columns: { title: 0, partners: 3 }, answers: answer('Fourth Refuge') }
  t.equal((await send(`/v1/imports/${late.json().id}/mapping`, 'PUT', 'four', wide)).statusCode, 422)
  t.same((await known('Fourth Refuge')).organisations, [], 'nobody is proposed for a reading that does not fit')
})
