import t from 'tap'
import { deskOn } from '../support/agreement-desk.ts'
import { testPages } from '../support/browser.ts'
import { PDF } from '../support/sample-files.ts'
import { signIn, type Visitor, visitorOf } from '../support/visitor.ts'

// An assessment made elsewhere on the pages: recorded with its file by one person, confirmed by a second.

const CAMDEN = 'LBC_CAMDEN'
const BOUNDARY = 'form-data-boundary'
const pages = await testPages(t)
const { service } = pages
const desk = await deskOn(service)
const visitor = async (account: string): Promise<Visitor> => {
  const who = visitorOf(pages)
  await signIn(who, account)
  return who
}
const dpiaOf = async (id: string) => (await desk.call({ org: CAMDEN, role: 'DPO' }, 'GET', `/v1/agreements/${id}`)).body.dpia

const SAID = {
  ...{ outcome: 'APPROVED', residual: 'MEDIUM', prior_consultation: 'NOT_REQUIRED', advice: 'DO_NOT_PROCEED' },
  ...{ 'review_due-day': '1', 'review_due-month': '3', 'review_due-year': '2028' },
  ...{ 'advice_on-day': '2', 'advice_on-month': '11', 'advice_on-year': '2025' },
  ...{ advice_by: 'Data Protection Officer', advice_words: 'Wait for the new system.' },
}
const WHY = { overruled_by: 'A. Director, SIRO', overruled_reason: 'A child is at risk.' }

/** Sends the form as a browser writes it, with or without a file. */
async function record(who: Visitor, id: string, fields: Readonly<Record<string, string>>, hasFile: boolean) {
  const path = `/agreements/${id}/assessment/record`
  const token = /name="_csrf" value="([^"]+)"/.exec((await who.go(path)).text)?.[1] ?? ''
  const part = (header: string, value: Buffer | string) => [
    `--${BOUNDARY}\r\ncontent-disposition: form-data; ${header}\r\n\r\n`,
    value,
    '\r\n',
  ]
  const pieces = Object.entries({ _csrf: token, ...fields }).flatMap(([name, value]) => part(`name="${name}"`, value))
  const file = hasFile ? part('name="file"; filename="dpia.pdf"\r\ncontent-type: application/pdf', PDF) : []
  const payload = Buffer.concat([...pieces, ...file, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)))
  const cookie = [...who.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { cookie, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
  const reply = await service.inject({ method: 'POST', url: path, headers, payload })
  return { status: reply.statusCode, text: reply.body, location: reply.headers['location'] }
}

t.test('an officer records an assessment with its file, and the data protection officer confirms it', async (t) => {
  const { id } = await desk.draft({ orgs: [CAMDEN, 'LBC_ISLINGTON'], effectiveFrom: '2027-01-01' })
  const body = { required: true, status: 'DRAFT', residual: null, prior_consultation: null, review_due: null }
  await desk.call({ org: CAMDEN, role: 'DPO' }, 'PUT', `/v1/agreements/${id}/draft/dpia`, body, { 'if-match': '*' })
  const [officer, dpo, other] = [await visitor('demo-camden-ig'), await visitor('demo-camden-dpo'), await visitor('demo-islington-ig')]
  const here = `/agreements/${id}/assessment`

  const step = (await officer.go(`/agreements/${id}/draft/assessment`)).text
  t.notMatch(step, /<option value="APPROVED"/, 'nobody approves it by hand')
  t.ok(step.includes(`href="${here}"`), 'the page says where one is recorded')
  t.match((await officer.go(here)).text, /No assessment made elsewhere is recorded\./)
  t.match((await other.go(here)).text, /Camden keeps the text, and its people record the assessment\./)

  const nothing = await record(officer, id, {}, false)
  t.match(nothing, { status: 422, text: /href="#file"[\s\S]*Enter the advice in words/ })
  const half = await record(officer, id, SAID, true)
  t.match(half, { status: 422, text: /Enter who approved it against the advice/ })
  t.match(half.text, /Wait for the new system\./, 'what was typed is kept')
  const kept = /name="kept" value="([^"]+)"/.exec(half.text)?.[1] ?? ''
  t.match(
    await record(officer, id, { ...SAID, ...WHY, kept, 'advice_on-year': '2099' }, false),
    { status: 422, text: /href="#advice_on"/ },
    'the service speaks beside its field',
  )
  t.match(await record(other, id, { ...SAID, ...WHY }, true), { status: 422, text: /Another party says what it wants changed/ })
  t.match(await record(officer, id, { ...SAID, ...WHY, kept }, false), { status: 303, location: here }, 'the file is not sent twice')

  const waits = (await officer.go(here)).text
  t.match(waits, /waits for a second person of Camden[\s\S]*somebody else confirms it[\s\S]*dpia\.pdf[\s\S]*A child is at risk\./)
  t.match((await officer.go(`/agreements/${id}/draft/check`)).text, /recorded as approved, and waits for a second person of Camden/)
  t.match(await dpiaOf(id), { status: 'DRAFT', elsewhere: [{ state: 'AWAITS_CONFIRMATION' }] })
  const link = /href="(\/agreements\/[^"]+\/assessment\/[^"]+\/confirm)"/
  t.notMatch((await officer.go('/work')).text, link, 'whoever recorded it is not asked')
  const work = (await dpo.go('/work')).text
  t.match(work, /An assessment waits for your confirmation/)
  const confirm = link.exec(work)?.[1] ?? ''
  t.match((await officer.go(confirm)).text, /This does not wait for you/)
  t.match((await dpo.go(confirm)).text, /I have read the file and confirm it/)
  t.match(await officer.send(confirm, confirm, {}), { status: 422, text: /You recorded it: a second person/ })
  t.match(await dpo.send(confirm, confirm, {}), { status: 303 })
  t.match(await dpiaOf(id), { status: 'APPROVED', source: 'RECORDED_ELSEWHERE', elsewhere: [{ state: 'CONFIRMED' }] })
  t.match((await other.go(`/agreements/${id}`)).text, /Approved; approved against the advice of the data protection officer/)
  t.notMatch((await dpo.go('/work')).text, link)
})
