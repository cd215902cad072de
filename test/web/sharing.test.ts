import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// "May I share this?" in the browser: the same answers as the API, with the law, what has to be done, and what would make a no a yes.

const ASK = '/may-i-share'
const SHARE = {
  ...{ provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY', purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION', data_items: 'IDENTITY.NAME' },
}
const WHOLE = { ...SHARE, data_subjects: 'HOMELESS_APPLICANT', method: 'API_MTLS', country: 'GB', use: 'now' }
const SHOTS = process.env['SHOTS']
const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, ASK)
  return who
}
const isFit = async (t: Test, page: Page, what: string) => {
  await isAccessible(t, page, what)
  t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
}

t.test('a question that leaves things open is a trial; one for a disclosure now says all of it and is a decision', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const tried = await officer.send(ASK, ASK, { ...SHARE, use: 'know' })
  t.match(tried, { status: 303, location: /^\/may-i-share\/answers\/[0-9a-f-]{36}$/ })
  const trial = (await officer.go(tried.location ?? '')).text
  t.match(trial, /<h1[^>]*>Yes, Camden may share this with Hackney<[\s\S]*Recorded as a trial[\s\S]*About whom[\s\S]*Left open/)
  t.match(
    trial,
    /Ask for and use data about the listed categories of people only[\s\S]*People: Resident/,
    'the answer limits what was left open',
  )
  const unsaid = await officer.send(ASK, ASK, { ...SHARE, use: 'now' })
  t.match(unsaid, { status: 422, text: /href="#data_subjects"[\s\S]*href="#method"[\s\S]*href="#country"/ })
  t.match(unsaid.text, /value="LBC_HACKNEY" selected/, 'what was chosen is kept')
  const done = await officer.send(ASK, ASK, WHOLE)
  const decided = (await officer.go(done.location ?? '')).text
  t.match(decided, /Recorded as a decision\. The disclosure can rely on it until/)
  t.match(decided, done.location?.split('/').at(-1) ?? '-', 'its number can be copied')
  t.match(await officer.send(ASK, ASK, { ...WHOLE, 'day-day': '1', 'day-month': '2', 'day-year': '2031' }), {
    status: 422,
    text: /href="#day"/,
  })
})

t.test('a no says why, by which law, and what would make it a yes', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const token = /name="_csrf" value="([^"]+)"/.exec((await officer.go(ASK)).text)?.[1] ?? ''
  const body = new URLSearchParams({ ...SHARE, use: 'know', _csrf: token })
  body.append('data_items', 'HEALTH.DIAGNOSIS')
  const { location } = await officer.go(ASK, 'POST', body.toString())
  const { text } = await officer.go(location ?? '')
  t.match(
    text,
    /<h1[^>]*>No, Camden may not share this with Hackney<[\s\S]*DEMO-CURL[\s\S]*What you can do next[\s\S]*Leave out the items that are not agreed: Diagnosis/,
  )
  const [, again = ''] = /href="(\/may-i-share\?[^"]+)">Change the question/.exec(text) ?? []
  t.match(
    (await officer.go(again.replaceAll('&amp;', '&'))).text,
    /value="IDENTITY.NAME" checked/,
    'the next step is the question without it',
  )
})

t.test('whoever may not ask or know is told nothing', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const { location } = await officer.send(ASK, ASK, { ...SHARE, use: 'know' })
  const stranger = await visitor('demo-islington-ig')
  t.match(await stranger.go(location ?? ''), { status: 404 })
  const asked = await stranger.send(ASK, ASK, { ...SHARE, use: 'know' })
  const { text } = await stranger.go(asked.location ?? '')
  t.match(text, /<h1[^>]*>No, Camden may not/)
  t.notMatch(text, /DEMO-CURL|What would|Leave out/)
  t.match(await (await visitor('demo-register')).go(ASK), { status: 403 })
  t.match((await (await visitor('demo-auditor')).go(ASK)).text, /recorded as a trial/, 'an auditor only tries')
})

