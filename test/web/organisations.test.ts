import t, { type Test } from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, signedInAs, testPages } from '../support/browser.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// The register of organisations in a browser: found, read, kept; and who holds which role in them.

const CAMDEN = '/organisations/LBC_CAMDEN'
const NOBODY = '5f1d7a52-6f0e-4c8e-9d55-0a1b2c3d4e5f'
const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}
const said = (text: string) => text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')
const isFit = async (t: Test, page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
  await isAccessible(t, page, what)
  t.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0, `${what} at 320 pixels`)
}

t.test('organisations are found by name, number, type and state, and a name that fits none is said so', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const found = await dpo.go('/organisations?q=LB%20of%20Camden')
  t.match(found, { status: 200, text: /href="\/organisations\/LBC_CAMDEN">Camden/ })
  t.match((await dpo.go('/organisations?type=POLICE_FORCE')).text, /Metropolitan/)
  t.notMatch((await dpo.go('/organisations?type=POLICE_FORCE')).text, /href="\/organisations\/LBC_HACKNEY"/)
  t.match(said((await dpo.go('/organisations?q=zzzzzz&status=MERGED')).text), /No organisation matches\. Show all organisations/)
  const first = (await dpo.go('/organisations')).text
  const [, next = ''] = /href="([^"]+)">Next page/.exec(first) ?? []
  t.match(await dpo.go(next.replaceAll('&amp;', '&')), { status: 200, text: /Organisations of the register/ })
  t.match(await dpo.go('/organisations?after=NOWHERE'), { status: 400 })
  t.match(await dpo.go('/organisations/NOWHERE'), { status: 404 })
})

t.test('the page of an organisation says what it is, and which roles that it needs nobody holds', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const own = said((await dpo.go(CAMDEN)).text)
  t.match(own, /The Mayor and Burgesses of the London Borough of Camden Confirmed/)
  t.match(own, /Public authority Yes/)
  for (const gap of ['No SIRO recorded', 'No data protection officer recorded', 'No Caldicott Guardian recorded', 'No signatory recorded'])
    t.match(own, gap)
  t.match(own, /Its SIRO, or a register administrator, records and ends roles/)
  t.notMatch(own, /API clients/, 'whoever may not list them is shown none')
  const stranger = said((await dpo.go('/organisations/LBC_HACKNEY')).text)
  t.match(stranger, /Its own people see this, and so do register administrators and auditors/)
  t.notMatch(stranger, /recorded today|No SIRO/)
  t.match(await dpo.go('/organisations/LBC_HACKNEY/roles'), { status: 404 }, 'who holds which role elsewhere is not told')
  const admin = said((await (await visitor('demo-register')).go(CAMDEN)).text)
  t.match(admin, /API clients No system of it is registered here/)
})

