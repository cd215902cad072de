import t, { type Test } from 'tap'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// The register of organisations in a browser: found, read, kept; and who holds which role in them.

const CAMDEN = '/organisations/LBC_CAMDEN'
const NOBODY = '5f1d7a52-6f0e-4c8e-9d55-0a1b2c3d4e5f'
const pages = await testPages(t)
const visitor = async (account: string) => {
  const who = visitorOf(pages)
  await signIn(who, account, '/')
  return who
}
const isFit = async (t: Test, page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
  await isAccessible(t, page, what)
  t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
}

t.test('organisations are found by name, number, type and state, and a name that fits none is said so', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const found = await dpo.go('/organisations?q=LB%20of%20Camden')
  t.match(found, { status: 200, text: /href="\/organisations\/LBC_CAMDEN">Camden/ })
  t.match((await dpo.go('/organisations?type=POLICE_FORCE')).text, /Metropolitan/)
  t.notMatch((await dpo.go('/organisations?type=POLICE_FORCE')).text, /href="\/organisations\/LBC_HACKNEY"/)
  t.match(said((await dpo.go('/organisations?q=zzzzzz&status=MERGED')).text), /No organisation matches\. Show all organisations/)
  const first = (await dpo.go('/organisations')).text
  const [, next = ''] = /href="([^"]+)">Next page/.exec(first) ?? []
  t.match(await dpo.go(next.replaceAll('&amp;', '&')), { status: 200, text: /Organisations of the register/ })
  t.match(await dpo.go('/organisations?after=NOWHERE'), { status: 400 })
  t.match(await dpo.go('/organisations/NOWHERE'), { status: 404 })
})

t.test('the register of organisations is one file as it is narrowed', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  t.match((await dpo.go('/organisations?type=POLICE_FORCE')).text, 'href="/organisations.csv?type=POLICE_FORCE">Download this list (CSV)')
  const file = await dpo.go('/organisations.csv?type=POLICE_FORCE')
  t.match(file, { status: 200, headers: { 'content-type': /^text\/csv/, 'content-disposition': /filename="organisations.csv"/ } })
  t.match(file.text, /^code,short_name,legal_name,type,[\s\S]*\r\nMPS,/)
  t.notMatch(file.text, 'LBC_HACKNEY')
  const whole = (await dpo.go('/organisations.csv')).text.trim().split('\r\n')
  t.ok(whole.length > 60, 'all of them, not one page')
  t.match(await dpo.go('/organisations.csv?after=NOWHERE'), { status: 400 })
})

t.test('the page of an organisation says what it is, and which roles that it needs nobody holds', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const own = said((await dpo.go(CAMDEN)).text)
  t.match(own, /The Mayor and Burgesses of the London Borough of Camden Confirmed/)
  t.match(own, /Public authority Yes/)
  for (const gap of ['No SIRO recorded', 'No data protection officer recorded', 'No Caldicott Guardian recorded', 'No signatory recorded'])
    t.match(own, gap)
  t.match(own, /Its SIRO, or a register administrator, records and ends roles/)
  t.notMatch(own, /API clients/, 'whoever may not list them is shown none')
  const stranger = said((await dpo.go('/organisations/LBC_HACKNEY')).text)
  t.match(stranger, /Its own people see this, and so do register administrators and auditors/)
  t.notMatch(stranger, /recorded today|No SIRO/)
  t.match(await dpo.go('/organisations/LBC_HACKNEY/roles'), { status: 404 }, 'who holds which role elsewhere is not told')
  const admin = said((await (await visitor('demo-register')).go(CAMDEN)).text)
  t.match(admin, /API clients No system of it is registered here/)
})

