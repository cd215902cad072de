import t from 'tap'
import { deskOn } from '../support/agreement-desk.ts'
import { assessingDesk } from '../support/assessing-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// The box of every page: what somebody may see is found, a reference leads straight to its page, and nothing is said of the rest.

const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}

t.test('what is found is grouped, marked and linked; a reference leads straight to its page', async (t) => {
  const officer = await visitor('demo-camden-ig')
  t.match((await officer.go('/work')).text, /<form class="app-find" method="get" action="\/search"/)
  const { text } = await officer.go('/search?q=homelessness')
  t.match(text, /<h2[^>]*>Agreements<\/h2>[\s\S]*href="\/agreements\/DEMO-CURL">[\s\S]*<mark>[Hh]omeless/)
  t.match(text, /<h2[^>]*>Law, purposes and other codes<\/h2>[\s\S]*href="\/agreements\?purpose=HOMELESSNESS/)
  t.match(await officer.go('/search?q=demo+curl'), { status: 303, location: '/agreements/DEMO-CURL' })
  t.match(said((await officer.go('/search?q=homelesness')).text), /Nothing holds “homelesness”. This is what holds “homelessness”/)
  t.match(
    said((await officer.go('/search?q=hackney&kind=ORGANISATION')).text),
    /Search: organisations[\s\S]*Show everything that holds these words/,
  )
  t.match((await officer.go('/search?q=accessibility')).text, /Pages of this service[\s\S]*href="\/accessibility"/)
  t.match((await officer.go('/search')).text, 'This looks through everything that you may see')
})

t.test('a comment and a part of an assessment lead to the place where they stand', async (t) => {
  const desk = await deskOn(pages.service)
  const dpia = assessingDesk(desk)
  const draft = (title: string) => desk.draft({ orgs: ['LBC_CAMDEN', 'LBC_HACKNEY'], title, effectiveFrom: '2027-06-01' })
  const { sign_off: review } = (await desk.freeze(await draft('Reviewed by two'), { route: 'STANDARD', isApproved: false })).body
  const body = { command: 'comment', part: '/title', text: 'The echidnas are counted twice', shared: true }
  t.equal((await desk.call({ org: 'LBC_CAMDEN', role: 'DPO' }, 'POST', `/v1/sign-offs/${review}/commands`, body)).status, 200)
  const assessment = await dpia.begin((await draft('Assessed by two')).id)
  const [question = ''] = Object.keys((await dpia.read(assessment)).content.answers)
  await dpia.write(assessment, 'PUT', `/answers/${question}`, { text: 'Kowaris are asked', choice: null })

  const officer = await visitor('demo-camden-ig')
  const found = (await officer.go('/search?q=echidnas')).text
  t.match(found, /<h2[^>]*>What was said in reviews<\/h2>[\s\S]*>Reviewed by two<\/a>[\s\S]*<mark>echidnas<\/mark>/)
  const [, place = ''] = /href="(\/reviews\/[^"]*\/comments\/[^"]*)"/.exec(found) ?? []
  const led = await officer.go(place)
  t.match(led, { status: 303, location: /^\/reviews\/[^#]*#thread-/ })
  const [page = '', anchor = ''] = String(led.location).split('#')
  t.match((await officer.go(page)).text, `id="${anchor}"`)
  t.equal((await officer.go(`/reviews/${review}/comments/${assessment}`)).status, 404)
  const [, step = ''] = /href="(\/assessments\/[^"]*\/steps\/[^"]*)"/.exec((await officer.go('/search?q=kowaris')).text) ?? []
  const [written = '', field = ''] = step.split('#')
  t.match((await officer.go(written)).text, `id="${field}"`)
  const stranger = await visitor('demo-islington-ig')
  t.equal((await stranger.go(place)).status, 404)
  for (const q of ['echidnas', 'kowaris']) t.match(said((await stranger.go(`/search?q=${q}`)).text), 'Nothing that you may see')
})

t.test('nothing found is said so, whatever is typed and whoever asks', async (t) => {
  const stranger = await visitor('demo-islington-ig')
  t.match(
    said((await stranger.go('/search?q=xyzzy+plugh')).text),
    /Nothing that you may see holds all of these words. With a word less: plugh xyzzy/,
  )
  const hidden = await stranger.go('/search?q=DEMO-SIGN')
  const officer = await visitor('demo-camden-ig')
  const known = await officer.go('/search?q=DEMO-SIGN')
  t.ok([hidden, known].every(({ status }) => status === 303 || status === 200))
  const hostile = await stranger.go(`/search?q=${encodeURIComponent('"><script>alert(1)</script>')}&kind=NONE&cursor=x`)
  t.match(hostile, { status: 200 })
  t.notMatch(hostile.text, '<script>alert')
  t.match(await stranger.go(`/search?q=${'y'.repeat(300)}`), { status: 200 }, 'what is too long is looked for as far as it may be')
  t.match(await stranger.go('/search?q=camden&kind=REQUEST&cursor=x'), { status: 400 })
  t.match(await visitorOf(pages).go('/search?q=camden'), { status: 303, location: /sign-in/ })
})

t.test('the box and its results in a real browser', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  for (const [name, viewport] of [
    ['small', { width: 320, height: 640 }],
    ['wide', { width: 1100, height: 900 }],
  ] as const) {
    const page = await signedInAs(browser, pages.address, 'Sofia Marques', { viewport })
    await page.getByLabel('Search everything you may see').fill('homelessness')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/search?q=homelessness')
    t.ok((await page.locator('mark').count()) > 0, name)
    await isAccessible(t, page, `results, ${name}`)
    t.equal(await overflowOf(page), 0, `results, ${name}`)
    if (process.env['SCREENS']) await page.screenshot({ path: `${process.env['SCREENS']}/search-${name}.png` })
    await page.goto('/work')
    if (process.env['SCREENS']) await page.screenshot({ path: `${process.env['SCREENS']}/work-${name}.png` })
    const items = await page
      .locator('.govuk-service-navigation__item')
      .evaluateAll((all) => new Set(all.map((one) => Math.round(one.getBoundingClientRect().top))).size)
    if (name === 'wide') t.equal(items, 1, 'the navigation of an officer takes one row')
  }
})
