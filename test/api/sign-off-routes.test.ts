import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { testService } from '../support/service.ts'
import { HACKNEY, signOffDesk } from '../support/sign-off-desk.ts'

// An organisation writes the next version of its own route as a draft, which is checked each time and goes in force by one act.

const service = await testService(t)
const { inside, opened } = signOffDesk(service)
const AT = '/v1/sign-off-routes/CONDENSED/draft'
const step = (id: string, kind: string, role: string, after: readonly string[]) => ({
  ...{ id, title: id, kind, by: 'PARTY', role, after, due: 2, remind: [], escalate: [], return_to: id },
})
const route = (...steps: object[]) => ({
  ...{ code: 'CONDENSED', title: 'Short', purpose: 'Ordinary data.', requester_rule: 'SD-1', signature_opens: { rule: 'PAIRWISE' } },
  steps,
})
const advice = step('ADVICE', 'DPO_REVIEW', 'DPO', [])
const risk = step('RISK', 'RISK_ACCEPTANCE', 'SIRO', ['ADVICE'])
const signature = step('SIGNATURE', 'SIGNATURE', 'SIGNATORY', ['ADVICE'])
const officer = await personOf(service, HACKNEY, ['IG_OFFICER'], 'route officer')
const colleague = await personOf(service, HACKNEY, ['IG_OFFICER'], 'another officer')

t.test('a draft may have faults; each is named with its place and rule, and nothing goes by it', async (t) => {
  t.equal((await officer('GET', AT)).status, 404)
  t.equal((await officer('DELETE', AT, { ifMatch: '"x"' })).status, 404)
  const first = await officer('PUT', AT, { body: route(signature), key: 'draft-1' })
  t.match(first, {
    status: 200,
    body: {
      ...{ code: 'CONDENSED', title: 'Short', based_on: null, changed_by: { subject: 'route officer' }, cautions: [] },
      faults: [{ pointer: '/steps/0/after', code: 'UNKNOWN_STEP', detail: 'there is no step ADVICE' }],
    },
  })
  t.strictSame((await officer('PUT', AT, { body: route(signature), key: 'draft-1' })).etag, first.etag, 'the same call again saves nothing')
  t.match(await officer('GET', '/v1/sign-off-routes/drafts'), { body: { drafts: [{ code: 'CONDENSED', title: 'Short' }] } })
  t.match(await officer('POST', `${AT}/entry-into-force`, { ifMatch: first.etag }), {
    status: 422,
    body: { errors: [{ pointer: '/steps/0/after', code: 'UNKNOWN_STEP' }] },
  })
  t.match(await officer('GET', AT), { status: 200, etag: first.etag, body: { route: route(signature) } }, 'it stays as it was')
  t.match(await officer('PUT', AT, { body: { ...route(advice, signature), code: 'STANDARD' }, ifMatch: first.etag }), {
    status: 422,
    body: { errors: [{ pointer: '/code', code: 'CODE' }] },
  })
  t.equal((await officer('PUT', AT, { body: route(), ifMatch: first.etag })).status, 400, 'what is no route at all is not saved')
})

t.test('nobody saves over what somebody else saved, and a draft is the business of its organisation', async (t) => {
  const { etag } = await officer('GET', AT)
  t.equal((await colleague('PUT', AT, { body: route(advice, signature) })).status, 428)
  const saved = await colleague('PUT', AT, { body: route(advice, signature), ifMatch: etag })
  t.match(saved, { status: 200, body: { faults: [], cautions: [{ code: 'NO_SIRO' }], changed_by: { subject: 'another officer' } } })
  t.equal((await officer('PUT', AT, { body: route(signature), ifMatch: etag })).status, 412)
  t.equal((await officer('POST', `${AT}/entry-into-force`, { ifMatch: etag })).status, 412)
  t.equal((await officer('POST', `${AT}/entry-into-force`)).status, 428)
  t.equal((await officer('DELETE', AT, { ifMatch: etag })).status, 412)
  t.equal((await (await personOf(service, HACKNEY, ['DPO']))('GET', AT)).status, 200, 'its people read it')
  const dpo = await personOf(service, HACKNEY, ['DPO'])
  t.equal((await dpo('PUT', AT, { body: route(advice, signature), ifMatch: saved.etag })).status, 403)
  t.equal((await dpo('POST', `${AT}/entry-into-force`, { ifMatch: saved.etag })).status, 403)
  const stranger = await personOf(service, 'LBC_BARNET', ['IG_OFFICER'])
  t.equal((await stranger('GET', AT)).status, 404)
  t.strictSame((await stranger('GET', '/v1/sign-off-routes/drafts')).body, { drafts: [] })
})