t.test('a SIRO records a role with its days and ends it: what it takes is said first', async (t) => {
  const siro = await visitor('demo-camden-siro')
  const record = (fields: Readonly<Record<string, string>>) => siro.send(`${CAMDEN}/roles/new`, `${CAMDEN}/roles/new`, fields)
  const role = { subject: 'demo-camden-dpo', role: 'DPO', reason: 'Appointed by <b>the chief executive</b>' }
  const empty = await record({})
  t.match(empty, {
    status: 422,
    text: /href="#subject">Enter the name[\s\S]*href="#role">Select the role[\s\S]*href="#reason">Say on what/,
  })
  const days = { 'from-day': '31', 'from-month': '2', 'from-year': '2026' }
  t.match(await record({ ...role, ...days }), { status: 422, text: /href="#from"[\s\S]*value="demo-camden-dpo"/ }, 'no such day')
  t.match(await record({ ...role, role: 'AUDITOR' }), { status: 422, text: /AUDITOR is recorded by a register administrator/ })
  t.match(await record({ ...role, subject: 'demo-camden-siro' }), { status: 422, text: /Nobody gives a role to themselves/ })
  const made = await record({ ...role, 'to-day': '31', 'to-month': '3', 'to-year': '2099' })
  t.match(made, { status: 303, location: /^\/organisations\/LBC_CAMDEN\/roles\/[0-9a-f-]{36}$/ })
  t.match(await record({ ...role, role: 'SIRO' }), { status: 422, text: /href="#role">Nobody is SIRO and DPO/ }, 'kept apart')
  const own = said((await siro.go(CAMDEN)).text)
  t.match(own, /Data protection officer\W+[^.]*demo-camden-dpo|Daniel Osei/)
  t.match(own, /31 March 2099/)
  t.notMatch(own, 'No data protection officer recorded')

  const at = made.location ?? ''
  const one = await siro.go(at)
  t.match(said(one.text), /can then no longer review texts and give data protection advice, and suspend sharing for Camden/)
  t.match(said(one.text), /Nobody else is recorded in this role today/)
  t.match(one.text, /Appointed by &lt;b&gt;the chief executive/)
  t.match(await siro.send(at, at, { reason: 'Left' }), { status: 422, text: /href="#when">Select when it ends/ })
  t.match(await siro.send(at, at, { when: 'later', reason: 'Left' }), { status: 422, text: /href="#last_day">Enter the last day/ })
  const past = { 'last_day-day': '1', 'last_day-month': '1', 'last_day-year': '2020' }
  t.match(await siro.send(at, at, { when: 'later', reason: 'Left', ...past }), {
    status: 422,
    text: /href="#last_day">A last day lies today/,
  })
  const colleague = await visitor('demo-camden-ig')
  t.match(said((await colleague.go(at)).text), /You cannot end it: a SIRO of Camden does/)
  t.match(await colleague.send(CAMDEN, at, { when: 'now', reason: 'x' }), { status: 403 })
  const stranger = await visitor('demo-hackney-siro')
  for (const path of [at, `${CAMDEN}/roles/${NOBODY}`]) t.match(await stranger.go(path), { status: 404 }, 'looks like what is not there')
  t.match(await stranger.go(`${CAMDEN}/roles/new`), { status: 403 })
  t.match(await stranger.send('/organisations', at, { when: 'now', reason: 'x' }), { status: 404 }, 'and ends nothing')
  t.match(await siro.send(at, at, { when: 'now', reason: 'Left the council' }), { status: 303, location: at })
  t.match(said((await siro.go(at)).text), /Ended on [^.]*Left the council The role has ended/)
  t.match(said((await siro.go(CAMDEN)).text), 'No data protection officer recorded')
  t.match(said((await siro.go(`${CAMDEN}/roles`)).text), /Data protection officer , Daniel Osei[^.]*Ended on|Ended on/)
})

