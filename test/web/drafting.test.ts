import type { Page } from 'playwright-core'
import t from 'tap'
import { deskOn } from '../support/agreement-desk.ts'
import { personOf } from '../support/api-caller.ts'
import { assess } from '../support/assessed.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { signIn, type Visitor, visitorOf } from '../support/visitor.ts'

// Drafting in a real browser: from the first question to sent for review, without JavaScript; and what happens when two write at once.

const SIX = ['LBC_CAMDEN', 'LBC_ISLINGTON', 'LBC_HACKNEY', 'LBC_HARINGEY', 'MPS', 'ICB_WNL']
const CONTACTS = { signatory_post: 'Director', ig: 'IG team', dpo: 'DPO', sar: 'SAR desk', complaint: 'Complaints', breach: 'Duty desk' }
const save = (page: Page) => page.getByRole('button', { name: 'Save and continue' }).click()
const tick = async (page: Page, name: string, values: readonly string[]) => {
  for (const value of values) await page.locator(`input[name="${name}"][value="${value}"]`).check()
}
const day = async (page: Page, name: string, [of, month, year]: readonly [string, string, string]) => {
  await page.locator(`#${name}-day`).fill(of)
  await page.locator(`#${name}-month`).fill(month)
  await page.locator(`#${name}-year`).fill(year)
}
const errorsOn = async (page: Page) => (await page.locator('.govuk-error-summary').textContent()) ?? ''

const pages = await testPages(t)

