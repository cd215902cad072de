import t from 'tap'
import { rebuildLists } from '../../src/workflow/rebuilding.service.ts'
import { agreementDesk, type Desk, inForce } from '../support/agreement-desk.ts'

// A sign-off ends for those whom what is signed ends for, when it does: nobody is asked for what can be signed no more.

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON'] as const
const ORGS = [CAMDEN, HACKNEY, ISLINGTON]
const ANY_STATE = { 'if-match': '*' }

const chainsOf = async (desk: Desk, signOff: string, org: string = CAMDEN) => {
  const { status, chains } = (await desk.call({ org, role: 'IG_OFFICER' }, 'GET', `/v1/sign-offs/${signOff}`)).body
  return { status, ...Object.fromEntries(chains.map((chain: { org: string; status: string }) => [chain.org, chain.status])) }
}
/** Open steps of an agreement in the list of an organisation. */
const tasksOf = async (desk: Desk, org: string, id: string): Promise<string[]> => {
  const { tasks } = (await desk.call({ org, role: 'IG_OFFICER' }, 'GET', `/v1/sign-off-tasks?whose=ORGANISATION&subject=${id}`)).body
  return tasks.map(({ step, subject }: { step: string; subject: { version: number } }) => `${subject.version} ${step}`)
}
const fires = async (desk: Desk, instant: string) => {
  desk.at(instant)
  t.match(await Promise.all([desk.service.app.services.timers.fireDue(), desk.service.app.services.timers.fireDue()]), [
    { failed: 0 },
    { failed: 0 },
  ])
}
const leavesOf = async (desk: Desk, signOff: string): Promise<string[]> => {
  const { events } = (await desk.call({ org: CAMDEN, role: 'SIRO' }, 'GET', `/v1/sign-offs/${signOff}/events?limit=500`)).body
  return events
    .filter(({ type }: { type: string }) => type === 'CHAIN_ENDED' || type === 'ENDED')
    .map(({ type, org }: { type: string; org: string }) => `${type} ${org}`)
}

t.test('an arranged leaving ends the approvals of the party when its instant comes, and no quorum waits for it', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await desk.draft({ orgs: ORGS, effectiveFrom: '2026-12-10' })
  const { body } = await desk.freeze(agreement, { isApproved: false, route: 'PAN_LONDON' })
  const path = `/v1/agreements/${agreement.id}/withdrawals`
  const leaving = await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'POST', path, { reason: 'Moved', at: '2026-11-25T15:00:00.000Z' })
  t.equal(leaving.status, 201)
  t.match(await chainsOf(desk, body.sign_off), { [ISLINGTON]: 'OPEN' })
  await fires(desk, '2026-11-25T14:59:59.999Z')
  t.match(await chainsOf(desk, body.sign_off), { [ISLINGTON]: 'OPEN' }, 'an announced leaving has not come')
  await fires(desk, '2026-11-25T15:00:00.000Z')
  t.strictSame(await chainsOf(desk, body.sign_off), {
    status: 'OPEN',
    null: 'OPEN',
    [CAMDEN]: 'OPEN',
    [HACKNEY]: 'OPEN',
    [ISLINGTON]: 'LEFT',
  })
  t.strictSame(await tasksOf(desk, ISLINGTON, agreement.id), [])
  t.strictSame(await leavesOf(desk, body.sign_off), [`CHAIN_ENDED ${ISLINGTON}`], 'once, although two nodes woke')
})

t.test('a leaving that is taken back ends nothing', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await desk.draft({ orgs: ORGS, effectiveFrom: '2026-12-10' })
  const { body } = await desk.freeze(agreement, { isApproved: false })
  const siro = { org: ISLINGTON, role: 'SIRO' } as const
  await desk.call(siro, 'POST', `/v1/agreements/${agreement.id}/withdrawals`, { reason: 'Moved', at: '2026-11-25T15:00:00.000Z' })
  t.equal((await desk.call(siro, 'POST', `/v1/agreements/${agreement.id}/withdrawals/revocation`, { reason: 'Not yet' })).status, 200)
  await fires(desk, '2026-11-25T15:00:00.000Z')
  t.match(await chainsOf(desk, body.sign_off), { status: 'OPEN', [ISLINGTON]: 'OPEN' })
})

t.test('a body that is succeeded later goes on approving until then, and no longer', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await desk.draft({ orgs: ORGS, effectiveFrom: '2026-12-10' })
  const { body } = await desk.freeze(agreement, { isApproved: false })
  const succession = { successor: 'LBC_BARNET', at: '2026-11-26T00:00:00.000Z', reason: 'By order' }
  const admin = { org: CAMDEN, role: 'REGISTER_ADMIN' } as const
  t.equal((await desk.call(admin, 'POST', `/v1/organisations/${ISLINGTON}/succession`, succession)).status, 201)
  t.match(await chainsOf(desk, body.sign_off), { [ISLINGTON]: 'OPEN' })
  await fires(desk, '2026-11-26T00:00:00.000Z')
  t.match(await chainsOf(desk, body.sign_off), { status: 'OPEN', [ISLINGTON]: 'LEFT', [HACKNEY]: 'OPEN' })
})

