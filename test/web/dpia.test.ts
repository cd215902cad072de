import t from 'tap'
import { londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { assessingDesk } from '../support/assessing-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { cnilSample } from '../support/cnil-sample.ts'
import { said, signIn, type Visitor, visitorOf } from '../support/visitor.ts'

// An assessment as an officer writes it on the pages, from its beginning to its review.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const pages = await testPages(t)
const desk = await deskOn(pages.service)
const visitor = async (account: string): Promise<Visitor> => {
  const who = visitorOf(pages)
  await signIn(who, account)
  return who
}
const aDraft = async () => (await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2027-06-01' })).id
const day = (name: string, year: string) => ({ [`${name}-day`]: '31', [`${name}-month`]: '3', [`${name}-year`]: year })
/** Today, in the three boxes of a field. */
const spoken = (name: string) => {
  const [year = '', month = '', date = ''] = londonDay(Date.now()).split('-')
  return { [`${name}-day`]: date, [`${name}-month`]: month, [`${name}-year`]: year }
}
const NEXT_YEAR = String(new Date().getFullYear() + 1)
const RISK = {
  ...{ description: 'A family is known to people who have no need to know.', source: 'A list sent to the wrong team' },
  ...{ harm_type: 'LOSS_OF_CONFIDENTIALITY', affected_subjects: 'CHILD', likelihood: 'POSSIBLE', severity: 'SIGNIFICANT' },
}
const MEASURE = {
  ...{ measure: 'Only the duty team can open the list', effect: 'REDUCED', left_likelihood: 'REMOTE', left_severity: 'SIGNIFICANT' },
  ...{ org: CAMDEN, post: 'Systems manager', approved_by: 'Head of service', ...day('approved_on', '2025'), ...day('due', NEXT_YEAR) },
}
const STEPS = ['need', 'processing', 'consultation', 'necessity', 'risks', 'measures', 'sign-off']

/** Begins one on the page of an agreement; answers its address. */
async function begin(officer: Visitor, agreement: string): Promise<string> {
  const page = `/agreements/${agreement}/assessment/begin`
  t.ok((await officer.go(`/agreements/${agreement}/assessment`)).text.includes(`href="${page}"`), 'the agreement leads there')
  const begun = await officer.send(page, page, {})
  t.match(begun, { status: 303, location: /^\/assessments\// }, begun.text.slice(0, 300))
  return begun.location ?? ''
}

/** Answers every question of a step that is still open, with what stands there already kept. */
async function answer(officer: Visitor, page: string): Promise<void> {
  const { text } = await officer.go(page)
  const fields: Record<string, string> = {}
  for (const [, name = '', was = ''] of text.matchAll(/name="was-([^"]+)" value="([^"]+)"/g)) {
    fields[`was-${name}`] = was
    fields[name] = 'As it is done today.'
    const [, choice] = new RegExp(`name="${name}-choice" type="radio" value="([^"]+)"`).exec(text) ?? []
    if (choice) fields[`${name}-choice`] = choice
  }
  const saved = await officer.send(page, page, fields)
  t.match(saved, { status: 303 }, `${page} ${/error-summary[\s\S]{0,900}/.exec(saved.text)?.[0] ?? ''}`)
}

/** Writes all that is asked, so that it can be sent. */
async function write(officer: Visitor, at: string, over: { readonly risk?: object; readonly measure?: object } = {}): Promise<void> {
  const give = async (path: string, fields: Readonly<Record<string, string>>) => {
    const done = await officer.send(`${at}${path}`, `${at}${path}`, fields)
    t.match(done, { status: 303 }, `${path} ${/error-summary[\s\S]{0,900}/.exec(done.text)?.[0] ?? ''}`)
  }
  await give('/screening', { required: 'yes' })
  for (const step of STEPS) await answer(officer, `${at}/steps/${step}`)
  await give('/risks/new', { ...RISK, ...over.risk })
  const [, risk = ''] = /\/risks\/([0-9a-f-]{36})"/.exec((await officer.go(`${at}/steps/risks`)).text) ?? []
  await give('/measures/new', { ...MEASURE, ...over.measure, risk_id: risk })
  await give('/next-review', { ...day('due', NEXT_YEAR), kept_by: 'Information governance manager' })
}

t.test('an officer begins an assessment from the agreement, writes it and sends it for review', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const id = await aDraft()
  const at = await begin(officer, id)
  t.match(said((await officer.go(at)).text), /Draft What happens next Camden says whether an assessment is needed/)
  t.match((await officer.go(`/agreements/${id}/assessment`)).text, `href="${at}"`)
  t.match(await officer.go(`/agreements/${id}/assessment/begin`), { status: 303, location: at }, 'it is begun once')
  t.match((await officer.go('/work')).text, 'href="/assessments"')
  t.match((await officer.go('/assessments')).text, `href="${at}"`)

  const need = (await officer.go(`${at}/steps/need`)).text
  t.match(need, /Why we ask, and an example/)
  t.match(need, /<textarea[^>]*id="need\.aims"[^>]*>\s*\S/, 'what the agreement says is filled in')
  const check = (await officer.go(`${at}/check`)).text
  t.match(said(check), /things are still missing before it can be sent/)
  t.match(check, `href="${at}/steps/consultation#consultation.people-choice"`)
  t.notMatch(check, /Send for review<\/button>/)
  t.match(await officer.send(`${at}/screening`, `${at}/check`, {}), { status: 422, text: /do the screening before it is sent/ })

  await write(officer, at)
  t.match(said((await officer.go(at)).text), /nothing is missing/)
  const map = said((await officer.go(`${at}/map`)).text)
  t.match(map, /Before anything is done the risk of the whole is medium\s*, after what is approved low/)
  t.match(map, /Only the duty team can open the list/)
  t.match(said((await officer.go(`${at}/check`)).text), /Nothing is missing\. The risk that is left is low/)
  t.match(await officer.send(`${at}/check`, `${at}/check`, {}), { status: 303, location: at })

  const sent = await officer.go(at)
  t.match(said(sent.text), /DPO advice requested What happens next/i)
  t.match(sent.text, /href="\/reviews\/[0-9a-f-]+"/)
  t.match(said((await officer.go(`${at}/versions/1`)).text), /Version 1, as it was sent[\s\S]*As it is done today/)
  t.match(said((await officer.go(`${at}/steps/need`)).text), /It was sent for review, so it is not changed now/)
  t.notMatch((await officer.go(`${at}/steps/need`)).text, /<textarea/)
})

t.test('what is wrong stands beside its field and what was typed is kept', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const at = await begin(officer, await aDraft())
  const empty = await officer.send(`${at}/risks/new`, `${at}/risks/new`, { source: 'A lost letter' })
  t.match(empty, { status: 422, text: /href="#description"[\s\S]*value="A lost letter"/ })
  t.match(await officer.send(`${at}/risks/new`, `${at}/risks/new`, RISK), { status: 303 })
  const [, risk = ''] = /\/risks\/([0-9a-f-]{36})"/.exec((await officer.go(`${at}/steps/risks`)).text) ?? []
  const higher = { ...MEASURE, risk_id: risk, left_likelihood: 'PROBABLE' }
  const refused = await officer.send(`${at}/measures/new`, `${at}/measures/new`, higher)
  t.match(refused, { status: 422, text: /href="#left_likelihood">The risk cannot be likelier than it was before/ })
  t.match(refused.text, /Only the duty team can open the list<\/textarea>/)
  const same = { ...MEASURE, risk_id: risk, left_likelihood: 'POSSIBLE' }
  t.match(await officer.send(`${at}/measures/new`, `${at}/measures/new`, same), {
    status: 422,
    text: /href="#left_likelihood">As much is left/,
  })
  const accepted = { ...MEASURE, risk_id: risk, effect: 'ACCEPTED' }
  t.match(
    await officer.send(`${at}/measures/new`, `${at}/measures/new`, accepted),
    { status: 303 },
    'what is left is asked of a reduced risk alone',
  )
  const none = await officer.send(`${at}/screening`, `${at}/screening`, { required: 'no' })
  t.match(none, { status: 422, text: /href="#reasons"/ })
  const long = 'x'.repeat(8_001)
  const need = `${at}/steps/need`
  const tooLong = await officer.send(need, need, { 'need.aims': long, 'need.why_assessed': 'Because' })
  t.match(tooLong, { status: 422, text: /href="#need\.aims"/ })
  t.match(tooLong.text, /Because<\/textarea>/)
  t.match(await officer.send(`${at}/risks/${risk}/drop`, `${at}/risks/${risk}/drop`, {}), { status: 303 })
  t.match(said((await officer.go(`${at}/steps/risks`)).text), /No risk is described yet/)
})

t.test('an assessment begins like another one, with nothing of it approved', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const first = await begin(officer, await aDraft())
  t.match(await officer.send(`${first}/risks/new`, `${first}/risks/new`, RISK), { status: 303 })
  t.match(said((await officer.go('/assessments')).text), /Homelessness and safeguarding in two boroughs/)
  const page = `/agreements/${await aDraft()}/assessment/begin`
  t.match(said((await officer.go(page)).text), /Begin it like another assessment/)
  t.match(await officer.send(page, page, { like: 'no-key' }), { status: 422, text: /href="#like">Select one of the list/ })
  t.match(await officer.send(page, page, { like: crypto.randomUUID() }), { status: 422, text: /href="#like">There is no assessment/ })
  const begun = await officer.send(page, page, { like: first.split('/').at(-1) ?? '' })
  t.match(begun, { status: 303 })
  t.match(said((await officer.go(`${begun.location}/steps/risks`)).text), /A family is known to people who have no need to know/)
})

t.test('two officers who change the same answer are both shown before one of them goes', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const at = await begin(officer, await aDraft())
  const page = `${at}/steps/need`
  const [, was = ''] = /name="was-need\.aims" value="([^"]+)"/.exec((await officer.go(page)).text) ?? []
  const [, other = ''] = /name="was-need\.why_assessed" value="([^"]+)"/.exec((await officer.go(page)).text) ?? []
  const opened = { 'was-need.aims': was, 'was-need.why_assessed': other }
  t.match(await officer.send(page, page, { ...opened, 'need.aims': 'Theirs' }), { status: 303 })
  const mine = await officer.send(page, page, { ...opened, 'need.aims': 'Mine' })
  t.match(mine, { status: 422, text: /A colleague changed this answer[\s\S]*They wrote: “Theirs”/ })
  t.match(mine.text, /Mine<\/textarea>/)
})

