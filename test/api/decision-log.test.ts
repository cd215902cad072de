import { parse } from 'csv-parse/sync'
import t from 'tap'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { ownerPool } from '../support/leaves.ts'
import { type TestCaller, testService } from '../support/service.ts'

// The decision log: found again by whoever it is about, in the forms that others read, and by nobody else.

const service = await testService(t)
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN', clientId: 'camden-client' }
const HACKNEY: TestCaller = { org: 'LBC_HACKNEY', roles: ['IG_OFFICER'] }
const BARNET: TestCaller = { org: 'LBC_BARNET', roles: ['DPO'] }
const AUDITOR: TestCaller = { org: 'LBC_BARNET', roles: ['AUDITOR'] }
const DUTY: TestCaller = { org: 'LBC_CAMDEN', roles: ['DUTY_MANAGER'], sub: 'urn:person:duty' }

type Row = Readonly<Record<string, unknown>>
const post = async (url: string, payload: unknown, caller: TestCaller, headers = {}) =>
  service.inject({ method: 'POST', url, headers: { ...headers, ...(await service.as(caller)) }, payload: payload as object })
const get = async (url: string, caller: TestCaller, accept = 'application/json') =>
  service.inject({ method: 'GET', url, headers: { ...(await service.as(caller)), accept } })
const search = async (query: string, caller: TestCaller): Promise<Row[]> => (await get(`/v1/decisions${query}`, caller)).json().decisions
const idsOf = (rows: readonly Row[]) => rows.map((row) => row['decision_id'])

