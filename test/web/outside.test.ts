import { Writable } from 'node:stream'
import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, testPages } from '../support/browser.ts'
import { outsidersOf } from '../support/outsiders.ts'
import { signIn, type Visitor, visitorOf } from '../support/visitor.ts'

// People without an account come by the link of their mail and a code to the pages that everybody has, for one agreement.

const [CAMDEN, ISLINGTON] = ['LBC_CAMDEN', 'LBC_ISLINGTON']
const AGREEMENT = '/agreements/DEMO-SIGN'
const NOBODY = '5f1d7a52-6f0e-4c8e-9d55-0a1b2c3d4e5f'
const lines: string[] = []
const logStream = new Writable({
  write(line, _encoding, done) {
    lines.push(String(line))
    done()
  },
})
const pages = await testPages(t, { logStream, config: { logLevel: 'info' } })
const { service } = pages
const outsiders = await outsidersOf(service)
const wrong = (code: string) => String((Number(code) + 1) % 100_000_000).padStart(8, '0')

/** Somebody who has entered the code that was mailed to them. */
async function letIn(org: string, roles: Parameters<typeof outsiders.invited>[2], who: Visitor = visitorOf(pages)) {
  const made = await outsiders.invited('DEMO-SIGN', org, roles)
  const link = await outsiders.linkTo(made.address)
  await who.send(link, link, {})
  const code = await outsiders.codeTo(made.address)
  const opened = await who.send(`${link}/code`, `${link}/code`, { code })
  return { ...made, who, link, code, opened }
}
const withdraw = async (invitation: string) =>
  (await personOf(service, CAMDEN, ['IG_OFFICER']))('POST', `/v1/agreements/DEMO-SIGN/outside-invitations/${invitation}/withdrawal`)

