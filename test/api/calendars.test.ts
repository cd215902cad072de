import ICAL from 'ical.js'
import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk, inForce } from '../support/agreement-desk.ts'
import { assess } from '../support/assessed.ts'

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
const desk = await agreementDesk(t, '2026-11-22T12:00:00.000Z')
const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const

/** A calendar that somebody makes. */
async function make(scope: 'MINE' | 'ORGANISATION' = 'MINE', person: { org: string; role: Role; sub?: string } = officer) {
  const made = await desk.call(person, 'POST', '/v1/calendars', { scope })
  return { status: made.status, id: String(made.body.id), path: made.status === 201 ? new URL(made.body.url).pathname : '' }
}

/** What a program that has nothing but the address reads. */
async function read(path: string) {
  const reply = await desk.service.inject({ method: 'GET', url: path })
  if (reply.statusCode !== 200) return { status: reply.statusCode, headers: reply.headers, body: reply.json(), events: [] }
  const events = new ICAL.Component(ICAL.parse(reply.body)).getAllSubcomponents('vevent').map((event) => ({
    uid: String(event.getFirstPropertyValue('uid')),
    summary: String(event.getFirstPropertyValue('summary')),
    day: String(event.getFirstPropertyValue('dtstart')),
    status: String(event.getFirstPropertyValue('status')),
    sequence: Number(event.getFirstPropertyValue('sequence')),
  }))
  return { status: 200, headers: reply.headers, body: reply.body, events }
}

t.test('a calendar shows what is due, to a program that has its address and nothing else', async (t) => {
  const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], title: 'A title that is nobody’s business' } as never)
  const { path } = await make()
  const { status, headers, body, events } = await read(path)
  t.equal(status, 200)
  t.match(headers, { 'content-type': 'text/calendar; charset=utf-8', 'cache-control': 'private, no-cache' })
  t.notOk(headers['set-cookie'])
  const review = events.find(({ summary }) => summary === `${id}: review due`)
  t.match(review, { uid: new RegExp(`^${id}/AGREEMENT_REVIEW@`), status: 'CONFIRMED', sequence: 0, day: /^\d{4}-\d{2}-\d{2}$/ })
  t.notMatch(String(body), /business/)
  t.strictSame((await read(path)).events, events, 'asking again changes nothing')

  await t.test('a review that is confirmed moves its event', async (t) => {
    desk.at('2026-11-25T12:00:00.000Z')
    const confirmed = await desk.call(
      officer,
      'POST',
      `/v1/agreements/${id}/renewal`,
      { kind: 'REVIEW_CONFIRMED', reason: 'Reviewed' },
      { 'if-match': '*' },
    )
    t.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
    const moved = (await read(path)).events.find(({ uid }) => uid === review?.uid)
    t.equal(moved?.sequence, 1)
    t.not(moved?.day, review?.day)
  })

  await t.test('what is no longer due is cancelled, where programs that hold a copy can see it', async (t) => {
    const ended = await desk.call(
      { org: CAMDEN, role: 'SIRO' },
      'POST',
      `/v1/agreements/${id}/termination`,
      { reason: 'Over' },
      { 'if-match': '*' },
    )
    t.equal(ended.status, 200, JSON.stringify(ended.body))
    t.match(
      (await read(path)).events.find(({ uid }) => uid === review?.uid),
      { status: 'CANCELLED', sequence: 2, summary: 'No longer shown: review due' },
    )
  })

  await t.test('another organisation, which takes no part, is shown nothing of it', async (t) => {
    const other = await make('ORGANISATION', { org: ISLINGTON, role: 'DPO' })
    t.notMatch(String((await read(other.path)).body), new RegExp(id))
  })
})

