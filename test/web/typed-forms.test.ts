import t from 'tap'
import { startTimerWorker } from '../../src/timer-worker.ts'
import { isAccessible, NO_BROWSER, openBrowser, signedInAs, testPages } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { ownerPool } from '../support/leaves.ts'
import { signIn, type Visitor, visitorOf } from '../support/visitor.ts'

// Nothing that somebody typed is lost because their session ended, and nothing of it is done or shown without them.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const TYPED = 'They are moved on Friday: <b>stop</b> until the list is right.'
const SUSPEND = '/agreements/DEMO-CURL/acts/suspend'

let ahead = 0
const pages = await testPages(t, { clock: () => new Date(Date.now() + ahead) })
t.afterEach(async () => {
  ahead = 0
  await (await ownerPool(pages.service)).query('delete from typed_form')
})

/** The form of a page as it was opened: what its hidden fields hold. */
async function opened(who: Visitor, page: string): Promise<string> {
  const [, token = ''] = /name="_csrf" value="([^"]+)"/.exec((await who.go(page)).text) ?? []
  return token
}
const sent = (who: Visitor, address: string, token: string, fields: Readonly<Record<string, string>>) =>
  who.go(address, 'POST', new URLSearchParams({ _csrf: token, ...fields }).toString())
const kept = async () => Number((await (await ownerPool(pages.service)).query('select count(*) from typed_form')).rows[0].count)
const isSuspended = async (who: Visitor) => /Suspended/.test((await who.go('/agreements/DEMO-CURL')).text)

t.test('what was typed is in the form again after signing in, and was not sent by itself', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const token = await opened(who, SUSPEND)
  ahead = 31 * MINUTE
  const toSignIn = await sent(who, SUSPEND, token, { reason: TYPED })
  t.match(toSignIn, { status: 303, location: `/sign-in?return_to=${encodeURIComponent(SUSPEND)}&kept=yes` })
  t.match((await who.go(toSignIn.location ?? '')).text, /What you typed is kept for 15 minutes/)
  const back = await signIn(who, 'demo-camden-siro', SUSPEND)
  t.match(back.text, /Not sent yet/)
  t.match(back.text, /<textarea[^>]*>They are moved on Friday: &lt;b&gt;stop&lt;\/b&gt; until the list is right\.<\/textarea>/)
  t.notOk(await isSuspended(who), 'nothing was done')
  t.match((await who.go(SUSPEND)).text, /They are moved on Friday/, 'it is still there when the page is loaded again')
  t.match(await who.send(SUSPEND, SUSPEND, { reason: 'x'.repeat(2001) }), { status: 422 })
  t.notMatch((await who.go(SUSPEND)).text, /Not sent yet|They are moved/, 'once the form was sent, nothing waits')
  t.equal(await kept(), 0)
})

t.test('also the morning after, and after signing out in another window', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const token = await opened(who, SUSPEND)
  ahead = 64 * HOUR
  t.match(
    await sent(who, SUSPEND, token, { reason: TYPED }),
    { status: 303, location: /kept=yes/ },
    'from Friday evening to Monday morning',
  )
  t.match((await signIn(who, 'demo-camden-siro', SUSPEND)).text, /They are moved on Friday/)
  await who.send('/work', '/sign-out', {})
  t.match(await sent(who, SUSPEND, token, { reason: 'Written in the other window' }), { status: 303, location: /kept=yes/ })
  t.match((await signIn(who, 'demo-camden-siro', SUSPEND)).text, /Written in the other window/)
})

t.test('nobody else finds it: not another person at the same browser, not the same person at another one, not the database', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const token = await opened(who, SUSPEND)
  ahead = 31 * MINUTE
  await sent(who, SUSPEND, token, { reason: TYPED })
  t.notMatch((await signIn(who, 'demo-camden-dpo', SUSPEND)).text, /They are moved|Not sent yet/)
  t.notMatch((await signIn(visitorOf(pages), 'demo-camden-siro', SUSPEND)).text, /They are moved|Not sent yet/)
  const { rows } = await (await ownerPool(pages.service)).query(`select encode(sealed, 'escape') as text from typed_form`)
  t.equal(rows.length, 1)
  t.notMatch(rows[0].text, /moved/)
  t.match((await signIn(who, 'demo-camden-siro', SUSPEND)).text, /They are moved/, 'its own person still does')
  ahead += 16 * MINUTE
  t.notMatch((await signIn(who, 'demo-camden-siro', SUSPEND)).text, /They are moved/, 'for fifteen minutes')
})

