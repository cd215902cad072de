import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// An organisation writes its own way to approve in a browser: step by step, with what the checks say beside each, and a picture of it.

const ROUTE = '/routes/STANDARD'
const DRAFT = `${ROUTE}/draft`
const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}
const officer = await visitor('demo-camden-ig')
type Fields = Readonly<Record<string, string | readonly string[]>>
/** What a page asks, sent as it stands there but for what is named. */
const answer = async (path: string, fields: Fields, who = officer, was?: string) => {
  const { text } = await who.go(path)
  const found = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  const sent = new URLSearchParams(Object.fromEntries(found.map(([, name = '', value = '']) => [name, value])))
  if (was !== undefined) for (const name of ['was', 'state']) if (sent.has(name)) sent.set(name, was)
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) sent.append(name, one)
  return who.go(path, 'POST', sent.toString())
}
const stateOf = async (path: string) => /name="(?:was|state)" value="([^"]+)"/.exec((await officer.go(path)).text)?.[1] ?? ''
const begun = () => officer.send(ROUTE, DRAFT, {})

t.test('everybody of an organisation sees by which steps it approves, as a picture and as a list', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const list = said((await dpo.go('/routes')).text)
  t.match(list, /Standard Two or more parties[^.]*\. Everybody’s, version 1, in force since/)
  t.match(list, /Information governance officers write them/)
  const { status, text } = await dpo.go(ROUTE)
  t.equal(status, 200)
  t.match(text, /<svg[\s\S]*<title id="title">Route Standard<\/title>[\s\S]*Caldicott Guardian/)
  t.match(said(text), /6\. Caldicott Guardian's review|Caldicott Guardian&#39;s review/)
  t.match(said(text), /Needed Where your organisation is a controller, and there is health or social care information\./)
  t.match(said(text), /Order After Legal review, Caldicott Guardian[^,]*review and Information security review\./)
  t.match(said(text), /Kept apart Not by whoever did “Information governance review” \(SD-1\)/)
  t.match(said(text), /If every step takes its whole time, it takes 45 working days/)
  t.notMatch(text, /Write our own/, 'whoever may not write it is not offered it')
  t.match(await dpo.send(ROUTE, DRAFT, {}), { status: 403 })
  t.match(await dpo.go('/routes/NOWHERE'), { status: 404 })
  t.match(await dpo.go(`${ROUTE}?version=9`), { status: 404 })
  t.match(await dpo.go(DRAFT), { status: 404 }, 'there is no draft yet')
  t.match((await officer.go('/work')).text, /href="\/routes"/)
})