const permit = (await post('/v1/decisions', SHARE, CAMDEN)).json()
const SPAN = '00f067aa0ba902b7'
const deny = (await post('/v1/decisions', DENIED_SHARE, HACKNEY, { traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${SPAN}-00` })).json()
const simulated = (await post('/v1/decisions/simulate', SHARE, CAMDEN)).json()
const stranger = (await post('/v1/decisions', SHARE, BARNET)).json()
await post('/v1/decisions', { nonsense: true }, CAMDEN)
const EMERGENCY = {
  ...SHARE,
  purpose: 'SAFEGUARDING_CHILDREN',
  data_items: ['IDENTITY.NAME', 'CONTACT.ADDRESS'],
  mode: 'EMERGENCY',
  lawful_basis: '6(1)(d)',
  emergency: { ground: 'PREVENT_SERIOUS_HARM', justification: 'A child is in danger tonight and must be found at once.' },
}
const broken = (await post('/v1/decisions', EMERGENCY, DUTY)).json()

t.test('what was just answered is found at once, newest first, by both parties', async (t) => {
  t.strictSame(
    idsOf(await search('', HACKNEY)),
    [broken, stranger, simulated, deny, permit].map(({ decision_id }) => decision_id),
  )
  const [row] = await search('?outcome=PERMIT&simulated=false&mode=SYSTEMATIC', HACKNEY)
  t.match(row, {
    decision_id: permit.decision_id,
    provider: 'LBC_CAMDEN',
    recipient: 'LBC_HACKNEY',
    agreement: 'DEMO-CURL',
    caller_client: 'camden-client',
    reasons: [],
    policy_revision: permit.policy_revision,
  })
})

t.test('each filter narrows to what it says', async (t) => {
  const found = async (query: string) => idsOf(await search(query, AUDITOR))
  t.strictSame(await found('?reason=DATA_NOT_COVERED'), [deny.decision_id])
  t.strictSame(await found('?simulated=true'), [simulated.decision_id])
  t.strictSame(await found('?mode=EMERGENCY'), [broken.decision_id])
  t.strictSame(await found('?caller=LBC_BARNET'), [stranger.decision_id])
  t.strictSame(await found('?client=camden-client&simulated=false&outcome=PERMIT'), [permit.decision_id])
  t.strictSame(await found('?agreement=DEMO-CURL&outcome=DENY'), [deny.decision_id])
  t.equal((await found('?party=LBC_HACKNEY')).length, 5)
  t.equal((await found('?provider=LBC_HACKNEY')).length, 0)
  t.equal((await found('?outcome=ERROR')).length, 1)
  t.equal((await found(`?to=${permit.evaluated_at}`)).length, 0)
  t.equal((await found(`?from=${permit.evaluated_at}`)).length, 6)
  t.equal((await get('/v1/decisions?colour=red', AUDITOR)).statusCode, 400, 'an unknown filter is refused, not ignored')
})

t.test('pages joined are the whole, and the last one says so', async (t) => {
  const all = idsOf(await search('', HACKNEY))
  const joined: unknown[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < 10; pages++) {
    const page: { decisions: Row[]; next: string | null; unsearched: number } = (
      await get(`/v1/decisions?limit=2${cursor ? `&cursor=${cursor}` : ''}`, HACKNEY)
    ).json()
    joined.push(...idsOf(page.decisions))
    t.equal(page.unsearched, 0)
    cursor = page.next
    if (cursor === null) break
  }
  t.equal(cursor, null)
  t.strictSame(joined, all)
  t.equal((await get('/v1/decisions?cursor=bm90IG91cnM', HACKNEY)).statusCode, 400)
})

t.test('others see nothing of it; who asked as a stranger sees its own question and no agreement', async (t) => {
  const rows = await search('', BARNET)
  t.strictSame(idsOf(rows), [stranger.decision_id])
  t.match(rows[0], { agreement: null, reasons: ['CALLER_NOT_PARTY'] })
  t.strictSame(await search('', { org: 'LBC_ENFIELD', roles: ['DPO'] }), [])
})

t.test('an auditor sees all; who reads what others asked does so on record, whatever way it reads', async (t) => {
  const pool = await ownerPool(service)
  const reads = async () =>
    Number((await pool.query(`select count(*) as n from audit.leaf where convert_from(leaf, 'UTF8') like '%"t":"audit.read"%'`)).rows[0].n)
  const before = await reads()
  t.equal((await search('', AUDITOR)).length, 6)
  t.equal(await reads(), before + 1)
  await search('?caller=LBC_HACKNEY', HACKNEY)
  t.equal(await reads(), before + 1, 'a party reads its own words')
  const ways = {
    search: () => get('/v1/decisions', HACKNEY),
    'a table': () => get('/v1/decisions', HACKNEY, 'text/csv'),
    'export as decision log': () => get('/v1/decisions/export?format=adl', HACKNEY),
    'export as events': () => get('/v1/decisions/export?format=cloudevents', HACKNEY),
    'report on break glass': () => get('/v1/break-glass', HACKNEY),
    record: () => get(`/v1/decisions/${permit.decision_id}`, HACKNEY),
    replay: () => get(`/v1/decisions/${permit.decision_id}/replay`, HACKNEY),
    impact: () => post('/v1/impact', { change: { kind: 'SUSPENSION', agreement: 'DEMO-CURL', scope: 'AGREEMENT' }, days: 1 }, HACKNEY),
  }
  for (const [way, readIt] of Object.entries(ways)) {
    const known = await reads()
    t.equal((await readIt()).statusCode, 200, way)
    t.equal(await reads(), known + 1, way)
  }
  const [last] = (
    await pool.query(`select convert_from(leaf, 'UTF8')::json as leaf from audit.leaf
      where convert_from(leaf, 'UTF8') like '%"t":"audit.read"%' order by log_id desc, idx desc limit 1`)
  ).rows
  t.match(last, { leaf: { what: 'PAYLOAD', org: 'urn:accord:organisation:LBC_HACKNEY' } })
})

t.test('as CSV: one line a decision, and no cell is a formula', async (t) => {
  await post('/v1/decisions/simulate', { ...SHARE, provider: '=HYPERLINK("http://x")' }, { ...CAMDEN, clientId: '@sum' })
  const reply = await get('/v1/decisions?client=@sum', CAMDEN, 'text/csv')
  t.match(reply.headers['content-type'], /^text\/csv/)
  const [row] = parse(reply.body, { columns: true }) as Record<string, string>[]
  t.equal(row?.['provider'], `'=HYPERLINK("http://x")`)
  t.equal(row?.['caller_client'], `'@sum`)
  t.equal(row?.['reasons'], 'CALLER_NOT_PARTY')
})

t.test('as JSON lines: the same rows, the next page in Link', async (t) => {
  const reply = await get('/v1/decisions?limit=2', HACKNEY, 'application/x-ndjson')
  t.match(reply.headers['content-type'], /^application\/x-ndjson/)
  const rows = reply.body.trim().split('\n')
  t.equal(rows.length, 2)
  const next = /^<(.*)>; rel="next"$/.exec(String(reply.headers['link']))?.[1] ?? ''
  t.strictSame(idsOf((await get(next, HACKNEY)).json().decisions), idsOf(await search('', HACKNEY)).slice(2, 4))
})

t.test('as records of the Authorization Decision Log at level 4, and as CloudEvents', async (t) => {
  const lines = async (format: string) => {
    const reply = await get(`/v1/decisions/export?format=${format}&outcome=DENY&party=LBC_HACKNEY&agreement=DEMO-CURL`, HACKNEY)
    t.equal(reply.statusCode, 200, reply.body)
    return reply.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  const [adl, ...rest] = await lines('adl')
  t.strictSame(rest, [])
  t.match(adl, {
    trace_id: /^[0-9a-f]{32}$/,
    span_id: /^[0-9a-f]{16}$/,
    event_name: 'adl.access_evaluation',
    timestamp: Number,
    status: 'Ok',
    attributes: {
      'adl.core.policies': { accord: { revision: deny.policy_revision, digest: /^sha256:/, agreement: 'DEMO-CURL' } },
      'adl.core.information': { code_lists: String },
      'adl.core.configuration': { engine: /^sha256:/, settings: '/attributes/accord.settings' },
      'accord.settings': { permit_ttl_seconds: 300, restricted_purposes: [] },
      'accord.log.origin': /\/log\/decisions-\d{4}$/,
      'accord.caller': { org: 'LBC_HACKNEY' },
    },
    parent_span_id: SPAN,
    resource: { 'service.name': 'accord', 'service.instance.id': '127.0.0.1' },
    body: {
      'adl.core.request': {
        subject: { type: 'organisation', id: 'LBC_HACKNEY' },
        action: { name: SHARE.purpose, properties: { method: SHARE.method, country: SHARE.country, mode: SHARE.mode } },
        resource: {
          type: 'data',
          id: 'LBC_CAMDEN',
          properties: { data_items: DENIED_SHARE.data_items, data_subjects: SHARE.data_subjects },
        },
      },
      'adl.core.response': {
        decision: false,
        context: { evaluation_id: deny.decision_id, evaluated_at: deny.evaluated_at, reason: 'DATA_NOT_COVERED', answer: deny },
      },
    },
  })
  for (const key of ['policies', 'information', 'configuration'])
    t.notOk(`adl.core.${key}` in adl.body, 'by reference or in the body, never both')
  const [event] = await lines('cloudevents')
  t.match(event, {
    specversion: '1.0',
    id: deny.decision_id,
    source: /^\/\/.*\/log\/decisions-\d{4}$/,
    type: 'adl.access_evaluation',
    subject: 'DEMO-CURL',
    traceparent: `00-${adl.trace_id}-${adl.span_id}-00`,
    tlogindex: String(adl.attributes['accord.log.index']),
    data: { caller: { org: 'LBC_HACKNEY' }, response: { decision: 'DENY' } },
  })
})

t.test('a call that could not be read is exported with references that resolve, and no word of it', async (t) => {
  const [line = '', ...rest] = (await get('/v1/decisions/export?format=adl&outcome=ERROR', CAMDEN)).body.trim().split('\n')
  t.strictSame(rest, [])
  const record = JSON.parse(line)
  t.match(record, {
    status: 'Error',
    attributes: {
      'adl.core.policies': { accord: { revision: permit.policy_revision, digest: permit.policy_set_version } },
      'adl.core.information': { code_lists: permit.code_list_version },
      'adl.core.configuration': { engine: /^sha256:/ },
      'accord.errors': [{ pointer: String, detail: String }],
    },
  })
  t.notOk('body' in record)
  t.notMatch(line, /null/)
  const event = JSON.parse((await get('/v1/decisions/export?format=cloudevents&outcome=ERROR', CAMDEN)).body)
  t.match(event.data, { status: 'Error', caller: { org: 'LBC_CAMDEN' }, errors: [{ pointer: String, detail: String }] })
})

t.test('an export takes every filter of the search', async (t) => {
  const found = async (query: string) =>
    (await get(`/v1/decisions/export?format=adl&${query}`, AUDITOR)).body
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).attributes['accord.decision_id'])
  for (const query of [
    'reason=DATA_NOT_COVERED',
    'caller=LBC_BARNET',
    'client=camden-client&outcome=PERMIT',
    'via=BREAK_GLASS',
    'via=AGREEMENT',
    'mode=EMERGENCY',
    'provider=LBC_CAMDEN',
    'recipient=LBC_HACKNEY&simulated=true',
  ]) {
    const searched = idsOf(await search(`?${query}`, AUDITOR))
    t.ok(searched.length > 0, query)
    t.strictSame(await found(query), searched, query)
  }
})

