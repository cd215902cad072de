import t from 'tap'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'

// A SIRO keeps the training of their people in the browser, and everybody sees their own.

t.test('training is recorded on a page, shown to its person, and withdrawn', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t, { clock: () => new Date() })
  const desk = await deskOn(pages.service)
  const holder = { person: { subject: 'the signatory' }, role: 'SIGNATORY', reason: 'Appointed' }
  t.match(await desk.call({ org: 'LBC_CAMDEN', role: 'SIRO' }, 'POST', '/v1/organisations/LBC_CAMDEN/roles', holder), { status: 201 })
  const browser = await openBrowser(t, pages)
  const page = await signedInAs(browser, pages.address, 'Margaret Chen', {
    viewport: { width: 320, height: 800 },
  })
  const main = () => page.locator('main').innerText()
  await page.goto('/organisations/LBC_CAMDEN')
  await page.getByRole('link', { name: 'Training', exact: true }).click()
  t.match(await main(), /No training is recorded/)
  await page.getByRole('button', { name: 'Record the training' }).click()
  t.match(
    await page.locator('.govuk-error-summary').innerText(),
    /Select whose training it is[\s\S]*Enter the name of the course[\s\S]*last day/,
  )
  await isAccessible(t, page, 'a form with errors')
  await page.getByLabel('Whose training?').selectOption({ index: 1 })
  await page.getByLabel('Course').fill('Information governance')
  for (const [legend, year] of [
    ['Day on which it was completed', 2025],
    ['Last day on which it counts', 2026],
  ] as const) {
    const group = page.getByRole('group', { name: legend })
    await group.getByLabel('Day', { exact: true }).fill('1')
    await group.getByLabel('Month').fill('3')
    await group.getByLabel('Year').fill(String(year))
  }
  await page.getByLabel('Required of whoever signs').check()
  await page.getByRole('button', { name: 'Record the training' }).click()
  t.match(await main(), /ENDED\s+Completed on 1 March 2025. It counts until 1 March 2026. Required of whoever signs/i)
  t.equal(await overflowOf(page), 0)
  await isAccessible(t, page, 'training')
  await page.setViewportSize({ width: 1100, height: 1400 })
  await page.getByText('Withdraw it, where it is wrong').click()
  await page.getByRole('button', { name: 'Withdraw the record' }).click()
  t.match(await page.locator('.govuk-error-summary').innerText(), /Say why it is withdrawn/)
  await page.getByLabel('Why?').fill('A course of somebody else')
  await page.getByRole('button', { name: 'Withdraw the record' }).click()
  t.match(await main(), /WITHDRAWN[\s\S]*A course of somebody else/i)
})