t.test('an agreement of six parties is drafted in the browser, from nothing to sent for review', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const officer = await signedInAs(browser, pages.address, 'Priya Raman', { javaScriptEnabled: false })
  const reader = await signedInAs(browser, pages.address, 'Priya Raman')
  const colleague = await signedInAs(browser, pages.address, 'Tom Adeyemi')
  let draft = ''
  const at = (path: string) => officer.goto(`${draft}/${path}`)

  await t.test('is there one already? The question is asked first, and the reason for a new one is kept', async (t) => {
    await officer.getByRole('button', { name: 'Start an agreement' }).click()
    await officer.getByRole('button', { name: 'See what there is' }).click()
    t.match(await errorsOn(officer), /With whom do you want to share\?: select an answer/)
    await tick(officer, 'partner', ['LBC_ISLINGTON', 'LBC_HACKNEY', 'LBC_HARINGEY'])
    await officer.getByLabel('Another organisation').fill('metropolitan police')
    await officer.getByRole('button', { name: 'Find' }).click()
    t.ok(await officer.locator('input[value="LBC_HARINGEY"]').isChecked(), 'what was ticked stays')
    await tick(officer, 'partner', ['MPS'])
    await officer.getByLabel('What for?').selectOption('HOMELESSNESS')
    await officer.getByRole('button', { name: 'See what there is' }).click()
    t.match(await officer.locator('main').textContent(), /Homelessness and safeguarding in two boroughs[\s\S]*Join it:/)
    t.equal(await officer.getByRole('link', { name: 'Use it as a template' }).count(), 2)
    await officer.getByRole('button', { name: 'Start a new agreement' }).click()
    await officer.getByRole('button', { name: 'Continue' }).click()
    t.match(await errorsOn(officer), /Answer: Is any of the data about people/)
    await reader.goto(officer.url())
    await isAccessible(t, reader, 'the screening with errors')
    for (const [name, answer] of Object.entries({
      ...{
        personal: 'yes',
        once: 'no',
        instructions: 'no',
        joint: 'no',
        sensitive: 'no',
        regular: 'yes',
        vulnerable: 'yes',
        matching: 'unsure',
      },
    }))
      await tick(officer, name, [answer])
    await officer.getByRole('button', { name: 'Continue' }).click()
    const advice = await officer.locator('main').textContent()
    t.match(advice, /this fits: Data sharing agreement/)
    t.match(advice, /impact assessment is to be expected[\s\S]*Targeting children/)
    t.match(advice, /Ask your data protection officer/)
    await officer.getByLabel('What is the agreement called?').fill('Missing children in north London')
    await officer.getByRole('button', { name: 'Begin the draft' }).click()
    t.match(await errorsOn(officer), /Say why a new agreement is needed/)
    t.equal(await officer.getByLabel('What is the agreement called?').inputValue(), 'Missing children in north London')
    await officer.getByLabel('Why is a new agreement needed').fill('Those are about homelessness alone')
    await officer.getByRole('button', { name: 'Begin the draft' }).click()
    await officer.waitForURL('**/draft')
    draft = officer.url()
    await officer.goto(draft.replace(/draft$/, 'history'))
    t.match(await officer.locator('main').textContent(), /Those are about homelessness alone/, 'the reason is in the history')
  })

  await t.test('the list of tasks says what to do, what is done, and what a task waits for', async (t) => {
    await officer.goto(draft)
    const main = await officer.locator('main').textContent()
    t.match(main, /Data protection impact assessment\s*Say which data flows first\s*Cannot start yet/)
    t.match(main, /Title and kind of agreement\s*Completed/)
    t.match(main, /What the sharing is for\s*Not yet started/)
    await reader.goto(draft)
    await isAccessible(t, reader, 'the tasks')
  })

  await t.test('parties, with a body that is found by its name, and their contacts', async (t) => {
    await at('parties')
    await officer.getByRole('button', { name: 'Add another organisation' }).click()
    await tick(officer, 'others', ['ICB_WNL'])
    await save(officer)
    const listed = await officer.locator('main').textContent()
    t.match(listed, /6 organisations take part/, 'who was asked about at the start is there already')
    t.match(listed, /West and North London ICB/)
    await at('parties/MPS/contacts')
    for (const name of Object.keys(CONTACTS)) await officer.locator(`#${name}`).fill(`${name} of the Met`)
    await save(officer)
    t.match(await officer.locator('main').textContent(), /6 contacts are missing/)
    const api = await personOf(pages.service, 'LBC_CAMDEN', ['IG_OFFICER'])
    const id = draft.split('/').at(-2)
    for (const org of SIX.filter((one) => one !== 'MPS')) {
      const put = await api('PUT', `/v1/agreements/${id}/parties/${org}/contacts`, { body: CONTACTS, ifMatch: '*' })
      t.equal(put.status, 200, put.text)
    }
    await at('parties')
    t.notMatch(await officer.locator('main').textContent(), /missing/)
    await reader.goto(`${draft}/parties`)
    await isAccessible(t, reader, 'the parties')
  })

  await t.test('a flow, page by page; what is wrong is said beside its question, and what was typed is kept', async (t) => {
    await at('flows/new')
    await save(officer)
    t.match(await errorsOn(officer), /Who sends\?: select an answer/)
    await tick(officer, 'providers', SIX)
    await tick(officer, 'recipients', SIX)
    await officer.getByLabel('For which purpose?').selectOption('SAFEGUARDING_CHILDREN.MISSING')
    await save(officer)
    await tick(officer, 'data_items', ['IDENTITY.NAME', 'IDENTITY.DATE_OF_BIRTH', 'CONTACT.ADDRESS'])
    await tick(officer, 'data_subjects', ['CHILD'])
    await save(officer)
    await tick(officer, 'methods', ['SECURE_EMAIL'])
    await tick(officer, 'frequency', ['ON_EVENT'])
    await officer.getByLabel('About how many people at most').fill('a few')
    await save(officer)
    t.match(await errorsOn(officer), /About how many people at most, each time\?: enter a whole number/)
    t.equal(await officer.getByLabel('About how many people at most').inputValue(), 'a few', 'what was typed is kept')
    t.ok(await officer.locator('input[value="SECURE_EMAIL"]').isChecked())
    await officer.getByLabel('About how many people at most').fill('50')
    await save(officer)
    t.match(await officer.locator('h1').textContent(), /the law of those who send/)
    await tick(officer, 'art6', ['6(1)(e)'])
    await tick(officer, 'gateways', ['CA2004_S11'])
    await save(officer)
    await officer.getByText('Take over answers that you gave already').click()
    await officer.getByRole('link', { name: 'those who send in flow F1' }).click()
    t.ok(await officer.locator('input[value="CA2004_S11"]').isChecked(), 'the same law is not typed twice')
    await save(officer)
    await officer.getByLabel('For how many days').fill('365')
    await tick(officer, 'onward', ['LEGAL_DUTY_ONLY'])
    await save(officer)
    await tick(officer, 'confidentiality', ['NOT_ENGAGED'])
    await tick(officer, 'ground', ['SAME_PURPOSE'])
    await save(officer)
    await save(officer)
    t.match(await officer.locator('main').textContent(), /The law of those who receive\s*Completed/)
    for (const path of ['flows/F1', 'flows/F1/law-provider']) {
      await reader.goto(`${draft}/${path}`)
      await isAccessible(t, reader, path)
    }
  })

  await t.test('the sections in words, days, reviews and the assessment', async (t) => {
    for (const path of ['why', 'need', 'quality', 'people', 'security', 'end']) {
      await at(path)
      for (const box of await officer.locator('textarea').all()) await box.fill('As the six organisations have agreed.\nOn two lines.')
      await save(officer)
    }
    await at('dates')
    await day(officer, 'effective_from', ['31', '2', '2027'])
    await save(officer)
    t.match(await errorsOn(officer), /First day: enter a real date/)
    t.equal(await officer.locator('#effective_from-day').inputValue(), '31', 'what was typed is kept')
    await day(officer, 'effective_from', ['1', '4', '2027'])
    await day(officer, 'effective_to', ['31', '3', '2030'])
    await save(officer)
    await at('review')
    await day(officer, 'review_due', ['1', '3', '2028'])
    await officer.getByLabel('Months between reviews').fill('12')
    await save(officer)
    await at('changes')
    await tick(officer, 'amendment_policy', ['RE_SIGN_REQUIRED'])
    await save(officer)
    await officer.goto(draft)
    t.match(await officer.locator('main').textContent(), /Data protection impact assessment\s*Not yet started/)
    await assess(await deskOn(pages.service), new URL(draft).pathname.split('/')[2] ?? '')
    await officer.goto(draft)
    t.match(await officer.locator('main').textContent(), /17 of 17 tasks are done/)
  })

  await t.test('two officers in one section: both texts are shown, and nothing of either is lost', async (t) => {
    await reader.goto(`${draft}/security`)
    await colleague.goto(`${draft}/security`)
    await colleague.getByLabel('How is the data kept safe?').fill('Encrypted, and two people have to agree')
    await save(colleague)
    await reader.getByLabel('How is the data kept safe?').fill('Encrypted on its way')
    await save(reader)
    const shown = await reader.locator('main').textContent()
    t.match(shown, /two people have to agree[\s\S]*Encrypted on its way/)
    t.equal(await reader.getByLabel('How is the data kept safe?').inputValue(), 'Encrypted on its way')
    await isAccessible(t, reader, 'a conflict')
    await reader.getByLabel('How is the data kept safe?').fill('Encrypted on its way, and two people have to agree')
    await reader.getByRole('button', { name: 'Save this' }).click()
    await reader.waitForURL(draft)
    await colleague.goto(`${draft}/security`)
    t.equal(await colleague.getByLabel('How is the data kept safe?').inputValue(), 'Encrypted on its way, and two people have to agree')
    t.match(await colleague.locator('main').textContent(), /Priya Raman \(fictional\) of Camden saved this section on/)
    // Other sections are nobody's business.
    await reader.goto(`${draft}/quality`)
    await colleague.getByLabel('What happens when something goes wrong?').fill('Within 24 hours')
    await save(colleague)
    await reader.getByLabel('How is the data kept right?').fill('Checked before it is sent')
    await save(reader)
    await reader.waitForURL(draft)
  })

  await t.test('what was typed when somebody had signed out is there once they have signed in again', async (t) => {
    await colleague.goto(`${draft}/need`)
    const tab = await colleague.context().newPage()
    await tab.goto('/work')
    await tab.getByRole('button', { name: 'Sign out' }).click()
    await colleague.getByLabel('Why can it not be achieved otherwise?').fill('Typed after signing out')
    await save(colleague)
    await colleague.getByRole('link', { name: 'Tom Adeyemi' }).click()
    await colleague.waitForURL(`${draft}/need`)
    t.equal(await colleague.getByLabel('Why can it not be achieved otherwise?').inputValue(), 'Typed after signing out')
    await save(colleague)
    await colleague.waitForURL(draft)
  })

  await t.test('uses that are ruled out are added, changed and removed', async (t) => {
    await at('prohibitions/new')
    await tick(officer, 'purposes', ['IMMIGRATION_CONTROL'])
    await save(officer)
    t.match(await officer.locator('main').textContent(), /Immigration control by the Home Office/)
    await officer.getByRole('link', { name: 'Change number 1' }).click()
    await officer.getByLabel('Why?').fill('A child who is found is not reported')
    await save(officer)
    t.match(await officer.locator('main').textContent(), /A child who is found is not reported/)
    await officer.getByRole('button', { name: 'Remove number 1' }).click()
    t.match(await officer.locator('main').textContent(), /No use is ruled out/)
  })

  await t.test('the draft is checked, and sent for review to the people of each party', async (t) => {
    await at('dates')
    for (const part of ['day', 'month', 'year']) await officer.locator(`#effective_to-${part}`).fill('')
    await save(officer)
    await at('check')
    t.match(await officer.locator('main').textContent(), /1 thing is still to be done[\s\S]*The last day is not filled in/)
    await officer.getByRole('button', { name: 'Send for review' }).click()
    t.match(await errorsOn(officer), /The last day is not filled in/)
    await reader.goto(`${draft}/check`)
    await reader.getByRole('button', { name: 'Send for review' }).click()
    await isAccessible(t, reader, 'sending what is not complete')
    await at('dates')
    await day(officer, 'effective_to', ['31', '3', '2030'])
    await save(officer)
    await at('check')
    const checked = await officer.locator('main').textContent()
    t.match(checked, /Nothing is missing/)
    t.match(checked, /Those who receive: Statutory power or duty[\s\S]*Arrangements to safeguard children/)
    t.ok(await officer.getByText('Arrangements to safeguard children').last().isVisible(), 'the answers of a small draft stand open')
    t.match(checked, /F1, missing children: permitted for 30 pairs/)
    t.match(checked, /Each of .* to each of the others[\s\S]*Name them all[\s\S]*West and North London ICB/)
    await reader.setViewportSize({ width: 320, height: 640 })
    for (const path of ['', '/check', '/flows/F1/how', '/dates', '/parties/boroughs']) {
      await reader.goto(`${draft}${path}`)
      const overflow = await overflowOf(reader)
      t.equal(overflow, 0, `${path} needs no scrolling sideways at 320 pixels`)
    }
    await officer.getByRole('button', { name: 'Send for review' }).click()
    await officer.waitForURL('**/sent')
    t.match(await officer.locator('main').textContent(), /Sent for review[\s\S]*Haringey[\s\S]*Information governance review/)
    await reader.goto(officer.url())
    await isAccessible(t, reader, 'sent for review')
    await colleague.goto(draft)
    t.match(await colleague.locator('main').textContent(), /Its text was sent for review/, 'there is nothing left to write')
  })
})

