import t from 'tap'
import { agreementDesk, inForce } from '../support/agreement-desk.ts'
import { aVersion } from '../support/builders/draft.ts'
import { SHARE } from '../support/demo-share.ts'

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']

t.test('whoever keeps a text does not end a prohibition by freezing one without it: both have to sign', async (t) => {
  const desk = await agreementDesk(t)
  const orgs = [CAMDEN, HACKNEY]
  const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
  await inForce(desk, { orgs })
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT')
  const flows = aVersion(orgs).terms.flows.map((flow) => ({ ...flow, purpose: 'HOMELESSNESS.DUTY_TO_REFER' }))
  const version = aVersion(orgs, { effective_from: '2026-11-22' })
  const banned = { ...version.terms, flows, prohibitions: [{ purposes: [SHARE.purpose], note: 'Never' }] }
  const { id } = await inForce(desk, { orgs, versions: [{ ...version, terms: banned }] })
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PROHIBITED_BY_AGREEMENT')
  const path = `/v1/agreements/${id}`
  const any = { 'if-match': '*' }
  await desk.call(officer, 'POST', `${path}/amendments`, { reason: 'Other times', effective_from: '2026-11-22' }, any)
  t.equal((await desk.call(officer, 'PUT', `${path}/draft/prohibitions`, { prohibitions: [] }, any)).status, 200)
  const { hash, version: number } = await desk.freeze({ ...(await desk.draft()), id, owner_org: CAMDEN })
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PROHIBITED_BY_AGREEMENT', 'frozen alone')
  t.equal((await desk.sign(id, CAMDEN, number, hash)).status, 201)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'DENY PROHIBITED_BY_AGREEMENT', 'signed by whoever keeps it')
  t.equal((await desk.sign(id, HACKNEY, number, hash)).status, 201)
  t.equal(await desk.ask(CAMDEN, HACKNEY), 'PERMIT', 'signed by both')
})
