import type { Page } from 'playwright-core'
import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// Somebody is at risk now: what a duty manager is answered at once, what anybody else is told to do, and the record of it.

const AT = '/may-i-share/emergency'
const SHOTS = process.env['SHOTS']
const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, AT)
  return who
}
const RISK = {
  ...{ ground: 'PREVENT_LOSS_OF_LIFE', provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY', purpose: 'SAFEGUARDING_CHILDREN' },
  ...{ data_items: 'CONTACT.ADDRESS', justification: 'A child is in danger tonight and must be found at once.', lawful_basis: '6(1)(d)' },
}

t.test('a practitioner is told what a duty manager is permitted, and records it afterwards without typing it again', async (t) => {
  const nadia = await visitor('demo-camden-practitioner')
  t.match(await nadia.send(AT, AT, {}), {
    status: 422,
    text: /href="#ground">Select what is happening[\s\S]*href="#recipient">Choose who needs it[\s\S]*href="#justification">Say why it cannot wait/,
  })
  t.match(await nadia.send(AT, AT, { ...RISK, justification: 'In danger' }), {
    status: 422,
    text: /href="#justification">Say in 30 characters/,
  })
  const { location } = await nadia.send(AT, AT, RISK)
  const text = said((await nadia.go(location ?? '')).text)
  t.match(
    text,
    /Yes, Camden may share this with Hackney .*Recorded as a trial.*A duty manager of Camden who states this emergency is permitted it/,
  )
  t.match(
    text,
    /What you do now .*share what is needed now.*call the duty manager of Camden.*Once it was shared, record it as an emergency/,
  )
  const [, own = ''] = /href="(\/emergencies\/new\?decision=[^"]+)"/.exec((await nadia.go(location ?? '')).text) ?? []
  const empty = await nadia.go(own)
  t.match(empty.text, /LBC_HACKNEY" selected[\s\S]*A child is in danger tonight/)
  t.notMatch(empty.text, 'name="actor"', 'it is what they shared themselves')
  const { data_items, ground, purpose, justification } = RISK
  const stated = { direction: 'DISCLOSE', partner: RISK.recipient, data_items, ground, purpose, justification }
  t.match(await nadia.send(own, '/emergencies/new', { ...stated }), { status: 422, text: /Enter the day and the time/ })
  const when = { 'happened_at-day': '20', 'happened_at-month': '11', 'happened_at-year': '2026', 'happened_at-time': '22:00' }
  const recorded = await nadia.send(own, '/emergencies/new', { ...stated, ...when })
  t.match(recorded, { status: 303, location: /^\/emergencies\/[0-9a-f-]{36}\/recorded$/ })
  t.match(said((await nadia.go(recorded.location ?? '')).text), /Other people of Camden review it by .*A child is in danger tonight/)
  const record = (recorded.location ?? '').replace('/recorded', '')
  for (const path of ['/emergencies', record, `${record}/review`])
    t.match(await nadia.go(path), { status: 403 }, 'of emergencies they read nothing else')
  t.match(await nadia.go('/emergencies/nothing/recorded'), { status: 404 })
  const review = said((await (await visitor('demo-camden-dpo')).go(record)).text)
  t.match(review, /A child is in danger tonight/, 'and the data protection officer has it to review')
  const colleague = await visitor('demo-camden-ig')
  t.match(await colleague.go(recorded.location ?? ''), { status: 404 }, 'whose it is not')
  const officer = await visitor('demo-camden-ig')
  const [, href = ''] = /href="(\/emergencies\/new\?decision=[^"]+)"/.exec((await officer.go(location ?? '')).text) ?? []
  const form = (await officer.go(href)).text
  t.match(form, /value="DISCLOSE" checked[\s\S]*value="LBC_HACKNEY" selected[\s\S]*value="PREVENT_LOSS_OF_LIFE" checked/)
  t.match(form, /A child is in danger tonight/)
  const stranger = await visitor('demo-islington-ig')
  t.match(await stranger.go(href), { status: 404 })
})

t.test('a duty manager of the provider is permitted at once, and shown the record and the day of its review', async (t) => {
  const duty = await visitor('demo-camden-security')
  t.match(await duty.send(AT, AT, RISK), { status: 422, text: /href="#data_subjects">Tick whom it is about[\s\S]*href="#method"/ })
  const { location } = await duty.send(AT, AT, { ...RISK, data_subjects: 'CHILD', method: 'PHONE' })
  t.match(said((await duty.go(location ?? '')).text), /Yes, Camden may share .*Recorded as a decision.*What has to be done/)
  let shown = ''
  for (let tries = 0; tries < 100 && !/\/emergencies\/[0-9a-f]{8}-/.test(shown); tries += 1) {
    await new Promise((passed) => setTimeout(passed, 100))
    shown = (await duty.go(location ?? '')).text
  }
  t.match(said(shown), /Other people review it by .*the record of this emergency/)
  const [, record = ''] = /href="(\/emergencies\/[0-9a-f-]{36})"/.exec(shown) ?? []
  t.match(said((await duty.go(record)).text), /A child is in danger tonight/, 'what was said stands there')
})

t.test('what is no emergency, or says too little of sensitive data, is a no with the reason', async (t) => {
  const nadia = await visitor('demo-camden-practitioner')
  const sensitive = { ...RISK, data_items: 'HEALTH.DIAGNOSIS' }
  const no = await nadia.send(AT, AT, sensitive)
  t.match((await nadia.go(no.location ?? '')).text, /<h1[^>]*>No, Camden/)
  const yes = await nadia.send(AT, AT, { ...sensitive, special: 'INCAPABLE' })
  t.match((await nadia.go(yes.location ?? '')).text, /<h1[^>]*>Yes, Camden/)
})

t.test('on a phone, in a real browser, with JavaScript and without', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const isFit = async (page: Page, what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
    for (const width of SHOTS ? [1100, 360] : []) {
      await page.setViewportSize({ width, height: 800 })
      await page.screenshot({ path: `${SHOTS}/${what}-${width}.png`, fullPage: true })
    }
    await page.setViewportSize({ width: 320, height: 640 })
  }
  for (const javaScriptEnabled of [false, true]) {
    const phone = await signedInAs(browser, pages.address, 'Nadia Rahman', { viewport: { width: 320, height: 640 }, javaScriptEnabled })
    await phone.goto('/may-i-share/questions/1')
    await phone.getByRole('link', { name: 'Somebody is at risk now' }).click()
    await phone.getByRole('button', { name: 'See the answer' }).click()
    if (javaScriptEnabled) await isFit(phone, 'at risk, with errors')
    await phone.getByLabel('Prevent loss of life').check()
    await phone.getByLabel('Who needs it?').selectOption(RISK.recipient)
    await phone.getByLabel('What for?').selectOption(RISK.purpose)
    await phone.getByText('Who somebody is').click()
    await phone.getByLabel('Name', { exact: true }).check()
    await phone.getByLabel('Why can it not wait?').fill(RISK.justification)
    await phone.getByLabel('To protect somebody’s life').check()
    await phone.getByRole('button', { name: 'See the answer' }).click()
    t.match(await phone.locator('main').textContent(), /What you do now/)
    if (javaScriptEnabled) await isFit(phone, 'at risk, answered')
  }
})
