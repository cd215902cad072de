import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// A one-off disclosure is asked for, put right, withdrawn, and decided by the people of whoever would disclose, in the browser.

const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}
type Visitor = Awaited<ReturnType<typeof visitor>>
const day = (name: string, days: number) => {
  const [year = '', month = '', date = ''] = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10).split('-')
  return { [`${name}-day`]: date, [`${name}-month`]: month, [`${name}-year`]: year }
}
const ASKED = {
  ...{ direction: 'DISCLOSE', partner: 'LBC_HACKNEY', purpose: 'CRIME_INVESTIGATION', data_items: 'IDENTITY.NAME', subject_count: '1' },
  ...{ necessity: 'Where somebody was last seen', legal_power: 'Crime and Disorder Act 1998, section 115', lawful_basis: '6(1)(e)' },
  ...{ ...day('received_on', -1), requester_position: 'Head of trading standards', verified_how: 'Called back', tell_subject: 'Not told' },
  ...{ retention: 'Until the case is closed', security: 'Secure e-mail', ...day('valid_to', 20), 'valid_to-time': '17:00' },
}
const ask = async (who: Visitor, over: Readonly<Record<string, string>> = {}) => {
  const sent = await who.send('/disclosures/new', '/disclosures/new', { ...ASKED, ...over })
  t.match(
    sent,
    { status: 303, location: /^\/disclosures\/[0-9a-f-]{36}$/ },
    said(/error-summary__list[\s\S]{0,400}/.exec(sent.text)?.[0] ?? ''),
  )
  return sent.location ?? ''
}
/** Decides the step that the page of the disclosure offers. */
const decide = async (account: string, at: string, fields: Readonly<Record<string, string>>) => {
  const who = await visitor(account)
  const [, step = ''] = /href="(\/reviews\/[^"]+\/steps\/[^"]+)"[^>]*>\s*Decide/.exec((await who.go(at)).text) ?? []
  const [, hash = ''] = /name="hash" value="([^"]+)"/.exec((await who.go(step)).text) ?? []
  t.match(await who.send(step, step, { hash, rows: '1', ...fields }), { status: 303 }, account)
}

t.test('a one-off disclosure is for the two organisations and auditors, and put right by whoever asked', async (t) => {
  const asker = await visitor('demo-camden-ig')
  const at = await ask(asker)
  t.match(
    said((await asker.go(at)).text),
    /Being decided What happens next The people of Camden decide[\s\S]*Crime and Disorder Act 1998, section 115/,
  )
  const other = said((await (await visitor('demo-hackney-dpo')).go(at)).text)
  t.match(other, /Only Camden, which asked for it, puts it right or withdraws it/)
  t.match(await (await visitor('demo-auditor')).go(at), { status: 200 })
  t.match(await (await visitor('demo-register')).go('/disclosures'), { status: 403 })
  const stranger = await visitor('demo-islington-ig')
  for (const path of [at, `${at}/revision`, `${at}/withdrawal`, '/disclosures/x']) t.match(await stranger.go(path), { status: 404 }, path)
  for (const act of ['revision', 'withdrawal'])
    t.match(await stranger.send('/disclosures/new', `${at}/${act}`, { ...ASKED, reason: 'x' }), { status: 404 }, act)
  t.notMatch((await stranger.go('/disclosures')).text, at)

  t.match(
    (await asker.go(`${at}/revision`)).text,
    /Where somebody was last seen<\/textarea>[\s\S]*value="17:00"/,
    'what was asked stands there',
  )
  const { direction: _way, partner: _other, ...content } = ASKED
  t.match(await asker.send(`${at}/revision`, `${at}/revision`, { ...content, retention: 'For a year' }), { status: 303, location: at })
  t.match(said((await asker.go(at)).text), /For a year[\s\S]*put right since: revision 2/)
  t.match(await asker.send(at, `${at}/withdrawal`, { reason: '' }), { status: 422, text: /href="#reason">Say why/ })
  t.match(await asker.send(at, `${at}/withdrawal`, { reason: 'Found otherwise' }), { status: 303, location: at })
  t.match(said((await asker.go(at)).text), /Withdrawn What happens next Nothing\. It was withdrawn, because: Found otherwise/)
  t.match(said((await asker.go(`${at}/revision`)).text), /until it is decided/)
})

