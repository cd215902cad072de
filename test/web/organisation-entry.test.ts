import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, signedInAs, testPages } from '../support/browser.ts'
import { ownerPool } from '../support/leaves.ts'

// The entry of one's own organisation in the register: read by all its people, confirmed by those who keep it.

t.test('an officer confirms the entry as they read it, not one that was changed meanwhile', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t)
  const browser = await openBrowser(t, pages)
  const officer = await signedInAs(browser, pages.address, 'Priya Raman', { viewport: { width: 320, height: 640 } })
  await officer.getByRole('link', { name: 'Confirm the entry of your organisation in the register' }).click()
  await isAccessible(t, officer, 'the entry')
  t.match(await officer.locator('main').textContent(), /Nobody of your organisation has confirmed this entry yet/)
  await (await ownerPool(pages.service)).query(`update organisation set row_version = row_version + 1 where code = 'LBC_CAMDEN'`)
  const confirm = () => officer.getByRole('button', { name: 'Confirm that the entry is right' }).click()
  await confirm()
  t.match(await officer.locator('.govuk-error-summary').textContent(), /was changed while you read it/)
  await isAccessible(t, officer, 'the entry that was changed')
  await confirm()
  t.match(await officer.locator('main').textContent(), /Last confirmed by your organisation on [\s\S]*to be confirmed again from/)
  const siro = await signedInAs(browser, pages.address, 'Margaret Chen')
  await siro.goto('/organisation-entry')
  t.match(await siro.locator('main').textContent(), /Last confirmed[\s\S]*confirms the entry, once every 12 months/)
  t.equal(await siro.getByRole('button', { name: 'Confirm' }).count(), 0, 'who does not keep it reads it')
})