/** Sends the form of a page as it was opened, with these answers. */
async function send(who: Visitor, path: string, fields: Readonly<Record<string, string>>, action = path) {
  const { text } = await who.go(path)
  const hidden = Object.fromEntries(
    [...text.matchAll(/<input type="hidden" name="(was|version)" value="([^"]+)">/g)].map(([, name, value]) => [name, value]),
  )
  return who.send(path, action, { ...hidden, ...fields })
}

const SCREENED = 'personal=yes&once=no&instructions=no&joint=no&sensitive=no&regular=no&vulnerable=no&matching=no'
const begin = (who: Visitor, query: string, fields: Readonly<Record<string, string>>) =>
  who.send('/work', `/agreements/new/begin?${SCREENED}${query}`, { instrument_type: 'CONTROLLER_TO_CONTROLLER', ...fields })

t.test(
  'a draft from a template has its parties and text; whoever takes no part knows nothing of it, and who may not write reads',
  async (t) => {
    const officer = visitorOf(pages)
    await signIn(officer, 'demo-camden-ig')
    const hackney = visitorOf(pages)
    await signIn(hackney, 'demo-hackney-ig')
    const islington = visitorOf(pages)
    await signIn(islington, 'demo-islington-ig')
    const script = '<script>alert(1)</script>"\'><img src=x>'
    const begun = await begin(officer, '&from=DEMO-CURL', { title: script })
    t.match(begun, { status: 303, location: /\/agreements\/DSA-[\w-]+\/draft$/ })
    const draft = begun.location ?? ''
    t.match((await officer.go(`${draft}/parties`)).text, /Hackney/)
    t.match((await officer.go(`${draft}/flows`)).text, /Flow F1: Homelessness/)
    for (const path of ['', '/parties', '/flows', '/check', '/title', '/flows/F1/data']) {
      const shown = await officer.go(`${draft}${path}`)
      t.equal(shown.status, 200, path)
      t.notMatch(shown.text, /<script>alert|<img src=x/, `${path}: what was typed is never part of a page`)
      const known = await islington.go(`${draft}${path}`)
      const missing = await islington.go(`/agreements/DSA-2026-000000/draft${path}`)
      t.same([known.status, missing.status], [404, 404], `${path}: a stranger knows nothing`)
    }
    t.match(await islington.go('/agreements/new/begin?from=__proto__'), { status: 422 })
    t.match(await begin(islington, `&from=${draft.split('/').at(-2)}`, { title: 'x' }), {
      status: 422,
      text: /There is no agreement with this reference/,
    })

    const read = await hackney.go(draft)
    t.match(read.text, /Camden keeps the text, and its people write it/)
    t.match(await send(hackney, `${draft}/why`, { purpose: 'x', benefits: 'y' }), {
      status: 422,
      text: /Only the organisation that keeps the text edits it/,
    })
    t.match(await send(hackney, `${draft}/parties/LBC_HACKNEY/contacts`, { ig: 'Hackney IG' }), { status: 303 })
    t.match(await send(hackney, `${draft}/check`, { route: 'STANDARD' }), { status: 409 }, 'who was not offered to send it sends nothing')
    t.match(await hackney.go(draft), { status: 200 })
    const dpo = visitorOf(pages)
    await signIn(dpo, 'demo-camden-dpo')
    t.match(await dpo.go(draft), { status: 200, text: /Your roles let you read the text/ })
    t.match(await dpo.go(`${draft}/why`), { status: 403 })
    t.match(await send(dpo, `${draft}/assessment`, { required: 'no', status: 'SCREENED_OUT' }), { status: 303 })
    t.match(await dpo.go('/agreements/new'), { status: 403 })
    t.notMatch((await dpo.go('/work')).text, /Start an agreement/)
  },
)