t.test('a body is proposed, confirmed by somebody else, described anew and merged; what is known already is said', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const propose = (fields: Readonly<Record<string, string>>) => officer.send('/organisations/new', '/organisations/new', fields)
  t.match(await propose({}), { status: 422, text: /href="#legal_name">Enter its name in law[\s\S]*href="#type">Select its type/ })
  const twice = await propose({ legal_name: 'London Borough of Camden', type: 'LONDON_BOROUGH', ods: 'no' })
  t.match(twice, { status: 422, text: /value="London Borough of Camden"/ })
  const known = await propose({ legal_name: 'London Borough of Camden', type: 'LONDON_BOROUGH' })
  t.match(known, { status: 422, text: /href="#legal_name">[^<]*is a name of LBC_CAMDEN/ })
  t.match(known.text, /Bodies of the same name/, 'whether it is another body is asked then')
  const body = {
    legal_name: 'The Moorfield Practice (fictional)',
    type: 'GP_PRACTICE',
    aliases: 'Moorfield Surgery',
    note: 'Partner of the hub',
  }
  const { status, location } = await propose(body)
  t.equal(status, 303)
  const at = location ?? ''
  t.match(said((await officer.go(at)).text), /Waiting to be confirmed[\s\S]*nothing may be shared with it/)
  t.match(await officer.go(`${at}/confirmation`), { status: 403 })

  const admin = await visitor('demo-register')
  t.match((await admin.go('/organisations?status=UNCONFIRMED')).text, `href="${at}"`)
  const version = async (path: string) => /name="version" value="([^"]+)"/.exec((await admin.go(path)).text)?.[1] ?? ''
  const standing = {
    public_authority: 'yes',
    competent_authority: 'NONE',
    health_or_social_care_authority: 'yes',
    reason: 'In the directory',
  }
  const confirm = async (fields: Readonly<Record<string, string>>) =>
    admin.send(`${at}/confirmation`, `${at}/confirmation`, { version: await version(`${at}/confirmation`), ...fields })
  t.match(await confirm({ ...standing, public_authority: '' }), {
    status: 422,
    text: /href="#public_authority">Select whether it is a public/,
  })
  const stale = await version(`${at}/description`)
  t.match(await confirm(standing), { status: 303, location: at })
  t.match(said((await admin.go(at)).text), /Confirmed Called/)

  const describe = (fields: Readonly<Record<string, string>>) => admin.send(at, `${at}/description`, { ...body, ...fields })
  const late = await describe({ version: stale, short_name: 'Moorfield' })
  t.match(late, { status: 422, text: /Somebody else changed this entry[\s\S]*value="Moorfield"/ })
  const current = await version(`${at}/description`)
  t.match(await describe({ version: current, short_name: 'Moorfield', gss: 'nonsense' }), { status: 422, text: /href="#gss"/ })
  t.match(await describe({ version: current, short_name: 'Moorfield' }), { status: 303, location: at })

  const other = await propose({ legal_name: 'Moorfeild Practise (fictional)', type: 'GP_PRACTICE' })
  const merger = `${other.location}/merger`
  t.match((await admin.go(merger)).text, /There is no way back/)
  t.match(await admin.send(merger, merger, {}), { status: 422, text: /href="#into">Select the body/ })
  const into = at.split('/').at(-1) ?? ''
  t.match(await admin.send(merger, merger, { version: await version(merger), into, reason: 'Two spellings' }), { status: 303 })
  t.match(said((await officer.go(other.location ?? '')).text), /This entry turned out to be Moorfield/)
})

t.test('a body says how it is reached; a stranger changes nothing of it', async (t) => {
  const dpo = await visitor('demo-camden-dpo')
  const page = `${CAMDEN}/contacts`
  const version = /name="version" value="([^"]+)"/.exec((await dpo.go(page)).text)?.[1] ?? ''
  t.match(await dpo.send(page, page, { version, dpo: 'x'.repeat(201) }), { status: 422, text: /href="#dpo"[\s\S]*xxxx/ })
  t.match(await dpo.send(page, page, { version, dpo: 'dpo@camden.example', breach: 'Duty desk' }), { status: 303, location: CAMDEN })
  const shown = said((await dpo.go(CAMDEN)).text)
  t.match(shown, /Data protection officer dpo@camden\.example/)
  t.notMatch(shown, /Nobody to be told of a breach/)
  const stranger = await visitor('demo-hackney-dpo')
  const read = /name="version" value="([^"]+)"/.exec((await stranger.go(page)).text)?.[1] ?? ''
  t.notMatch((await stranger.go(CAMDEN)).text, /Change how it is reached/, 'nor is offered it')
  const refused = await stranger.send(page, page, { version: read, dpo: 'x' })
  t.match(refused, { status: 422, text: /A body, or a register administrator for it, says how it is reached/ })
  t.match(said((await dpo.go(CAMDEN)).text), /dpo@camden\.example/, 'and it stays as it was')
})