t.test('a high risk goes to the Information Commissioner, and what was accepted is opened again with its reasons', async (t) => {
  const [officer, siro, dpo] = [await visitor('demo-camden-ig'), await visitor('demo-camden-siro'), await visitor('demo-camden-dpo')]
  const at = await begin(officer, await aDraft())
  await write(officer, at, {
    risk: { likelihood: 'PROBABLE', severity: 'SEVERE' },
    measure: { left_likelihood: 'POSSIBLE', left_severity: 'SEVERE' },
  })
  t.match(said((await officer.go(`${at}/check`)).text), /The risk that is left is high\s*: the Information Commissioner is consulted/)
  t.match(await officer.send(`${at}/check`, `${at}/check`, {}), { status: 303 })
  const dpia = assessingDesk(desk)
  const id = at.split('/').at(-1) ?? ''
  t.equal((await dpia.advise(id, CAMDEN, { comment: 'Ask the Commissioner first.' })).status, 200)
  t.equal((await dpia.accept(id, CAMDEN)).status, 200)
  t.match(
    said((await dpo.go(at)).text),
    /A high risk is left, so Camden consults the Information Commissioner[\s\S]*Ask the Commissioner first\./,
  )

  const give = (who: Visitor, path: string, fields: Readonly<Record<string, string>>) => who.send(`${at}${path}`, `${at}${path}`, fields)
  const today = spoken('on')
  t.match(await give(dpo, '/consultation', {}), { status: 422, text: /href="#submitted_on-day"/ })
  const future = await give(dpo, '/consultation', { ...day('submitted_on', NEXT_YEAR), reference: 'IC-1' })
  t.match(future, { status: 422, text: /href="#submitted_on-day">This was today or before/ })
  t.match(await give(dpo, '/consultation', { ...spoken('submitted_on'), reference: 'IC-1' }), { status: 303, location: at })
  t.match(await give(dpo, '/consultation/extension', spoken('extended_on')), { status: 303 })
  t.match(said((await dpo.go(at)).text), /Reference IC-1 Answer due [^,]*, extended on/)
  t.match(await give(dpo, '/consultation/answer', { ...today, outcome: 'MAY_PROCEED', words: 'With these measures.' }), { status: 303 })
  t.match(said((await siro.go(at)).text), /Approved What happens next Nothing until its review[\s\S]*With these measures\./)

  const [, measure = ''] = /\/measures\/([0-9a-f-]{36})\/done"/.exec((await officer.go(`${at}/map`)).text) ?? []
  const work = (await officer.go('/work')).text
  t.match(said(work), /Measures of assessments \(DPIA\) Only the duty team can open the list[\s\S]*Systems manager, Camden/)
  t.ok([`href="${at}/map"`, `href="${at}/measures/${measure}/done"`].every((link) => work.includes(link)))

  t.match(await give(siro, '/reopening', {}), { status: 422, text: /href="#reason"/ })
  t.match(await give(siro, '/reopening', { reason: 'INCIDENT', note: 'A list reached the wrong school.' }), { status: 303 })
  t.match(said((await officer.go(at)).text), /It was opened again on [^:]*: ?[\s\S]*A list reached the wrong school\./)
  t.match(await give(officer, `/measures/${measure}/done`, spoken('done_on')), { status: 303, location: `${at}/map` })
  t.match(said((await officer.go(`${at}/map`)).text), /Done [^.]*Priya Raman \(fictional\) of Camden said so on/)
  t.notMatch((await officer.go('/work')).text, measure)

  await dpia.write(id, 'PUT', '/answers/need.aims', { text: 'Only the duty team is told.', choice: null })
  t.match(await officer.send(`${at}/check`, `${at}/check`, {}), { status: 303 })
  t.notMatch((await officer.go(`${at}/versions/1`)).text, /What changed since/)
  t.match(
    said((await dpo.go(`${at}/versions/2`)).text),
    /What changed since version 1 What do you want to achieve[^:]*: changed It said: As it is done today\.[\s\S]*: changed/,
  )
})

