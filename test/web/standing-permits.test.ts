import type { Page } from 'playwright-core'
import t from 'tap'
import { londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// A senior information risk owner lets a flow stand for when Accord cannot be reached, and it is ended (docs/decisions/0034-manifests.md).

const SHOTS = process.env['SHOTS']
const pages = await testPages(t, { register: 'ORGANISATIONS', clock: () => new Date() })
const desk = await deskOn(pages.service)
const orgs = ['LBC_CAMDEN', 'LBC_HACKNEY']
const agreement = await desk.draft({ effectiveFrom: londonDay(Date.now()), orgs })
const { hash } = await desk.freeze(agreement)
for (const org of orgs) await desk.sign(agreement.id, org, 1, hash)
const at = `/agreements/${agreement.id}/standing-permits`
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account)
  return who
}
const ASKED = { flow: 'F1', hours: '12', accept: 'yes', reason: 'The nightly <b>feed</b>' }

t.test('the SIRO of whoever provides lets a flow stand, having read what follows and accepted how late a stop may arrive', async (t) => {
  const siro = await visitor('demo-camden-siro')
  t.match((await siro.go(`/agreements/${agreement.id}`)).text, `href="${at}"`)
  t.match(said((await siro.go(at)).text), /No flow stands: while Accord cannot be reached, nothing is shared/)
  const form = said((await siro.go(`${at}/new`)).text)
  t.match(form, /a suspension stops sharing only after the hours that you state/)
  t.match(form, /share by it while Accord cannot be reached, without asking/)
  t.match(form, /I accept that a permit which is suspended or withdrawn may still be relied on/)

  t.match(await siro.send(`${at}/new`, `${at}/new`, { reason: ASKED.reason }), {
    status: 422,
    text: /href="#flow">Select the flow[\s\S]*href="#hours">Enter for how many hours[\s\S]*href="#accept">Tick that[\s\S]*The nightly &lt;b&gt;feed/,
  })
  for (const hours of ['0', '25', 'many'])
    t.match(await siro.send(`${at}/new`, `${at}/new`, { ...ASKED, hours }), {
      status: 422,
      text: new RegExp(`href="#hours"[\\s\\S]*value="F1" checked[\\s\\S]*value="${hours}"[\\s\\S]*value="yes" checked`),
    })
  t.match(await siro.send(`${at}/new`, `${at}/new`, { ...ASKED, flow: 'F9' }), { status: 422, text: /href="#flow">[^<]*no flow F9/ })
  t.notMatch((await siro.go(at)).text, /The nightly/, 'what is refused changes nothing')

  t.match(await siro.send(`${at}/new`, `${at}/new`, ASKED), { status: 303, location: at })
  const stands = await siro.go(at)
  t.match(
    said(stands.text),
    /Flow F1: .* Stands .*From Camden .*To .*A stop may arrive late by 12 hours .*Since .*, by Margaret Chen \(fictional\) of Camden/,
  )
  t.match(stands.text, /The nightly &lt;b&gt;feed/)
  t.match(said(stands.text), /Flow F1: it stands already/)
  t.match(said((await siro.go(`${at}/new`)).text), /None of your flows can be let stand now/)
  t.match(await siro.send(at, `${at}/new`, { ...ASKED, hours: '2' }), {
    status: 422,
    text: /href="#flow">Flow F1 stands already: end that first[\s\S]*id="flow"[^>]*checked/,
  })
})

t.test('whoever may not let it stand reads why, a stranger reads nothing, and a suspension says that it may arrive late', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const list = said((await dpo.go(at)).text)
  t.match(list, /It is for the senior information risk owner of a controller that provides/)
  t.match(list, /End it for flow F1/)
  t.match(await dpo.go(`${at}/new`), { status: 403 })
  t.match(
    said((await dpo.go(`/agreements/${agreement.id}/acts/suspend`)).text),
    /Flows of it stand .* systems that cannot ask may go on for up to 12 hours/,
  )
  const hackney = await visitor('demo-hackney-siro')
  const theirs = await hackney.go(at)
  t.match(said(theirs.text), /Only Camden, which provides, ends it/)
  const [, permit = ''] = /standing-permits\/([0-9a-f-]{36})\/end/.exec((await dpo.go(at)).text) ?? []
  t.match(said((await hackney.go(`${at}/${permit}/end`)).text), /Only the organisation that provides ends it/)
  t.match(await hackney.send(`${at}/new`, `${at}/${permit}/end`, { reason: 'x' }), { status: 422, text: /Only LBC_CAMDEN/ })
  const stranger = await visitor('demo-islington-siro')
  for (const path of [at, `${at}/new`, `${at}/${permit}/end`]) t.match(await stranger.go(path), { status: 404 }, path)
  t.match(await dpo.go(`${at}/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}/end`), { status: 404 })
  t.match(await dpo.go(`${at}/x/end`), { status: 404 })
})

t.test('it is ended with a reason by whoever may suspend, who is told until when it may still be relied on', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const [, path = ''] = /href="([^"]+\/end)"/.exec((await dpo.go(at)).text) ?? []
  t.match(said((await dpo.go(path)).text), /A list that was fetched before may be relied on for up to 12 more hours/)
  t.match(await dpo.send(path, path, {}), { status: 422, text: /href="#reason">Say why/ })
  t.match(await dpo.send(path, path, { reason: 'The feed was moved' }), { status: 303, location: at })
  t.match(
    said((await dpo.go(at)).text),
    /No flow stands.*Ended Flow F1 , Camden, 12 hours .*ended by Daniel Osei \(fictional\)\. The feed was moved/,
  )
  t.match(said((await dpo.go(path)).text), /It has been ended already/)
  t.notMatch((await dpo.go(`/agreements/${agreement.id}/acts/suspend`)).text, /systems that cannot ask/)
})

t.test('on a phone, in a real browser, with JavaScript and without', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const isFit = async (page: Page, what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
    for (const width of SHOTS ? [1100, 360] : []) {
      await page.setViewportSize({ width, height: 800 })
      await page.screenshot({ path: `${SHOTS}/${what}-${width}.png`, fullPage: true })
    }
    await page.setViewportSize({ width: 320, height: 640 })
  }
  for (const javaScriptEnabled of [false, true]) {
    const phone = await signedInAs(browser, pages.address, 'Margaret Chen', { viewport: { width: 320, height: 640 }, javaScriptEnabled })
    await phone.goto(`/agreements/${agreement.id}`)
    await phone.getByRole('link', { name: 'What may be shared while Accord cannot be reached' }).click()
    if (javaScriptEnabled) await isFit(phone, 'none stands')
    await phone.getByRole('button', { name: 'Let a flow stand' }).click()
    await phone.getByRole('button', { name: 'Let it stand' }).click()
    if (javaScriptEnabled) await isFit(phone, 'letting a flow stand, with errors')
    await phone.getByLabel(/Flow F1/).check()
    await phone.getByLabel('For how many hours').fill('6')
    await phone.getByLabel('I accept that a permit').check()
    await phone.getByRole('button', { name: 'Let it stand' }).click()
    await phone.getByText('A stop may arrive late by').waitFor()
    if (javaScriptEnabled) await isFit(phone, 'one stands')
    await phone.getByRole('link', { name: 'End it' }).click()
    if (javaScriptEnabled) await isFit(phone, 'ending it')
    await phone.getByLabel('Why?').fill('No longer needed')
    await phone.getByRole('button', { name: 'End it now' }).click()
    await phone.getByText('No flow stands').waitFor()
  }
})
