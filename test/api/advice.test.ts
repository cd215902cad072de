import t from 'tap'
import { demoContent, testService } from '../support/service.ts'

t.test('advice and preview over HTTP: for parties and auditors, of the version asked for, and for nobody else', async (t) => {
  const made = await testService(t)
  const officer = await made.as({ org: 'LBC_BRENT', roles: ['IG_OFFICER'], clientId: null })
  const get = (path: string, headers = officer) => made.inject({ url: `/v1/agreements/DEMO-MASH${path}`, headers })

  const advice = await get('/advice')
  t.equal(advice.statusCode, 200, advice.body)
  const body = advice.json()
  t.match(body, { agreement: 'DEMO-MASH', version: 1 })
  t.equal(body.ready, !body.advice.some(({ severity }: { severity: string }) => severity === 'ERROR'))
  t.ok(
    body.advice.some(
      ({ code, pointer }: { code: string; pointer: string }) => code === 'FIELD_MISSING' && pointer === '/parties/0/contacts/dpo',
    ),
  )
  const severities = body.advice.map(({ severity }: { severity: string }) => severity)
  t.same(severities, severities.toSorted(), 'errors first')

  const first = (await get('/preview?limit=10')).json()
  t.equal(first.rows.length, 10)
  const second = (await get(`/preview?limit=10&cursor=${first.next_cursor}`)).json()
  for (const none of ['F1\nLBC_CAMDEN\nNOBODY', 'F1\nLBC_CAMDEN\nLBC_CAMDEN', 'F99\nLBC_CAMDEN\nLBC_HACKNEY', 'zzz', '', '\n\n'])
    t.match(
      (await get(`/preview?limit=10&cursor=${Buffer.from(none).toString('base64url') || 'AA'}`)).json(),
      { status: 400, errors: [{ pointer: '/query/cursor' }] },
      `a cursor that names no line does not begin again: ${JSON.stringify(none)}`,
    )
  const keys = [...first.rows, ...second.rows].map((row: Record<string, string>) => `${row['flow']} ${row['provider']} ${row['recipient']}`)
  t.equal(new Set(keys).size, keys.length, 'pages do not repeat')
  const one = (await get('/preview?provider=LBC_BRENT&recipient=MPS')).json()
  t.same(
    one.rows.map(({ flow }: { flow: string }) => flow),
    ['F2'],
  )

  t.equal((await get('/advice?version=9')).statusCode, 404, 'no such version')
  t.equal((await get('/preview?limit=0')).statusCode, 400)
  const stranger = await made.as({ org: 'LBC_SUTTON', roles: ['IG_OFFICER'], clientId: null })
  for (const path of ['/advice', '/preview']) {
    const refused = await get(path, stranger)
    t.equal(refused.statusCode, 404, `${path} for a stranger`)
    const absent = await made.inject({ url: `/v1/agreements/NOT-THERE${path}`, headers: stranger })
    t.equal(refused.json().detail, absent.json().detail, 'word for word as for one that does not exist')
    t.equal((await made.inject({ url: `/v1/agreements/DEMO-MASH${path}` })).statusCode, 401, `${path} without a token`)
  }
  t.equal(
    (await get('/advice', await made.as({ org: 'LBC_SUTTON', roles: ['AUDITOR'], clientId: null }))).statusCode,
    200,
    'an auditor reads',
  )
})

t.test('a draft is not frozen while the advice holds an error, and the refusal names each place', async (t) => {
  const made = await testService(t)
  const officer = await made.as({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'], clientId: null })
  const created = await made.inject({
    method: 'POST',
    url: '/v1/agreements',
    headers: officer,
    payload: { title: 'Empty', instrument_type: 'CONTROLLER_TO_CONTROLLER' },
  })
  t.equal(created.statusCode, 201, created.body)
  const { id } = created.json()
  const { advice } = (await made.inject({ url: `/v1/agreements/${id}/advice`, headers: officer })).json()
  const errors = advice
    .filter(({ severity }: { severity: string }) => severity === 'ERROR')
    .map(({ pointer }: { pointer: string }) => pointer)
  t.ok(errors.includes('/terms/flows'))
  const frozen = await made.inject({
    method: 'POST',
    url: `/v1/agreements/${id}/freeze`,
    headers: { ...officer, 'if-match': created.headers['etag'] as string },
  })
  t.equal(frozen.statusCode, 422, frozen.body)
  for (const pointer of errors)
    t.ok(
      frozen.json().errors.some((error: { pointer: string }) => error.pointer === pointer),
      pointer,
    )
})

t.test('preview says which side failed which rule where both fail the same one', async (t) => {
  const content = demoContent()
  const agreements = content.agreements.map((one) => {
    if (one.agreement.id !== 'DEMO-MASH') return one
    const versions = one.agreement.versions.map((version) => ({
      ...version,
      terms: {
        ...version.terms,
        flows: version.terms.flows.map((flow) => {
          const { provider, recipient } = flow.legal
          return { ...flow, legal: { provider: { ...provider, art6: [] }, recipient: recipient && { ...recipient, art6: [] } } }
        }),
      },
    }))
    return { ...one, agreement: { ...one.agreement, versions } }
  })
  const made = await testService(t, { register: { ...content, agreements } })
  const officer = await made.as({ org: 'LBC_BRENT', roles: ['IG_OFFICER'], clientId: null })
  const reply = await made.inject({ url: '/v1/agreements/DEMO-MASH/preview?limit=50', headers: officer })
  t.equal(reply.statusCode, 200, reply.body)
  const reasons = reply.json().rows.flatMap((row: { reasons: { code: string; sides?: unknown }[] }) => row.reasons)
  t.match(
    reasons.find(({ code }: { code: string }) => code === 'LAWFUL_BASIS_MISSING'),
    { sides: [{ side: 'PROVIDER' }, { side: 'RECIPIENT' }] },
  )
})