t.test(
  'a form that does not say what it was opened on overwrites nothing, and what comes too late is shown to whoever typed it',
  async (t) => {
    const officer = visitorOf(pages)
    await signIn(officer, 'demo-camden-ig')
    const draft = (await begin(officer, '', { title: 'A draft that is given up' })).location ?? ''
    t.match(await send(officer, `${draft}/need`, { alternatives: 'Written first' }), { status: 303 })
    t.match(await officer.send(`${draft}/need`, `${draft}/need`, { alternatives: 'Written blindly' }), {
      status: 409,
      text: /Written first[\s\S]*Written blindly/,
    })
    t.match((await officer.go(`${draft}/need`)).text, /Written first/)
    const old = await officer.go(`${draft}/drop`)
    t.match(old.text, /The agreement is given up\. It cannot be taken back/)
    t.match(await send(officer, `${draft}/drop`, {}), { status: 422, text: /href="#reason"/ })
    t.match(await send(officer, `${draft}/drop`, { reason: 'Not needed' }), { status: 303, location: draft.replace(/\/draft$/, '') })
    t.match(await officer.send('/work', `${draft}/need`, { alternatives: 'Typed too late' }), {
      status: 409,
      text: /was not saved[\s\S]*Typed too late/,
    })
    t.match(await officer.go(draft), { status: 404, text: /There is no draft to write in/ })
  },
)

