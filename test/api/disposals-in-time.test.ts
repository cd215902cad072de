import t from 'tap'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'

// LC-5 by the calendar: whoever still holds what it received under a text that is over hears of it again. Each test has a clock of its own.

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
const officer = (org: string): Person => ({ org, role: 'IG_OFFICER' })
const DELETED = { how: 'DELETED', what: 'Placement notices', on: '2026-11-22', done_by: 'Head of Housing Needs' }
/** How an agreement of three, in which what was received is kept for a year, goes on. */
async function threeParties(t: Parameters<typeof agreementDesk>[0]) {
  const desk = await agreementDesk(t)
  const { call } = desk
  const { id } = await inForce(desk)
  const path = `/v1/agreements/${id}`
  const due = async (org: string) =>
    (await call({ org, role: 'DPO' }, 'GET', '/v1/notices?limit=200')).body.notices.filter(
      ({ agreement, kind }: { agreement: string; kind: string }) => agreement === id && kind === 'DISPOSAL_DUE',
    )
  return {
    desk,
    id,
    due,
    act: (org: string, what: string) => call({ org, role: 'SIRO' }, 'POST', `${path}/${what}`, { reason: 'Over' }, { 'if-match': '*' }),
    confirm: (org: string, body: object = {}) => call(officer(org), 'POST', `${path}/disposals`, { ...DELETED, ...body }),
    list: async () =>
      (await call(officer(CAMDEN), 'GET', `${path}/disposals`)).body.disposals.map((one: { org: string; is_complete: boolean }) => [
        one.org,
        one.is_complete,
      ]),
    /** On which days the timers told a party, until when it may hold what. */
    async reminded(org: string, instants: readonly string[]): Promise<string[]> {
      const days: string[] = []
      for (const instant of instants) {
        desk.at(instant)
        const before = (await due(org)).length
        await Promise.all([1, 2].map(() => desk.service.app.services.timers.fireDue()))
        const after = await due(org)
        if (after.length > before)
          days.push(`${instant.slice(0, 10)}: ${after.length - before}, ${after[0].detail.due_on} ${after[0].detail.flows}`)
      }
      return days
    },
  }
}
const A_YEAR_LATER = ['2027-10-01', '2027-10-23', '2027-11-14', '2027-11-15', '2027-11-22', '2027-11-23'].map(
  (day) => `${day}T12:00:00.000Z`,
)

t.test(
  'whoever holds it hears of it thirty and seven days before its last day and on it, once; whoever got rid of it no more',
  async (t) => {
    const { act, confirm, reminded, due } = await threeParties(t)
    t.equal((await act(CAMDEN, 'termination')).status, 200)
    t.equal((await confirm(ISLINGTON)).status, 201)
    const reminders = await reminded(HACKNEY, A_YEAR_LATER)
    t.strictSame(reminders, ['2027-10-23: 1, 2027-11-22 F1', '2027-11-15: 1, 2027-11-22 F1', '2027-11-22: 1, 2027-11-22 F1'])
    t.equal((await due(ISLINGTON)).length, 1, 'the notice of the end alone')
  },
)

t.test('what a law lets a party keep is due when that is over', async (t) => {
  const { act, confirm, reminded } = await threeParties(t)
  await act(CAMDEN, 'termination')
  await confirm(HACKNEY, { how: 'RETAINED_BY_LAW', law: 'Limitation Act 1980 s5', keep_until: '2027-12-31' })
  const late = ['2027-11-22', '2027-12-01', '2027-12-24', '2027-12-31'].map((day) => `${day}T12:00:00.000Z`)
  t.strictSame(await reminded(HACKNEY, ['2027-10-03T12:00:00.000Z', ...late]), [
    ...['2027-12-01: 1, 2027-12-31 F1', '2027-12-24: 1, 2027-12-31 F1', '2027-12-31: 1, 2027-12-31 F1'],
  ])
})

t.test('a text that comes to its own last day begins it, as a termination does', async (t) => {
  const { desk, id, confirm, reminded, list } = await threeParties(t)
  const owner = await desk.service.database?.openAs('session_user', 1)
  await owner?.pool.query(
    `set session_replication_role = replica; update agreement_version set effective_to = '2027-12-05' where agreement_id = '${id}'; reset session_replication_role`,
  )
  desk.at('2027-12-05T12:00:00.000Z')
  t.match(await confirm(HACKNEY), { status: 409, body: { errors: [{ code: 'LC-5' }] } }, 'on its last day sharing goes on')
  t.strictSame(await list(), [])
  t.strictSame(await reminded(HACKNEY, ['2027-12-05T13:00:00.000Z', '2027-12-06T00:00:00.000Z']), ['2027-12-06: 1, 2028-12-05 F1'])
  t.strictSame(await list(), [
    [CAMDEN, false],
    [HACKNEY, false],
    [ISLINGTON, false],
  ])
  t.match(await confirm(HACKNEY, { on: '2027-12-06' }), { status: 201, body: { remaining: [] } })
})
