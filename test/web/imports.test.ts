import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { personOf } from '../support/api-caller.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { ownerPool } from '../support/leaves.ts'
import { said, signIn, visitorOf } from '../support/visitor.ts'

// A register that an organisation keeps in a spreadsheet, brought in with a browser.

const pages = await testPages(t)
const { service } = pages
const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
const HEADER = 'Ref,Name of agreement,Partner(s),Type,Purpose,Legal basis,Direction,Date signed,Start,Expiry,Review date,Status,Shelf'
/** Forty lines as councils write them: one that repeats another, one with a day that is in no calendar, words that nobody knows. */
const LINES = Array.from({ length: 40 }, (_, n) => {
  const partner = n % 10 === 3 ? 'Northern Befriending Trust' : n % 10 === 7 ? 'Met Police HQ' : n % 2 ? 'Hackney' : 'Islington Council'
  const expiry = n === 12 ? '31/02/2030' : '31/03/2030'
  const status = n % 8 === 5 ? 'Parked' : 'Live'
  return `ISA-${n === 39 ? 1 : n},Sharing ${n === 39 ? 1 : n},${n === 39 ? 'Hackney' : partner},ISA,Homelessness,public task,Out,01/03/2025,01/04/2025,${expiry},01/04/2027,${status},Shelf ${n}`
})
LINES[39] = LINES[1] ?? ''
const REGISTER = `${[HEADER, ...LINES].join('\r\n')}\r\n`
const fileOf = (text: string | Buffer) => ({ name: 'register.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
/** Files that are no register, and what is said of them. */
const BAD: readonly (readonly [file: string | Buffer, words: RegExp])[] = [
  [Buffer.from('Title,Partners\nCaf\xe9,Hackney\n', 'latin1'), /Line 2 is not UTF-8/],
  ['Title,Partners\n"Open,Hackney\n', /in line \d a quotation mark is opened and never closed/],
  [Buffer.from('PK\x03\x04'), /This is a spreadsheet file, not CSV/],
  ['', /The selected file is empty/],
]
const owner = await ownerPool(service)
const countOf = async () => {
  const text = `select count(*)::int as n from agreement where origin = 'ELSEWHERE' and not sample and status <> 'WITHDRAWN'`
  return (await owner.query<{ n: number }>(text)).rows[0]?.n ?? 0
}
const isFit = async (t: Test, page: Page, what: string) => {
  await isAccessible(t, page, what)
  const wide = await overflowOf(page)
  t.equal(wide, 0, `${what} needs no scrolling sideways at 320 pixels`)
}
const idIn = (page: Page) => new URL(page.url()).pathname.split('/')[2] ?? ''

t.test('a register of forty lines comes from a file to records, and out again', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  const before = await countOf()
  const made = new Set<string>()
  for (const javaScriptEnabled of [true, false]) {
    const page = await signedInAs(browser, pages.address, 'Priya Raman', { javaScriptEnabled, viewport: { width: 320, height: 640 } })
    const readable = async (what: string) => (javaScriptEnabled ? isFit(t, page, what) : undefined)
    await page.goto('/agreements')
    await page.getByRole('link', { name: 'Bring in the register' }).click()
    await readable('the list of imports')
    await page.getByRole('button', { name: 'Bring in your register' }).click()
    t.match(await page.locator('main').textContent(), /CSV UTF-8 \(Comma delimited\)/, 'the page says how to save as CSV')
    await page.getByRole('button', { name: 'Send the file' }).click()
    t.match(await page.locator('.govuk-error-summary').textContent(), /Select the file of your register/)
    await readable('sending a file, with an error')
    for (const [bad, words] of BAD) {
      await page.locator('input[type=file]').setInputFiles(fileOf(bad))
      await page.getByRole('button', { name: 'Send the file' }).click()
      t.match(await page.locator('.govuk-error-summary').textContent(), words, 'the line and the rule are named')
    }
    t.equal((await officer('GET', '/v1/imports')).body.imports.length, made.size, 'and nothing of a bad file is kept')
    await page.locator('input[type=file]').setInputFiles(fileOf(REGISTER))
    await page.getByRole('button', { name: 'Send the file' }).click()
    await page.waitForURL(/\/imports\/[0-9a-f-]{36}$/)
    made.add(idIn(page))
    await readable('an import that is not in yet')

    await page.getByRole('link', { name: 'What each column holds' }).click()
    t.equal(await page.getByLabel('3. Partner(s)').inputValue(), 'partners', 'a known header is chosen already')
    t.equal(await page.getByLabel('13. Shelf').inputValue(), '', 'an unknown one is not')
    t.match(await page.locator('#column-12-hint').textContent(), /Shelf 0/, 'with what stands in it')
    await page.getByLabel('13. Shelf').selectOption('title')
    await page.getByRole('button', { name: 'Save and continue' }).click()
    t.match(await page.locator('.govuk-error-summary').textContent(), /Title is chosen for two columns/)
    t.equal(await page.getByLabel('13. Shelf').inputValue(), 'title', 'and what was chosen is kept')
    await readable('columns with an error')
    await page.getByLabel('13. Shelf').selectOption('location')
    await page.getByRole('button', { name: 'Save and continue' }).click()
    await page.waitForURL(/\/imports\/[0-9a-f-]{36}/)

    if (javaScriptEnabled) {
      await page.waitForURL('**/answers')
      await readable('answers')
      await page.getByRole('button', { name: 'Save these answers' }).click()
      await page.getByLabel('Status: what does “Parked” mean?').selectOption('ACTIVE')
      await page.getByLabel('Who is “Met Police HQ”?').selectOption('org MPS')
      await page.getByRole('button', { name: 'Save these answers' }).click()
      await page.getByRole('link', { name: /It stands for several organisations.*Northern Befriending Trust/ }).click()
      await page.getByRole('button', { name: 'Save this answer' }).click()
      t.match(await page.locator('.govuk-error-summary').textContent(), /Select the organisations that the name stands for/)
      await readable('several organisations with an error')
      await page.getByRole('link', { name: 'What your register leaves open' }).click()
      await page.getByRole('link', { name: /Propose it as a new organisation.*Northern Befriending Trust/ }).click()
      await page.getByRole('button', { name: 'Propose it' }).click()
      t.match(await page.locator('.govuk-error-summary').textContent(), /Select what kind of organisation it is/)
      await readable('a new organisation with an error')
      await page.getByLabel('What kind of organisation it is').selectOption('CHARITY')
      await page.getByRole('button', { name: 'Propose it' }).click()
      await page.waitForURL('**/answers')
    }
    await page.goto(`/imports/${idIn(page)}/lines?status=REFUSED`)
    t.match(
      await page.locator('main').innerText(),
      /Line 14: Sharing 12[\s\S]*31\/02\/2030" is in no calendar/,
      'a line with its fault and its cell',
    )
    await readable('lines that are left out')
    await page.goto(`/imports/${idIn(page)}/lines`)
    t.match(
      await page.locator('main').innerText(),
      /Line 2: Sharing 0[\s\S]*Islington Council[\s\S]*Camden; Islington/,
      'the cell, and what it was read as',
    )
    await page.getByRole('link', { name: 'Next lines' }).click()
    t.match(await page.locator('main').innerText(), /Line 22: /)
    t.equal(await countOf(), before, 'nothing is in the register yet')

    await page.goto(`/imports/${idIn(page)}`)
    await page.getByRole('button', { name: 'Bring in 38 records' }).click()
    for (let looks = 0; looks < 60 && !(await page.getByText('What is missing in each record').isVisible()); looks++) {
      await page.getByRole('link', { name: 'Show how far it is now' }).click()
      await page.waitForTimeout(500)
    }
    t.equal(await countOf(), before + 38)
    await readable('an import that is in')
    await page.getByRole('link', { name: 'What is missing in each record' }).click()
    t.match(
      await page.locator('main').innerText(),
      /Sharing 0[\s\S]*Signatures that nobody has confirmed: Camden, Islington[\s\S]*What the text says: \d+ things are missing/,
    )
    await readable('what is missing')
    await page.goto(`/imports/${idIn(page)}`)
    await page.getByRole('link', { name: 'Undo this import' }).click()
    t.match(await page.locator('main').innerText(), /38 records are taken out of the register/)
    await readable('undoing')
    await page.getByRole('button', { name: 'Undo the import' }).click()
    for (let looks = 0; looks < 60 && !(await page.getByText('To bring the register in after all').isVisible()); looks++) {
      await page.getByRole('link', { name: 'Show how far it is now' }).click()
      await page.waitForTimeout(500)
    }
    t.match(await page.locator('main').innerText(), /38 records are out of the register again/)
    await page.context().close()
  }
  t.equal(made.size, 2)
})

t.test('an import is seen by its organisation alone: anybody else finds nothing at its address', async (t) => {
  const { id } = (await officer('POST', '/v1/imports', { body: { csv: REGISTER } })).body
  const stranger = visitorOf(pages)
  await signIn(stranger, 'demo-islington-ig')
  for (const path of ['', '/columns', '/answers', '/answers/organisation', '/answers/several', '/lines', '/missing', '/undo'])
    t.equal((await stranger.go(`/imports/${id}${path}`)).status, 404, path)
  t.equal((await stranger.send('/imports', `/imports/${id}/commit`, { version: '1' })).status, 404)
  t.notMatch((await stranger.go('/imports')).text, id)
  const signatory = visitorOf(pages)
  await signIn(signatory, 'demo-camden-siro')
  t.equal((await signatory.go('/imports/new')).status, 403, 'and by those of its organisation who may bring registers in')
})

t.test('what is missing in a record grows less as it is put right, by the rule that a draft is checked by', async (t) => {
  const csv = `${HEADER}\r\n${(LINES[0] ?? '').replace('Sharing 0', 'Put right later').replace('ISA-0', 'ISA-PUT-RIGHT')}\r\n`
  const { id } = (await officer('POST', '/v1/imports', { body: { csv } })).body
  const headers = { 'if-match': '*' }
  t.equal((await officer('POST', `/v1/imports/${id}/commit`, { headers })).status, 200)
  const visitor = visitorOf(pages)
  await signIn(visitor, 'demo-camden-ig')
  const shown = async () => said((await visitor.go(`/imports/${id}/missing`)).text)
  const missingIn = (text: string) => Number(/What the text says: (\d+) things are missing/.exec(text)?.[1])
  const before = await shown()
  t.match(before, /Put right later[\s\S]*nobody has confirmed: Camden, Islington/)
  const [row] = (await officer('GET', `/v1/imports/${id}`)).body.rows
  const at = `/v1/agreements/${row.agreement}`
  const partner = await personOf(service, 'LBC_ISLINGTON', ['IG_OFFICER'])
  t.equal((await partner('POST', `${at}/signature-confirmations`, { body: { version: 1 }, headers })).status, 201)
  t.match(await shown(), /nobody has confirmed: Camden\. /, 'who confirmed is no longer waited for')
  const advice = await officer('GET', `${at}/advice`)
  const narrative = advice.body.advice.filter(
    ({ pointer, code }: { pointer: string; code: string }) => code === 'FIELD_MISSING' && pointer.startsWith('/terms/narrative'),
  )
  t.equal(missingIn(before), narrative.length, 'as the advice on the same version says')
  t.equal((await officer('POST', `${at}/amendments`, { body: { reason: 'Written out' }, headers })).status, 201)
  const sections = { purpose: 'Placing families', necessity_proportionality: 'Only who is placed', benefits: 'Nobody is lost' }
  const written = await officer('PUT', `${at}/draft/narrative`, { body: sections, headers })
  t.equal(written.status, 200, written.text)
  t.equal(missingIn(await shown()), narrative.length - 1)
})

t.test('a name that stands for several organisations that are no group is answered with a browser', async (t) => {
  const csv = `${HEADER}\r\n${(LINES[0] ?? '').replace('Islington Council', 'Our two neighbours')}\r\n`
  const { id } = (await officer('POST', '/v1/imports', { body: { csv } })).body
  const visitor = visitorOf(pages)
  await signIn(visitor, 'demo-camden-ig')
  const path = `/imports/${id}/answers/several`
  const version = String((await officer('GET', `/v1/imports/${id}`)).body.row_version)
  const form = await visitor.go(`${path}?text=Our%20two%20neighbours`)
  const [, token = ''] = /name="_csrf" value="([^"]+)"/.exec(form.text) ?? []
  const orgs = ['LBC_HACKNEY', 'LBC_ISLINGTON'].map((org): [string, string] => ['orgs', org])
  const sent = new URLSearchParams([['_csrf', token], ['version', version], ['text', 'Our two neighbours'], ...orgs])
  t.equal((await visitor.go(path, 'POST', sent.toString())).status, 303)
  const [row] = (await officer('GET', `/v1/imports/${id}`)).body.rows
  t.strictSame(row.parties, ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON'])
})