t.test('a signed agreement is changed in its next version, which may be dropped', async (t) => {
  const officer = visitorOf(pages)
  await signIn(officer, 'demo-camden-ig')
  t.match((await officer.go('/agreements/DEMO-CURL')).text, /href="\/agreements\/DEMO-CURL\/amend"/)
  t.match(await officer.send('/agreements/DEMO-CURL/amend', '/agreements/DEMO-CURL/amend', {}), { status: 422, text: /href="#reason"/ })
  const opened = await officer.send('/agreements/DEMO-CURL/amend', '/agreements/DEMO-CURL/amend', { reason: 'A second purpose' })
  t.match(opened, { status: 303, location: '/agreements/DEMO-CURL/draft' })
  t.match((await officer.go('/agreements/DEMO-CURL')).text, /Go on with the draft of version 2/)
  t.match((await officer.go('/agreements/DEMO-CURL/draft')).text, /Drop this draft of version 2/)
  t.match(await send(officer, '/agreements/DEMO-CURL/draft/parties/LBC_HACKNEY/role', { role: 'OBSERVER' }), {
    status: 422,
    text: /parties join by accession/,
  })
  t.match(await officer.send('/agreements/DEMO-CURL/draft/drop', '/agreements/DEMO-CURL/draft/drop', {}), { status: 303 })
  t.match((await officer.go('/agreements/DEMO-CURL')).text, /href="\/agreements\/DEMO-CURL\/amend"/, 'the text that counts goes on')
})

