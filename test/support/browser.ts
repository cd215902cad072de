import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { demoAccounts, startDemoIssuer } from '../../src/demo-issuer.ts'
import type { SignInIssuer } from '../../src/identity/sessions/sign-in.service.ts'
import { callbackAt } from '../../src/web-services.ts'
import type { Teardown } from './postgres.ts'
import { type TestService, type TestServiceOptions, testService } from './service.ts'

/** Debian's browser, without its windows where that is installed: a page costs a fifth less. Where there is none the tests that need one are skipped, and say so. */
const CHROMIUM = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path))
export const NO_BROWSER: string | false = CHROMIUM ? false : 'no browser is installed (apt-get install chromium-headless-shell)'
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** A service with its pages, signed in to at a real OpenID provider with the accounts of the demo. */
export interface TestPages {
  readonly service: TestService
  readonly address: string
}

/** The whole service with its pages, not yet listening; where people sign in: at the provider of the demo, unless told otherwise. */
export async function testPages(
  t: Teardown,
  { issuers, ...options }: Omit<TestServiceOptions, 'browserSignIn'> & { readonly issuers?: readonly SignInIssuer[] } = {},
): Promise<TestPages> {
  const publicUrl = new URL(`http://127.0.0.1:${await freePort()}`)
  if (issuers) return { service: await testService(t, { ...options, browserSignIn: { issuers, publicUrl } }), address: publicUrl.origin }
  const client = await startDemoIssuer(0, () => callbackAt(publicUrl))
  t.teardown(() => client.close())
  const service = await testService(t, { ...options, browserSignIn: { issuers: [client], publicUrl, demoAccounts } })
  return { service, address: publicUrl.origin }
}

/** A browser on the pages, closed when the test ends. */
export async function openBrowser(t: Teardown, { service, address }: TestPages): Promise<Browser> {
  await service.app.server.listen({ host: '127.0.0.1', port: Number(new URL(address).port) })
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-sync']
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args })
  t.teardown(() => browser.close())
  return browser
}

/** A window in which somebody of the demo has signed in. */
export async function signedInAs(
  browser: Browser,
  address: string,
  name: string,
  over: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ baseURL: address, locale: 'en-GB', timezoneId: 'Europe/London', ...over })
  const page = await context.newPage()
  await page.goto('/work')
  await page.getByRole('link', { name }).click()
  await page.waitForURL('**/work')
  return page
}

/** Nothing on the page breaks a rule of WCAG 2.2 AA that a program can see, and it has one heading of the first level, which its title begins with. */
export async function isAccessible(t: Test, page: Page, what: string): Promise<void> {
  // Without a second window to put together what frames say: no page has one.
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).setLegacyMode().analyze()
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  t.strictSame(found, [], `${what}: axe`)
  const headings = await page.locator('h1').allTextContents()
  t.equal(headings.length, 1, `${what}: one h1`)
  t.ok((await page.title()).replace(/^Error: /, '').startsWith(headings[0]?.trim() ?? '-'), `${what}: the title says what the page is`)
}

/** By how many pixels a page is wider than its window: 0 where nobody has to scroll sideways (WCAG 2.2, 1.4.10). */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
