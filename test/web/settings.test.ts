import t from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { outsidersOf } from '../support/outsiders.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// What somebody is here, where they get mail and what one by one, and the addresses at which their calendar program reads what is due.

const pages = await testPages(t)
const mail = await outsidersOf(pages.service)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}

t.test('everybody sees who they are here, with the days of the roles that are recorded', async (t) => {
  const siro = await visitor('demo-camden-siro')
  const shown = said((await siro.go('/settings')).text)
  t.match(shown, /Name Margaret Chen \(fictional\) You sign in as demo-camden-siro You act for Camden/)
  t.match(shown, /Senior information risk owner[^.]*no days are recorded here/)
  const owner = mail.owner
  const { rows } = await owner.query<{ issuer: string }>("select issuer from session where subject = 'demo-camden-siro' limit 1")
  await owner.query(
    `with held as (insert into person (id, issuer, subject) values (gen_random_uuid(), $1, 'demo-camden-siro')
       on conflict (issuer, subject) do update set subject = excluded.subject returning id)
     insert into held_role (id, person_id, org, role, from_day, to_day)
       select gen_random_uuid(), held.id, 'LBC_CAMDEN', role, first::date, last::date from held,
         (values ('SIRO', '2026-01-01', '2099-03-31'), ('IAO', '2099-01-01', null), ('LEGAL', '2020-01-01', '2020-12-31')) as said (role, first, last)`,
    [rows[0]?.issuer],
  )
  const recorded = said((await siro.go('/settings')).text)
  t.match(recorded, /Senior information risk owner[^.]*? Since 1 January 2026, until 31 March 2099/)
  t.match(recorded, /From 1 January 2099, without a last day/, 'a role that is still to come')
  t.notMatch(recorded, /2020/, 'a role that is over is not shown')
  const auditor = await visitor('demo-auditor')
  const page = await auditor.go('/settings')
  t.match(page, { status: 200, text: /href="\/settings">Settings/ })
  t.notMatch(page.text, /\/settings\/calendars/, 'whoever keeps no calendar is offered none')
  t.match(await auditor.go('/settings/calendars'), { status: 403 })
})

t.test('an address counts once its code was entered; a wrong code is said beside its field', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const save = (fields: Readonly<Record<string, string>>) => dpo.send('/settings', '/settings', { part: 'mail', ...fields })
  const wrong = await save({ address: 'nobody', single: 'DATES' })
  t.match(wrong, { status: 422, text: /href="#address">Enter an email address/ })
  t.match(wrong.text, /value="nobody"/, 'what was typed is kept')
  t.match(wrong.text, /value="DATES" checked/)
  t.match(await save({ address: 'daniel@camden.example', single: 'DATES', weekly: 'yes' }), { status: 303, location: '/settings' })
  const waiting = await dpo.go('/settings')
  t.match(said(waiting.text), /A code was mailed to daniel@camden\.example/)
  t.match(said(waiting.text), /You have no address here/, 'until then mail goes where it went')
  const enter = (code: string) => dpo.send('/settings', '/settings/code', { code })
  for (const code of ['', '12345', 'abcdef']) t.match(await enter(code), { status: 422, text: /href="#code">Enter the six digits/ }, code)
  const code = await mail.addressCodeTo('daniel@camden.example')
  const other = code === '000000' ? '000001' : '000000'
  t.match(await enter(other), { status: 422, text: /href="#code">This is not the code\. Tries left: 4/ })
  t.match(await enter(`${code.slice(0, 3)} ${code.slice(3)}`), { status: 303, location: '/settings' })
  const confirmed = await dpo.go('/settings')
  t.match(said(confirmed.text), /goes to daniel@camden\.example , which you confirmed/)
  t.match(confirmed.text, /value="DATES" checked/)
  t.match(confirmed.text, /name="weekly" type="checkbox" value="yes" checked/)
  t.match(await save({ address: 'daniel@camden.example' }), { status: 303 })
  t.notMatch((await dpo.go('/settings')).text, /A code was mailed|value="DATES" checked/, 'the same address needs no code')
  for (const at of [1, 2, 3, 4]) t.match(await save({ address: `d${at}@camden.example` }), { status: 303 })
  t.match(await save({ address: 'd5@camden.example' }), { status: 422, text: /href="#address">No more codes are sent today/ })
  t.match(await save({ address: '' }), { status: 303 })
  t.match(said((await dpo.go('/settings')).text), /You have no address here/)
  const colleague = await visitor('demo-camden-ig')
  t.notMatch((await colleague.go('/settings')).text, /daniel@camden/, 'nobody sees what somebody else set')
})

t.test('a calendar is made, shown once and withdrawn, in a real browser at 320 pixels', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const readable = async (page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
  }
  const page = await signedInAs(browser, pages.address, 'Priya Raman', { viewport: { width: 320, height: 640 } })
  await page.getByRole('link', { name: 'Settings' }).click()
  await readable(page, 'settings')
  await page.getByLabel('An email address of your own').fill('nobody')
  await page.getByRole('button', { name: 'Save' }).click()
  await readable(page, 'settings with an error')
  await page.getByLabel('An email address of your own').fill('priya.raman@camden.example')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await readable(page, 'settings with a code that is wrong')
  await page.getByLabel('Code', { exact: true }).fill(await mail.addressCodeTo('priya.raman@camden.example'))
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  t.match(await page.locator('main').textContent(), /priya\.raman@camden\.example, which you confirmed/)
  await page.getByRole('link', { name: 'Make a calendar address' }).click()
  await page.getByRole('button', { name: 'Make the address' }).click()
  t.match(await page.locator('.govuk-error-summary').textContent(), /Select what the calendar shows/)
  await readable(page, 'calendars with an error')
  await page.getByLabel('Everything that Camden has to do').check()
  await page.getByRole('button', { name: 'Make the address' }).click()
  await readable(page, 'a calendar that was made')
  const url = (await page.locator('#address').textContent()) ?? ''
  t.match(await (await fetch(url)).text(), /BEGIN:VCALENDAR[\s\S]*SUMMARY:/, 'a calendar program reads it')

  // Without JavaScript, by a colleague who may see it too.
  const dpo = await signedInAs(browser, pages.address, 'Daniel Osei', { javaScriptEnabled: false })
  await dpo.goto('/settings/calendars')
  t.match(await dpo.locator('main').textContent(), /Everything that Camden has to do, made on/)
  t.notMatch(await dpo.locator('main').textContent(), url, 'its address is not shown again')
  await dpo.getByLabel('What is mine to do').check()
  await dpo.getByRole('button', { name: 'Make the address' }).click()
  await dpo.getByRole('link', { name: /I have copied it/ }).click()
  t.equal(await dpo.getByRole('button', { name: /Withdraw it/ }).count(), 2)
  await page.goto('/settings/calendars')
  await readable(page, 'calendars')
  t.equal(await page.getByRole('button', { name: /Withdraw it/ }).count(), 1, 'a colleague’s own calendar is theirs alone')
  await page.getByRole('button', { name: /Withdraw it/ }).click()
  t.match(await page.locator('main').textContent(), /There is no calendar address yet/)
  t.equal((await fetch(url)).status, 404, 'its address is none any more')
})
