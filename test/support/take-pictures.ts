// `npm run pictures`: takes the pictures of docs/screens anew, from the pages of the demo, so that they show the service as it is.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { deskOn } from './agreement-desk.ts'
import { NO_BROWSER, openBrowser, signedInAs, testPages } from './browser.ts'

const FOLDER = join(import.meta.dirname, '../../docs/screens')
const VIEW = { viewport: { width: 1100, height: 800 } }
const HEIGHT_MAX = 2_800
const OFFICER = 'Priya Raman'

if (NO_BROWSER) throw new Error(NO_BROWSER)
const ends: (() => unknown)[] = []
try {
  const pages = await testPages({ teardown: (end) => ends.push(end) }, { clock: () => new Date() })
  const desk = await deskOn(pages.service)
  for (const recipient of ['LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BRENT']) await desk.ask('LBC_CAMDEN', recipient)
  const browser = await openBrowser({ teardown: (end) => ends.push(end) }, pages)
  const as = (name: string) => signedInAs(browser, pages.address, name, VIEW)

  const unknown = await (await browser.newContext({ baseURL: pages.address, ...VIEW })).newPage()
  await take(unknown, 'sign-in', '/work')

  const officer = await as(OFFICER)
  const at = {
    work: '/work',
    agreements: '/agreements',
    agreement: '/agreements/SAMPLE-LONDON-CHILD-SAFEGUARDING',
    organisation: '/organisations/LBC_CAMDEN',
    'decision-log': '/decisions',
    'may-i-share': '/may-i-share',
    import: '/imports/new',
    suspend: '/agreements/DEMO-CURL/acts/suspend',
    'standing-permits': '/agreements/DEMO-CURL/standing-permits',
  }
  for (const [name, path] of Object.entries(at)) await take(officer, name, path)
  await draft(officer)

  const adviser = await as('Daniel Osei')
  await adviser
    .getByRole('row', { name: /DEMO-ADMISSIONS/ })
    .getByRole('link')
    .first()
    .click()
  await take(adviser, 'review')
  const review = new URL(adviser.url()).pathname
  await adviser.getByRole('link', { name: 'Flow F1' }).click()
  await take(adviser, 'review-section')
  await adviser.goto(review)
  await adviser.getByRole('link', { name: 'Where each party stands' }).click()
  await take(adviser, 'progress')

  const director = await as('Margaret Chen')
  await director
    .getByRole('row', { name: /DEMO-SIGN/ })
    .getByRole('link')
    .first()
    .click()
  await director.getByRole('button', { name: 'Decide' }).click()
  await director.getByLabel('Approve', { exact: true }).check()
  await director.getByRole('button', { name: 'Record your decision' }).click()
  await director.getByRole('button', { name: 'Sign or decline' }).click()
  await take(director, 'sign')
} finally {
  for (const end of ends.toReversed()) await end()
}

/** Asks whether there is an agreement already, and begins one from it. */
async function draft(page: Page): Promise<void> {
  await page.goto('/agreements/new')
  for (const org of ['LBC_HACKNEY', 'LBC_HARINGEY']) await page.locator(`input[name="partner"][value="${org}"]`).check()
  await page.getByLabel('What for?').selectOption('SAFEGUARDING_CHILDREN.MASH')
  await page.getByRole('button', { name: 'See what there is' }).click()
  await take(page, 'is-there-one-already')
  await page.goto('/agreements/new/screening?from=DEMO-MISSING')
  const answers = {
    personal: 'yes',
    once: 'no',
    instructions: 'no',
    joint: 'no',
    sensitive: 'no',
    regular: 'yes',
    vulnerable: 'yes',
    matching: 'no',
  }
  for (const [name, answer] of Object.entries(answers)) await page.locator(`input[name="${name}"][value="${answer}"]`).check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByLabel('What is the agreement called?').fill('Missing children of two boroughs (fictional)')
  await page.getByRole('button', { name: 'Begin the draft' }).click()
  await page.waitForURL('**/draft')
  await take(page, 'draft')
  await take(page, 'draft-check', `${new URL(page.url()).pathname}/check`)
}

/** A picture of the page, where it is or at a path; of a long one its beginning. Anything but a page that was found is a fault of this script. */
async function take(page: Page, name: string, path?: string): Promise<void> {
  const reply = path ? await page.goto(path) : null
  if (reply && !reply.ok()) throw new Error(`${path} answers ${reply.status()}`)
  const height = await page.evaluate<number>('document.documentElement.scrollHeight')
  const clip = { x: 0, y: 0, width: VIEW.viewport.width, height: Math.min(height, HEIGHT_MAX) }
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true, clip })
  console.log(`docs/screens/${name}.png`)
}
