import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { outsidersOf } from '../support/outsiders.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// A register administrator confirms whose address it is, an officer of a party invites, and both can take it back, in the browser.

const INVITING = '/agreements/DEMO-SIGN/outside-invitations'
const CONTACTS = '/confirmed-contacts?org=LBC_ISLINGTON'
const CONFIRM = '/organisations/LBC_ISLINGTON/confirmed-contacts'
const NOBODY = '5f1d7a52-6f0e-4c8e-9d55-0a1b2c3d4e5f'
const pages = await testPages(t)
const outsiders = await outsidersOf(pages.service)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}

t.test('each page is for whoever may do the same at the API, and of their own agreements', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  for (const path of [INVITING, CONTACTS]) t.match(await dpo.go(path), { status: 403 }, path)
  const stranger = await visitor('demo-hackney-ig')
  t.match(await stranger.go(INVITING), { status: 404 })
  t.match(await stranger.send('/agreements', INVITING, { contact: NOBODY, days: '14' }), { status: 404 })
  const officer = await visitor('demo-camden-ig')
  t.match(await officer.send(INVITING, CONFIRM, { name: 'x' }), { status: 403 }, 'an officer confirms nobody')
  t.notMatch((await officer.go(CONTACTS)).text, /Confirm a contact/, 'nor is offered it')
  for (const path of [`${INVITING}/x/withdrawal`, `${INVITING}/${NOBODY}/withdrawal`])
    t.match(await officer.send(INVITING, path, {}), { status: path.includes('/x/') ? 404 : 422 }, path)
  const admin = await visitor('demo-register')
  t.match(await admin.send(CONTACTS, `${CONFIRM}/x/withdrawal`, {}), { status: 404 })
})

t.test('what the service refuses is said beside its field, with what was typed', async (t) => {
  const admin = await visitor('demo-register')
  const contact = { name: 'Kim Ray (fictional)', post: 'Partner', address: 'kim@practice.example', roles: 'SIGNATORY', checked_how: 'Rang' }
  t.match(await admin.send(CONTACTS, CONFIRM, contact), { status: 303, location: CONTACTS })
  const again = await admin.send(CONTACTS, CONFIRM, contact)
  t.match(again, { status: 422, text: /The address is that of a contact already[\s\S]*Kim Ray/ })
  t.match(await admin.send(CONTACTS, CONFIRM, { ...contact, address: 'no address' }), { status: 422, text: /href="#address"/ })
  const token = /name="_csrf" value="([^"]+)"/.exec((await admin.go(CONTACTS)).text)?.[1] ?? ''
  const two = new URLSearchParams({ ...contact, _csrf: token, address: 'kim.ray@practice.example', roles: 'DPO' })
  two.append('roles', 'SIGNATORY')
  t.match(await admin.go(CONFIRM, 'POST', two.toString()), {
    status: 422,
    text: /href="#roles">One person does not hold these roles together/,
  })
  const officer = await visitor('demo-camden-ig')
  const shown = (await officer.go(INVITING)).text
  t.match(shown, /Partner, Islington/)
  t.notMatch(shown, /Kim Ray|kim@practice/, 'whoever invites is shown neither name nor address')
  const id = /name="contact" type="radio" value="([^"]+)"/.exec(shown)?.[1] ?? ''
  for (const days of ['', '0', '31', 'x']) {
    const refused = await officer.send(INVITING, INVITING, { contact: id, days })
    t.match(refused, { status: 422, text: /href="#days">Enter a number of days from 1 to 30/ }, days)
    t.match(refused.text, new RegExp(`value="${id}" checked`), 'the choice is kept')
  }
  t.match(await officer.send(INVITING, INVITING, { contact: NOBODY, days: '14' }), {
    status: 422,
    text: /Whom you selected is not a contact that a register administrator confirmed/,
  })
})

t.test('confirmed, invited, let in, withdrawn in a real browser', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const small = { viewport: { width: 320, height: 640 } }
  const readable = async (page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
  }
  const admin = await signedInAs(browser, pages.address, 'Leila Haddad', small)
  await admin.goto('/confirmed-contacts')
  await readable(admin, 'contacts before an organisation is chosen')
  await admin.getByLabel('Organisation').selectOption('LBC_ISLINGTON')
  await admin.getByRole('button', { name: 'Show its contacts' }).click()
  await admin.getByRole('button', { name: 'Confirm', exact: true }).click()
  t.match(
    await admin.locator('.govuk-error-summary').textContent(),
    /Enter who it is[\s\S]*Select in which roles they act[\s\S]*Say how you checked/,
  )
  await readable(admin, 'contacts with errors')
  for (const [label, text] of [
    ['Name', 'Robin Lee (fictional)'],
    ['Post', 'Practice manager'],
    ['Address', 'robin@practice.example'],
    ['How you checked that the address is theirs', 'Rang the practice'],
  ] as const)
    await admin.getByLabel(label, { exact: true }).fill(text)
  await admin.getByLabel('Signatory', { exact: true }).check()
  await admin.getByRole('button', { name: 'Confirm', exact: true }).click()
  t.match(await admin.locator('main').textContent(), /Robin Lee \(fictional\)[\s\S]*robin@practice\.example[\s\S]*Rang the practice/)
  await readable(admin, 'contacts')

  // Without JavaScript.
  const officer = await signedInAs(browser, pages.address, 'Priya Raman', { javaScriptEnabled: false })
  await officer.goto('/agreements/DEMO-SIGN')
  await officer.getByRole('link', { name: 'People without an account' }).click()
  await officer.getByRole('button', { name: 'Invite', exact: true }).click()
  t.match(await officer.locator('.govuk-error-summary').textContent(), /Select whom you invite/)
  await officer.getByLabel('Practice manager, Islington').check()
  await officer.getByRole('button', { name: 'Invite', exact: true }).click()
  const invited = officer.getByRole('region', { name: 'Who is invited' })
  t.match(await invited.textContent(), /Practice manager, Islington[\s\S]*Camden[\s\S]*Open until/)
  const narrow = await signedInAs(browser, pages.address, 'Priya Raman', small)
  await narrow.goto(INVITING)
  await readable(narrow, 'who is invited')
  await narrow.getByRole('button', { name: 'Invite', exact: true }).click()
  await readable(narrow, 'inviting with an error')

  const link = await outsiders.linkTo('robin@practice.example')
  const guest = visitorOf(pages)
  await guest.send(link, link, {})
  const code = await outsiders.codeTo('robin@practice.example')
  t.match(await guest.send(`${link}/code`, `${link}/code`, { code }), { status: 303, location: '/agreements/DEMO-SIGN' })
  await officer.getByRole('button', { name: /Withdraw it, and end their visit/ }).click()
  t.match(await invited.textContent(), /Withdrawn/)
  t.match(await guest.go('/agreements/DEMO-SIGN'), { status: 303, location: '/invited/over' })
  t.match(await guest.go(link), { status: 404, text: /This invitation cannot be used/ })
  await admin.getByRole('button', { name: /Withdraw Robin Lee/ }).click()
  t.match(await admin.locator('main').textContent(), /Robin Lee \(fictional\)[\s\S]*Withdrawn/)
  await officer.goto(INVITING)
  t.equal(await officer.getByLabel('Practice manager, Islington').count(), 0, 'whoever is withdrawn is not offered any more')
})