t.test('a search that ends before it begins is refused', async (t) => {
  for (const url of ['/v1/decisions?', '/v1/decisions/export?format=adl&', '/v1/break-glass?']) {
    const reply = await get(`${url}from=2026-02-01T00:00:00Z&to=2026-01-31T23:00:00Z`, AUDITOR)
    t.match(reply.json(), { status: 400, errors: [{ pointer: '/query/to' }] }, url)
    t.equal((await get(`${url}from=2026-02-01T01:00:00%2B01:00&to=2026-02-01T00:00:00Z`, AUDITOR)).statusCode, 200, 'the same instant')
  }
})

t.test('the form of a reply is the one that Accept weighs most, and 406 where it leaves none', async (t) => {
  for (const [accept, type] of [
    ['text/csv', 'text/csv'],
    ['text/csv;q=0', null],
    ['text/csv;q=0, */*', 'application/json'],
    ['text/csv;q=0.2, application/x-ndjson;q=0.9', 'application/x-ndjson'],
    ['text/html, text/*;q=0.5', 'text/csv'],
    ['text/html', null],
    ['*/*;q=0', null],
  ] as const) {
    const reply = await get('/v1/decisions', HACKNEY, accept)
    t.equal(reply.statusCode, type === null ? 406 : 200, accept)
    if (type === null) t.match(reply.json(), { code: 'NOT_ACCEPTABLE', detail: /text\/csv/ })
    else t.match(reply.headers['content-type'], new RegExp(`^${type.replace('/', '.')}`), accept)
  }
  const plain = await service.inject({ method: 'GET', url: '/v1/decisions', headers: await service.as(HACKNEY) })
  t.match(plain.headers['content-type'], /^application\/json/)
})

