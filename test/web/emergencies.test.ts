import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// What was shared in an emergency is recorded afterwards, reviewed by others, assessed as a breach, and its people told, in the browser.

const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}
type Visitor = Awaited<ReturnType<typeof visitor>>
/** Fields of a day and a time, so many days before now. */
const ago = (name: string, days: number) => {
  const [year = '', month = '', day = ''] = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10).split('-')
  return { [`${name}-day`]: day, [`${name}-month`]: month, [`${name}-year`]: year, [`${name}-time`]: '14:05' }
}
const RECORDED = {
  ...{ direction: 'DISCLOSE', partner: 'LBC_HACKNEY', purpose: 'SAFEGUARDING_ADULTS', data_items: 'IDENTITY.NAME' },
  ...{ ground: 'PREVENT_SERIOUS_HARM', justification: 'Somebody had to be found that night', ...ago('happened_at', 2) },
}
const record = async (who: Visitor, over: Readonly<Record<string, string>> = {}) => {
  const sent = await who.send('/emergencies/new', '/emergencies/new', { ...RECORDED, ...over })
  t.match(
    sent,
    { status: 303, location: /^\/emergencies\/[0-9a-f-]{36}$/ },
    said(/error-summary__list[\s\S]{0,400}/.exec(sent.text)?.[0] ?? ''),
  )
  return sent.location ?? ''
}
/** The data protection officer advises, on the page that the emergency leads to. */
const advise = async (at: string) => {
  const dpo = await visitor('demo-camden-dpo')
  const [, step = ''] = /href="(\/reviews\/[^"]+\/steps\/[^"]+)"[^>]*>\s*Advise/.exec((await dpo.go(at)).text) ?? []
  const [, hash = ''] = /name="hash" value="([^"]+)"/.exec((await dpo.go(step)).text) ?? []
  t.match(await dpo.send(step, step, { decision: 'approve', hash, rows: '1' }), { status: 303 })
  return dpo
}
const FOUND = { outcome: 'NOT_JUSTIFIED', dsa_needed: 'no', reason: 'Nobody was in danger', ...ago('aware_at', 1) }

t.test('an emergency is for the two organisations and auditors, and each act for whoever may do the same at the API', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const at = await record(officer)
  t.match(
    said((await officer.go(at)).text),
    /To review What happens next Other people of Camden [\s\S]*Somebody had to be found that night/,
  )
  t.match(said((await (await visitor('demo-hackney-dpo')).go(at)).text), /Emergency [\s\S]*afterwards: Accord was not asked/)
  t.match(await (await visitor('demo-auditor')).go(at), { status: 200 })
  t.match(await (await visitor('demo-register')).go('/emergencies'), { status: 403 })
  const stranger = await visitor('demo-islington-ig')
  const acts = ['review', 'breach-assessment', 'breach-communication']
  for (const path of [at, ...acts.map((act) => `${at}/${act}`), '/emergencies/x']) t.match(await stranger.go(path), { status: 404 }, path)
  for (const act of acts)
    t.match(
      await stranger.send('/emergencies/new', `${at}/${act}`, { ...FOUND, finding: 'NO_BREACH', ground: 'TOLD', what: 'x' }),
      { status: 404 },
      act,
    )
  t.notMatch((await stranger.go('/emergencies')).text, at)
  t.match(said((await officer.go(`${at}/review`)).text), /once its data protection officer has advised/)
  t.match(said((await officer.go(`${at}/breach-assessment`)).text), /nothing to record here now/)
  t.match(await officer.send(at, `${at}/review`, FOUND), { status: 422 })
  t.match(await officer.send('/emergencies/new', `${at}/breach-assessment`, { finding: 'NO_BREACH', reason: 'x' }), {
    status: 422,
    text: /data protection officer/,
  })
})

