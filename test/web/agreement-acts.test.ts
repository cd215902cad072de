import type { Page } from 'playwright-core'
import t from 'tap'
import { addDays, londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'

// What is done to an agreement in force, on its page: one flow is suspended, somebody is invited, it is renewed; and who stands in for whom.

t.test('three boroughs run an agreement in the browser', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t, { register: 'ORGANISATIONS', clock: () => new Date() })
  const desk = await deskOn(pages.service)
  const orgs = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
  const today = londonDay(Date.now())
  const agreement = await desk.draft({ effectiveFrom: today, effectiveTo: addDays(today, 700), orgs })
  const { hash } = await desk.freeze(agreement)
  for (const org of orgs.slice(0, 2)) t.match(await desk.sign(agreement.id, org, 1, hash), { status: 201 })
  const browser = await openBrowser(t, pages)
  const at = `/agreements/${agreement.id}`
  const main = (page: Page) => page.locator('main').innerText()
  const summary = (page: Page) => page.locator('.govuk-error-summary').innerText()
  const fillDay = async (page: Page, name: string, value: string) => {
    const [year = '', month = '', day = ''] = value.split('-')
    for (const [part, text] of [
      ['day', day],
      ['month', month],
      ['year', year],
    ] as const)
      await page.locator(`[name="${name}-${part}"]`).fill(text)
  }
  const officer = await signedInAs(browser, pages.address, 'Priya Raman')

  await t.test('its page says for whom it is in force, and why an act is not there', async (t) => {
    const page = await signedInAs(browser, pages.address, 'Daniel Osei')
    await page.goto(at)
    t.match(await main(page), /In force for 2 of 3 parties until \d+ \w+ 20\d\d/)
    await page.getByText('Why can’t I do something else?').click()
    t.match(await main(page), /End the agreement for everybody: it is for [a-z ]*(signatory|risk owner)/)
    t.match(await main(page), /What happens next\s+Camden reviews it by \d+ \w+ 20\d\d/)
    await isAccessible(t, page, 'an agreement in force')
  })

  await t.test(
    'its parties, flows, texts and history have pages of their own, each leading to the others and saying which it is',
    async (t) => {
      const page = await signedInAs(browser, pages.address, 'Daniel Osei', { viewport: { width: 320, height: 640 } })
      await page.goto(at)
      for (const [link, path, words] of [
        ['Parties', '/parties', /Parties to DSA-[\s\S]*3 parties[\s\S]*Islington[\s\S]*Not yet/],
        ['Data and flows', '/flows', /Data and flows of DSA-[\s\S]*1 flow[\s\S]*Kept for/],
        ['Documents', '/documents', /Documents of DSA-[\s\S]*Version 1, with its certificate/],
        ['History', '/history', /History of DSA-[\s\S]*Text frozen[\s\S]*Signed/],
        ['Summary', '', /Why can’t I do something else\?/],
      ] as const) {
        await page.getByRole('link', { name: link, exact: true }).click()
        await page.waitForURL(`**${at}${path}`)
        const current = page.getByRole('navigation', { name: 'Parts of the agreement' }).locator('[aria-current=page]')
        t.equal(await current.innerText(), link)
        t.match(await main(page), words)
        t.ok((await page.title()).startsWith(await page.locator('h1').innerText()), 'its title begins with its heading')
        await isAccessible(t, page, link)
        t.equal(await overflowOf(page), 0, `${link} at 320 pixels`)
      }
    },
  )

  await t.test('one flow is suspended alone, with who stops receiving named before', async (t) => {
    t.match(await desk.ask('LBC_CAMDEN', 'LBC_HACKNEY'), /^PERMIT/)
    await officer.goto(`${at}/acts/suspend`)
    t.match(await main(officer), /Camden, Hackney and Islington stop receiving at once/)
    await officer.getByLabel(/Flow F1 alone/).check()
    await officer.getByRole('button', { name: 'Suspend now' }).click()
    t.match(await summary(officer), /Say why/)
    t.ok(await officer.getByLabel(/Flow F1 alone/).isChecked(), 'what was chosen is kept')
    await isAccessible(t, officer, 'suspending with an error')
    await officer.getByLabel('Why?').fill('A list went to the wrong mailbox')
    await officer.getByRole('button', { name: 'Suspend now' }).click()
    await officer.waitForURL(`**${at}`)
    t.match(await desk.ask('LBC_CAMDEN', 'LBC_HACKNEY'), /^DENY/)
  })

  await t.test('whoever keeps the text invites another borough, and begins the renewal with new dates', async (t) => {
    await officer.goto(`${at}/acts/invite`)
    await officer.getByRole('button', { name: 'Invite it' }).click()
    t.match(await summary(officer), /Select the organisation\s+Select its part/)
    await isAccessible(t, officer, 'inviting with an error')
    await officer.getByLabel('Which organisation?').selectOption('LBC_BARNET')
    await officer.getByLabel('Controller', { exact: true }).check()
    await officer.getByRole('button', { name: 'Invite it' }).click()
    await officer.waitForURL(`**${at}/parties`)
    t.match(await main(officer), /Barnet/)
    await officer.getByRole('link', { name: 'Summary' }).click()
    await officer.getByRole('link', { name: 'Renew it with new dates' }).click()
    await officer.getByRole('button', { name: 'Begin the renewal' }).click()
    t.match(await summary(officer), /Enter the first day of the next version\s+Say why/)
    await isAccessible(t, officer, 'renewing with an error')
    await fillDay(officer, 'from', addDays(today, 30))
    await fillDay(officer, 'to', addDays(today, 1400))
    await officer.getByLabel('Why?').fill('It is still needed')
    await officer.getByRole('button', { name: 'Begin the renewal' }).click()
    await officer.waitForURL(`**${at}/draft`)
  })

  await t.test('somebody names a deputy for a role and days, and ends that again', async (t) => {
    await officer.goto('/work')
    await officer.getByRole('link', { name: 'Name a deputy' }).click()
    await officer.getByRole('button', { name: 'Name the deputy' }).click()
    t.match(await summary(officer), /Select the role\s+Say who stands in for you\s+Enter the first day/)
    await isAccessible(t, officer, 'deputies with an error')
    await officer.getByLabel('Information governance officer').check()
    await officer.getByLabel('Who', { exact: true }).fill('demo-camden-ig')
    await fillDay(officer, 'first', today)
    await fillDay(officer, 'last', addDays(today, 7))
    await officer.getByLabel('Why?').fill('On leave')
    await officer.getByRole('button', { name: 'Name the deputy' }).click()
    t.match(await summary(officer), /Nobody is their own deputy/)
    await officer.getByLabel('Who', { exact: true }).fill('demo-camden-reviewer')
    await officer.getByRole('button', { name: 'Name the deputy' }).click()
    await officer.waitForURL('**/deputies')
    t.match(await main(officer), /demo-camden-reviewer stands in for you as Information governance officer/)
    await officer.getByLabel('Why it ends now').fill('Back at work')
    await officer.getByRole('button', { name: 'End it now' }).click()
    t.match(await main(officer), /Nobody stands in for anybody/)
    await isAccessible(t, officer, 'deputies')
  })
})