t.test('when a newer version begins, nobody is asked any more to approve or sign the one before (LC-2, LC-3)', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk, { orgs: ORGS }, [CAMDEN, HACKNEY])
  const officer = { org: CAMDEN, role: 'IG_OFFICER', sub: 'drafter' } as const
  const [first] = (await desk.call(officer, 'GET', `/v1/agreements/${agreement.id}`)).body.versions
  await desk.call(
    officer,
    'POST',
    `/v1/agreements/${agreement.id}/amendments`,
    { reason: 'Later', effective_from: '2026-12-01' },
    ANY_STATE,
  )
  const second = await desk.freeze(agreement, { isApproved: false })
  await fires(desk, '2026-11-30T23:59:59.999Z')
  t.match(await chainsOf(desk, first.sign_off), { status: 'OPEN', [ISLINGTON]: 'READY' }, 'until then it is late and not too late')
  t.ok((await tasksOf(desk, ISLINGTON, agreement.id)).includes('1 SIGNATURE'))
  await fires(desk, '2026-12-01T00:00:00.000Z')
  t.strictSame(await chainsOf(desk, first.sign_off), { status: 'COMPLETE', [CAMDEN]: 'SIGNED', [HACKNEY]: 'SIGNED', [ISLINGTON]: 'OVER' })
  t.strictSame(
    (await tasksOf(desk, ISLINGTON, agreement.id)).filter((task) => task.startsWith('1 ')),
    [],
  )
  t.match(await chainsOf(desk, second.body.sign_off), { status: 'OPEN', [ISLINGTON]: 'OPEN' }, 'the newer one goes on')
  t.match(
    (await desk.call(officer, 'GET', `/v1/agreements/${agreement.id}/state`)).body,
    { status: 'ACTIVE', left: [] },
    'and so does everybody',
  )
  const before = await tasksOf(desk, ISLINGTON, agreement.id)
  await rebuildLists(desk.service.app.services.db)
  t.strictSame(await tasksOf(desk, ISLINGTON, agreement.id), before)
})

t.test('a version that begins on the day on which it is frozen ends the one before at once', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk, { orgs: ORGS }, [CAMDEN, HACKNEY])
  const officer = { org: CAMDEN, role: 'IG_OFFICER', sub: 'drafter' } as const
  const [first] = (await desk.call(officer, 'GET', `/v1/agreements/${agreement.id}`)).body.versions
  await desk.service.app.services.timers.fireDue()
  await desk.call(officer, 'POST', `/v1/agreements/${agreement.id}/amendments`, { reason: 'Now', effective_from: '2026-11-22' }, ANY_STATE)
  await desk.freeze(agreement, { isApproved: false })
  await fires(desk, '2026-11-22T12:00:01.000Z')
  t.match(await chainsOf(desk, first.sign_off), { status: 'COMPLETE', [ISLINGTON]: 'OVER' })
})

t.test('an agreement whose arranged end comes, and a text whose last day is over, are approved no further', async (t) => {
  const desk = await agreementDesk(t)
  const ended = await inForce(desk, { orgs: ORGS }, [CAMDEN, HACKNEY])
  const expired = await desk.draft({ orgs: ORGS, effectiveFrom: '2026-11-22', effectiveTo: '2026-11-30' })
  const nobody = await desk.freeze(expired, { isApproved: false })
  const officer = { org: CAMDEN, role: 'SIRO' } as const
  const end = { reason: 'Done', at: '2026-11-28T09:00:00.000Z' }
  t.equal((await desk.call(officer, 'POST', `/v1/agreements/${ended.id}/termination`, end, ANY_STATE)).status, 200)
  const [first] = (await desk.call(officer, 'GET', `/v1/agreements/${ended.id}`)).body.versions
  await fires(desk, '2026-11-28T09:00:00.000Z')
  t.match(await chainsOf(desk, first.sign_off), { status: 'WITHDRAWN' })
  t.strictSame(await tasksOf(desk, ISLINGTON, ended.id), [])
  t.match(await chainsOf(desk, nobody.body.sign_off), { status: 'OPEN' })
  // A week without the service.
  await fires(desk, '2026-12-08T09:00:00.000Z')
  t.match(await chainsOf(desk, nobody.body.sign_off), { status: 'WITHDRAWN', [HACKNEY]: 'OVER' })
  t.strictSame(await tasksOf(desk, HACKNEY, expired.id), [])
})

t.test('what ends while everything stands still has ended when it goes on', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await inForce(desk, { orgs: ORGS }, [CAMDEN, HACKNEY])
  const path = `/v1/agreements/${agreement.id}`
  const [first] = (await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'GET', path)).body.versions
  t.equal(
    (await desk.call({ org: CAMDEN, role: 'SIRO' }, 'POST', `${path}/suspensions`, { scope: 'AGREEMENT', reason: 'Breach' })).status,
    201,
  )
  const left = await desk.call({ org: HACKNEY, role: 'SIRO' }, 'POST', `${path}/withdrawals`, {
    reason: 'Moved',
    at: '2026-11-25T15:00:00.000Z',
  })
  t.equal(left.status, 201)
  await fires(desk, '2026-11-25T15:00:00.000Z')
  t.match(await chainsOf(desk, first.sign_off), { status: 'HELD', [HACKNEY]: 'LEFT' })
})
