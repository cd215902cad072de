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

t.test('officers of whoever disclosed and received read what was shared in this way, as it was reported and judged', async (t) => {
  const machine = { ...(await pages.service.as({ org: 'LBC_CAMDEN', clientId: 'camden-feed' })) }
  const issued = await pages.service.inject({ method: 'GET', url: '/v1/permissions/manifest?direction=SEND', headers: machine })
  const { manifest } = JSON.parse(issued.body.split('\n')[1] ?? '')
  const use = { line: 1, used_at: new Date().toISOString(), count: 3 }
  const uses = [
    { ...use, reference: 'feed-1' },
    { ...use, reference: 'feed-2', used_at: '2026-01-31T10:00:00Z' },
    { ...use, reference: 'feed-3', line: 999 },
  ]
  const payload = { manifest, uses }
  t.equal((await pages.service.inject({ method: 'POST', url: '/v1/permissions/manifest/uses', headers: machine, payload })).statusCode, 200)

  const dpo = await visitor('demo-camden-dpo')
  t.match((await dpo.go('/decisions')).text, 'href="/manifest-uses"')
  t.match((await dpo.go(at)).text, `href="/manifest-uses?agreement=${agreement.id}"`)
  const own = said((await dpo.go('/manifest-uses')).text)
  t.match(own, /3 times Camden to .*: Homelessness.* In order .*, line 1.* Camden, camden-feed, .* as feed-1/)
  t.match(
    own,
    /31 January 2026, 10:00.*Not covered It was shared before the manifest was issued.*Not permitted then .*The flow did not stand then/,
  )
  t.match(own, /Not known: no line says it.*The manifest has no such line/)
  t.equal((await dpo.go(`/decisions/${manifest}`)).status, 200, 'the record of the manifest')
  const narrowed = async (query: string) =>
    [...(await dpo.go(`/manifest-uses?${query}`)).text.matchAll(/as (feed-\d)</g)].map(([, name]) => name).toSorted()
  t.strictSame(await narrowed('judged=IN_ORDER'), ['feed-1'])
  t.strictSame(await narrowed('judged=NOT_COVERED'), ['feed-2', 'feed-3'])
  t.strictSame(await narrowed('to-day=1&to-month=2&to-year=2026'), ['feed-2'])
  t.strictSame(await narrowed(`agreement=${agreement.id}`), ['feed-1', 'feed-2'])
  t.match((await dpo.go('/manifest-uses?with=LBC_BARNET')).text, /No report matches/)
  t.match(await dpo.go('/manifest-uses?from-day=31&from-month=2&from-year=2026'), {
    status: 422,
    text: /href="#from">Enter a day that exists/,
  })
  t.match((await dpo.go('/manifest-uses.csv?judged=IN_ORDER')).text, /^used_at,[^\n]*\r?\n[^\n]*LBC_CAMDEN,[^\n]*camden-feed,feed-1,/)
  const theirs = said((await (await visitor('demo-hackney-dpo')).go('/manifest-uses')).text)
  t.match(theirs, /as feed-1/)
  t.notMatch(theirs, /camden-feed|feed-3/)
  t.match((await (await visitor('demo-islington-ig')).go('/manifest-uses')).text, /Nothing was reported yet that concerns/)
  t.match(await (await visitor('demo-camden-practitioner')).go('/manifest-uses'), { status: 403 })
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
    await phone.getByRole('link', { name: 'What was shared in this way' }).click()
    if (javaScriptEnabled) await isFit(phone, 'what was shared')
  }
})
