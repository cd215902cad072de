import t from 'tap'
import { SHARE } from '../support/demo-share.ts'
import { type TestCaller, testService } from '../support/service.ts'

// By when the use of break glass must have been reviewed is a day of London, and it ends when it ends there.

let now = new Date('2026-06-10T11:00:00Z')
const service = await testService(t, { clock: () => now })
const DUTY: TestCaller = { org: 'LBC_CAMDEN', roles: ['DUTY_MANAGER'], sub: 'urn:person:duty' }
const OFFICER: TestCaller = { org: 'LBC_HACKNEY', roles: ['IG_OFFICER'] }
const uses = async () => (await service.inject({ method: 'GET', url: '/v1/break-glass', headers: await service.as(OFFICER) })).json().uses

t.test('a review is overdue once its last day has ended in London, an hour before it ends in Greenwich in summer', async (t) => {
  const reply = await service.inject({
    method: 'POST',
    url: '/v1/decisions',
    headers: await service.as(DUTY),
    payload: {
      ...SHARE,
      purpose: 'SAFEGUARDING_CHILDREN',
      mode: 'EMERGENCY',
      lawful_basis: '6(1)(d)',
      emergency: { ground: 'PREVENT_SERIOUS_HARM', justification: 'A child is in danger tonight and must be found at once.' },
    },
  })
  t.match(reply.json(), { decision: 'PERMIT', via: 'BREAK_GLASS' })
  t.match(await uses(), [{ review_due: '2026-06-12', is_review_overdue: false }])
  now = new Date('2026-06-12T22:59:59Z')
  t.match(await uses(), [{ is_review_overdue: false }])
  now = new Date('2026-06-12T23:00:00Z')
  t.match(await uses(), [{ is_review_overdue: true }], 'it is the 13th in London')
})
