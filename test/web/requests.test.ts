import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// Where no agreement covers a share somebody asks for it, an officer answers, and whoever keeps an agreement invites or declines, in the browser.

const pages = await testPages(t)
/** Kept by Camden; Islington is no party to it. */
const JOINED = 'DEMO-CURL'
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}
const ASKED = {
  ...{
    direction: 'RECEIVE',
    partner: 'LBC_CAMDEN',
    purpose: 'COUNCIL_TAX',
    data_items: 'IDENTITY.NAME',
    data_subjects: 'RESIDENT.COUNCIL_TAX_PAYER',
  },
  ...{ method: 'API_MTLS', country: 'GB', why: 'Bills go to people who have moved' },
}
const ask = async (who: Awaited<ReturnType<typeof visitor>>, over: Readonly<Record<string, string>> = {}) => {
  const sent = await who.send('/requests/new', '/requests/new', { ...ASKED, ...over })
  t.match(
    sent,
    { status: 303, location: /^\/requests\/[0-9a-f-]{36}$/ },
    said(/error-summary__list[\s\S]{0,400}/.exec(sent.text)?.[0] ?? ''),
  )
  return sent.location ?? ''
}

t.test('each page is for whoever may do the same at the API, of requests that they may see', async (t) => {
  const hackney = await visitor('demo-hackney-dpo')
  const at = await ask(hackney)
  t.match(
    said((await hackney.go(at)).text),
    /Nobody is at it What happens next An information governance officer of Camden or Hackney takes it up/,
  )
  for (const path of [`${at}/answer`, `${at}/joining`]) t.match(await hackney.go(path), { status: 403 }, path)
  const stranger = await visitor('demo-islington-ig')
  for (const path of [at, `${at}/answer`, `${at}/joining`, '/requests/x']) t.match(await stranger.go(path), { status: 404 }, path)
  for (const act of ['pick-up', 'withdrawal', 'answer', 'joining']) {
    const sent = await stranger.send('/requests/new', `${at}/${act}`, { answer: 'ONE_OFF', outcome: 'DECLINED', reason: 'x' })
    t.match(sent, { status: 404 }, act)
  }
  t.notMatch((await stranger.go('/requests')).text, at)
  t.match(await (await visitor('demo-register')).go('/requests'), { status: 403 })
  const auditor = await (await visitor('demo-auditor')).go(at)
  t.match(auditor, { status: 200, text: /You can do nothing to it/ })
  const officer = await visitor('demo-camden-ig')
  t.match(
    (await officer.go('/work')).text,
    new RegExp(`href="${at}">Answer a request`),
    'it waits for an officer of the other organisation',
  )
  t.match(
    await officer.send(at, `${at}/answer`, { answer: 'ONE_OFF' }),
    { status: 422, text: /does not take this step/ },
    'not before it is taken up',
  )
  t.match(await hackney.send(at, `${at}/withdrawal`, { reason: '' }), { status: 422, text: /href="#reason">Say why/ })
  t.match(await hackney.send(at, `${at}/withdrawal`, { reason: 'Done otherwise' }), { status: 303, location: at })
  t.match(said((await officer.go(at)).text), /Closed Withdrawn[\s\S]*Done otherwise/)
  t.notMatch((await officer.go('/work')).text, at)
})

t.test('what a form has not said is said beside its field, and what was typed is kept', async (t) => {
  const who = await visitor('demo-hackney-ig')
  const empty = await who.send('/requests/new', '/requests/new', { why: 'Because', country: 'GB' })
  t.match(empty, { status: 422 })
  for (const name of ['direction', 'partner', 'purpose', 'data_items', 'data_subjects', 'method']) t.match(empty.text, `href="#${name}"`)
  t.match(empty.text, 'Because</textarea>')
  const day = { 'needed_by-day': '1', 'needed_by-month': '3', 'needed_by-year': '2020' }
  t.match(await who.send('/requests/new', '/requests/new', { ...ASKED, ...day }), {
    status: 422,
    text: /href="#needed_by-day">The day lies today or later/,
  })
  const long = await who.send('/requests/new', '/requests/new', { ...ASKED, why: 'x'.repeat(2001) })
  t.match(long, { status: 422, text: /href="#why">Why is it needed\?: shorten this/ })
  const carried = (await who.go('/requests/new?partner=LBC_CAMDEN&purpose=COUNCIL_TAX&join=DEMO-TAX')).text
  t.match(carried, /value="LBC_CAMDEN" selected[\s\S]*value="COUNCIL_TAX" selected[\s\S]*value="DEMO-TAX"/)
})