t.test('the answers of a draft of many parties are said in short, each to unfold, and a refusal says how much more there is', async (t) => {
  const officer = visitorOf(pages)
  await signIn(officer, 'demo-camden-ig')
  const names = 'CAMDEN HACKNEY ISLINGTON BARNET ENFIELD HARINGEY BRENT EALING LEWISHAM LAMBETH SOUTHWARK'
  const { id } = await (await deskOn(pages.service)).draft({ orgs: names.split(' ').map((name) => `LBC_${name}`) })
  const { text } = await officer.go(`/agreements/${id}/draft/check`)
  t.match(text, /11: Camden, Hackney, Islington and 8 more/)
  t.match(
    text,
    /Camden, Hackney, Islington and 8 more to Camden, Hackney, Islington and 8 more, \d+ kinds of data\s*<details class="[^"]*">/,
  )
  t.match(text, /<dt>Who sends\?<\/dt><dd class="app-typed">(\w+<br>){5}/, 'whole inside')
  t.notMatch(text, /<details[^>]* open/)
  const { location } = await begin(officer, '', { title: 'Nothing but a title' })
  const check = `${/^\/agreements\/[^/]+/.exec(location ?? '')?.[0]}/draft/check`
  const refused = await send(officer, check, { route: 'STANDARD' })
  const [, told = ''] = /class="govuk-error-summary__body">([\s\S]*?)<\/ul>/.exec(refused.text) ?? []
  const [, left = '0'] = /<a href="#wrong">And (\d+) more below<\/a>/.exec(told) ?? []
  const [, count] = /(\d+) things are still to be done/.exec(refused.text) ?? []
  t.match([refused.status, told.match(/<li>/g)?.length], [422, 11])
  t.equal(Number(count), 10 + Number(left), 'nothing is left uncounted')
})