t.test('every break of the glass is reported with the day by which it must be reviewed', async (t) => {
  t.match(broken, { decision: 'PERMIT', via: 'BREAK_GLASS' })
  const { uses } = (await get('/v1/break-glass', HACKNEY)).json()
  t.equal(uses.length, 1)
  t.match(uses[0], {
    decision_id: broken.decision_id,
    ground: 'PREVENT_SERIOUS_HARM',
    review_due: /^\d{4}-\d\d-\d\d$/,
    is_review_overdue: false,
  })
  t.match(
    uses[0],
    { actor: 'urn:person:duty', justification: EMERGENCY.emergency.justification, lawful_basis: '6(1)(d)', art9: null },
    'a reviewer judges who did it and why',
  )
  const table = await get('/v1/break-glass', AUDITOR, 'text/csv')
  t.match(table.headers['content-type'], /^text\/csv/)
  const [row] = parse(table.body, { columns: true }) as Record<string, string>[]
  t.match(row, { decision_id: broken.decision_id, actor: 'urn:person:duty', justification: /in danger/, is_review_overdue: 'false' })
  t.strictSame((await get('/v1/break-glass', BARNET)).json().uses, [])
})

t.test('nobody hides a decision from its parties behind characters that a database does not take', async (t) => {
  const headers = { ...(await service.as(CAMDEN)), 'content-type': 'application/json' }
  for (const correlation_id of ['a\u0000b', 'half \ud800 a pair']) {
    const payload = JSON.stringify({ ...SHARE, correlation_id })
    const reply = await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload })
    t.equal(reply.statusCode, 200, reply.body)
    t.equal(idsOf(await search('', HACKNEY))[0], reply.json().decision_id)
  }
})