t.test('whoever looks for an agreement is led to asking for the share, or for another organisation to be invited', async (t) => {
  const who = await visitor('demo-islington-ig')
  const found = await who.go('/agreements/new/check?partner=LBC_HACKNEY&purpose=HOMELESSNESS')
  t.match(found.text, 'href="/requests/new?partner=LBC_HACKNEY&amp;purpose=HOMELESSNESS">Ask for the share')
  const [, joining = ''] = /href="([^"]+join=DEMO-SIGN)">Ask for Hackney to be invited/.exec(found.text) ?? []
  t.match(joining, /&amp;join=DEMO-SIGN$/)
  t.match((await who.go(joining.replaceAll('&amp;', '&'))).text, /value="LBC_HACKNEY" selected[\s\S]*value="DEMO-SIGN"/)
})

t.test('a request comes to a draft, or to a no with its reasons', async (t) => {
  const [asker, officer] = [await visitor('demo-hackney-dpo'), await visitor('demo-camden-ig')]
  const first = await ask(asker)
  t.match(await officer.send(first, `${first}/pick-up`, {}), { status: 303, location: `${first}/answer` })
  const answer = (fields: Readonly<Record<string, string>>) => officer.send(`${first}/answer`, `${first}/answer`, fields)
  t.match(await answer({}), { status: 422, text: /href="#answer">Select/ })
  t.match(await answer({ answer: 'REFUSED' }), { status: 422, text: /href="#reason">Say why you refuse/ })
  t.match(await answer({ answer: 'DRAFT_THERE' }), { status: 422, text: /href="#agreement">Enter the reference/ })
  const unknown = await answer({ answer: 'JOIN_AGREEMENT', agreement: 'NOTHING' })
  t.match(unknown, { status: 422, text: /href="#agreement"/ })
  t.match(unknown.text, /value="NOTHING"/, 'what was typed is kept')
  t.match(await answer({ answer: 'DRAFT_BEGUN', title: 'Bills of people who moved' }), { status: 303, location: first })
  const closed = await asker.go(first)
  const [, draft = ''] = /href="(\/agreements\/DSA-[^"]+)"/.exec(closed.text) ?? []
  t.match(said((await asker.go(draft)).text), /Bills of people who moved/, 'whoever asked reads the draft')
  const second = await ask(asker, { why: 'Once more' })
  await officer.send(second, `${second}/pick-up`, {})
  t.match(await officer.send(second, `${second}/answer`, { answer: 'REFUSED', reason: 'The law does not carry it' }), { status: 303 })
  t.match(said((await asker.go(second)).text), /It was refused; why stands below[\s\S]*The law does not carry it/)
})

t.test('the list of requests is one file as it is narrowed, for whoever may see it, and runs nothing in a spreadsheet', async (t) => {
  const [asker, other, stranger] = [await visitor('demo-hackney-dpo'), await visitor('demo-hackney-ig'), await visitor('demo-islington-ig')]
  const [, id = ''] = /requests\/(.+)$/.exec(await ask(asker, { why: '=HYPERLINK("http://x")' })) ?? []
  const [, theirs = ''] = /requests\/(.+)$/.exec(await ask(other, { why: 'Another' })) ?? []
  const file = await asker.go('/requests.csv')
  t.match(file, { status: 200, headers: { 'content-type': /^text\/csv/, 'content-disposition': /attachment; filename="requests.csv"/ } })
  t.match(file.text, /^id,status,answer,/)
  t.match(file.text, new RegExp(`\r\n${theirs},OPEN,`))
  t.match(file.text, new RegExp(`\r\n${id},OPEN,,PERSON,[^\r]*"'=HYPERLINK\\(""http://x""\\)"`))
  const list = (await asker.go('/requests?mine=yes')).text
  t.match(list, 'href="/requests.csv?mine=yes">Download this list (CSV)')
  const mine = (await asker.go('/requests.csv?mine=yes')).text
  t.match(mine, id)
  t.notMatch(mine, theirs)
  t.notMatch((await asker.go(`/requests.csv?before=${theirs}`)).text, theirs, 'a file begins where its page does')
  t.equal((await stranger.go('/requests.csv')).text.trim().split('\r\n').length, 1, 'a stranger has a header and nothing else')
  t.match(await (await visitor('demo-register')).go('/requests.csv'), { status: 403 })
})

