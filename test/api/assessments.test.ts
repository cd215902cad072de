import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Agreement } from '../../src/agreements/agreement.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { readAs, withTransactionAs } from '../../src/platform/database/reader.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { assess } from '../support/assessed.ts'

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
const APPROVED = { required: true, status: 'APPROVED', residual: 'LOW', prior_consultation: 'NOT_REQUIRED', review_due: '2028-01-01' }

t.test('one assessment may serve several agreements (DP-3)', async (t) => {
  const desk = await agreementDesk(t)
  const owner = await desk.service.database?.openAs('session_user', 1)
  const draft = (...parties: string[]) => desk.draft({ orgs: parties, effectiveFrom: '2026-11-22' })
  const [first, second] = [await draft(CAMDEN, HACKNEY), await draft(CAMDEN, ISLINGTON)]
  const put = ({ id }: Agreement, body: object) =>
    desk.call({ org: CAMDEN, role: 'DPO' }, 'PUT', `/v1/agreements/${id}/draft/dpia`, body, { 'if-match': '*' })
  await assess(desk, first.id)
  t.match(await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', `/v1/agreements/${first.id}`), {
    body: { dpia: { ...APPROVED, source: 'RECORDED_ELSEWHERE', elsewhere: [{ state: 'CONFIRMED' }] } },
  })
  await owner?.pool.query('update agreement set assessment_id = $1 where id = $2', [first.id, second.id])

  await t.test('each shows it as its own, whoever may not see the other one', async (t) => {
    const shown = async ({ id }: Agreement, org: string) => (await desk.call({ org, role: 'DPO' }, 'GET', `/v1/agreements/${id}`)).body.dpia
    t.match(await shown(first, HACKNEY), APPROVED)
    t.strictSame(await shown(second, ISLINGTON), await shown(first, CAMDEN))
  })

  await t.test('it is not relaxed through one of them, even while nothing is frozen', async (t) => {
    for (const laxer of [{ required: false, status: 'SCREENED_OUT' }, { review_due: null }])
      t.match(await put(second, { ...APPROVED, ...laxer }), { status: 409, body: { errors: [{ code: 'DP-3' }] } })
  })

  for (const [agreement, other] of [
    [first, HACKNEY],
    [second, ISLINGTON],
  ] as const) {
    const { version, hash } = await desk.freeze(agreement, { route: 'STANDARD' })
    for (const org of [CAMDEN, other]) t.equal((await desk.sign(agreement.id, org, version, hash)).status, 201)
    t.equal(await desk.ask(CAMDEN, other), 'PERMIT')
  }

  await t.test('made stricter through one it stops the shares of all, and what was decided before is replayed as it was', async (t) => {
    const { policy } = desk.service.app.services
    const before = policy.current().revision
    const amended = await desk.call(
      { org: CAMDEN, role: 'IG_OFFICER' },
      'POST',
      `/v1/agreements/${first.id}/amendments`,
      { reason: 'A change' },
      { 'if-match': '*' },
    )
    t.equal(amended.status, 201, amended.text)
    t.equal((await put(first, { ...APPROVED, status: 'IN_REVIEW' })).status, 200)
    for (const other of [HACKNEY, ISLINGTON]) t.equal(await desk.ask(CAMDEN, other), 'DENY DPIA_REQUIRED_NOT_APPROVED')
    t.match(await put(first, APPROVED), { status: 409, body: { errors: [{ code: 'DP-3' }] } })
    const then = await policy.at(before)
    const stateOf = (index: typeof then) => [first, second].map(({ id }) => index?.agreement(id)?.dpia.changes.at(-1)?.state)
    t.strictSame(stateOf(then), ['APPROVED', 'APPROVED'])
    t.strictSame(stateOf(policy.current()), ['IN_REVIEW', 'IN_REVIEW'])
    const kinds = await owner?.pool.query(
      `select id, body ? 'dpia' as whole, body ->> 'assessment' as assessment from
      (select distinct on (id) id, body::jsonb from policy.record where kind = 'AGREEMENT' and id = any($1) order by id, revision desc) r`,
      [[first.id, second.id]],
    )
    t.strictSame(
      kinds?.rows.map(({ whole, assessment }) => [whole, assessment]),
      [
        [false, first.id],
        [false, first.id],
      ],
    )
  })

  await t.test('the database shows it to whoever may see an agreement that stands on it, and keeps what it was', async (t) => {
    const { db } = desk.service.app.services
    const rowsFor = (org: string | null) =>
      withTransaction(db, async (tx) => {
        if (org !== null) await readAs(tx, { kind: 'party', org })
        const ids = await tx.selectFrom('assessment').select('id').execute()
        const earlier = await tx.selectFrom('earlier_assessment').select('assessment_id').execute()
        const changes = await tx.selectFrom('assessment_status_change').select('assessment_id').execute()
        return [ids.length, earlier.length > 0, changes.length > 0]
      })
    t.strictSame(await rowsFor(HACKNEY), [1, true, true])
    t.strictSame(await rowsFor(ISLINGTON), [1, true, true])
    t.strictSame(await rowsFor('LBC_BARNET'), [0, false, false])
    t.strictSame(await rowsFor(null), [0, false, false])
    await t.rejects(
      withTransactionAs(db, { kind: 'party', org: 'LBC_BARNET' }, async (tx) => {
        await tx
          .insertInto('assessment_status_change')
          .values({ assessment_id: first.id, position: 9, at: '2026-01-01', status: 'APPROVED' })
          .execute()
      }),
      /row-level security/,
    )
    await t.rejects(Promise.resolve(owner?.pool.query('delete from earlier_assessment')), { code: '23001' })
  })
})

t.test(
  'an act on one agreement never publishes a shared assessment as it was before somebody stated it anew through another',
  async (t) => {
    const desk = await agreementDesk(t)
    const pool = (await desk.service.database?.openAs('session_user', 2))?.pool
    const [first, second] = [await desk.draft({ orgs: [CAMDEN, HACKNEY] }), await desk.draft({ orgs: [CAMDEN, ISLINGTON] })]
    await assess(desk, first.id)
    await pool?.query('update agreement set assessment_id = $1 where id = $2', [first.id, second.id])
    const { hash } = await desk.freeze(second, { route: 'STANDARD' })
    const stating = await pool?.connect()
    try {
      // Somebody states it anew through the first agreement, and has not committed yet.
      await stating?.query('begin')
      await stating?.query('select from assessment where id = $1 for update', [first.id])
      const signing = desk.sign(second.id, CAMDEN, 1, hash)
      await sleep(500)
      await stating?.query(
        `insert into assessment_status_change (assessment_id, position, at, status) values ($1, 1, '2026-11-22T12:00:00Z', 'IN_REVIEW')`,
        [first.id],
      )
      await stating?.query('commit')
      t.equal((await signing).status, 201)
    } finally {
      stating?.release()
    }
    const { policy } = desk.service.app.services
    await policy.refresh()
    t.equal(policy.current().agreement(second.id)?.dpia.changes.at(-1)?.state, 'IN_REVIEW')
  },
)