t.test('an officer adds, moves, changes and takes out steps; what the checks say stands beside the step', async (t) => {
  t.match(await begun(), { status: 303, location: DRAFT })
  t.match(await begun(), { status: 303, location: DRAFT }, 'there is one draft of a route')
  const add = `${DRAFT}/steps/new`
  t.match(await answer(add, {}), {
    status: 422,
    text: /href="#title">Enter what the step is called[\s\S]*href="#act">Select what is done[\s\S]*href="#place">Select when it comes[\s\S]*href="#due">Enter how many/,
  })
  const step = { title: 'Housing <b>lead</b>', act: 'REVIEW:IAO', place: 'BESIDE:IG_REVIEW', due: '3' }
  t.match(await answer(add, { ...step, due: 'soon' }), {
    status: 422,
    text: /href="#due">[\s\S]*enter a whole number[\s\S]*Housing &lt;b&gt;/,
  })
  t.match(await answer(add, step), { status: 303, location: DRAFT })
  const added = (await officer.go(DRAFT)).text
  t.match(added, /Housing &lt;b&gt;lead&lt;\/b&gt;/)
  t.match(said(added), /Order After Information governance review and Housing/)
  const at = `${DRAFT}/steps/HOUSING_B_LEAD_B`
  t.match(await answer(`${at}/order`, { place: 'AFTER:DPIA', return_to: 'IG_REVIEW' }), {
    status: 303,
    location: `${DRAFT}#HOUSING_B_LEAD_B`,
  })
  t.match(
    said((await officer.go(DRAFT)).text),
    /Order After Data protection impact assessment\. If it is returned, the chain begins again at Information/,
  )
  const time = { due: '4', remind: '3, 1', 'to-0': 'SIRO', 'late-0': '2', 'case-0': 'SAFEGUARDING', 'within-0': '0' }
  t.match(await answer(`${at}/time`, { ...time, remind: 'often' }), { status: 422, text: /href="#remind"/ })
  t.match(await answer(`${at}/time`, time), { status: 303 })
  t.match(
    said((await officer.go(DRAFT)).text),
    /4 working days to do it; the same working day where somebody is safeguarded; reminder 3 and 1 working days before; shown to Senior/,
  )
  t.match(await answer(`${at}/when`, { all: ['CONTROLLER'], any: ['OVERSEAS', 'HIGH_VOLUME'], none: ['SAFEGUARDING'] }), { status: 303 })
  t.match(
    said((await officer.go(DRAFT)).text),
    /Where your organisation is a controller, and data leave the United Kingdom or they are about very many people, and it is not so that somebody is safeguarded/,
  )
  t.match((await officer.go(`${at}/when`)).text, /value="SAFEGUARDING" checked/, 'the form holds what was answered')
  t.match(await answer(`${at}/what`, { title: 'Housing lead', act: 'REVIEW:INFOSEC', of: '3', need: '2' }), { status: 303 })
  t.match(said((await officer.go(DRAFT)).text), /Housing lead What and who Review, by [^.]*\. 3 are asked; 2 of them must approve/)

  t.match(
    await answer(`${at}/what`, { title: 'Housing lead', act: 'REVIEW:INFOSEC', of: '2', need: '5' }),
    { status: 303 },
    'a draft may have faults',
  )
  const faulty = await officer.go(DRAFT)
  t.match(said(faulty.text), /To be put right before it can go in force Housing lead : 5 of 2 can never be reached/)
  t.notMatch(faulty.text, /Put it in force/)
  t.match(said((await officer.go(`${at}/what`)).text), /To put right: 5 of 2 can never be reached/)
  t.match(await answer(`${DRAFT}/in-force`, {}), { status: 422, text: /can never be reached/ })
  t.match(await answer(`${DRAFT}/steps/IG_REVIEW/order`, { place: 'TICKED', after: ['SIRO_APPROVAL'], return_to: 'IG_REVIEW' }), {
    status: 303,
  })
  const circle = said((await officer.go(DRAFT)).text)
  t.match(circle, /“Information governance review” waits for itself/)
  t.match(circle, /It cannot be drawn until what is marked below is put right/)
  t.match(await answer(`${DRAFT}/steps/IG_REVIEW/order`, { place: 'FIRST', return_to: 'IG_REVIEW' }), { status: 303 })

  const remove = `${at}/removal`
  t.match(said((await officer.go(remove)).text), /then waits for what it waited for/)
  t.match(await answer(remove, {}), { status: 303, location: DRAFT })
  t.match(await officer.go(remove), { status: 404 })
  t.match(await answer(`${DRAFT}/steps/CALDICOTT_REVIEW/removal`, {}), { status: 303 })
  t.match(said((await officer.go(DRAFT)).text), /Do you mean it so\? [^?]*no Caldicott Guardian is asked/)
  t.match(await answer(`${DRAFT}/steps/DPO_REVIEW/removal`, {}), { status: 303 })
  t.match(said((await officer.go(DRAFT)).text), /The data protection officer of a controller is asked in every case \(DP-4\)/)
  t.match(await officer.go(`${DRAFT}/steps/NOWHERE/what`), { status: 404 })
  t.match(await officer.go(`${DRAFT}/steps/SIGNATURE/nowhere`), { status: 404 })
})

t.test('a draft is its organisation’s own, and only whoever may write routes changes it', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const read = await dpo.go(DRAFT)
  t.match(read, { status: 200, text: /nothing goes by it until it is put in force/ })
  t.notMatch(read.text, />Change<|Take out|Add a step|Give the draft up/)
  for (const path of [`${DRAFT}/steps/SIGNATURE/what`, `${DRAFT}/in-force`, `${DRAFT}/discard`, `${DRAFT}/about`])
    t.match(await dpo.go(path), { status: 403 }, path)
  t.match(await dpo.send(DRAFT, `${DRAFT}/discard`, {}), { status: 403 })
  t.match(await (await visitor('demo-hackney-dpo')).go(DRAFT), { status: 404 })
})

t.test('two people write in one draft; who saves what somebody else has changed meanwhile sees both', async (t) => {
  const state = await stateOf(`${DRAFT}/discard`)
  t.match(await answer(`${DRAFT}/about`, { title: 'Standard, as we do it', purpose: 'The usual way.' }), { status: 303 })
  t.match(await answer(`${DRAFT}/discard`, {}, officer, state), { status: 422, text: /Somebody else changed this draft/ })
  const was = await stateOf(`${DRAFT}/steps/SIGNATURE/what`)
  t.match(await answer(`${DRAFT}/steps/SIGNATURE/what`, { title: 'Signed', act: 'SIGNATURE:SIRO' }), { status: 303 })
  const late = await answer(`${DRAFT}/steps/SIGNATURE/what`, { title: 'Signature of the chief', act: 'SIGNATURE:SIGNATORY' }, officer, was)
  t.match(late, { status: 422, text: /Somebody else changed this while you had it open[\s\S]*value="Signature of the chief"/ })
  t.match(said(late.text), /saved it, [^<]* What is the step called\? Signed/)
  const now = /name="was" value="([^"]+)"/.exec(late.text)?.[1] ?? ''
  const again = { title: 'Signature of the chief', act: 'SIGNATURE:SIGNATORY' }
  t.match(await answer(`${DRAFT}/steps/SIGNATURE/what`, again, officer, now), { status: 303 }, 'and saves it over what was compared')
})