t.test('a file of the CNIL PIA tool is brought in, what it says against itself is shown, and it is taken out again', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const at = await begin(officer, await aDraft())
  t.match((await officer.go(at)).text, `href="${at}/cnil"`)
  const page = `${at}/cnil`
  const send = (text: string) => officer.sendFile(page, new File([text], 'pia.json', { type: 'application/json' }))
  t.match(await send('{"structure":{"name":"Things"}}'), { status: 422, text: /href="#file">The file is a template of the CNIL PIA tool/ })
  t.match(await send('{"pia":{},"pia":{}}'), { status: 422, text: /\/pia of the file stands twice/ })
  t.match(await send(''), { status: 422, text: /href="#file">The selected file is empty/ })
  const sample = cnilSample({ pia: { rejection_reason: 'Report incomplete' } })
  t.match(await send(JSON.stringify(sample)), { status: 303, location: page })
  const shown = said((await officer.go(page)).text)
  t.match(shown, /File Keyless bicycles[\s\S]*validated by signature[\s\S]*The file contradicts itself[\s\S]*\/pia\/rejection_reason/)
  t.match(shown, /signed\.pdf , 16 bytes, said to be application\/pdf/)
  t.same(JSON.parse((await officer.go(`${page}.json`)).text), sample)
  t.match(said((await officer.go(`${at}/steps/risks`)).text), /Risk 3/)
})