t.test('an API client is registered and revoked by a register administrator, and the page says what that does', async (t) => {
  const admin = await visitor('demo-register')
  const page = `${CAMDEN}/clients`
  t.match(await admin.send(page, page, {}), { status: 422, text: /href="#client_id">Enter how its issuer calls it/ })
  const client = { client_id: 'housing <system>', issuer: 'https://elsewhere.example', reason: 'The housing system' }
  t.match(await admin.send(page, page, client), { status: 422, text: /href="#issuer">This service trusts no tokens/ })
  t.match(await admin.send(page, page, { ...client, issuer: pages.service.issuer.issuer }), { status: 303, location: page })
  t.match((await admin.go(page)).text, /housing &lt;system&gt;[\s\S]*revocation\?client=housing%20%3Csystem%3E/)
  t.notMatch((await admin.go('/organisations/LBC_HACKNEY/clients')).text, /housing/, 'of this organisation alone')
  const limits = `${page}/limits`
  const limiting = `${limits}?client=housing%20%3Csystem%3E`
  const limit = {
    client: client.client_id,
    requests_per_minute: '600',
    batch_items_max: '',
    share_percent: '10',
    reason: 'It repeats itself',
  }
  t.match(await admin.send(limiting, limits, { ...limit, share_percent: 'all' }), { status: 422, text: /href="#share_percent"/ })
  t.match(await admin.send(limiting, limits, { ...limit, reason: '' }), { status: 422, text: /href="#reason">Say why/ })
  t.match(await admin.send(limiting, limits, limit), { status: 303, location: page })
  t.match(said((await admin.go(page)).text), /Calls in a minute, at most 600 Share of the calls answered at once, at most 10 %/)
  t.match((await admin.go(limiting)).text, /name="requests_per_minute"[^>]*value="600"/)
  const revoke = `${page}/revocation`
  const asked = `${revoke}?client=housing%20%3Csystem%3E`
  t.match((await admin.go(asked)).text, /Its calls are refused at once, for good/)
  t.match(await admin.send(asked, revoke, { client: client.client_id }), { status: 422, text: /href="#reason">Say why/ })
  t.match(await admin.send(asked, revoke, { client: client.client_id, reason: 'Taken out of use' }), { status: 303, location: page })
  t.match(said((await admin.go(page)).text), /Revoked 30|Revoked \d/)
  t.match(await admin.go(revoke), { status: 404 }, 'no client is named')
  const siro = await visitor('demo-camden-siro')
  t.match(await siro.go(page), { status: 403 })
  t.match(await siro.send('/organisations', limits, limit), { status: 403 })
  t.match(await siro.send('/organisations', revoke, { client: 'x', reason: 'x' }), { status: 403 })
})

t.test('a body ends and another follows it: what follows is said first, and both histories say who said so', async (t) => {
  const admin = await visitor('demo-register')
  const [ends, follows] = ['/organisations/LBC_SUTTON', '/organisations/LBC_MERTON']
  const page = `${ends}/succession`
  t.match((await admin.go(ends)).text, `href="${page}">Say that another body follows it`)
  const first = await admin.go(page)
  t.match(said(first.text), /There is no way back[\s\S]*signed does not bind the body that follows/)
  t.match(first.text, /<option value="LBC_MERTON">/)
  t.notMatch(first.text, /<option value="LBC_SUTTON">/, 'no body follows itself')
  const [, version = ''] = /name="version" value="([^"]+)"/.exec(first.text) ?? []
  const succeed = (fields: Readonly<Record<string, string>>) => admin.send(page, page, { version, ...fields })
  t.match(await succeed({}), {
    status: 422,
    text: /href="#successor">Select the body[\s\S]*href="#when">Select from when[\s\S]*href="#reason">Say why/,
  })
  const body = { successor: 'LBC_MERTON', when: 'later', reason: 'The <b>order</b> of 2099' }
  t.match(await succeed(body), { status: 422, text: /href="#at">Enter the day/ })
  const day = (year: string) => ({ 'at-day': '1', 'at-month': '4', 'at-year': year })
  t.match(await succeed({ ...body, ...day('2020') }), { status: 422, text: /href="#at">An end lies now or later/ })
  t.match(await succeed({ ...body, ...day('2099'), version: '999' }), { status: 422 }, 'what is not what was shown')
  t.match(await succeed({ ...body, ...day('2099') }), { status: 303, location: ends })
  const ended = await admin.go(ends)
  t.match(said(ended.text), /Ends 1 April 2099[\s\S]*Merton follows it from 1 April 2099/)
  t.match(said(ended.text), /Merton follows Sutton from 1 April 2099, 00:00[^.]*The [\s\S]*Leila Haddad/)
  t.match(ended.text, /The &lt;b&gt;order&lt;\/b&gt; of 2099/)
  t.notMatch(ended.text, `href="${page}"`)
  t.match(said((await admin.go(follows)).text), /It took over from Sutton[\s\S]*What was done to this entry[\s\S]*Merton follows Sutton/)
  t.match(said((await admin.go(page)).text), /who follows it is said already/)
  const officer = await visitor('demo-camden-ig')
  t.match(await officer.go(page), { status: 403 })
  t.match(await officer.send('/organisations', page, body), { status: 403 })
  t.match(said((await officer.go(ends)).text), /You see what people of your own organisation did[\s\S]*They have done nothing to it/)
})