t.test('the secret of the session is for this service alone, and no secret stands in a log line or leaves by a referrer', async (t) => {
  const { opened, link, code, who, invitation } = await letIn(ISLINGTON, ['IG_OFFICER'])
  t.match(opened, { status: 303, location: AGREEMENT })
  const [cookie = ''] = opened.cookies.filter((one) => one.startsWith('outside='))
  t.match(cookie, /^outside=outside_[\w-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/)
  const shown = await who.go(AGREEMENT)
  t.match(shown.text, /Pat Doe[\s\S]*for Islington/, 'whoever came in is named, with how long it lasts')
  for (const path of [link, `${link}/code`, AGREEMENT]) {
    const { headers } = await who.go(path)
    t.match(headers, { 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' }, path)
  }
  const logged = lines.join('')
  t.match(logged, '/invitations/:link', 'what was asked is logged by its pattern')
  for (const secret of [link.split('/').at(-1) ?? '', code, cookie.slice('outside='.length, cookie.indexOf(';'))])
    t.notMatch(logged, secret, 'no secret is')
  await withdraw(invitation)
})

t.test('with https the cookie is kept for this host alone', async (t) => {
  const secure = { headers: { cookie: 'outside=outside_x; __Host-outside=outside_y' } }
  const { outsideSecret } = await import('../../src/web/outside/outside-cookie.ts')
  t.equal(outsideSecret(secure, true), 'outside_y')
})

t.test('an unknown, a withdrawn and a locked link, and one that is none, are answered alike', async (t) => {
  const { link, invitation } = await letIn(ISLINGTON, ['LEGAL'])
  await withdraw(invitation)
  const locked = await outsiders.invited('DEMO-SIGN', ISLINGTON, ['LEGAL'])
  const lockedLink = await outsiders.linkTo(locked.address)
  const who = visitorOf(pages)
  await who.send(lockedLink, lockedLink, {})
  const right = await outsiders.codeTo(locked.address)
  for (const left of [4, 3, 2, 1]) {
    const { status, text } = await who.send(`${lockedLink}/code`, `${lockedLink}/code`, { code: wrong(right) })
    t.equal(status, 422)
    t.match(text, new RegExp(`You have ${left} (try|tries) left`), 'how many are left is said')
    t.match(text, /The code is not right, or its time is over/)
  }
  t.match(
    await who.send(`${lockedLink}/code`, `${lockedLink}/code`, { code: '1' }),
    { status: 422, text: /8 digits[\s\S]*1 try left/ },
    'what is no code is no try',
  )
  t.match(await who.send(`${lockedLink}/code`, `${lockedLink}/code`, { code: wrong(right) }), { status: 404 })
  const shown = async (path: string) => {
    const { status, text } = await visitorOf(pages).go(path)
    return { status, text }
  }
  const unknown = await shown(`/invitations/${NOBODY}`)
  t.equal(unknown.status, 404)
  t.match(unknown.text, /This invitation cannot be used/)
  for (const path of [link, lockedLink, '/invitations/x', `/invitations/${NOBODY}/code`, `${link}/code`])
    t.same(await shown(path), unknown, path)
  const open = await outsiders.linkTo((await outsiders.invited('DEMO-SIGN', ISLINGTON, ['LEGAL'])).address)
  for (const path of [open, link, lockedLink, `/invitations/${NOBODY}`])
    t.match(await who.send(open, path, {}), { status: 303, location: `${path}/code` }, 'asking for a code tells nothing either')
  t.match(await who.send(open, `${lockedLink}/code`, { code: right }), { status: 404 }, 'the right one, too late')
})

t.test('an invitation opens the pages of its agreement and no other page, form or file', async (t) => {
  const { who, invitation } = await letIn(ISLINGTON, ['SIRO', 'SIGNATORY'])
  const review = /href="(\/reviews\/[^"]+)"/.exec((await who.go(AGREEMENT)).text)?.[1] ?? ''
  for (const path of [
    AGREEMENT,
    ...['parties', 'flows', 'documents', 'versions/1/text'].map((part) => `${AGREEMENT}/${part}`),
    review,
    '/sign/DEMO-SIGN/1',
  ])
    t.match(await who.go(path), { status: 200 }, path)
  for (const path of [
    '/agreements/DEMO-CURL',
    '/agreements/DEMO-CURL/parties',
    '/agreements/DEMO-CURL/versions/1/text',
    '/sign/DEMO-CURL/1',
    `/reviews/${NOBODY}`,
  ])
    t.match(await who.go(path), { status: 404 }, path)
  for (const path of ['/work', '/agreements', `${AGREEMENT}/history`, `${review}/picture`])
    t.match(await who.go(path), { status: 403, headers: { 'content-security-policy': /style-src 'self'/ } }, path)
  t.notMatch((await who.go(AGREEMENT)).text, /Suspend sharing|href="\/work"|href="\/agreements"/, 'nor does a page offer one')
  t.match(await who.send(review, `${AGREEMENT}/acts/suspend`, { reason: 'x' }), { status: 403 }, 'a form that stands for a reading')
  t.match(await who.send(review, '/decline/DEMO-CURL/1', { reason: 'x' }), { status: 404 })
  t.match(await who.go(review, 'POST', 'decision=approve'), { status: 403 }, 'a form without its token')
  await withdraw(invitation)
})

t.test('whoever is invited signs within five minutes of a code, and gets a new one where they read longer', async (t) => {
  const { who, address, invitation, link } = await letIn(ISLINGTON, ['SIGNATORY'])
  await outsiders.owner.query(`update outside_session set opened_at = opened_at - interval '6 minutes'`)
  const asked = await who.go('/sign/DEMO-SIGN/1')
  t.match(asked.text, /href="\/invited\/again\?return_to=%2Fsign%2FDEMO-SIGN%2F1"/)
  t.notMatch(asked.text, /Submit my signature<|sign-in\/start/)
  const late = await who.send('/sign/DEMO-SIGN/1', '/sign/DEMO-SIGN/1', { name: 'P. Doe', post: 'Senior partner' })
  t.match(late, { status: 303, location: '/invited/again?return_to=%2Fsign%2FDEMO-SIGN%2F1' })
  const again = await who.go('/invited/again?return_to=%2Fsign%2FDEMO-SIGN%2F1')
  t.equal(again.location, `${link}?return_to=%2Fsign%2FDEMO-SIGN%2F1`)
  await who.send(again.location ?? '', again.location ?? '', {})
  const before = who.jar.get('outside')
  const code = `${link}/code?return_to=%2Fsign%2FDEMO-SIGN%2F1`
  t.match(await who.send(code, code, { code: await outsiders.codeTo(address) }), { status: 303, location: '/sign/DEMO-SIGN/1' })
  t.not(who.jar.get('outside'), before, 'with a new secret')
  t.match((await who.go('/sign/DEMO-SIGN/1')).text, /Senior partner[\s\S]*Submit my signature/, 'what was typed is in the form again')
  await withdraw(invitation)
})

t.test('a visit ends with its invitation and when somebody finishes or signs in, and what was written is not lost', async (t) => {
  const { who, invitation } = await letIn(ISLINGTON, ['IG_OFFICER'])
  const review = /href="(\/reviews\/[^"]+)"/.exec((await who.go(AGREEMENT)).text)?.[1] ?? ''
  const [, token = ''] = /name="_csrf" value="([^"]+)"/.exec((await who.go(review)).text) ?? []
  await withdraw(invitation)
  t.match(await who.go(AGREEMENT), { status: 303, location: '/invited/over' })
  const lost = await who.go(review, 'POST', new URLSearchParams({ _csrf: token, act: 'comment', text: 'A long\nthought' }).toString())
  t.match(lost, { status: 403, text: /Your visit is over[\s\S]*A long\nthought/ })
  const finishing = await letIn(ISLINGTON, ['IG_OFFICER'])
  const secret = finishing.who.jar.get('outside') ?? ''
  t.match(await finishing.who.send(AGREEMENT, '/invited/finish', {}), { status: 303, location: '/invited/finished' })
  t.notOk(finishing.who.jar.get('outside'))
  const thief = visitorOf(pages)
  thief.jar.set('outside', secret)
  t.match(await thief.go(AGREEMENT), { status: 303, location: '/invited/over' })
  await withdraw(finishing.invitation)
  const officer = visitorOf(pages)
  await signIn(officer, 'demo-hackney-ig')
  const both = await letIn(ISLINGTON, ['IG_OFFICER'], officer)
  t.match(await officer.go(AGREEMENT), { status: 200 }, 'an invitation comes before an account')
  await signIn(officer, 'demo-hackney-ig')
  t.match(await officer.go(AGREEMENT), { status: 404 }, 'whoever signs in goes on with their account')
  await withdraw(both.invitation)
})

