import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { NO_BROWSER, openBrowser, testPages } from '../support/browser.ts'

// Nobody needs a mouse, and what is printed can be read aloud.

const pages = await testPages(t)

/** Goes on with the tab key until something of this name has the focus, and sees that it can be seen there. */
async function tabTo(t: Test, page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 150; presses += 1) {
    await page.keyboard.press('Tab')
    const focused = (await page.evaluate(`(() => {
      const at = document.activeElement
      const label = at.labels?.[0]?.innerText ?? at.getAttribute('aria-label') ?? at.innerText ?? ''
      const seen = label === '' ? at : at.labels?.[0] ?? at
      const { top, bottom } = seen.getBoundingClientRect()
      const style = getComputedStyle(at), mark = getComputedStyle(at.nextElementSibling ?? at, '::before')
      const isMarked = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || mark.boxShadow !== 'none' || mark.outlineStyle !== 'none'
      return { name: label.trim(), isInView: bottom > 0 && top < innerHeight, isMarked }
    })()`)) as { readonly name: string; readonly isInView: boolean; readonly isMarked: boolean }
    if (!focused.name.startsWith(name)) continue
    t.match(focused, { isInView: true, isMarked: true }, `${name}: where the focus is can be seen`)
    return
  }
  t.fail(`the tab key never comes to ${name}`)
}

t.test('a SIRO accepts the risk and signs with the keyboard alone', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const page = await (await browser.newContext({ baseURL: pages.address, locale: 'en-GB' })).newPage()
  const press = async (name: string, key = 'Enter') => {
    await tabTo(t, page, name)
    const shown = key === 'Enter' ? page.waitForNavigation() : undefined
    await page.keyboard.press(key)
    await shown
  }
  await page.goto('/work')
  await press('Margaret Chen')
  await page.waitForURL('**/work')
  await page.keyboard.press('Tab')
  t.equal(await page.evaluate('document.activeElement.innerText'), 'Skip to main content', 'the first stop leads past the navigation')
  await page.keyboard.press('Enter')
  t.equal(await page.evaluate('document.activeElement.id'), 'main-content')
  await press('SIRO approval')
  await press('Decide')
  await press('Record your decision')
  t.match(await page.evaluate('document.activeElement.innerText'), /There is a problem/, 'what is wrong is read first')
  await tabTo(t, page, 'Select what you decide')
  await page.keyboard.press('Enter')
  t.equal(await page.evaluate('document.activeElement.name'), 'decision', 'and leads to its field')
  await page.keyboard.press('Space')
  t.equal(await page.evaluate('document.activeElement.value'), 'approve')
  await press('Record your decision')
  await press('Sign or decline')
  await tabTo(t, page, 'Your post')
  await page.keyboard.type('Director of Resources')
  await tabTo(t, page, 'By what you may sign')
  await page.keyboard.type('Scheme of delegation, paragraph 3')
  await tabTo(t, page, 'I have authority')
  await page.keyboard.press('Space')
  await tabTo(t, page, 'I have read')
  await page.keyboard.press('Space')
  await press('Submit my signature')
  await page.waitForURL('**/agreements/DEMO-SIGN')
  await press('Parties')
  t.match(await page.locator('main').textContent(), /Margaret Chen[\s\S]*Director of Resources/)

  const paper = (await page.pdf({ tagged: true, outline: true, format: 'A4' })).toString('latin1')
  t.match(paper, /\/StructTreeRoot/, 'what is printed has its headings and tables')
  t.match(paper, /\/Lang\s*\(en-GB\)/, 'and says its language')
  await page.emulateMedia({ media: 'print' })
  for (const hidden of ['.govuk-service-navigation', '.app-footer', 'form'])
    t.equal(await page.locator(hidden).first().isVisible(), false, `${hidden} is left off on paper`)
})