t.test('people of the other controller read it without forms, and strangers know of none', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const at = await begin(officer, await aDraft())
  const reader = await visitor('demo-hackney-dpo')
  for (const path of ['', '/map', '/check', '/cnil', ...STEPS.map((step) => `/steps/${step}`)]) {
    const { status, text } = await reader.go(`${at}${path}`)
    t.equal(status, 200, path)
    t.notMatch(text.slice(text.indexOf('<main'), text.indexOf('</main>')), /<form/, path)
  }
  const stranger = await visitor('demo-islington-ig')
  for (const path of [
    '',
    '/map',
    '/check',
    '/cnil',
    '/cnil.json',
    '/steps/need',
    '/screening',
    '/risks/new',
    '/versions/1',
    '/reopening',
    '/consultation',
  ])
    t.match(await stranger.go(`${at}${path}`), { status: 404 }, path)
  t.notMatch((await stranger.go('/assessments')).text, at)
})

t.test('the pages of an assessment are accessible and fit on a phone, with and without scripts', { skip: NO_BROWSER }, async (t) => {
  const officer = await visitor('demo-camden-ig')
  const at = await begin(officer, await aDraft())
  await write(officer, at)
  const browser = await openBrowser(t, pages)
  for (const javaScriptEnabled of [true, false]) {
    const page = await signedInAs(browser, pages.address, 'Priya Raman', {
      ...{ viewport: { width: 360, height: 740 }, javaScriptEnabled },
    })
    await page.goto(`${at}/steps/consultation`)
    await page.getByRole('button', { name: 'Save and continue' }).click()
    t.match(page.url(), /\/steps\/necessity$/)
    await page.context().close()
  }
  const page = await signedInAs(browser, pages.address, 'Priya Raman', { viewport: { width: 360, height: 740 } })
  const paths = [
    '',
    '/map',
    '/check',
    '/cnil',
    '/screening',
    '/risks/new',
    '/measures/new',
    '/next-review',
    ...STEPS.map((step) => `/steps/${step}`),
  ]
  for (const path of [...paths.map((one) => `${at}${one}`), '/assessments']) {
    await page.goto(path)
    await isAccessible(t, page, path)
    t.equal(await overflowOf(page), 0, `${path} needs no scrolling sideways`)
    const pictures = process.env['PICTURES']
    if (pictures) {
      const name = path.replaceAll('/', '_').replace(/[0-9a-f-]{36}/, 'id')
      await page.screenshot({ path: `${pictures}/${name}-360.png`, fullPage: true })
      await page.setViewportSize({ width: 1100, height: 800 })
      await page.screenshot({ path: `${pictures}/${name}-1100.png`, fullPage: true })
      await page.setViewportSize({ width: 360, height: 740 })
    }
  }
})