t.test('a form without a page of its own is shown as it was typed, and sent when its person says so', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const token = await opened(who, '/sign/DEMO-SIGN/1')
  ahead = 31 * MINUTE
  const toSignIn = await sent(who, '/decline/DEMO-SIGN/1', token, { reason: 'The retention period is too long.' })
  const returnTo = new URL(toSignIn.location ?? '', pages.address).searchParams.get('return_to') ?? ''
  const back = await signIn(who, 'demo-camden-siro', returnTo)
  t.match(back.text, /What you typed was not sent/)
  t.match(back.text, /<input type="hidden" name="reason" value="The retention period is too long\.">/)
  t.match(back.text, /<form method="post" action="\/decline\/DEMO-SIGN\/1"/)
  t.match(await who.go('/agreements/DEMO-SIGN'), { status: 200, text: /ready to sign/ })
  t.match(await who.send(returnTo, '/decline/DEMO-SIGN/1', { reason: '' }), { status: 422 })
  t.match(await who.go(returnTo), { status: 303, location: '/work' }, 'nothing waits any longer')
})

t.test('whoever has to prove once more who they are before they sign finds what they wrote', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const token = await opened(who, '/sign/DEMO-SIGN/1')
  ahead = 6 * MINUTE
  const asked = await sent(who, '/sign/DEMO-SIGN/1', token, { name: 'N', post: 'Director of housing', authority: 'Scheme 4.2', hash: 'x' })
  t.match(asked, { status: 303, location: '/sign-in/start?again=1&return_to=%2Fsign%2FDEMO-SIGN%2F1' })
  ahead = 0
  const back = await who.follow(asked.location ?? '')
  t.match(back.text, /value="Director of housing"/)
  t.match(back.text, /value="Scheme 4\.2"/)
})

t.test('nothing is kept of a form that this service did not give to that person', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  await who.go(SUSPEND)
  const before = await kept()
  ahead = 31 * MINUTE
  t.match(await sent(who, SUSPEND, 'forged', { reason: TYPED }), { status: 403 })
  const stranger = visitorOf(pages)
  const token = await opened(who, '/sign-in')
  t.match(await sent(stranger, SUSPEND, token, { reason: TYPED }), { status: 403 })
  t.equal(await kept(), before)
})

t.test('of one person no more than ten forms wait', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const token = await opened(who, SUSPEND)
  ahead = 31 * MINUTE
  for (let index = 0; index < 12; index += 1) {
    ahead += 1000
    await sent(who, `${SUSPEND}?n=${index}`, token, { reason: TYPED })
  }
  t.equal(await kept(), 10)
  t.match((await signIn(who, 'demo-camden-siro', `${SUSPEND}?n=11`)).text, /They are moved/, 'the newest')
  t.notMatch((await who.go(`${SUSPEND}?n=0`)).text, /They are moved/)
})

t.test('the worker takes away what was typed after fifteen minutes, and a session a week after its longest time', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const token = await opened(who, SUSPEND)
  ahead = 31 * MINUTE
  await sent(who, SUSPEND, token, { reason: TYPED })
  const { app, databaseUrl } = pages.service
  const owner = await ownerPool(pages.service)
  const sessions = async () => Number((await owner.query('select count(*) from session')).rows[0].count)
  ahead += 14 * MINUTE
  await app.forgetOldSessions()
  t.equal(await kept(), 1, 'not before')
  const worker = await startTimerWorker(app, databaseUrl)
  t.teardown(() => worker.stop())
  ahead += 2 * MINUTE
  await owner.query(`select graphile_worker.add_job('forget_sessions')`)
  t.ok(await eventually(async () => (await kept()) === 0))
  t.ok((await sessions()) > 0, 'whose session it was is still known')
  ahead = 11 * 24 * HOUR
  await owner.query(`select graphile_worker.add_job('forget_sessions')`)
  t.ok(await eventually(async () => (await sessions()) === 0))
})

t.test(
  'of a form with a file larger than a megabyte what was typed is kept, and its page says that the file is to be chosen again',
  {
    skip: NO_BROWSER,
  },
  async (t) => {
    const browser = await openBrowser(t, pages)
    const page = await signedInAs(browser, pages.address, 'Priya Raman', { viewport: { width: 360, height: 800 } })
    await page.goto('/agreements/DEMO-SIGN/signatures-elsewhere/new')
    await page.getByLabel('Post').fill('Director of housing')
    const buffer = Buffer.alloc(3_000_000, '%PDF-1.7 ')
    await page.locator('input[type=file]').setInputFiles({ name: 'signed.pdf', mimeType: 'application/pdf', buffer })
    ahead = 31 * MINUTE
    await page.getByRole('button', { name: 'State the signature' }).click()
    t.match(await page.locator('main').textContent(), /What you typed is kept for 15 minutes/)
    t.equal(await kept(), 1)
    await page.getByRole('link', { name: 'Priya Raman' }).click()
    await page.waitForURL('**/signatures-elsewhere/new')
    t.match(await page.locator('main').textContent(), /Not sent yet[\s\S]*check it, choose the file again, then send it/)
    t.equal(await page.getByLabel('Post').inputValue(), 'Director of housing')
    t.equal(await page.locator('input[type=file]').inputValue(), '')
    await isAccessible(t, page, 'what was typed beside a file')
    t.notMatch(await page.locator('main').innerHTML(), /_file/)
  },
)