t.test('a group is made, filled, named anew and left by whoever keeps it, and read by everybody', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const make = (fields: Readonly<Record<string, string>>) => officer.send('/organisation-groups/new', '/organisation-groups/new', fields)
  t.match(await make({}), { status: 422, text: /href="#name">Enter what the group is called/ })
  t.match(await make({ name: 'Camden Council' }), { status: 422, text: /href="#name">[^<]*is the name of a body/ })
  const made = await make({ name: 'NCL boroughs', other_names: 'North Central <London>\n\nNCL five' })
  t.match(made, { status: 303, location: '/organisation-groups/GROUP_NCL_BOROUGHS' })
  const at = made.location ?? ''
  t.match((await officer.go('/organisation-groups')).text, `href="${at}">NCL boroughs`)
  const change = async (path: string, fields: Readonly<Record<string, string>>) => {
    const [, version = ''] = /name="version" value="([^"]+)"/.exec((await officer.go(`${at}${path}`)).text) ?? []
    return officer.send(`${at}${path}`, `${at}${path}`, { version, ...fields })
  }
  t.match(await change('/members/new', {}), { status: 422, text: /href="#org">Select the organisation/ })
  t.match(await change('/members/new', { org: 'LBC_ISLINGTON' }), { status: 303, location: at })
  const past = { 'to-day': '31', 'to-month': '3', 'to-year': '2020' }
  t.match(await change('/members/new', { org: 'LBC_BARNET', ...past }), { status: 303 })
  t.match(await change('/members/new', { org: 'LBC_BARNET', ...past }), {
    status: 422,
    text: /href="#org">LBC_BARNET is a member in these/,
  })
  t.match(await change('/members/new', { org: 'LBC_BRENT', 'from-day': '31', 'from-month': '2', 'from-year': '2027' }), {
    status: 422,
    text: /href="#from"/,
  })
  t.match(said((await officer.go(at)).text), /Members on [^ ]+ \w+ \d+ 1 [\s\S]*Islington From the start None[\s\S]*31 March 2020/)
  t.match((await officer.go('/organisations/LBC_ISLINGTON')).text, `href="${at}">NCL boroughs`)
  t.notMatch((await officer.go('/organisations/LBC_BARNET')).text, `href="${at}"`, 'who left is no member today')
  const stale = await officer.send(at, `${at}/members/1`, { version: '1', out: 'yes' })
  t.match(stale, { status: 422, text: /Somebody else changed this group/ })
  t.match(await change('/members/2', { out: 'yes' }), { status: 303 })
  t.match(await change('/members/2', { out: 'yes' }), { status: 404 })
  t.match(await change('/name', { name: 'NCL', other_names: 'NCL boroughs' }), { status: 303 })
  const acts = said((await officer.go(at)).text)
  t.match(acts, /Made: NCL boroughs, 0 stays of members[\s\S]*Said anew: NCL, 1 stay of members/)
  t.match(acts, /Other names NCL boroughs/)

  const stranger = await visitor('demo-hackney-dpo')
  t.match(said((await stranger.go(at)).text), /Camden, or a register administrator, says who is in it/)
  t.match(await stranger.go(`${at}/name`), { status: 403 })
  t.match(await stranger.send(at, `${at}/members/1`, { out: 'yes' }), { status: 403 })
  const admin = await visitor('demo-register')
  t.match(await admin.go(`${at}/members/1`), { status: 200 }, 'a register administrator keeps what others made')
  t.match(await admin.go('/organisation-groups/NOWHERE'), { status: 404 })
})

