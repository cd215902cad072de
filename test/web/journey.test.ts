import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'

// The pages in a real browser: from what is to be done to a signature, with JavaScript and without.

t.test('two SIROs accept the risk and sign in the browser; then sharing is in force', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t)
  const browser = await openBrowser(t, pages)
  const answer = async () => {
    const headers = { ...(await pages.service.as({ org: 'LBC_CAMDEN' })), 'content-type': 'application/json' }
    const share = {
      ...{ provider: 'LBC_CAMDEN', recipient: 'LBC_ISLINGTON', purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION', agreement_ref: 'DEMO-SIGN' },
      ...{ data_items: ['IDENTITY.NAME'], data_subjects: ['HOMELESS_APPLICANT'], method: 'API_MTLS', country: 'GB', mode: 'SYSTEMATIC' },
    }
    return (await pages.service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: JSON.stringify(share) })).json().decision
  }
  t.equal(await answer(), 'DENY')

  for (const [name, javaScriptEnabled] of [
    ['Margaret Chen', true],
    ['Ruth Abrams', false],
  ] as const) {
    const page = await signedInAs(browser, pages.address, name, { javaScriptEnabled })
    if (javaScriptEnabled) await isAccessible(t, page, 'your work')
    await page.getByRole('link', { name: 'SIRO approval' }).first().click()
    await page.getByRole('button', { name: 'Decide' }).click()
    await page.getByRole('button', { name: 'Record your decision' }).click()
    t.match(await page.title(), /^Error: /, 'a form without a decision says so')
    t.match(await page.locator('.govuk-error-summary').textContent(), /Select what you decide/)
    if (javaScriptEnabled) await isAccessible(t, page, 'a review with an error')
    await page.getByLabel('Approve', { exact: true }).check()
    await page.getByRole('button', { name: 'Record your decision' }).click()
    await page.getByRole('button', { name: 'Sign or decline' }).click()
    if (javaScriptEnabled) await isAccessible(t, page, 'before signing')
    await page.getByLabel('Your post').fill('Director of Resources')
    await page.getByRole('button', { name: 'Submit my signature' }).click()
    t.match(await page.locator('.govuk-error-summary').textContent(), /Select both boxes to sign/)
    t.equal(await page.getByLabel('Your post').inputValue(), 'Director of Resources', 'what was typed is kept')
    if (javaScriptEnabled) await isAccessible(t, page, 'signing with an error')
    await page.getByLabel('By what you may sign').fill('Scheme of delegation, paragraph 3')
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await page.getByRole('button', { name: 'Submit my signature' }).click()
    await page.waitForURL('**/agreements/DEMO-SIGN')
    if (javaScriptEnabled) await isAccessible(t, page, 'the agreement')
    await page.getByRole('link', { name: 'Parties', exact: true }).click()
    t.match(await page.locator('main').textContent(), new RegExp(`${name}[\\s\\S]*Director of Resources`))
    await page.getByRole('link', { name: 'Summary' }).click()
    await page.getByRole('link', { name: 'Read the whole text' }).click()
    t.match(await page.locator('body').textContent(), /Homelessness placements/)
    await page.context().close()
  }
  t.equal(await answer(), 'PERMIT', 'what the pages did, the decision point knows')

  // Whoever suspends may not lift: the data protection officer stops it, the SIROs let it go on.
  const officer = await signedInAs(browser, pages.address, 'Daniel Osei')
  await officer.goto('/agreements/DEMO-SIGN')
  await officer.getByRole('link', { name: 'Suspend sharing in an emergency' }).click()
  t.match(await officer.locator('main').textContent(), /Camden and Islington stop sharing under this agreement at once/)
  await isAccessible(t, officer, 'before suspending')
  await officer.getByRole('button', { name: 'Suspend now' }).click()
  t.match(await officer.locator('.govuk-error-summary').textContent(), /Say why/)
  await officer.getByLabel('Why?').fill('A message went to the wrong mailbox')
  await officer.getByRole('button', { name: 'Suspend now' }).click()
  await officer.waitForURL('**/agreements/DEMO-SIGN')
  t.equal(await answer(), 'DENY', 'it stops at once')
  const camden = await signedInAs(browser, pages.address, 'Margaret Chen')
  const islington = await signedInAs(browser, pages.address, 'Ruth Abrams')
  for (const [page, expected] of [
    [camden, 'DENY'],
    [islington, 'PERMIT'],
  ] as const) {
    await page.goto('/agreements/DEMO-SIGN')
    await page.getByRole('link', { name: 'Let sharing go on after a suspension' }).click()
    await page.getByLabel('Why?').fill('It was deleted unread')
    await page.getByRole('button', { name: 'Agree that sharing goes on' }).click()
    await page.waitForURL('**/agreements/DEMO-SIGN')
    t.equal(await answer(), expected, 'one of two is not enough')
  }
  await islington.getByRole('link', { name: 'See what was done to it' }).click()
  t.match(await islington.locator('main').textContent(), /suspend[\s\S]*A message went to the wrong mailbox[\s\S]*lift/)
  await isAccessible(t, islington, 'the history')
})

t.test('every page stays readable on a small phone, in forced colours and on paper', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t)
  const browser = await openBrowser(t, pages)
  const page = await signedInAs(browser, pages.address, 'Margaret Chen', { viewport: { width: 320, height: 640 } })
  const reports: string[] = []
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) reports.push(message.text())
  })
  for (const path of [
    '/',
    '/work',
    '/agreements',
    '/agreements?q=nothing-of-this-kind',
    ...['', '/parties', '/flows', '/documents', '/history'].map((part) => `/agreements/SAMPLE-SAFESTATS${part}`),
    '/cookies',
    '/accessibility',
    '/privacy',
    '/contact',
  ]) {
    await page.goto(path)
    await isAccessible(t, page, path)
    const overflow = await overflowOf(page)
    t.equal(overflow, 0, `${path} needs no scrolling sideways at 320 pixels`)
  }
  await page.emulateMedia({ forcedColors: 'active' })
  await page.goto('/agreements')
  await isAccessible(t, page, 'in forced colours')
  t.strictSame(reports, [], 'nothing is loaded that the policy forbids')
  const sheets = (await page.evaluate('[...document.styleSheets].map(({ href }) => href)')) as string[]
  const served = await Promise.all(sheets.map(async (href) => (await fetch(href)).text()))
  t.ok(served.join('').length > 50_000)
  t.notMatch(served.join(''), /GDS Transport|@font-face|#1d70b8/i, 'nothing of gov.uk’s own is served')
})