t.test(
  'an erasure takes what was asked and hides no decision: not a broken glass from its reviewers, nor a record from its parties',
  async (t) => {
    const pool = await ownerPool(service)
    // Asked and erased before anything was copied for the search.
    const fresh = (await post('/v1/decisions', { ...SHARE, correlation_id: 'ref-of-a-case' }, CAMDEN)).json()
    t.equal((await pool.query('select audit.erase_payload($1::uuid[]) as n', [[fresh.decision_id, broken.decision_id]])).rows[0].n, '2')
    for (const { decision_id } of [fresh, broken]) {
      for (const [who, expected] of [
        [HACKNEY, true],
        [{ ...CAMDEN, roles: ['DPO'], clientId: null }, true],
        [AUDITOR, true],
        [BARNET, false],
      ] as const) {
        t.equal(idsOf(await search('', who)).includes(decision_id), expected, `${who.org} finds it`)
        const record = await get(`/v1/decisions/${decision_id}?wait=checkpoint`, who)
        t.equal(record.statusCode, expected ? 200 : 404, `${who.org} proves it`)
        if (expected) t.match(record.json(), { record: { payload: null, salt: null }, proof: /^c2sp/ })
        const lines = (await get('/v1/decisions/export?format=adl', who)).body.split('\n').filter((line) => line.includes(decision_id))
        t.equal(lines.length, expected ? 1 : 0, `${who.org} exports it`)
        t.notMatch(lines.join(), /ref-of-a-case|in danger/, 'without a word of it')
      }
      t.equal((await get(`/v1/decisions/${decision_id}/replay`, HACKNEY)).statusCode, 409, 'nothing is left to ask again')
    }
    const { uses } = (await get('/v1/break-glass', HACKNEY)).json()
    t.match(uses, [{ decision_id: broken.decision_id, ground: null, review_due: /^\d{4}-\d\d-\d\d$/, is_review_overdue: false }])
  },
)

t.test('what retention takes, the search forgets', async (t) => {
  const pool = await ownerPool(service)
  t.strictSame(idsOf(await search('?simulated=true&outcome=PERMIT', HACKNEY)), [simulated.decision_id])
  await pool.query('delete from audit.payload where event_id = $1', [simulated.decision_id])
  t.strictSame(await search('?simulated=true&outcome=PERMIT', HACKNEY), [])
})

t.test('filling the search twice, and by two at once, is filling it once', async (t) => {
  const pool = await ownerPool(service)
  const before = await search('', AUDITOR)
  await pool.query('truncate decision_search, decision_search_progress')
  await Promise.all([1, 2, 3, 4].map(() => pool.query('select public.fill_decision_search(3)')))
  await pool.query('select public.fill_decision_search(1000)')
  t.strictSame(idsOf(await search('', AUDITOR)).length, before.length + 1, 'the one that retention took is there as a leaf without a word')
  t.equal((await pool.query('select public.fill_decision_search(1000) as n')).rows[0].n, 0)
})