t.test('a draft goes in force as the next version; what is in review keeps its own', async (t) => {
  const before = await opened()
  const { etag } = await officer('GET', AT)
  const done = await officer('POST', `${AT}/entry-into-force`, { ifMatch: etag, key: 'force-1' })
  t.match(done, {
    status: 201,
    body: { owner: HACKNEY, version: 1, title: 'Short', written_at: /Z$/ },
    headers: { location: `/v1/sign-off-routes/CONDENSED/1?owner=${HACKNEY}` },
  })
  t.strictSame((await officer('POST', `${AT}/entry-into-force`, { ifMatch: etag, key: 'force-1' })).body, done.body)
  t.equal((await officer('GET', AT)).status, 404, 'there is no draft any more')
  const routesOf = (id: string) => inside((tx) => tx.selectFrom('sign_off_chain').select('route').where('sign_off_id', '=', id).execute())
  t.ok((await routesOf(before.id)).every(({ route }) => route === 'CONDENSED/1'))
  t.ok((await routesOf((await opened()).id)).some(({ route }) => route === `${HACKNEY}/CONDENSED/1`))
})

t.test('a draft that another version overtook is not put in force over it, and can be given up', async (t) => {
  const { etag } = await officer('PUT', AT, { body: route(advice, risk, { ...signature, after: ['RISK'] }) })
  t.match((await officer('GET', AT)).body, { based_on: 1, cautions: [] })
  t.equal((await colleague('POST', '/v1/sign-off-routes', { body: route(advice, signature) })).status, 201)
  t.equal((await officer('POST', `${AT}/entry-into-force`, { ifMatch: etag })).status, 409)
  t.match(await officer('DELETE', AT, { ifMatch: etag }), { status: 200, body: { code: 'CONDENSED' } })
  const again = await officer('PUT', AT, { body: route(advice, signature) })
  t.not(again.etag, etag, 'no state comes twice')
  t.match(again.body, { based_on: 2 })
})

t.test('every version of a route can be read, with since when it was in force', async (t) => {
  const all = await officer('GET', `/v1/sign-off-routes/CONDENSED/versions?owner=${HACKNEY}`)
  t.match(all.body, { versions: [{ version: 2, owner: HACKNEY }, { version: 1 }], next_before: null })
  const [newest, older] = all.body.versions as { written_at: string }[]
  t.ok((newest?.written_at ?? '') > (older?.written_at ?? ''))
  const page = await officer('GET', `/v1/sign-off-routes/CONDENSED/versions?owner=${HACKNEY}&limit=1`)
  t.match(page.body, { versions: [{ version: 2 }], next_before: 2 })
  t.match((await officer('GET', `/v1/sign-off-routes/CONDENSED/versions?owner=${HACKNEY}&limit=1&before=2`)).body, {
    versions: [{ version: 1 }],
    next_before: null,
  })
  t.match((await officer('GET', '/v1/sign-off-routes/CONDENSED/versions')).body, { versions: [{ owner: null, version: 1 }] })
  t.equal((await officer('GET', '/v1/sign-off-routes/NOWHERE/versions')).status, 404)
})

t.test(
  'where the condition of its own route does not hold an organisation approves by the shared one, and holds up nobody else',
  async (t) => {
    const rare = { ...route(advice, risk, { ...signature, after: ['RISK'] }), title: 'Abroad alone', when: { fact: 'OVERSEAS' } }
    t.equal((await colleague('POST', '/v1/sign-off-routes', { body: rare })).status, 201)
    const routesOf = (id: string) =>
      inside((tx) =>
        tx.selectFrom('sign_off_chain').select(['org', 'route']).where('sign_off_id', '=', id).where('org', 'is not', null).execute(),
      )
    const elsewhere = await routesOf((await opened()).id)
    t.ok(elsewhere.length > 1)
    t.ok(
      elsewhere.every((chain) => chain.route === 'CONDENSED/1'),
      'no party is refused its review',
    )
  },
)