t.test('a SIRO records a role with its days and ends it: what it takes is said first', async (t) => {
  const siro = await visitor('demo-camden-siro')
  const record = (fields: Readonly<Record<string, string>>) => siro.send(`${CAMDEN}/roles/new`, `${CAMDEN}/roles/new`, fields)
  const role = { subject: 'demo-camden-dpo', role: 'DPO', reason: 'Appointed by <b>the chief executive</b>' }
  const empty = await record({})
  t.match(empty, {
    status: 422,
    text: /href="#subject">Enter the name[\s\S]*href="#role">Select the role[\s\S]*href="#reason">Say on what/,
  })
  const days = { 'from-day': '31', 'from-month': '2', 'from-year': '2026' }
  t.match(await record({ ...role, ...days }), { status: 422, text: /href="#from"[\s\S]*value="demo-camden-dpo"/ }, 'no such day')
  t.match(await record({ ...role, role: 'AUDITOR' }), { status: 422, text: /AUDITOR is recorded by a register administrator/ })
  t.match(await record({ ...role, subject: 'demo-camden-siro' }), { status: 422, text: /Nobody gives a role to themselves/ })
  const made = await record({ ...role, 'to-day': '31', 'to-month': '3', 'to-year': '2099' })
  t.match(made, { status: 303, location: /^\/organisations\/LBC_CAMDEN\/roles\/[0-9a-f-]{36}$/ })
  t.match(await record({ ...role, role: 'SIRO' }), { status: 422, text: /href="#role">Nobody is SIRO and DPO/ }, 'kept apart')
  const own = said((await siro.go(CAMDEN)).text)
  t.match(own, /Data protection officer\W+[^.]*demo-camden-dpo|Daniel Osei/)
  t.match(own, /31 March 2099/)
  t.notMatch(own, 'No data protection officer recorded')

  const at = made.location ?? ''
  const one = await siro.go(at)
  t.match(said(one.text), /can then no longer review texts and give data protection advice, and suspend sharing for Camden/)
  t.match(said(one.text), /Nobody else is recorded in this role today/)
  t.match(one.text, /Appointed by &lt;b&gt;the chief executive/)
  t.match(await siro.send(at, at, { reason: 'Left' }), { status: 422, text: /href="#when">Select when it ends/ })
  t.match(await siro.send(at, at, { when: 'later', reason: 'Left' }), { status: 422, text: /href="#last_day">Enter the last day/ })
  const past = { 'last_day-day': '1', 'last_day-month': '1', 'last_day-year': '2020' }
  t.match(await siro.send(at, at, { when: 'later', reason: 'Left', ...past }), {
    status: 422,
    text: /href="#last_day">A last day lies today/,
  })
  const colleague = await visitor('demo-camden-ig')
  t.match(said((await colleague.go(at)).text), /You cannot end it: a SIRO of Camden does/)
  t.match(await colleague.send(CAMDEN, at, { when: 'now', reason: 'x' }), { status: 403 })
  const stranger = await visitor('demo-hackney-siro')
  for (const path of [at, `${CAMDEN}/roles/${NOBODY}`]) t.match(await stranger.go(path), { status: 404 }, 'looks like what is not there')
  t.match(await stranger.go(`${CAMDEN}/roles/new`), { status: 403 })
  t.match(await stranger.send('/organisations', at, { when: 'now', reason: 'x' }), { status: 404 }, 'and ends nothing')
  t.match(await siro.send(at, at, { when: 'now', reason: 'Left the council' }), { status: 303, location: at })
  t.match(said((await siro.go(at)).text), /Ended on [^.]*Left the council The role has ended/)
  t.match(said((await siro.go(CAMDEN)).text), 'No data protection officer recorded')
  t.match(said((await siro.go(`${CAMDEN}/roles`)).text), /Data protection officer , Daniel Osei[^.]*Ended on|Ended on/)
})

t.test('all of it works in a real browser at 320 pixels, with JavaScript and without', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  for (const javaScriptEnabled of [true, false]) {
    const over = { javaScriptEnabled, viewport: { width: 320, height: 640 } }
    const page = await signedInAs(browser, pages.address, 'Margaret Chen', over)
    const isReadable = (what: string) => (javaScriptEnabled ? isFit(t, page, what) : Promise.resolve())
    if (javaScriptEnabled) await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Organisations', exact: true }).click()
    await isReadable('organisations')
    await page.getByLabel('Name, part of a name, or number').fill('Camden')
    await page.getByRole('button', { name: 'Show these' }).click()
    await page.getByRole('link', { name: 'Camden', exact: true }).first().click()
    await isReadable('an organisation')
    await page.getByRole('link', { name: 'Record a role' }).click()
    await page.getByRole('button', { name: 'Record the role' }).click()
    await isReadable('recording a role, with errors')
    await page.getByLabel('Who').fill(`somebody-${javaScriptEnabled}`)
    await page.getByLabel('Caldicott Guardian').check()
    await page.getByLabel('On what does it rest?').fill('Appointed')
    await page.getByRole('button', { name: 'Record the role' }).click()
    await page.getByRole('button', { name: 'End the role' }).click()
    await isReadable('a role, with errors')
    await page.getByLabel('Now').check()
    await page.getByLabel('Why?').fill('Left')
    await page.getByRole('button', { name: 'End the role' }).click()
    t.match(await page.locator('main').textContent(), /The role has ended/)
    await isReadable('a role that has ended')
    await page.goto(`${CAMDEN}/roles`)
    await isReadable('all roles')
    await page.context().close()
  }
})