t.test('what a form has not said is said beside its field, and what was typed is kept', async (t) => {
  const who = await visitor('demo-camden-ig')
  const empty = await who.send('/emergencies/new', '/emergencies/new', { justification: 'Because' })
  t.match(empty, { status: 422, text: /Because<\/textarea>/ })
  for (const name of ['direction', 'partner', 'happened_at-day', 'ground', 'purpose', 'data_items']) t.match(empty.text, `href="#${name}"`)
  const noTime = await who.send('/emergencies/new', '/emergencies/new', { ...RECORDED, 'happened_at-time': 'noon' })
  t.match(noTime, { status: 422, text: /href="#happened_at-day">When was it shared\?: enter a real date and time/ })
  t.match(noTime.text, 'value="noon"')
  const future = await who.send('/emergencies/new', '/emergencies/new', { ...RECORDED, 'happened_at-year': '2100' })
  t.match(future, { status: 422, text: /href="#happened_at-day">It has happened: now or earlier/ })
})

t.test('a review that finds it not justified starts the 72 hours, and each act after it says what comes next', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const at = await record(officer)
  const dpo = await advise(at)
  const siro = await visitor('demo-camden-siro')
  t.match(said((await siro.go('/work')).text), /Emergency: [^<]*Camden to Hackney/, 'the review stands on the work page')
  t.match((await siro.go(at)).text, new RegExp(`href="${at}/review"`))
  const empty = await siro.send(`${at}/review`, `${at}/review`, {})
  t.match(empty, { status: 422, text: /href="#outcome"/ })
  t.match(await siro.send(`${at}/review`, `${at}/review`, { ...FOUND, outcome: 'JUSTIFIED_EXCESSIVE_DATA' }), {
    status: 422,
    text: /href="#excessive_items"/,
  })
  t.match(await siro.send(`${at}/review`, `${at}/review`, FOUND), { status: 303, location: at })
  t.match(said((await siro.go(at)).text), /Breach to assess What happens next The data protection officer of Camden records/)
  t.match(said((await siro.go(at)).text), /Why you cannot record it: It is recorded by the data protection officer/)

  t.match((await dpo.go('/work')).text, new RegExp(`href="${at}">Assess a breach`))
  t.match((await dpo.go('/emergencies?only=breach')).text, at)
  const assess = (fields: Readonly<Record<string, string>>) => dpo.send(`${at}/breach-assessment`, `${at}/breach-assessment`, fields)
  t.match(await assess({}), { status: 422, text: /href="#finding"/ })
  const assessed = { finding: 'HIGH_RISK', reason: 'An address got to the wrong body', measures: 'It was deleted' }
  t.match(await assess(assessed), { status: 422, text: /href="#notified_at-day"/ })
  t.match(await assess({ ...assessed, ...ago('notified_at', 0), 'notified_at-time': '00:00' }), { status: 303, location: at })
  t.match(said((await dpo.go(at)).text), /People to be told What happens next Camden tells the people whose data it is without undue delay/)
  t.match((await dpo.go('/work')).text, /Record how people were told of a breach/)
  const communicate = (fields: Readonly<Record<string, string>>) =>
    dpo.send(`${at}/breach-communication`, `${at}/breach-communication`, fields)
  t.match(await communicate({ ground: 'TOLD' }), { status: 422, text: /href="#what"/ })
  t.match(await communicate({ ground: 'TOLD', what: 'A letter in plain words' }), { status: 422, text: /href="#told_at-day"/ })
  t.match(await communicate({ ground: 'RISK_REMOVED', what: 'All of it was deleted unread' }), { status: 303, location: at })
  t.match(
    said((await dpo.go(at)).text),
    /Reviewed What happens next Nothing\.[\s\S]*the high risk was removed[\s\S]*All of it was deleted unread/,
  )
  t.notMatch((await dpo.go('/work')).text, at)
})

