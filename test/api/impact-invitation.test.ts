import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'

// Impact on an agreement as decisions see it: who is invited and has not signed is no party to them yet.

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET'] as const
const OFFICER = { org: CAMDEN, role: 'IG_OFFICER' } as const

t.test('where all must sign, a suspension is tried on the parties of today, whoever is invited', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22', commencement: { rule: 'ALL_SIGNED' } })
  const { hash } = await desk.freeze(agreement)
  for (const org of [CAMDEN, HACKNEY]) await desk.sign(agreement.id, org, 1, hash)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
  const newcomer = { org: BARNET, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] }
  t.equal((await desk.call(OFFICER, 'POST', `/v1/agreements/${agreement.id}/accessions`, newcomer)).status, 201)
  const impact = (change: object) =>
    desk.call(OFFICER, 'POST', '/v1/impact', { days: 7, change: { kind: 'SUSPENSION', agreement: agreement.id, ...change } })
  const { body } = await impact({ scope: 'AGREEMENT' })
  t.match(body, { examined: 1, newly_denied: 1 })
  t.strictSame(body.by_reason, [{ code: 'SUSPENDED', count: 1 }], 'not PARTY_NOT_SIGNED for a signature that nobody needs yet')
  t.equal((await impact({ scope: 'PARTY', party: BARNET })).status, 422, 'the newcomer is no party yet')
})