t.test('what a form has not said, and the law asks, is said beside its question, and what was typed is kept', async (t) => {
  const who = await visitor('demo-camden-ig')
  const send = (fields: Readonly<Record<string, string>>) => who.send('/disclosures/new', '/disclosures/new', fields)
  const empty = await send({ necessity: 'Because' })
  t.match(empty, { status: 422, text: /Because<\/textarea>/ })
  for (const name of ['direction', 'partner', 'purpose', 'data_items', 'subject_count', 'lawful_basis', 'received_on-day', 'valid_to-day'])
    t.match(empty.text, `href="#${name}"`)
  t.match(await send({ ...ASKED, subject_count: 'many' }), {
    status: 422,
    text: /href="#subject_count">About how many people\?: enter a whole number/,
  })
  t.match(await send({ ...ASKED, record_count: '101' }), { status: 422, text: /href="#record_count">More than 100 records are no one-off/ })
  t.match(await send({ ...ASKED, data_items: 'HEALTH.DIAGNOSIS' }), { status: 422, text: /href="#conditions">State an Art 9 condition/ })
  t.match(await send({ ...ASKED, ...day('valid_to', -1) }), { status: 422, text: /href="#valid_to-day">The window ends/ })
})

t.test('its people decide by the day, nobody who asked does, and it permits until its last instant', async (t) => {
  const at = await ask(await visitor('demo-camden-ig'))
  const owner = await visitor('demo-camden-iao')
  t.match(said((await owner.go('/work')).text), /One-off disclosure: [^<]*Camden to Hackney/)
  await decide('demo-camden-iao', at, { decision: 'approve' })
  await decide('demo-camden-dpo', at, { decision: 'approve' })
  await decide('demo-camden-legal', at, { decision: 'conditions', 'text-1': 'By hand alone', 'bearer-1': 'PROVIDER' })
  const shown = said((await (await visitor('demo-hackney-dpo')).go(at)).text)
  t.match(shown, /Approved What happens next Camden may disclose what stands below once, from .* until .*17:00 London time/)
  t.match(shown, /By hand alone , kept by Camden/)
  const refused = await ask(await visitor('demo-camden-ig'))
  await decide('demo-camden-iao', refused, { decision: 'refuse', reason: 'Nobody needs this' })
  t.match(said((await owner.go(refused)).text), /Refused What happens next Nothing\. It was refused, because: Nobody needs this/)
})

t.test('it is asked for, read and withdrawn in a real browser, with JavaScript and without', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const small = { viewport: { width: 320, height: 640 } }
  const readable = async (page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
  }
  const asker = await signedInAs(browser, pages.address, 'Priya Raman', { javaScriptEnabled: false })
  await asker.goto('/disclosures')
  await asker.getByRole('button', { name: 'Ask for a one-off disclosure' }).click()
  await asker.getByRole('button', { name: 'Ask for it' }).click()
  t.match(await asker.locator('.govuk-error-summary').textContent(), /Select who would disclose/)
  const at = await ask(await visitor('demo-camden-ig'))

  const other = await signedInAs(browser, pages.address, 'Priya Raman', small)
  await other.goto('/disclosures')
  await readable(other, 'the list of one-off disclosures')
  await other.goto('/disclosures/new')
  await other.getByRole('button', { name: 'Ask for it' }).click()
  await readable(other, 'asking with errors')
  await other.goto(at)
  await other.getByRole('button', { name: 'Withdraw it' }).click()
  await readable(other, 'a disclosure with an error')
  await other.getByRole('button', { name: 'Put it right' }).click()
  await other.getByLabel('How long is it kept, and what becomes of it?').fill('For a year')
  await other.getByRole('button', { name: 'Send it again' }).click()
  t.match(await other.locator('main').textContent(), /For a year/)
})

t.test(
  'the list of one-off disclosures is one file as it is narrowed, for whoever may see it, and runs nothing in a spreadsheet',
  async (t) => {
    const asker = await visitor('demo-camden-ig')
    const [, id = ''] = /disclosures\/(.+)$/.exec(await ask(asker, { necessity: '+1+cmd' })) ?? []
    t.match((await asker.go('/disclosures?state=OPEN')).text, 'href="/disclosures.csv?state=OPEN">Download this list (CSV)')
    const file = await asker.go('/disclosures.csv?state=OPEN')
    t.match(file, { status: 200, headers: { 'content-type': /^text\/csv/, 'content-disposition': /filename="disclosures.csv"/ } })
    t.match(file.text, new RegExp(`\r\n${id},OPEN,[^\r]*,'\\+1\\+cmd,`))
    t.notMatch((await asker.go('/disclosures.csv?state=REFUSED')).text, id)
    t.equal((await (await visitor('demo-islington-ig')).go('/disclosures.csv')).text.trim().split('\r\n').length, 1)
    t.match(await (await visitor('demo-register')).go('/disclosures.csv'), { status: 403 })
  },
)
