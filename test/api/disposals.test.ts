import t from 'tap'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'

const [CAMDEN, HACKNEY, ISLINGTON, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET']
const siro = (org: string): Person => ({ org, role: 'SIRO' })
const officer = (org: string): Person => ({ org, role: 'IG_OFFICER' })
const DELETED = { how: 'DELETED', what: 'Placement notices', on: '2026-11-22', done_by: 'Head of Housing Needs' }

t.test('what becomes of the data once sharing is over', async (t) => {
  const desk = await agreementDesk(t)
  const { call } = desk
  const confirm = (org: string, id: string, body: object = DELETED) => call(officer(org), 'POST', `/v1/agreements/${id}/disposals`, body)
  const list = async (org: string, id: string) => {
    const { body } = await call(officer(org), 'GET', `/v1/agreements/${id}/disposals`)
    return body.disposals.map((one: { org: string; is_complete: boolean }) => [one.org, one.is_complete])
  }
  const due = async (org: string, id: string) =>
    (await call({ org, role: 'DPO' }, 'GET', '/v1/notices?limit=200')).body.notices.filter(
      ({ agreement, kind }: { agreement: string; kind: string }) => agreement === id && kind === 'DISPOSAL_DUE',
    )

  await t.test('after a termination each recipient confirms, and everybody reads who has not yet', async (t) => {
    const { id } = await inForce(desk)
    t.strictSame((await call(officer(CAMDEN), 'GET', `/v1/agreements/${id}/disposals`)).body, { disposals: [] }, 'while sharing goes on')
    t.match(await confirm(HACKNEY, id), { status: 409, body: { errors: [{ code: 'LC-5' }] } }, 'and nobody can have got rid of it all')
    await call(siro(CAMDEN), 'POST', `/v1/agreements/${id}/termination`, { reason: 'Over' }, { 'if-match': '*' })
    for (const org of [CAMDEN, HACKNEY, ISLINGTON])
      t.match(await due(org, id), [{ detail: { org, ended_at: '2026-11-22T12:00:00.000Z', due_on: '2027-11-22', flows: ['F1'] } }], org)
    t.strictSame(await list(HACKNEY, id), [
      [CAMDEN, false],
      [HACKNEY, false],
      [ISLINGTON, false],
    ])
    t.match(await confirm(HACKNEY, id), {
      status: 201,
      body: { agreement: id, act: 'dispose', from: 'TERMINATED', to: 'TERMINATED', org: HACKNEY, flows: ['F1'], remaining: [] },
    })
    t.match(await confirm(HACKNEY, id), { status: 409, body: { errors: [{ code: 'CONFIRMED' }] } })
    const kept = { how: 'RETAINED_BY_LAW', law: 'Limitation Act 1980 s5', keep_until: '2027-01-01' }
    t.match(await confirm(ISLINGTON, id, { ...DELETED, ...kept }), { status: 201, body: { remaining: ['F1'] } })
    const read = (at: string) => {
      desk.at(at)
      return call(officer(CAMDEN), 'GET', `/v1/agreements/${id}/disposals`)
    }
    t.match((await read('2027-01-01T12:00:00.000Z')).body.disposals, [
      {
        org: CAMDEN,
        is_complete: false,
        flows: [{ flow: 'F1', retention_days: 365, due_on: '2027-11-22', is_overdue: false, confirmed: null }],
      },
      {
        org: HACKNEY,
        is_complete: true,
        flows: [{ is_overdue: false, confirmed: { ...DELETED, law: null, at: '2026-11-22T12:00:00.000Z' } }],
      },
      { org: ISLINGTON, is_complete: false, flows: [{ is_overdue: false, confirmed: kept }] },
    ])
    t.match(
      (await read('2027-01-02T12:00:00.000Z')).body.disposals,
      [{}, {}, { flows: [{ is_overdue: true }] }],
      'the law keeps it no longer',
    )
    t.match((await read('2027-11-23T12:00:00.000Z')).body.disposals, [
      { flows: [{ is_overdue: true }] },
      { flows: [{ is_overdue: false }] },
    ])
    desk.at('2026-11-22T12:00:00.000Z')
    t.match((await desk.leaves(id)).slice(-5), [
      { act: 'dispose', refused: true },
      { act: 'terminate' },
      { act: 'dispose', refused: false },
      { refused: true },
      { act: 'dispose' },
    ])
    const { acts } = (await call(officer(CAMDEN), 'GET', `/v1/agreements/${id}/history`)).body
    t.match(acts.at(-1), { act: 'dispose', org: ISLINGTON, detail: { how: 'RETAINED_BY_LAW', law: kept.law } })
  })

  await t.test('a stranger and whoever was only invited confirm nothing', async (t) => {
    const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY] })
    await call(officer(CAMDEN), 'POST', `/v1/agreements/${id}/accessions`, { org: BARNET, role: 'CONTROLLER' })
    await call(siro(CAMDEN), 'POST', `/v1/agreements/${id}/termination`, { reason: 'Over' }, { 'if-match': '*' })
    t.match(await confirm(BARNET, id), { status: 403, body: { errors: [{ code: 'PARTY' }] } })
    t.equal((await confirm(ISLINGTON, id)).status, 404)
    t.strictSame(await due(BARNET, id), [])
    t.equal((await call({ org: HACKNEY, role: 'LEGAL' }, 'POST', `/v1/agreements/${id}/disposals`, DELETED)).status, 403)
  })

  await t.test('whoever has left confirms for itself, and reads nothing of the others', async (t) => {
    const { id } = await inForce(desk)
    await call(siro(HACKNEY), 'POST', `/v1/agreements/${id}/withdrawals`, { reason: 'Leaves' })
    t.equal((await due(HACKNEY, id)).length, 1)
    t.equal((await due(CAMDEN, id)).length, 0)
    t.strictSame(await list(CAMDEN, id), [[HACKNEY, false]])
    desk.at('2026-11-23T12:00:00.000Z')
    t.match((await call(officer(HACKNEY), 'GET', `/v1/agreements/${id}/state`)).body.commands, ['dispose'])
    t.match(await confirm(HACKNEY, id), { status: 201, body: { org: HACKNEY, remaining: [] } })
    t.strictSame(await list(HACKNEY, id), [[HACKNEY, true]])
    t.strictSame(await list(CAMDEN, id), [[HACKNEY, true]])
    t.equal(await desk.ask(CAMDEN, ISLINGTON), 'PERMIT', 'those who stay share as before')
    await call(siro(CAMDEN), 'POST', `/v1/agreements/${id}/termination`, { reason: 'Over' }, { 'if-match': '*' })
    await confirm(ISLINGTON, id)
    t.strictSame(await list(HACKNEY, id), [[HACKNEY, true]], 'it never hears that it ended')
    const rows = await withTransactionAs(desk.service.app.services.db, { kind: 'party', org: HACKNEY }, (tx) =>
      tx.selectFrom('disposal').select('org').where('agreement_id', '=', id).execute(),
    )
    t.strictSame(rows, [{ org: HACKNEY }], 'nor does the database show it')
    t.strictSame(await list(CAMDEN, id), [
      [CAMDEN, false],
      [HACKNEY, true],
      [ISLINGTON, true],
    ])
    desk.at('2026-11-22T12:00:00.000Z')
  })
})