t.test('a step is due for whoever may take it, and for the organisation; a signature has a day of its own', async (t) => {
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY] })
  await desk.freeze(agreement, { isApproved: false })
  const stepsIn = async (path: string) => (await read(path)).events.filter(({ summary }) => summary.startsWith(agreement.id))
  const [mine, whole, siro] = [await make(), await make('ORGANISATION'), await make('MINE', { org: CAMDEN, role: 'SIRO' })]
  t.match(await stepsIn(mine.path), [{ summary: `${agreement.id}: review step due`, status: 'CONFIRMED' }])
  t.match(await stepsIn(whole.path), [{ summary: `${agreement.id}: review step due` }])
  t.same(await stepsIn(siro.path), [], 'nothing for a role whose turn has not come')
  await desk.approve(agreement.id, CAMDEN, 1)
  const after = (await read(whole.path)).events
  t.ok(after.some(({ summary, status }) => summary === `${agreement.id}: sign by` && status === 'CONFIRMED'))
  t.ok(after.some(({ summary, status }) => summary === 'No longer shown: review step due' && status === 'CANCELLED'))
})

t.test('the review of a DPIA has a day of its own, which moves and goes with what is recorded', async (t) => {
  desk.at('2026-11-25T12:00:00.000Z')
  const [reviewer, dpo] = [
    { org: CAMDEN, role: 'DPO' },
    { org: HACKNEY, role: 'DPO' },
  ] as const
  const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-25' })
  const { path } = await make('MINE', dpo)
  const record = async (review_due: string) =>
    desk.call(
      reviewer,
      'PUT',
      `/v1/agreements/${agreement.id}/draft/dpia`,
      { required: true, status: 'APPROVED', residual: 'LOW', prior_consultation: 'NOT_REQUIRED', review_due },
      { 'if-match': '*' },
    )
  const review = async () => (await read(path)).events.filter(({ uid }) => uid.startsWith(`${agreement.id}/ASSESSMENT_REVIEW@`))
  await assess(desk, agreement.id, { review_due: '2027-06-30' })
  t.same(await review(), [], 'nothing rests on it yet')
  const { version, hash } = await desk.freeze(agreement, { route: 'STANDARD' })
  for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(agreement.id, org, version, hash)).status, 201)
  const shown = { summary: `${agreement.id}: DPIA review due`, status: 'CONFIRMED' }
  t.match(await review(), [{ ...shown, day: '2027-06-30', sequence: 0 }])
  const amended = await desk.call(officer, 'POST', `/v1/agreements/${agreement.id}/amendments`, { reason: 'A change' }, { 'if-match': '*' })
  t.equal(amended.status, 201, amended.text)
  t.equal((await record('2027-01-29')).status, 200, 'sooner')
  t.match(await review(), [{ ...shown, day: '2027-01-29', sequence: 1 }])
  const due = (await desk.call(dpo, 'GET', '/v1/work')).body.due_soon
  t.match(
    due.filter((one: { agreement: string }) => one.agreement === agreement.id),
    [{ kind: 'ASSESSMENT_REVIEW', day: '2027-01-29', days_left: 65 }],
  )
  const over = await desk.call(
    { org: CAMDEN, role: 'SIRO' },
    'POST',
    `/v1/agreements/${agreement.id}/termination`,
    { reason: 'Over' },
    { 'if-match': '*' },
  )
  t.equal(over.status, 200, over.text)
  t.match(await review(), [{ status: 'CANCELLED', sequence: 2, summary: 'No longer shown: DPIA review due' }])
})