t.test('a practitioner asks, reads their own answers, and nothing else of agreements', async (t) => {
  const who = await visitor('demo-camden-practitioner')
  t.match(await who.go(ASK), { status: 303, location: '/may-i-share/questions/1' })
  for (const path of ['/agreements', '/agreements/DEMO-CURL', '/requests', '/agreements/DEMO-CURL/decisions'])
    t.match(await who.go(path), { status: 403 }, path)
  const unsaid = await who.send('/may-i-share/questions/2?provider=LBC_CAMDEN', '/may-i-share/questions/2', { provider: 'LBC_CAMDEN' })
  t.match(unsaid, { status: 422, text: /href="#recipient"[\s\S]*name="provider" value="LBC_CAMDEN"/ })
  const { location } = await who.send('/may-i-share/questions/4', '/may-i-share/questions/4', SHARE)
  const { status, text } = await who.go(location ?? '')
  t.match({ status, text }, { status: 200, text: /<h1[^>]*>Yes, [\s\S]*May disclose for this function[\s\S]*Whom to ask/ })
  t.notMatch(text, /href="\/agreements/)
  const officer = await visitor('demo-camden-ig')
  const others = await officer.send(ASK, ASK, { ...SHARE, use: 'know' })
  t.match(await who.go(others.location ?? ''), { status: 404 }, 'what a colleague asked is not theirs to read')
  t.match(await who.go('/may-i-share/questions/5'), { status: 404 })
})

t.test('an officer asks in a real browser, and is refused and permitted', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const small = await signedInAs(browser, pages.address, 'Priya Raman', { viewport: { width: 320, height: 640 } })
  const shot = async (page: Page, name: string) => {
    if (!SHOTS) return
    for (const width of [1100, 360]) {
      await page.setViewportSize({ width, height: 800 })
      await page.screenshot({ path: `${SHOTS}/${name}-${width}.png`, fullPage: true })
    }
    await page.setViewportSize({ width: 320, height: 640 })
  }
  await small.getByRole('button', { name: 'Menu' }).click()
  await small.getByRole('link', { name: 'May I share this?' }).click()
  await small.getByRole('button', { name: 'Ask', exact: true }).click()
  t.match(
    await small.locator('.govuk-error-summary').textContent(),
    /Choose who would receive[\s\S]*Choose what it is for[\s\S]*Tick at least one/,
  )
  await isFit(t, small, 'the question with errors')
  await shot(small, 'ask-errors')
  await small.getByLabel('Who would receive it?').selectOption('LBC_HACKNEY')
  await small.getByLabel('What for?').selectOption(SHARE.purpose)
  await small.getByText('Who somebody is').click()
  await small.getByLabel('Name', { exact: true }).check()
  await small.getByText('Health (special category)').click()
  await small.getByLabel('Diagnosis', { exact: true }).check()
  await isFit(t, small, 'the question')
  await shot(small, 'ask')
  await small.getByRole('button', { name: 'Ask', exact: true }).click()
  t.match(await small.locator('h1').textContent(), /^No, /)
  await isFit(t, small, 'a refusal')
  await shot(small, 'refused')
  await small.getByRole('link', { name: 'Change the question' }).first().click()
  await small.getByRole('button', { name: 'Ask', exact: true }).click()
  t.match(await small.locator('h1').textContent(), /^Yes, /)
  await isFit(t, small, 'a permit')
  await shot(small, 'permitted')

  const phone = await signedInAs(browser, pages.address, 'Nadia Rahman', {
    viewport: { width: 320, height: 640 },
    javaScriptEnabled: false,
  })
  await phone.goto(ASK)
  await phone.getByRole('button', { name: 'Continue' }).click()
  await phone.getByRole('button', { name: 'Continue' }).click()
  t.match(await phone.locator('.govuk-error-summary').textContent(), /Choose who would receive/)
  await phone.getByLabel('Who asks for it?').selectOption('LBC_HACKNEY')
  await phone.getByRole('button', { name: 'Continue' }).click()
  await phone.getByLabel('What is it for?').selectOption(SHARE.purpose)
  await phone.getByRole('button', { name: 'Continue' }).click()
  await phone.getByText('Who somebody is').click()
  await phone.getByLabel('Name', { exact: true }).check()
  await shot(phone, 'question')
  await phone.getByRole('button', { name: 'See the answer' }).click()
  t.match(await phone.locator('main').textContent(), /Yes, Camden may share[\s\S]*Whom to ask/)
  await shot(phone, 'practitioner')
  const small4 = await signedInAs(browser, pages.address, 'Nadia Rahman', { viewport: { width: 320, height: 640 } })
  for (const place of [1, 4]) {
    await small4.goto(`/may-i-share/questions/${place}`)
    await isFit(t, small4, `question ${place}`)
  }
  await small4.getByRole('button', { name: 'See the answer' }).click()
  await isFit(t, small4, 'question 4 with an error')
  await small4.goto(new URL(phone.url()).pathname)
  await isFit(t, small4, 'the answer of a practitioner')

  const plain = await signedInAs(browser, pages.address, 'Priya Raman', { javaScriptEnabled: false })
  await plain.goto(`${ASK}?${new URLSearchParams(WHOLE)}`)
  await plain.getByRole('button', { name: 'Ask', exact: true }).click()
  t.match(await plain.locator('main').textContent(), /Yes, Camden may share[\s\S]*Recorded as a decision/)
})