t.test('a code is not tried in somebody else’s browser by a page of a stranger', async (t) => {
  const { link, invitation } = await letIn(ISLINGTON, ['LEGAL'])
  t.match(await visitorOf(pages).go(`${link}/code`, 'POST', 'code=12345678'), { status: 403 })
  t.match(await visitorOf(pages).go(link, 'POST', ''), { status: 403 })
  await withdraw(invitation)
})

t.test('an outsider reads, comments, approves and signs; another, without JavaScript, declines', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const come = async (org: string, over: object) => {
    const { address } = await outsiders.invited('DEMO-SIGN', org, ['SIRO', 'SIGNATORY'], org === CAMDEN ? ISLINGTON : CAMDEN)
    const context = await browser.newContext({ baseURL: pages.address, locale: 'en-GB', timezoneId: 'Europe/London', ...over })
    const page = await context.newPage()
    await page.goto(await outsiders.linkTo(address))
    await page.getByRole('button', { name: 'Send me a code' }).click()
    return { page, address }
  }
  const small = { viewport: { width: 320, height: 640 } }
  const { page, address } = await come(CAMDEN, small)
  const readable = async (what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
  }
  await readable('entering the code')
  await page.getByLabel('Code').fill('1234')
  await page.getByRole('button', { name: 'Continue' }).click()
  t.match(await page.locator('.govuk-error-summary').textContent(), /A code has 8 digits/)
  await readable('a code with an error')
  await page.goBack()
  await page.goto(await outsiders.linkTo(address))
  await readable('an invitation')
  await page.getByRole('link', { name: 'I have a code already' }).click()
  const code = await outsiders.codeTo(address)
  await page.getByLabel('Code').fill(`${code.slice(0, 4)} ${code.slice(4)}`)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`**${AGREEMENT}`)
  await readable('the agreement, invited')
  await page.getByRole('link', { name: /where each party stands/ }).click()
  await readable('where each party stands, invited')
  await page.getByLabel('Add a comment').fill('We keep it for a year only')
  await page.getByRole('button', { name: 'Add the comment' }).click()
  t.match(await page.locator('main').textContent(), /We keep it for a year only/)
  await page.getByRole('button', { name: 'Decide' }).click()
  await page.getByLabel('Approve', { exact: true }).check()
  await page.getByRole('button', { name: 'Record your decision' }).click()
  await page.getByRole('button', { name: 'Sign or decline' }).click()
  await page.getByLabel('Your post').fill('Partner')
  await page.getByLabel('By what you may sign').fill('Partnership deed')
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await page.getByRole('button', { name: 'Submit my signature' }).click()
  await page.waitForURL(`**${AGREEMENT}`)
  await page.getByRole('link', { name: 'Parties' }).click()
  t.match(await page.locator('main').textContent(), /Pat Doe[\s\S]*Partner/)
  await page.getByRole('button', { name: 'Finish' }).click()
  await page.waitForURL('**/invited/finished')
  await readable('finished')
  await page.goto(AGREEMENT)
  await readable('a visit that is over')
  await page.goto(`/invitations/${NOBODY}`)
  await readable('an invitation that cannot be used')
  await page.context().close()

  const plain = await come(ISLINGTON, { javaScriptEnabled: false })
  await plain.page.getByLabel('Code').fill(await outsiders.codeTo(plain.address))
  await plain.page.getByRole('button', { name: 'Continue' }).click()
  await plain.page.getByRole('link', { name: /where each party stands/ }).click()
  await plain.page.getByRole('button', { name: 'Decide' }).click()
  await plain.page.getByLabel('Approve', { exact: true }).check()
  await plain.page.getByRole('button', { name: 'Record your decision' }).click()
  await plain.page.getByRole('button', { name: 'Sign or decline' }).click()
  await plain.page.getByLabel('Why it does not sign').fill('We share no such data')
  await plain.page.getByRole('button', { name: 'Decline to sign' }).click()
  await plain.page.waitForURL(`**${AGREEMENT}`)
  const officer = await personOf(service, CAMDEN, ['IG_OFFICER'])
  const { body } = await officer('GET', '/v1/agreements/DEMO-SIGN/history')
  t.match(JSON.stringify(body), /We share no such data/)
  t.match(JSON.stringify((await officer('GET', '/v1/agreements/DEMO-SIGN')).body.signatures), /"level":"EMAIL_CODE"/)
})