t.test('what goes in force is said first; what is in review keeps its route, and each version can be read', async (t) => {
  const discard = await answer(`${DRAFT}/discard`, {})
  t.match(discard, { status: 303, location: ROUTE })
  t.match(await begun(), { status: 303 })
  t.match(await answer(`${DRAFT}/about`, { title: 'Standard of Camden', purpose: 'The usual way.' }), { status: 303 })
  t.match(await answer(`${DRAFT}/used`, { none: ['SAFEGUARDING'] }), { status: 303 })
  const add = { title: 'Second look', act: 'REVIEW:LEGAL', place: 'AFTER:IG_REVIEW', due: '1' }
  t.match(await answer(`${DRAFT}/steps/new`, add), { status: 303 })
  const { text } = await officer.go(`${DRAFT}/in-force`)
  const words = said(text)
  t.match(words, /What changes Compared with everybody’s, version 1, which we go by today/)
  t.match(words, /It is called “Standard of Camden” instead of “Standard”\./)
  t.match(words, /It is used: Where it is not so that somebody is safeguarded\. Before: Always\./)
  t.match(words, /“Second look” is added\./)
  t.match(words, /order: After Second look\. [^”]* Before: After Information governance review\./)
  t.match(words, /Agreements already in review keep their route/)
  t.match(text, /<svg/)
  t.match(await answer(`${DRAFT}/in-force`, {}, officer, 'another'), { status: 422, text: /Somebody else changed this draft/ })
  t.match(await answer(`${DRAFT}/in-force`, {}), { status: 303, location: ROUTE })
  const own = said((await officer.go(ROUTE)).text)
  t.match(own, /Camden, version 1 Standard of Camden/)
  t.match(own, /Versions Our own, version 1[^E]* Everybody’s, version 1/)
  t.match(said((await officer.go('/routes')).text), /Standard of Camden The usual way\. Our own, version 1/)
  const before = said((await officer.go(`${ROUTE}?version=1&whose=everybody`)).text)
  t.match(before, /Everybody’s, version 1 Standard[\s\S]*What begins now goes by another version/)
  t.match(await officer.go(DRAFT), { status: 404 })
  const hackney = await visitor('demo-hackney-dpo')
  t.match(said((await hackney.go(ROUTE)).text), /Everybody’s, version 1/)
})

t.test('all of it works in a real browser at 320 pixels, with JavaScript and without', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  for (const javaScriptEnabled of [true, false]) {
    const page = await signedInAs(browser, pages.address, 'Priya Raman', { javaScriptEnabled, viewport: { width: 320, height: 640 } })
    const isFit = async (what: string) => {
      if (!javaScriptEnabled) return
      await isAccessible(t, page, what)
      t.equal(await overflowOf(page), 0, `${what} needs no scrolling sideways at 320 pixels`)
    }
    await page.goto(ROUTE)
    await isFit('a route')
    await page.locator(`form[action="${DRAFT}"] button`).click()
    await page.waitForURL(`**${DRAFT}`)
    // Every page of the draft that its links lead to, one of each kind of step.
    const kinds = new Map<string, string>()
    const gather = async () => {
      const links = [...(await page.content()).matchAll(/href="(\/routes[^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'))
      for (const href of links) kinds.set(href.replace(/steps\/(?!new)[A-Z_0-9]+/, 'steps/:step').replace(/version=\d+/, ''), href)
    }
    await gather()
    const opened = new Set<string>()
    for (let next = [...kinds].find(([kind]) => !opened.has(kind)); next; next = [...kinds].find(([kind]) => !opened.has(kind))) {
      const [kind, href] = next
      opened.add(kind)
      await page.goto(href)
      t.equal(await page.locator('h1').count(), 1, href)
      await isFit(kind)
      await gather()
      if (!javaScriptEnabled) continue
      const button = page.locator('main form button').first()
      // What begins, gives up or puts in force a draft is not pressed on the way.
      if (!/\/(about|new|what|order|when|time|used)$/.test(href)) continue
      for (const text of await page.locator('main input[type=text], main textarea').all()) await text.fill('')
      await button.click()
      await isFit(`${kind}, sent with empty fields`)
    }
    t.ok(opened.size >= 10, `${opened.size} kinds of pages: ${[...opened].join(' ')}`)
    const title = `Looked at ${javaScriptEnabled ? 'once' : 'twice'}`
    await page.goto(`${DRAFT}/steps/new`)
    await page.locator('#title').fill(title)
    await page.locator('main form button').first().click()
    t.equal(await page.locator('.govuk-error-summary').count(), 1)
    await isFit('a new step, with errors')
    t.equal(await page.locator('#title').inputValue(), title, 'what was typed is kept')
    await page.goto(`${DRAFT}/discard`)
    await page.locator('main form button').first().click()
    await page.waitForURL(`**${ROUTE}`)
    await page.context().close()
  }
})
