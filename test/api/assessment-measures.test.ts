import ICAL from 'ical.js'
import t from 'tap'
import { agreementDesk, type Person } from '../support/agreement-desk.ts'
import { assessingDesk, measureOf } from '../support/assessing-desk.ts'

// Measures of an action plan as work: whose they are, when their owner is reminded, and who said that one is done.

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET'] as const
const as = (org: string, role: Person['role']): Person => ({ org, role })
const desk = await agreementDesk(t)
const dpia = assessingDesk(desk)
const { timers } = desk.service.app.services
const { id: agreement } = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22' })
const id = await dpia.begin(agreement)
await dpia.written(id)
const [{ id: risk }] = (await dpia.read(id)).content.risks

const work = async (who: Person) =>
  (await desk.call(who, 'GET', '/v1/work')).body.measures.map(
    (one: { readonly measure: string; readonly due: string; readonly overdue: boolean }) =>
      `${one.due} ${one.measure}${one.overdue ? ', overdue' : ''}`,
  )
const reminded = async (org: string) =>
  (await desk.call(as(org, 'DPO'), 'GET', '/v1/notices')).body.notices
    .filter(({ kind }: { readonly kind: string }) => kind.startsWith('MEASURE_'))
    .map(({ at, kind, detail }: { readonly at: string; readonly kind: string; readonly detail: { readonly due: string } }) =>
      [at.slice(0, 10), kind, detail.due].join(' '),
    )
    .toReversed()
/** What a program that holds the address of somebody's calendar reads of measures. */
const calendar = async (who: Person, scope: 'MINE' | 'ORGANISATION') => {
  const made = await desk.call(who, 'POST', '/v1/calendars', { scope })
  t.equal(made.status, 201, JSON.stringify(made.body))
  return async () => {
    const { body } = await desk.service.inject({ method: 'GET', url: new URL(made.body.url).pathname })
    const events = new ICAL.Component(ICAL.parse(body)).getAllSubcomponents('vevent')
    return events
      .map((event) => ['dtstart', 'summary', 'status'].map((name) => String(event.getFirstPropertyValue(name))).join(' '))
      .filter((line) => line.includes('measure'))
  }
}
const fireOn = async (day: string) => {
  desk.at(`${day}T12:00:00.000Z`)
  await Promise.all([timers.fireDue(), timers.fireDue()])
}
const [KEY, LIST, SCHOOL] = [
  '2026-12-10 The key is changed',
  '2027-01-31 Only the duty team can open the list',
  '2027-02-15 The school is told',
]

t.test('measures are nobody’s work before the assessment is approved', async (t) => {
  for (const over of [
    { measure: 'The key is changed', owner: { org: HACKNEY, post: 'Data Protection Officer' }, due: '2026-12-10' },
    { measure: 'The school is told', owner: { org: BARNET, post: 'Head teacher' }, due: '2027-02-15' },
    { measure: 'Nobody has approved this', due: '2026-12-01', approved: null },
  ])
    t.equal((await dpia.write(id, 'POST', '/measures', { ...measureOf(risk), ...over })).status, 200)
  t.strictSame(await work(as(CAMDEN, 'IG_OFFICER')), [])
  await dpia.send(id)
  for (const org of [CAMDEN, HACKNEY]) for (const act of [dpia.advise, dpia.accept]) t.equal((await act.call(dpia, id, org)).status, 200)
  t.match(await dpia.read(id), { state: 'APPROVED' })
})

t.test('they are the work of the role that their post names, else of whoever may say that they are done', async (t) => {
  t.strictSame(await work(as(HACKNEY, 'DPO')), [KEY])
  t.strictSame(await work(as(HACKNEY, 'IG_OFFICER')), [], 'it is for the data protection officer')
  t.strictSame(await work(as(CAMDEN, 'INFOSEC')), [LIST, SCHOOL], 'with the one of a body that has no part in the agreement')
  t.strictSame(await work(as(CAMDEN, 'SIGNATORY')), [])
  t.strictSame(await work(as(BARNET, 'IG_OFFICER')), [])
})

t.test('they stand in the calendar of whoever does them, and in that of the organisation', async (t) => {
  t.strictSame(await (await calendar(as(HACKNEY, 'DPO'), 'MINE'))(), [`2026-12-10 ${agreement}: measure of its DPIA due CONFIRMED`])
  t.strictSame(await (await calendar(as(HACKNEY, 'IG_OFFICER'), 'MINE'))(), [])
  t.equal((await (await calendar(as(HACKNEY, 'IG_OFFICER'), 'ORGANISATION'))()).length, 1)
})

t.test('their owner is reminded seven days before, once they are overdue, and every 30 days, once each', async (t) => {
  await fireOn('2026-12-02')
  t.strictSame(await reminded(HACKNEY), [])
  await fireOn('2026-12-03')
  await fireOn('2026-12-10')
  t.strictSame(await reminded(HACKNEY), ['2026-12-03 MEASURE_DUE 2026-12-10'])
  t.strictSame(await work(as(HACKNEY, 'DPO')), [KEY], 'on its day it is not overdue')
  await fireOn('2026-12-11')
  await fireOn('2027-01-09')
  await fireOn('2027-01-10')
  const all = ['2026-12-03 MEASURE_DUE 2026-12-10', '2026-12-11 MEASURE_OVERDUE 2026-12-10', '2027-01-10 MEASURE_OVERDUE 2026-12-10']
  t.strictSame(await reminded(HACKNEY), all)
  t.strictSame(await work(as(HACKNEY, 'DPO')), [`${KEY}, overdue`])
  t.strictSame(await reminded(CAMDEN), [])
})

t.test('one that is done says by whom and when, is nobody’s work and is reminded of no more', async (t) => {
  const { measures } = (await dpia.read(id)).content
  const key = measures.find(({ due }: { readonly due: string }) => due === '2026-12-10').id
  const done = await dpia.write(id, 'POST', `/measures/${key}/done`, { done_on: '2027-01-08' }, as(HACKNEY, 'DPO'))
  t.match(done, { status: 200 })
  t.match(
    done.body.content.measures.find((one: { readonly id: string }) => one.id === key),
    { done_on: '2027-01-08', done_by: { org: HACKNEY, sub: `urn:test:${HACKNEY}:DPO`, at: '2027-01-10T12:00:00.000Z' } },
  )
  t.strictSame(await work(as(HACKNEY, 'DPO')), [])
  await fireOn('2027-02-09')
  t.equal((await reminded(HACKNEY)).length, 3)
  t.strictSame(await reminded(CAMDEN), ['2027-02-09 MEASURE_OVERDUE 2027-01-31', '2027-02-09 MEASURE_DUE 2027-02-15'])
})

t.test('an assessment that is open again keeps its plan', async (t) => {
  const reopened = await dpia.write(id, 'POST', '/reopening', { reason: 'INCIDENT', note: 'A list reached the wrong school.' })
  t.match(reopened, { status: 200, body: { state: 'IN_REVIEW' } })
  t.strictSame(await work(as(CAMDEN, 'IAO')), [`${LIST}, overdue`, SCHOOL])
})