t.test('the list of emergencies is one file as it is narrowed, for whoever may see it, and runs nothing in a spreadsheet', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const [, id = ''] = /emergencies\/(.+)$/.exec(await record(officer, { justification: '@SUM(1)' })) ?? []
  t.match((await officer.go('/emergencies?only=review')).text, 'href="/emergencies.csv?only=review">Download this list (CSV)')
  const file = await officer.go('/emergencies.csv?only=review')
  t.match(file, { status: 200, headers: { 'content-type': /^text\/csv/, 'content-disposition': /filename="emergencies.csv"/ } })
  t.match(file.text, new RegExp(`\r\n${id},OPEN,[^\r]*,'@SUM\\(1\\),`))
  t.notMatch((await officer.go('/emergencies.csv?only=breach')).text, id)
  t.equal((await (await visitor('demo-islington-ig')).go('/emergencies.csv')).text.trim().split('\r\n').length, 1)
  t.match(await (await visitor('demo-register')).go('/emergencies.csv'), { status: 403 })
})

t.test(
  'an emergency goes from its record to its review in a real browser, with JavaScript and without',
  { skip: NO_BROWSER },
  async (t) => {
    const browser = await openBrowser(t, pages)
    const small = { viewport: { width: 320, height: 640 } }
    const readable = async (page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
      await isAccessible(t, page, what)
      t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
    }
    const officer = await signedInAs(browser, pages.address, 'Priya Raman', small)
    await officer.goto('/emergencies')
    await readable(officer, 'the list of emergencies')
    await officer.getByRole('button', { name: 'Record an emergency' }).click()
    await officer.getByRole('button', { name: 'Record it' }).click()
    await readable(officer, 'recording with errors')
    await officer.getByLabel('We disclosed it').check()
    await officer.getByLabel('To or from which other organisation?').selectOption('LBC_HACKNEY')
    for (const [part, value] of Object.entries(ago('happened_at', 1))) await officer.locator(`[name="${part}"]`).fill(value)
    await officer.getByLabel('Prevent serious harm').check()
    await officer.getByLabel('What for?').selectOption('SAFEGUARDING_ADULTS')
    await officer.locator('summary', { hasText: 'Who somebody is' }).click()
    await officer.getByLabel('Name', { exact: true }).check()
    await officer.getByLabel('Why was it necessary at once?').fill('Somebody had to be found')
    await officer.getByRole('button', { name: 'Record it' }).click()
    t.match(await officer.locator('main').textContent(), /Other people of Camden/)
    const at = new URL(officer.url()).pathname
    await advise(at)

    const siro = await signedInAs(browser, pages.address, 'Margaret Chen', { javaScriptEnabled: false })
    await siro.goto(at)
    await siro.getByRole('button', { name: 'Say what the review found' }).click()
    await siro.getByRole('button', { name: 'Record what the review found' }).click()
    t.match(await siro.locator('.govuk-error-summary').textContent(), /Say why you find so/)
    await siro.getByLabel('Not justified').check()
    await siro.getByLabel('Why do you find so?').fill('Nobody was in danger')
    await siro.getByLabel('Yes', { exact: true }).check()
    await siro.getByRole('button', { name: 'Record what the review found' }).click()
    t.match(await siro.locator('main').textContent(), /Such sharing needs one: a request for it was made/)

    const dpo = await signedInAs(browser, pages.address, 'Daniel Osei', small)
    await dpo
      .getByRole('link', { name: /Assess a breach/ })
      .last()
      .click()
    await readable(dpo, 'a breach to assess')
    await dpo.goto(`${at}/breach-assessment`)
    await dpo.getByRole('button', { name: 'Record the assessment' }).click()
    await readable(dpo, 'an assessment with errors')
    await dpo.getByLabel('A breach that is unlikely to be a risk to people').check()
    await dpo.getByLabel('Its facts and effects').fill('The name was deleted unread')
    await dpo.getByLabel('What was done about it?').fill('Deleted')
    await dpo.getByRole('button', { name: 'Record the assessment' }).click()
    await dpo.getByRole('link', { name: 'record how' }).click()
    await dpo.getByRole('button', { name: 'Record it' }).click()
    await readable(dpo, 'telling the people with errors')
  },
)