t.test('an address that never was, was revoked, has lapsed, or whose maker has no role any more is one and the same', async (t) => {
  const withoutId = ({ body, ...rest }: Awaited<ReturnType<typeof read>>) => ({
    ...rest,
    headers: undefined,
    body: { ...body, instance: undefined },
  })
  const unknown = withoutId(await read(`/v1/calendars/${'A'.repeat(43)}.ics`))
  t.equal(unknown.status, 404)
  for (const path of ['/v1/calendars/x.ics', `/v1/calendars/${'A'.repeat(43)}`, '/v1/calendars/..%2f.ics'])
    t.same(withoutId(await read(path)), unknown, path)

  const revoked = await make()
  t.equal((await read(revoked.path)).status, 200)
  t.equal((await desk.call({ org: HACKNEY, role: 'IG_OFFICER' }, 'POST', `/v1/calendars/${revoked.id}/revocation`)).status, 404)
  t.equal((await desk.call({ ...officer, sub: 'another' }, 'POST', `/v1/calendars/${revoked.id}/revocation`)).status, 404)
  t.equal((await desk.call(officer, 'POST', `/v1/calendars/${revoked.id}/revocation`)).status, 200)
  t.equal((await desk.call(officer, 'POST', `/v1/calendars/${revoked.id}/revocation`)).status, 200, 'again changes nothing')
  t.same(withoutId(await read(revoked.path)), unknown)

  const siro = { org: CAMDEN, role: 'SIRO', sub: 'keeper' } as const
  const role = await desk.call(siro, 'POST', `/v1/organisations/${CAMDEN}/roles`, {
    person: { subject: 'leaver' },
    role: 'IG_OFFICER',
    reason: 'Appointed',
  })
  const leaver = await make('MINE', { ...officer, sub: 'leaver' })
  t.equal((await read(leaver.path)).status, 200)
  const end = `/v1/organisations/${CAMDEN}/roles/${role.body.id}/end`
  t.equal((await desk.call(siro, 'POST', end, { reason: 'Left' }, { 'if-match': role.etag })).status, 200)
  t.same(withoutId(await read(leaver.path)), unknown, 'at once')

  const owner = await desk.service.database?.openAs('session_user', 1)
  const gone = { issuer: 'https://trusted-once.example', subject: 'gone' }
  const record = { person: gone, role: 'IG_OFFICER', reason: 'Appointed' }
  t.equal((await desk.call(siro, 'POST', `/v1/organisations/${CAMDEN}/roles`, record)).status, 201)
  const theirs = await make('MINE', { ...officer, sub: 'gone' })
  await owner?.pool.query('update calendar set issuer = $2 where id = $1', [theirs.id, gone.issuer])
  t.same(withoutId(await read(theirs.path)), unknown, 'of an issuer that is trusted no longer')

  const lapses = await make()
  desk.at('2027-03-01T12:00:00.000Z')
  t.same(withoutId(await read(lapses.path)), unknown, 'after 90 days, where roles are claimed only')
  desk.at('2026-11-25T12:00:00.000Z')
})

t.test('a calendar is a secret that is told once, and it is bounded', async (t) => {
  const made = await make()
  const owner = await desk.service.database?.openAs('session_user', 1)
  const kept = JSON.stringify((await owner?.pool.query('select * from calendar'))?.rows)
  t.notMatch(kept, new RegExp(made.path.split('/').at(-1)?.replace('.ics', '') ?? 'x'))
  const listed = await desk.call(officer, 'GET', '/v1/calendars')
  t.ok(listed.body.calendars.some(({ id }: { id: string }) => id === made.id))
  t.notMatch(listed.text, /url/)
  t.same((await desk.call({ org: HACKNEY, role: 'IG_OFFICER' }, 'GET', '/v1/calendars')).body.calendars, [])
  t.equal((await make('ORGANISATION', { org: CAMDEN, role: 'IAO' })).status, 403)
  const many = { org: CAMDEN, role: 'LEGAL', sub: 'many' } as const
  for (let count = 0; count < 10; count++) t.equal((await make('MINE', many)).status, 201)
  t.equal((await make('MINE', many)).status, 409)
  const statuses: number[] = []
  while (statuses.length < 40) statuses.push((await read(made.path)).status)
  t.same(statuses, [...Array(30).fill(200), ...Array(10).fill(429)])
  t.equal((await read((await make()).path)).status, 200, 'another calendar is not held up')
})

t.test('nobody has more than ten calendars, however many are asked for at once', async (t) => {
  const made = await Promise.all(Array.from({ length: 14 }, () => make('MINE', { ...officer, sub: 'urn:test:collector' })))
  t.same(made.map(({ status }) => status).toSorted(), [...Array(10).fill(201), ...Array(4).fill(409)])
})
