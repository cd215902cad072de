import type { Page } from 'playwright-core'
import t from 'tap'
import { problemKinds } from '../../src/platform/http/refusals.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { ownerPool } from '../support/leaves.ts'
import { visitorOf } from '../support/visitor.ts'

// What somebody is shown where a page cannot be: what it is, what to do, and what to quote.

const pages = await testPages(t, { config: { lockTimeoutMs: 500 } })
const isNarrow = async (page: Page) => {
  await page.setViewportSize({ width: 320, height: 640 })
  const overflow = await overflowOf(page)
  await page.setViewportSize({ width: 1100, height: 900 })
  return overflow === 0
}

t.test('403, 404, 500 and 503 each say what to do and what to quote, with their status', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const page = await signedInAs(browser, pages.address, 'Daniel Osei', { viewport: { width: 1100, height: 900 } })
  const owner = await (await ownerPool(pages.service)).connect()
  t.teardown(() => owner.release())
  const lock = (table: string) => async () => {
    await owner.query(`begin; set local idle_in_transaction_session_timeout = 0; lock table ${table} in access exclusive mode`)
    return () => owner.query('rollback')
  }
  const break_ = async () => {
    await owner.query('alter table sign_off_task rename to mislaid')
    return () => owner.query('alter table mislaid rename to sign_off_task')
  }
  const nothing = async () => async () => undefined
  for (const [what, path, status, heading, todo, begin] of [
    ['403', '/agreements/DEMO-SIGN/outside-invitations', 403, 'You may not see or do this', 'ask whoever keeps the roles', nothing],
    ['404', '/nowhere', 404, 'Page not found', 'check that it is right', nothing],
    ['500', '/work', 500, 'A defect in this service', 'Go back and try once more', break_],
    ['503', '/work', 503, 'Too busy to answer in time', 'Load this page again in a minute', lock('sign_off_task')],
    ['503 of all pages', '/work', 503, 'Too busy to answer in time', 'Load this page again in a minute', lock('organisation')],
  ] as const) {
    const end = await begin()
    const reply = await page.goto(path).finally(end)
    t.equal(reply?.status(), status, what)
    t.equal(await page.locator('h1').textContent(), heading, what)
    t.match(await page.locator('main').textContent(), new RegExp(`${todo}[^]*quote [0-9a-f]{8}-[0-9a-f-]{27}\\b`), what)
    const headers = reply?.headers() ?? {}
    t.match(headers, { 'cache-control': 'no-store', 'content-type': /^text\/html/, 'x-content-type-options': 'nosniff' }, what)
    t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/, what)
    t.equal(headers['retry-after'] !== undefined, status === 503, `${what}: when to come again`)
    t.notMatch(await page.content(), /sign_off_task|mislaid| at .*\.ts:/, `${what}: nothing of the inside`)
    await isAccessible(t, page, what)
    t.ok(await isNarrow(page), `${what} needs no scrolling sideways at 320 pixels`)
  }
  await page.goto('/problems/precondition-failed')
  await isAccessible(t, page, 'a problem explained')
  t.ok(await isNarrow(page), 'a problem explained needs no scrolling sideways at 320 pixels')
})

t.test('the type of every problem is a page like the others, and a name of none is refused as its reader reads', async (t) => {
  const who = visitorOf(pages)
  for (const [code, { title, status }] of Object.entries(problemKinds)) {
    const { status: shown, text } = await who.go(`/problems/${code.toLowerCase().replaceAll('_', '-')}`)
    t.equal(shown, 200, code)
    t.match(text, new RegExp(`<h1[^>]*>${title}</h1>[^]*<code>${status}</code> and the code <code>${code}</code>`), code)
    t.match(text, 'Skip to main content', code)
  }
  t.match(await who.go('/problems/no-such-thing'), { status: 404, text: /<h1[^>]*>Page not found/ })
  const system = await pages.service.inject({ method: 'GET', url: '/problems/no-such-thing', headers: { accept: 'application/json' } })
  t.match([system.statusCode, system.json().code], [404, 'NOT_FOUND'])
})
