import t from 'tap'
import type { SignInIssuer } from '../../src/identity/sessions/sign-in.service.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, testPages } from '../support/browser.ts'
import { startTestIssuer, type TestIssuer } from '../support/oidc-issuer.ts'
import { said, type Visitor, visitorOf } from '../support/visitor.ts'

// All signed-in staff of an organisation as practitioners, in a browser: switched on and off by its SIRO, and what it opens.

const AT = '/organisations/LBC_CAMDEN/staff-roles'
const SHOTS = process.env['SHOTS']
const leading = await startTestIssuer(t)
const staff = await startTestIssuer(t, '/staff')
const offered = ({ issuer, clientId, clientSecret }: TestIssuer, key: string): Omit<SignInIssuer, 'isAuthoritative'> => ({
  ...{ issuer, clientId, clientSecret, isLoopback: true, key, name: `Camden, ${key}` },
})
const pages = await testPages(t, {
  issuers: [
    { ...offered(leading, 'leading'), isAuthoritative: true },
    { ...offered(staff, 'staff'), isAuthoritative: false, organisation: 'LBC_CAMDEN' },
  ],
})
async function signedIn(
  issuer: TestIssuer,
  key: string,
  account: object,
): Promise<Visitor & { readonly first: { readonly status: number } }> {
  issuer.account = { ...account }
  const who = visitorOf(pages)
  const first = await who.follow(`/sign-in/start?issuer=${key}&return_to=%2Fmay-i-share`)
  return { ...who, first }
}
const aSiro = () => signedIn(leading, 'leading', { sub: 'siro', name: 'Margaret Chen', org: 'LBC_CAMDEN', roles: ['SIRO'] })
const aColleague = (sub: string) => signedIn(staff, 'staff', { sub, name: 'Sam Okafor' })

t.test('a SIRO makes all staff practitioners: whoever signs in is asked four questions, until it is ended', async (t) => {
  const siro = await aSiro()
  const early = await aColleague('early')
  t.match(await early.go('/may-i-share'), { status: 403, text: /make all its staff practitioners/ })
  t.match(said((await siro.go(AT)).text), /Off Only those are practitioners whose role is recorded one by one/)
  t.match(await siro.send(AT, AT, {}), { status: 422, text: /href="#reason">Say on what it rests/ })
  const past = { reason: 'Agreed <b>by</b> the board', 'from-day': '1', 'from-month': '1', 'from-year': '2020' }
  t.match(await siro.send(AT, AT, past), { status: 422, text: /href="#from">It counts from today or later[\s\S]*Agreed &lt;b&gt;by/ })
  t.match(await siro.send(AT, AT, { reason: 'Agreed <b>by</b> the board' }), { status: 303, location: AT })
  t.match(
    said((await siro.go(AT)).text),
    /On All staff are practitioners today\. From .* It rests on: Agreed &lt;b&gt;by&lt;\/b&gt; the board/,
  )
  t.match(said((await siro.go('/organisations/LBC_CAMDEN')).text), /All its signed-in staff who have no other role are practitioners/)
  const sam = await aColleague('sam')
  t.match((await sam.follow('/may-i-share')).text, /Question 1 of 4[\s\S]*/)
  for (const path of ['/agreements', '/requests', '/emergencies', AT]) t.match(await sam.go(path), { status: 403 }, path)
  const [, end = ''] = new RegExp(`action="(${AT}/[0-9a-f-]{36})"`).exec((await siro.go(AT)).text) ?? []
  t.match(await siro.send(AT, end, {}), { status: 422, text: /href="#end_reason">Say why it ends/ })
  t.match(await siro.send(AT, end, { end_reason: 'The pilot is over' }), { status: 303, location: AT })
  t.match(await sam.go('/may-i-share'), { status: 403 }, 'at the next request')
  t.match(said((await siro.go(AT)).text), /Off .*Before .*Why it ended: The pilot is over/)
})

t.test('the page is accessible, fits a phone, and works without JavaScript', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const siro = await aSiro()
  const context = await browser.newContext({ baseURL: pages.address, viewport: { width: 320, height: 640 } })
  await context.addCookies([...siro.jar].map(([name, value]) => ({ name, value, url: pages.address })))
  const page = await context.newPage()
  const isFit = async (what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
    for (const width of SHOTS ? [1100, 360] : []) {
      await page.setViewportSize({ width, height: 800 })
      await page.screenshot({ path: `${SHOTS}/${what}-${width}.png`, fullPage: true })
    }
    await page.setViewportSize({ width: 320, height: 640 })
  }
  await page.goto(AT)
  await page.getByRole('button', { name: 'Make all staff practitioners' }).click()
  await isFit('off, with an error')
  await page.getByLabel('On what does it rest?').fill('Agreed by the information governance board')
  await page.getByRole('button', { name: 'Make all staff practitioners' }).click()
  await page.getByRole('button', { name: 'End it' }).waitFor()
  await isFit('on')
  await page.goto('/organisations/LBC_CAMDEN')
  await page.getByRole('link', { name: 'All staff as practitioners' }).click()
  const plain = await browser.newContext({ baseURL: pages.address, javaScriptEnabled: false })
  await plain.addCookies([...siro.jar].map(([name, value]) => ({ name, value, url: pages.address })))
  const without = await plain.newPage()
  await without.goto(AT)
  await without.getByLabel('Why does it end?').fill('The pilot is over')
  await without.getByRole('button', { name: 'End it' }).click()
  t.match(await without.locator('main').textContent(), /Off/)
})
