import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { governanceLeaves } from '../support/leaves.ts'
import { testService } from '../support/service.ts'

// "Not shared because": recorded after an answer, whatever it was, and read as what stops people sharing.

const service = await testService(t)
const CAMDEN = 'LBC_CAMDEN'
const nadia = await personOf(service, CAMDEN, ['PRACTITIONER'], 'nadia')
const sam = await personOf(service, CAMDEN, ['PRACTITIONER'], 'sam')
const dpo = await personOf(service, CAMDEN, ['DPO'], 'dpo')
const asked = async (share: object = SHARE, who = nadia) =>
  String((await who('POST', '/v1/decisions/simulate', { body: share })).body.decision_id)
const record = (id: string, body: object, who = nadia) => who('POST', `/v1/decisions/${id}/not-shared`, { body })

t.test('it is recorded once by each person after a yes and after a no, linked to the decision, with a leaf', async (t) => {
  const yes = await asked()
  t.match(await record(yes, { reason: 'NO_SECURE_WAY', note: 'Their portal was down' }), {
    status: 201,
    body: { decision_id: yes, decision: 'PERMIT', agreement: 'DEMO-CURL', reason: 'NO_SECURE_WAY', note: 'Their portal was down' },
  })
  t.equal((await record(yes, { reason: 'OTHER' })).status, 409)
  const no = await asked(DENIED_SHARE)
  t.match(await record(no, { reason: 'ANSWER_WAS_NO' }), { status: 201, body: { decision: 'DENY', note: null } })
  const leaves = await governanceLeaves(service, 'gov.not_shared.recorded')
  const done = leaves.filter(({ leaf }) => leaf.st !== 'Refused')
  t.match(
    done.map(({ payload }) => payload),
    [{ detail: { decision_id: yes, reason: 'NO_SECURE_WAY' } }, { detail: { decision_id: no } }],
  )
  t.equal(leaves.length - done.length, 1, 'the refusal has its own')
})

t.test('only after an answer that one may read, with a reason of the list and a short text', async (t) => {
  const id = await asked()
  t.equal((await record(id, { reason: 'OTHER' }, sam)).status, 404, 'not after that of a colleague')
  t.equal((await record('0199f0a4-0000-7000-8000-000000000001', { reason: 'OTHER' })).status, 404)
  for (const [body, pointer] of [
    [{ reason: 'LAZY' }, '/reason'],
    [{}, '/reason'],
    [{ reason: 'OTHER', note: 'x'.repeat(301) }, '/note'],
    [{ reason: 'OTHER', note: ' ' }, '/note'],
    [{ reason: 'OTHER', resident: 'Ann' }, ''],
  ] as const)
    t.match(await record(id, body), { status: 400, body: { errors: [pointer === '' ? {} : { pointer }] } }, JSON.stringify(body))
  for (const roles of [['AUDITOR'], ['REGISTER_ADMIN']] as const)
    t.equal((await record(id, { reason: 'OTHER' }, await personOf(service, CAMDEN, roles))).status, 403, roles[0])
  const machine = await service.as({ org: CAMDEN })
  const reply = await service.inject({
    method: 'POST',
    url: `/v1/decisions/${id}/not-shared`,
    headers: machine,
    payload: { reason: 'OTHER' },
  })
  t.equal(reply.statusCode, 403, 'no machine')
})

t.test('its officers read it counted by reason and agreement and not by whom, the person their own, others nothing', async (t) => {
  t.equal((await record(await asked(SHARE, sam), { reason: 'NO_SECURE_WAY', note: '=1+1' }, sam)).status, 201)
  const all = await dpo('GET', '/v1/not-shared?limit=1')
  t.match(all, {
    status: 200,
    body: {
      total: 3,
      by_reason: [
        { reason: 'NO_SECURE_WAY', count: 2, after_permit: 2 },
        { reason: 'ANSWER_WAS_NO', count: 1, after_permit: 0 },
      ],
      by_agreement: [{ agreement: 'DEMO-CURL', count: 3, after_permit: 2 }],
      not_shared: [{ note: '=1+1' }],
    },
  })
  t.notMatch(all.text, /sam|nadia/)
  const rest = await dpo('GET', `/v1/not-shared?before=${all.body.next_before}`)
  t.match(rest.body, { total: 3, not_shared: [{ reason: 'ANSWER_WAS_NO' }, { reason: 'NO_SECURE_WAY' }], next_before: null })
  t.match((await dpo('GET', '/v1/not-shared?reason=ANSWER_WAS_NO&agreement=DEMO-CURL')).body, { total: 1 })
  t.match((await dpo('GET', '/v1/not-shared?to=2020-01-01T00:00:00Z')).body, { total: 0, by_reason: [], not_shared: [] })
  t.match((await dpo('GET', '/v1/not-shared?mine=true')).body, { total: 0 })
  const csv = await dpo('GET', '/v1/not-shared?limit=1', { headers: { accept: 'text/csv' } })
  t.match(csv.text, /^recorded_at,reason,note,decision[^\r]*\r\n[^\r]*,NO_SECURE_WAY,'=1\+1,PERMIT,DEMO-CURL,/)
  t.match(csv.headers['link'], /rel="next"/)
  t.match((await nadia('GET', '/v1/not-shared')).body, { total: 2, not_shared: [{}, {}] })
  t.match((await (await personOf(service, CAMDEN, ['SIRO']))('GET', '/v1/not-shared')).body, { total: 0 }, 'their own: none')
  t.match((await (await personOf(service, 'LBC_HACKNEY', ['DPO']))('GET', '/v1/not-shared')).body, { total: 0 })
  t.equal((await (await personOf(service, CAMDEN, ['AUDITOR']))('GET', '/v1/not-shared')).status, 403)
})