t.test(
  'somebody asks to join an agreement, its keeper invites, and the invited organisation reads it, in a real browser',
  { skip: NO_BROWSER },
  async (t) => {
    const browser = await openBrowser(t, pages)
    const small = { viewport: { width: 320, height: 640 } }
    const readable = async (page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
      await isAccessible(t, page, what)
      t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
    }
    const asker = await signedInAs(browser, pages.address, 'Sofia Marques', small)
    await asker.goto('/requests')
    await asker.getByRole('button', { name: 'Ask for a share' }).click()
    await asker.getByRole('button', { name: 'Ask for it' }).click()
    await readable(asker, 'asking with errors')
    await asker.getByLabel('We want to receive it').check()
    await asker.getByLabel('From or to which other organisation?').selectOption('LBC_CAMDEN')
    await asker.getByLabel('What for?').selectOption('COUNCIL_TAX')
    await asker.locator('summary', { hasText: 'Who somebody is' }).click()
    await asker.getByLabel('Name', { exact: true }).check()
    await asker.locator('input[name="data_subjects"]').first().check()
    await asker.getByLabel('How would it get there?').selectOption('API_MTLS')
    await asker.getByLabel('Why is it needed?').fill('Bills go to people who have moved')
    await asker.getByLabel('Is there an agreement to be joined?').fill(JOINED)
    await asker.getByRole('button', { name: 'Ask for it' }).click()
    t.match(await asker.locator('main').textContent(), new RegExp(`If there is an agreement ${JOINED}`))
    await readable(asker, 'a request that was asked')
    const at = new URL(asker.url()).pathname
    await asker.goto(`/agreements/${JOINED}`)
    t.match(await asker.title(), /Page not found/, 'a stranger may not know of it yet')

    // Without JavaScript.
    const keeper = await signedInAs(browser, pages.address, 'Priya Raman', { javaScriptEnabled: false })
    await keeper.getByRole('link', { name: new RegExp(`Say whether an organisation is invited to ${JOINED}`) }).click()
    await keeper.getByRole('button', { name: 'Invite or decline' }).click()
    await keeper.getByLabel('Yes, invite it').check()
    await keeper.getByRole('button', { name: 'Answer', exact: true }).click()
    t.match(await keeper.locator('.govuk-error-summary').textContent(), /Select the part/)
    await keeper.setViewportSize(small.viewport)
    await keeper.getByLabel('If it is: in which part?').selectOption('CONTROLLER')
    await keeper.getByRole('button', { name: 'Answer', exact: true }).click()
    t.match(await keeper.locator('main').textContent(), /Invited to an agreement[\s\S]*joins by its own signature/)
    await asker.goto(at)
    await asker.getByRole('link', { name: JOINED }).click()
    t.equal(new URL(asker.url()).pathname, `/agreements/${JOINED}`, 'the invited organisation reads it now')
    t.notMatch(await asker.title(), /not found/)
    await asker.goto('/requests')
    await readable(asker, 'the list of requests')

    const open = await ask(await visitor('demo-islington-dpo'), { join: JOINED, why: 'Another one' })
    const narrow = await signedInAs(browser, pages.address, 'Priya Raman', small)
    await narrow.goto(`${open}/joining`)
    await narrow.getByRole('button', { name: 'Answer', exact: true }).click()
    await readable(narrow, 'inviting with an error')
    await narrow.goto(open)
    await narrow.getByRole('button', { name: 'Take it up' }).click()
    await readable(narrow, 'answering')
    await narrow.getByRole('button', { name: 'Answer', exact: true }).click()
    await readable(narrow, 'answering with an error')
  },
)
