import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// Somebody leaves: a SIRO sees what names them, names who takes over, sees what would happen, and passes it on in one act.

const CAMDEN = '/organisations/LBC_CAMDEN'
const LEAVER = `${CAMDEN}/leaver`
const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}

t.test('what cannot be passed on so is said beside its field, and nothing is changed; a stranger finds no such page', async (t) => {
  const siro = await visitor('demo-camden-siro')
  const give = (subject: string, role: string) =>
    siro.send(`${CAMDEN}/roles/new`, `${CAMDEN}/roles/new`, { subject, role, reason: 'Appointed' })
  const at = (await give('rob', 'SIRO')).location ?? ''
  await give('dee', 'DPO')
  t.match(said((await siro.go(at)).text), /They leave: see everything that names them, and pass it on/)
  const role = at.split('/').at(-1)
  const page = `${LEAVER}?role=${role}`
  t.match(said((await siro.go(page)).text), /What names rob Roles Senior information risk owner/)
  const send = (fields: Readonly<Record<string, string>>) => siro.send(page, page, { step: 'look', ...fields })
  t.match(await send({}), {
    status: 422,
    text: /href="#when">Select when they leave[\s\S]*href="#takes_over">Select whether[\s\S]*href="#reason">Say why/,
  })
  const answers = { when: 'now', takes_over: 'somebody', successor: 'dee', reason: 'Moves <b>away</b>' }
  const apart = await send(answers)
  t.match(apart, { status: 422, text: /href="#successor">Nobody is SIRO and DPO of one organisation/ })
  t.match(await send({ ...answers, for_SIRO: 'demo-camden-siro' }), {
    status: 422,
    text: /href="#for_SIRO">Nobody gives a role to themselves/,
  })
  t.match(await send({ ...answers, step: 'act' }), { status: 422, text: /href="#successor">Nobody is SIRO and DPO/ })
  const gap = said((await send({ ...answers, takes_over: 'nobody', successor: '' })).text)
  t.match(gap, /Camden would have no SIRO from/)
  const change = await send({ ...answers, step: 'change' })
  t.match(change, { status: 200, text: /value="dee"/ })

  t.equal((await (await visitor('demo-camden-ig')).go(LEAVER)).status, 403)
  const stranger = await visitor('demo-hackney-siro')
  t.equal((await stranger.go(page)).status, 404)
  t.equal((await stranger.send('/organisations', LEAVER, { step: 'act', subject: 'rob', ...answers })).status, 404)

  const done = await send({ ...answers, successor: 'sam', step: 'act' })
  t.match(done, { status: 303, location: /^\/organisations\/LBC_CAMDEN\/handovers\/[0-9a-f-]{36}$/ })
  const passed = await siro.go(done.location ?? '')
  t.match(said(passed.text), /What was in their hands was passed on/)
  t.match(said(passed.text), /sam holds it from/)
  t.match(passed.text, /Moves &lt;b&gt;away/)
  t.equal((await stranger.go(done.location ?? '')).status, 404)
  t.match(await send({ ...answers, successor: 'tom', step: 'act' }), { status: 422, text: /there is nothing to pass on/ })
})

t.test('a leaver is handed over in a real browser, with JavaScript and without', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  for (const javaScriptEnabled of [true, false]) {
    const who = `leaver-${javaScriptEnabled}`
    const siro = await visitor('demo-camden-siro')
    await siro.send(`${CAMDEN}/roles/new`, `${CAMDEN}/roles/new`, { subject: who, role: 'IAO', reason: 'Appointed' })
    const page = await signedInAs(browser, pages.address, 'Margaret Chen', { javaScriptEnabled, viewport: { width: 320, height: 640 } })
    const isReadable = async (what: string) => {
      if (!javaScriptEnabled) return
      await isAccessible(t, page, what)
      t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
    }
    await page.goto(CAMDEN)
    await page.getByRole('link', { name: 'Somebody leaves' }).click()
    await isReadable('who leaves')
    await page.getByLabel('Who leaves?').fill(who)
    await page.getByRole('button', { name: 'See what names them' }).click()
    await isReadable('what names a leaver')
    await page.getByRole('button', { name: 'See what would happen' }).click()
    await isReadable('what names a leaver, with errors')
    await page.getByLabel('When their last day is over').check()
    for (const [part, value] of [
      ['Day', '3'],
      ['Month', '12'],
      ['Year', '2099'],
    ] as const)
      await page.getByLabel(part, { exact: true }).fill(value)
    await page.getByLabel('Yes').check()
    await page.getByLabel('Who takes over', { exact: true }).fill(`next-${javaScriptEnabled}`)
    await page.getByLabel('Why do they leave?').fill('Moves to another council')
    await page.getByRole('button', { name: 'See what would happen' }).click()
    t.match(await page.locator('main').textContent(), /holds it until 3 December 2099[\s\S]*holds it from 4 December 2099/)
    await isReadable('what would happen')
    await page.getByRole('button', { name: 'Pass everything on' }).click()
    t.match(await page.locator('main').textContent(), /is passed on when 3 December 2099 is over/)
    await isReadable('passed on')
    await page.context().close()
  }
})
