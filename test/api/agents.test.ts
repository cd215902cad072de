import t from 'tap'
import type { Agreement } from '../../src/agreements/agreement.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { SHARE } from '../support/demo-share.ts'
import { demoContent, type TestCaller, type TestService, testService } from '../support/service.ts'

// An agent asks for the party it acts for. It gets the answer; of an agreement that it does not act under it learns nothing,
// neither from the answer nor from the record, the search, the exports or the replay.

const content = demoContent()
const demo = content.agreements.find(({ agreement }) => agreement.id === 'DEMO-CURL')?.agreement
const [first] = demo?.versions ?? []
const [flow] = first?.terms.flows ?? []
if (!demo || !first || !flow) throw new Error('the demo register has DEMO-CURL with a version and a flow')

const agent = { org: 'MPS', for: 'LBC_CAMDEN', contract_ref: null, valid_from: null, valid_to: null }
/** Makes MPS the agent of Camden; no flow in it concerns the share asked about. */
const engaging: Agreement = {
  ...demo,
  id: 'ENGAGING',
  parties: demo.parties.map((party) => (party.org === 'LBC_HACKNEY' ? { ...party, org: 'LBC_BARNET' } : party)),
  versions: [{ ...first, terms: { ...first.terms, agents: [agent], flows: [{ ...flow, recipients: ['LBC_BARNET'] }] } }],
  signatures: ['LBC_CAMDEN', 'LBC_BARNET'].map((org) => ({ org, version: 1, signed_at: '2019-12-01T10:00:00.000Z' })),
}
/** Permits the share by a gateway of the Digital Economy Act, whose obligation names the register entry. */
const withGateway = (side: (typeof flow)['legal']['provider']) => ({ ...side, gateways: ['DEA2017_S35'] })
const { provider, recipient } = flow.legal
const hidden: Agreement = {
  ...demo,
  id: 'HIDDEN-1',
  versions: [
    {
      ...first,
      terms: {
        ...first.terms,
        flows: [
          {
            ...flow,
            purpose: 'FUEL_WATER_POVERTY',
            legal: { provider: withGateway(provider), recipient: recipient && withGateway(recipient) },
          },
        ],
      },
    },
  ],
}
const agreements = [engaging, hidden].map((agreement) => ({ agreement, provenance: undefined }))
const service = await testService(t, { register: { ...content, agreements } })
const AGENT: TestCaller = { org: 'MPS', clientId: 'agent' }
const PARTY: TestCaller = { org: 'LBC_HACKNEY', roles: ['DPO'] }
const ASKED = { ...SHARE, purpose: 'FUEL_WATER_POVERTY' }

const post = async (payload: object, caller: TestCaller) =>
  (await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(caller), payload })).json()
const get = async (url: string, caller: TestCaller, accept = 'application/json') =>
  service.inject({ method: 'GET', url, headers: { ...(await service.as(caller)), accept } })

/** Makes a revision of the policy in which the agreement stands so. */
async function publish({ app }: TestService, body: Agreement): Promise<void> {
  const { db, policy } = app.services
  await withTransaction(db, (tx) => policy.publish(tx, [{ kind: 'AGREEMENT', id: body.id, body }], new Date().toISOString()))
  await policy.refresh()
}

const refused = await post(ASKED, AGENT)
const deny = await post({ ...ASKED, data_items: ['IDENTITY.NAME', 'HEALTH.DIAGNOSIS'] }, AGENT)

t.test('an agent is answered about the shares of the party it acts for, without the agreement', async (t) => {
  t.match(refused, { decision: 'DENY', primary_reason: 'PROCESSOR_NOT_AUTHORISED', agreement: null }, 'that agreement does not list it')
  t.match(deny, { decision: 'DENY', primary_reason: 'DATA_NOT_COVERED', agreement: null })
  const known = await post({ ...SHARE, recipient: 'LBC_BARNET' }, AGENT)
  t.match(known, { decision: 'PERMIT', agreement: 'ENGAGING' }, 'the one that lists it permits, and is named')
})

