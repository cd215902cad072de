import { readFileSync } from 'node:fs'
import t from 'tap'
import { aDraft, databaseOf, personOf } from '../support/api-caller.ts'
import { testService } from '../support/service.ts'

t.test('idempotency', async (t) => {
  const service = await testService(t)
  const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const body = { title: 'Once', instrument_type: 'CONTROLLER_TO_CONTROLLER' }
  const count = async () => {
    const { pool } = await databaseOf(service).openAs('session_user', 1)
    const { rows } = await pool.query(
      `select (select count(*)::int from agreement where origin = 'ACCORD') as agreements, (select count(*)::int from agreement_act) as acts,
        (select count(*)::int from audit.leaf join audit.log using (log_id) where kind = 'governance') as leaves`,
    )
    return rows[0]
  }

  t.test('the same key and request get the same answer and do nothing more', async (t) => {
    const first = await camden('POST', '/v1/agreements', { body, key: 'one' })
    t.equal(first.status, 201)
    const before = await count()
    const again = await camden('POST', '/v1/agreements', { body, key: 'one' })
    t.same([again.status, again.body, again.etag, again.headers['location']], [201, first.body, first.etag, first.headers['location']])
    t.same(await count(), before)
  })

  t.test('the same request is the same however its JSON is written', async (t) => {
    const headers = { 'content-type': 'application/json' }
    const written = [
      JSON.stringify(body),
      JSON.stringify({ instrument_type: body.instrument_type, title: body.title }),
      `{ "title" : "\\u004fnce" ,\n"instrument_type":"${body.instrument_type}" }`,
    ]
    const [first, ...again] = await Promise.all(
      written.map((text) => camden('POST', '/v1/agreements', { body: text, headers, key: 'written' })),
    )
    t.equal(first?.status, 201)
    for (const reply of again) t.same([reply.status, reply.body], [201, first?.body])
    for (const other of [
      { ...body, title: 'once' },
      { ...body, title: 'Once ' },
    ])
      t.equal((await camden('POST', '/v1/agreements', { body: other, key: 'written' })).body.code, 'IDEMPOTENCY_KEY_REUSED')
  })

  t.test('the same key with another body is refused', async (t) => {
    const other = await camden('POST', '/v1/agreements', { body: { ...body, title: 'Twice' }, key: 'one' })
    t.same([other.status, other.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  t.test('an edit sent again under its key is answered as before, although its ETag is stale by then', async (t) => {
    const { id, etag } = await aDraft(camden)
    const dates = { body: { effective_from: '2027-01-01', effective_to: null }, ifMatch: etag, key: 'two' }
    const url = `/v1/agreements/${id}/draft/dates`
    const first = await camden('PUT', url, dates)
    t.equal(first.status, 200)
    const before = await count()
    const again = await camden('PUT', url, dates)
    t.same([again.status, again.body, again.etag], [200, first.body, first.etag])
    t.same(await count(), before)
    const elsewhere = await camden('PUT', `/v1/agreements/${(await aDraft(camden)).id}/draft/dates`, { ...dates, ifMatch: '*' })
    t.equal(elsewhere.body.code, 'IDEMPOTENCY_KEY_REUSED', 'a key stands for one agreement')
  })

  t.test('an edit is done when one of the tags of If-Match is the present one, and no weak one is', async (t) => {
    const { id, etag } = await aDraft(camden)
    const url = `/v1/agreements/${id}/draft/dates`
    const dates = { effective_from: '2027-01-01', effective_to: null }
    for (const ifMatch of [`W/${etag}`, etag.replaceAll('"', ''), `"0", W/${etag}`, `${etag} "0"`, `${etag}, *`])
      t.equal((await camden('PUT', url, { body: dates, ifMatch })).status, 412, ifMatch)
    const done = await camden('PUT', url, { body: dates, ifMatch: `"0" ,,\t${etag}, "1234567"` })
    t.equal(done.status, 200)
    t.equal((await camden('PUT', url, { body: dates, ifMatch: ` ${done.etag}` })).status, 200)
  })

  t.test('of many at once under one key, one is done and all get its answer', async (t) => {
    const before = await count()
    const replies = await Promise.all(Array.from({ length: 6 }, () => camden('POST', '/v1/agreements', { body, key: 'three' })))
    t.same(
      replies.map(({ status }) => status),
      Array(6).fill(201),
    )
    t.equal(new Set(replies.map((reply) => reply.body.id)).size, 1)
    const after = await count()
    t.same([after.agreements - before.agreements, after.acts - before.acts, after.leaves - before.leaves], [1, 1, 1])
  })

  t.test('a refused request does not use up its key', async (t) => {
    const { id, etag } = await aDraft(camden)
    const url = `/v1/agreements/${id}/draft/dates`
    const dates = { effective_from: '2027-01-01', effective_to: null }
    t.equal((await camden('PUT', url, { body: dates, ifMatch: '"1"', key: 'four' })).status, 412)
    t.equal((await camden('PUT', url, { body: dates, ifMatch: etag, key: 'four' })).status, 200)
  })

  t.test('a key belongs to one person: another one is not answered with what it stands for', async (t) => {
    const hackney = await personOf(service, 'LBC_HACKNEY', ['IG_OFFICER'])
    const colleague = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'], 'urn:accord:test:another')
    const own = await camden('POST', '/v1/agreements', { body, key: 'five' })
    for (const other of [hackney, colleague]) {
      const reply = await other('POST', '/v1/agreements', { body, key: 'five' })
      t.equal(reply.status, 201)
      t.not(reply.body.id, own.body.id)
    }
  })

  t.test('every operation that changes an agreement takes a key', async (t) => {
    const document = JSON.parse(readFileSync(new URL('../../src/platform/http/openapi.gen.json', import.meta.url), 'utf8'))
    // Questions sent as a body: they change nothing.
    const asks = new Set(['findOverlaps'])
    const nameOf = (parameter: { $ref?: string; name?: string }) =>
      parameter.$ref
        ? parameter.$ref
            .split('/')
            .slice(3)
            .reduce((at, step) => at[step], document.components.parameters).name
        : parameter.name
    const without: string[] = []
    for (const [path, item] of Object.entries<Record<string, { operationId: string; parameters?: [] }>>(document.paths)) {
      if (!path.startsWith('/v1/agreements')) continue
      for (const method of ['post', 'put', 'delete', 'patch']) {
        const operation = item[method]
        if (
          operation &&
          !asks.has(operation.operationId) &&
          !(operation.parameters ?? []).some((one) => nameOf(one) === 'Idempotency-Key')
        ) {
          without.push(operation.operationId)
        }
      }
    }
    t.same(without, [])
  })
})