t.test('who proposed, confirmed, described and merged an entry stands on its page, with the day', async (t) => {
  const officer = await visitor('demo-camden-ig')
  const proposed = await officer.send('/organisations/new', '/organisations/new', {
    ...{ legal_name: 'The Larch Practice (fictional)', type: 'GP_PRACTICE', note: 'For the <i>hub</i>' },
  })
  const at = proposed.location ?? ''
  const admin = await visitor('demo-register')
  const versionOf = async (path: string) => /name="version" value="([^"]+)"/.exec((await admin.go(path)).text)?.[1] ?? ''
  const standing = { public_authority: 'yes', competent_authority: 'NONE', health_or_social_care_authority: 'yes', reason: 'Seen' }
  const confirmation = { ...standing, version: await versionOf(`${at}/confirmation`) }
  t.equal((await admin.send(`${at}/confirmation`, `${at}/confirmation`, confirmation)).status, 303)
  const anew = { legal_name: 'The Larch Practice (fictional)', type: 'GP_PRACTICE', aliases: 'Larch Surgery' }
  const description = { ...anew, version: await versionOf(`${at}/description`) }
  t.equal((await admin.send(`${at}/description`, `${at}/description`, description)).status, 303)
  const whole = await admin.go(at)
  t.match(
    said(whole.text),
    /Proposed [\s\S]*of Camden [\s\S]*Confirmed by a register[\s\S]*Leila Haddad [\s\S]*Described anew: other names/,
  )
  t.match(whole.text, /For the &lt;i&gt;hub&lt;\/i&gt;/)
  const own = said((await officer.go(at)).text)
  t.match(own, /You see what people of your own organisation did/)
  t.match(own, /Proposed/)
  t.notMatch(own, /Confirmed by a register/, 'what others did is theirs')
})

t.test('all of it works in a real browser at 320 pixels, with JavaScript and without', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  for (const javaScriptEnabled of [true, false]) {
    const over = { javaScriptEnabled, viewport: { width: 320, height: 640 } }
    const page = await signedInAs(browser, pages.address, 'Margaret Chen', over)
    const isReadable = (what: string) => (javaScriptEnabled ? isFit(t, page, what) : Promise.resolve())
    if (javaScriptEnabled) await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Organisations', exact: true }).click()
    await isReadable('organisations')
    await page.getByLabel('Name, part of a name, or number').fill('Camden')
    await page.getByRole('button', { name: 'Show these' }).click()
    await page.getByRole('link', { name: 'Camden', exact: true }).first().click()
    await isReadable('an organisation')
    await page.getByRole('link', { name: 'Record a role' }).click()
    await page.getByRole('button', { name: 'Record the role' }).click()
    await isReadable('recording a role, with errors')
    await page.getByLabel('Who').fill(`somebody-${javaScriptEnabled}`)
    await page.getByLabel('Caldicott Guardian').check()
    await page.getByLabel('On what does it rest?').fill('Appointed')
    await page.getByRole('button', { name: 'Record the role' }).click()
    await page.getByRole('button', { name: 'End the role' }).click()
    await isReadable('a role, with errors')
    await page.getByLabel('Now').check()
    await page.getByLabel('Why?').fill('Left')
    await page.getByRole('button', { name: 'End the role' }).click()
    t.match(await page.locator('main').textContent(), /The role has ended/)
    await isReadable('a role that has ended')
    await page.goto(`${CAMDEN}/roles`)
    await isReadable('all roles')
    await page.context().close()
  }
  const admin = await signedInAs(browser, pages.address, 'Leila Haddad', { viewport: { width: 320, height: 640 } })
  for (const path of [
    '/organisations/new',
    ...['description', 'confirmation', 'merger', 'succession', 'contacts', 'clients'].map((one) => `${CAMDEN}/${one}`),
    ...['', '/new', '/GROUP_NCL_BOROUGHS'].map((one) => `/organisation-groups${one}`),
    ...['/name', '/members/new', '/members/1'].map((one) => `/organisation-groups/GROUP_NCL_BOROUGHS${one}`),
    '/organisations/LBC_SUTTON',
  ]) {
    await admin.goto(path)
    await isFit(t, admin, path)
  }
  await admin.goto(`${CAMDEN}/clients/revocation?client=x`)
  await isFit(t, admin, 'revoking a client')
  await admin.goto(`${CAMDEN}/clients/limits?client=x`)
  await isFit(t, admin, 'limiting a client')
  for (const [path, button] of [
    ['/organisations/new', 'Propose it'],
    [`${CAMDEN}/merger`, 'Merge them for good'],
    [`${CAMDEN}/succession`, 'End it, and name who follows'],
    ['/organisation-groups/new', 'Make it'],
    ['/organisation-groups/GROUP_NCL_BOROUGHS/members/new', 'Add it'],
    [`${CAMDEN}/clients`, 'Register it'],
    [`${CAMDEN}/clients/limits?client=x`, 'Set these limits'],
    [`${CAMDEN}/clients/revocation?client=x`, 'Revoke it'],
  ] as const) {
    await admin.goto(path)
    await admin.getByRole('button', { name: button }).click()
    t.equal(await admin.locator('.govuk-error-summary').count(), 1)
    await isFit(t, admin, `${path} with errors`)
  }
})