t.test('an agent that asks an earlier text, under which it acted, is not told by name what it no longer may know', async (t) => {
  const { policy_revision } = refused
  const listing = { ...hidden, versions: hidden.versions.map((one) => ({ ...one, terms: { ...one.terms, agents: [agent] } })) }
  await publish(service, listing)
  await publish(service, hidden)
  const simulate = { ...ASKED, as_of_revision: policy_revision + 1 }
  const headers = await service.as(AGENT)
  const answer = (await service.inject({ method: 'POST', url: '/v1/decisions/simulate', headers, payload: simulate })).json()
  t.match(answer, { decision: 'PERMIT', via: 'AGREEMENT', agreement: null, version_hash: null })
  t.strictSame(answer.obligations.find(({ code }: { code: string }) => code === 'DEA_REGISTER_ENTRY')?.parameters, { ref: null })
  const record = (await get(`/v1/decisions/${answer.decision_id}`, AGENT)).json()
  t.match(record, { record: { payload: null } })
  t.notMatch(JSON.stringify(record), /HIDDEN-1/)
})

t.test('nothing that an agent can read of its decisions names an agreement that was withheld from it', async (t) => {
  const own = [refused.decision_id, deny.decision_id]
  const reads: readonly (readonly [string, string])[] = [
    ...own.map((id) => [`/v1/decisions/${id}?wait=checkpoint`, 'application/json'] as const),
    ...own.map((id) => [`/v1/decisions/${id}/replay`, 'application/json'] as const),
    ['/v1/decisions', 'application/json'],
    ['/v1/decisions', 'text/csv'],
    ['/v1/decisions', 'application/x-ndjson'],
    ['/v1/decisions/export?format=adl', 'application/x-ndjson'],
    ['/v1/decisions/export?format=cloudevents', 'application/x-ndjson'],
  ]
  for (const [url, accept] of reads) {
    const reply = await get(url, AGENT, accept)
    t.equal(reply.statusCode, 200, url)
    t.ok(
      own.some((id) => reply.body.includes(id)),
      `${url} as ${accept} tells of the decision`,
    )
    t.notMatch(reply.body, /HIDDEN-1/, `${url} as ${accept}`)
  }
  t.equal((await get('/v1/decisions?agreement=HIDDEN-1', AGENT)).json().decisions.length, 0, 'nor can it be searched for')
})

t.test('the agent can still prove its record; what the answer stood on is for the parties', async (t) => {
  const seen = (await get(`/v1/decisions/${refused.decision_id}?wait=checkpoint`, AGENT)).json()
  t.match(seen, { record: { payload: null, salt: null, leaf: /"d":false/ }, proof: /^c2sp.org\/tlog-proof@v1/ })
  const known = (await get(`/v1/decisions/${refused.decision_id}`, PARTY)).json()
  t.equal(JSON.parse(known.record.payload).relied_on, 'HIDDEN-1')
  t.equal(known.record.leaf, seen.record.leaf, 'the bytes are the same for everybody')
  t.match((await get('/v1/decisions?agreement=HIDDEN-1', PARTY)).json().decisions, [{ agreement: 'HIDDEN-1' }, { agreement: 'HIDDEN-1' }])
})

t.test('a party that asks is given leaf and payload as they were', async (t) => {
  const asked = await post(ASKED, { org: 'LBC_CAMDEN', clientId: 'camden' })
  const record = (await get(`/v1/decisions/${asked.decision_id}`, { org: 'LBC_CAMDEN', clientId: 'camden' })).json().record
  t.match(record.leaf, /"ctr":"urn:accord:agreement:HIDDEN-1"/)
  t.match(JSON.parse(record.payload), { relied_on: 'HIDDEN-1', response: { agreement: 'HIDDEN-1' } })
})
