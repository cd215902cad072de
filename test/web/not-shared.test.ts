import type { Page } from 'playwright-core'
import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// "Not shared because" in a browser: a practitioner says it after an answer, on a phone; their officers see what stops people sharing.

const SHOTS = process.env['SHOTS']
const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/may-i-share')
  return who
}
const SHARE = {
  ...{ provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY', purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION', data_items: 'IDENTITY.NAME' },
}

t.test('it is said once after a yes, with a reason and without a name, and shown to the person and their officers', async (t) => {
  const nadia = await visitor('demo-camden-practitioner')
  const { location } = await nadia.send('/may-i-share/questions/4', '/may-i-share/questions/4', SHARE)
  const at = `${location}/not-shared`
  t.match((await nadia.go(location ?? '')).text, `href="${at}"`)
  t.match(said((await nadia.go(at)).text), /Nothing about a resident is asked.*Never write the name of anybody/)
  t.match(await nadia.send(at, at, { note: 'Nobody <b>answered</b>' }), {
    status: 422,
    text: /href="#reason">Select the main reason[\s\S]*Nobody &lt;b&gt;answered/,
  })
  t.match(await nadia.send(at, at, { reason: 'NOBODY_TO_SEND_TO', note: 'x'.repeat(301) }), { status: 422, text: /href="#note"/ })
  const sent = await nadia.send(at, at, { reason: 'NOBODY_TO_SEND_TO', note: 'Nobody <b>answered</b>' })
  t.match(sent, { status: 303, location })
  t.match(said((await nadia.go(location ?? '')).text), /that it was not shared: Nobody was known, or could be reached/)
  t.match(said((await nadia.go(at)).text), /You have recorded it already/)
  t.match(said((await nadia.go('/not-shared')).text), /What you did not share .*The answer was yes, by DEMO-CURL/)
  const dpo = await visitor('demo-camden-dpo')
  const list = await dpo.go('/not-shared')
  t.match(
    said(list.text),
    /What stops people sharing .*By reason .*Nobody was known, or could be reached, to send it to 1 1 By agreement .*DEMO-CURL 1 1/,
  )
  t.match(list.text, /Nobody &lt;b&gt;answered/)
  t.notMatch(list.text, /Nadia/)
  t.match((await dpo.go('/not-shared?reason=OTHER')).text, /Nothing was recorded of this/)
  t.match((await dpo.go('/not-shared.csv')).text, /NOBODY_TO_SEND_TO,Nobody <b>answered<\/b>,PERMIT/)
  t.match((await (await visitor('demo-hackney-ig')).go('/not-shared')).text, /Nothing was recorded/)
  t.match(await (await visitor('demo-register')).go('/not-shared'), { status: 403 })
  const stranger = await visitor('demo-islington-ig')
  t.match(await stranger.go(at), { status: 404 })
  t.match(await stranger.send('/may-i-share', at, { reason: 'OTHER' }), { status: 404 })
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
    await phone.goto(`/may-i-share/questions/4?${new URLSearchParams(SHARE)}`)
    await phone.getByRole('button', { name: 'See the answer' }).click()
    await phone.getByRole('link', { name: 'Say why it was not shared' }).click()
    await phone.getByRole('button', { name: 'Record it' }).click()
    if (javaScriptEnabled) await isFit(phone, 'why, with an error')
    await phone.getByLabel('A manager or colleague advised against it').check()
    await phone.getByRole('button', { name: 'Record it' }).click()
    await phone.getByText('You recorded on').waitFor()
    if (javaScriptEnabled) await isFit(phone, 'the answer, with why')
    await phone.getByRole('link', { name: 'All that was recorded' }).click()
    if (javaScriptEnabled) await isFit(phone, 'what one did not share')
  }
  const officer = await signedInAs(browser, pages.address, 'Priya Raman', { viewport: { width: 320, height: 640 } })
  await officer.goto('/may-i-share')
  await officer.getByRole('link', { name: 'What was not shared, and why' }).click()
  await isFit(officer, 'what stops people sharing')
})
