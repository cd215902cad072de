import { request as httpRequest } from 'node:http'
import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { ownerPool } from '../support/leaves.ts'
import { PDF, WINDOWS_PROGRAM } from '../support/sample-files.ts'
import { signIn, type Visitor, visitorOf } from '../support/visitor.ts'

// Signatures given elsewhere in the browser: stated with a file that shows it, attested by a second person, accepted, disputed.

const LIST = '/agreements/DEMO-SIGN/signatures-elsewhere'
const BOUNDARY = 'form-data-boundary'
const pages = await testPages(t)
const { service } = pages
const owner = await ownerPool(service)
const filesKept = async () => (await owner.query<{ n: number }>(`select count(*)::int as n from evidence_file`)).rows[0]?.n ?? 0
const visitor = async (account: string): Promise<Visitor> => {
  const who = visitorOf(pages)
  await signIn(who, account)
  return who
}
interface FormFile {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}
/** A form as a browser writes it with a file (RFC 7578). */
const written = (fields: Readonly<Record<string, string>>, file?: FormFile) => {
  const part = (header: string, value: Buffer | string) => [
    `--${BOUNDARY}\r\ncontent-disposition: form-data; ${header}\r\n\r\n`,
    value,
    '\r\n',
  ]
  const pieces = Object.entries(fields).flatMap(([name, value]) => part(`name="${name}"`, value))
  const sent = file ? part(`name="file"; filename="${file.name}"\r\ncontent-type: ${file.type}`, file.bytes) : []
  return Buffer.concat([...pieces, ...sent, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)))
}
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`
const post = async (who: Visitor, path: string, payload: Buffer, type = MULTIPART) => {
  const cookie = [...who.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const reply = await service.inject({ method: 'POST', url: path, headers: { cookie, 'content-type': type }, payload })
  return { status: reply.statusCode, text: reply.body, location: reply.headers['location'] }
}
const tokenOf = async (who: Visitor, path = `${LIST}/new`) => /name="_csrf" value="([^"]+)"/.exec((await who.go(path)).text)?.[1] ?? ''
const hash = /SHA-256 <span class="app-hash">([0-9a-f]{64})/.exec(
  (await (await visitor('demo-camden-ig')).go('/agreements/DEMO-SIGN')).text,
)?.[1]
const [year = '', month = '', day = ''] = new Date().toISOString().slice(0, 10).split('-')
const STATED = {
  ...{ org: 'LBC_ISLINGTON', text: `1 ${hash}`, name: 'N. Director (fictional)', post: 'Director', way: 'PAPER', approved: 'yes' },
  ...{ 'signed_on-day': day, 'signed_on-month': month, 'signed_on-year': year },
}
const SCAN: FormFile = { name: 'signed page ✍.pdf', type: 'application/pdf', bytes: PDF }

t.test('a form with a file does nothing without its token, and a form that takes no file is read without it', async (t) => {
  const who = await visitor('demo-camden-ig')
  const before = await filesKept()
  for (const token of ['', 'guessed']) t.match(await post(who, `${LIST}/new`, written({ _csrf: token, ...STATED }, SCAN)), { status: 403 })
  t.match(await post(visitorOf(pages), `${LIST}/new`, written(STATED, SCAN)), { status: 307 }, 'nor for somebody who has not signed in')
  const plain = await post(who, '/attested-signatures', written({ _csrf: await tokenOf(who), accepted: 'yes', reason: 'x' }, SCAN))
  t.match(plain, { status: 403 }, 'read as any form, and refused as any: only the SIRO says so')
  t.equal(await filesKept(), before, 'nothing is kept of either')
})

t.test('what is no form, breaks off or has too much in it is refused, and leaves nothing behind', async (t) => {
  const who = await visitor('demo-camden-ig')
  const token = await tokenOf(who)
  const before = await filesKept()
  const whole = written({ _csrf: token, ...STATED }, { ...SCAN, bytes: Buffer.alloc(300_000, PDF) })
  for (const [bytes, type, status] of [
    [Buffer.from('--x'), 'multipart/form-data', 400],
    [Buffer.from('nothing of a form'), MULTIPART, 400],
    [whole.subarray(0, 60), MULTIPART, 400],
    [written({ _csrf: token, name: 'x'.repeat(100_001) }), MULTIPART, 413],
    [written(Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`f${n}`, 'x']))), MULTIPART, 413],
  ] as const)
    t.equal((await post(who, `${LIST}/new`, bytes, type)).status, status, `${type} ${bytes.length}`)
  const cut = await post(who, `${LIST}/new`, whole.subarray(0, whole.length - 200_000))
  t.match(cut, { status: 422, text: /could not be uploaded – try again/ }, 'a file that breaks off')
  t.match(cut.text, /value="N. Director \(fictional\)"/, 'and what was typed is kept')
  t.equal(await filesKept(), before)
})

t.test('what stands behind the file of a form is not read: nobody has looked at it', async (t) => {
  const who = await visitor('demo-camden-ig')
  const fields = { _csrf: await tokenOf(who), ...STATED, name: '' }
  const end = `--${BOUNDARY}--\r\n`
  const whole = written(fields, SCAN).toString('latin1')
  const behind = (value: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="post"\r\n\r\n${value}\r\n${end}`
  for (const value of ['Smuggled in', 'Smuggled\0in']) {
    const reply = await post(who, `${LIST}/new?more=yes`, Buffer.from(whole.slice(0, -end.length) + behind(value), 'latin1'))
    t.equal(reply.status, 200)
    t.match(reply.text, /value="Director"/)
    t.notMatch(reply.text, /Smuggled/)
  }
})

t.test('a file is refused in words that say what to do, and one that was kept is not sent again', async (t) => {
  const who = await visitor('demo-camden-ig')
  const token = await tokenOf(who)
  const send = (fields: object, file?: FormFile) => post(who, `${LIST}/new`, written({ _csrf: token, ...fields }, file))
  for (const [file, words] of [
    [{ ...SCAN, bytes: Buffer.alloc(0) }, /The selected file is empty/],
    [{ ...SCAN, bytes: WINDOWS_PROGRAM }, /The selected file must be a PDF/],
    [{ name: 'a.exe', type: 'application/octet-stream', bytes: WINDOWS_PROGRAM }, /The selected file must be a PDF/],
    [{ ...SCAN, name: '' }, /Select the file that shows the signature/],
    [undefined, /Select the file that shows the signature/],
  ] as const) {
    const reply = await send(STATED, file)
    t.match(reply, { status: 422, text: words })
    t.match(reply.text, /href="#file"/, 'beside the field')
  }
  const half = await send({ ...STATED, name: '', 'signed_on-month': '13' }, SCAN)
  t.match(half, { status: 422, text: /Enter the name of whoever signed[\s\S]*The day must be a real day/ })
  t.match(half.text, /signed page ✍\.pdf/)
  const kept = /name="evidence" value="([^"]+)"/.exec(half.text)?.[1] ?? ''
  const other = await visitor('demo-islington-ig')
  const theirs = await post(other, `${LIST}/new`, written({ _csrf: await tokenOf(other), ...STATED, evidence: kept }))
  t.match(theirs, { status: 422, text: /Select the file that shows the signature/ }, 'the file of another organisation is none')
  t.match(
    await send({ ...STATED, name: 'x'.repeat(201), evidence: kept }),
    { status: 422, text: /href="#name"/ },
    'the contract speaks beside its field',
  )
  t.match(
    await send({ ...STATED, 'signed_on-year': '1999', evidence: kept }),
    { status: 422, text: /href="#signed_on"/ },
    'and so does the service',
  )
  t.match(await send({ ...STATED, evidence: kept }), { status: 303, location: LIST })
  t.match(await send({ ...STATED, evidence: kept }), { status: 303, location: LIST }, 'the same form, clicked twice')
  const anew = written({ _csrf: await tokenOf(who), ...STATED, evidence: kept })
  t.match(await post(who, `${LIST}/new`, anew), { status: 422, text: /is stated already/ }, 'it was stated once')
})

t.test('what was typed beside a file is not lost when the session had ended; the file is sent anew', async (t) => {
  const who = await visitor('demo-camden-ig')
  const form = written({ _csrf: await tokenOf(who), ...STATED, name: 'Kept for me (fictional)' }, SCAN)
  await who.send('/agreements', '/sign-out', {})
  const before = await filesKept()
  const first = await post(who, `${LIST}/new`, form)
  t.equal(first.status, 307)
  const { headers, statusCode } = await service.inject({
    ...{ method: 'POST', url: String(first.location), payload: form },
    headers: { cookie: [...who.jar].map(([name, value]) => `${name}=${value}`).join('; '), 'content-type': MULTIPART },
  })
  t.match({ statusCode, headers }, { statusCode: 303, headers: { location: /kept=yes/ } })
  for (const cookie of [headers['set-cookie'] ?? []].flat()) who.jar.set(cookie.split('=')[0] ?? '', /=([^;]*)/.exec(cookie)?.[1] ?? '')
  t.match((await signIn(who, 'demo-camden-ig', `${LIST}/new`)).text, /Not sent yet[\s\S]*value="Kept for me \(fictional\)"/)
  t.equal(await filesKept(), before)
})

t.test('evidence is saved and never shown, by whoever may see the agreement and nobody else', async (t) => {
  const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const { statements } = (await camden('GET', '/v1/agreements/DEMO-SIGN/signature-statements')).body
  const file = `/files/${statements[0].evidence[0]}`
  const reader = await visitor('demo-islington-dpo')
  const saved = await reader.go(file)
  t.match(saved, { status: 200, text: PDF.toString() })
  t.match(saved.headers, {
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent('signed page ✍.pdf')}`,
    'x-content-type-options': 'nosniff',
    'content-type': 'application/pdf',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'no-store',
  })
  const stranger = await visitor('demo-hackney-ig')
  for (const path of [file, LIST, `${LIST}/new`, `${LIST}/${statements[0].id}/attest`, '/files/x', `/files/${statements[0].id}`])
    t.match(await stranger.go(path), { status: 404 }, path)
  for (const id of ['x', statements[0].id])
    t.match(await stranger.send('/work', `${LIST}/${id}/dispute`, { reason: 'x' }), { status: 404 }, id)
})

t.test('somebody who leaves while their file is on its way leaves nothing behind', { skip: NO_BROWSER }, async (t) => {
  const browser = await openBrowser(t, pages)
  await t.test('they leave', async (t) => {
    const who = await visitor('demo-camden-ig')
    const token = await tokenOf(who)
    const before = await filesKept()
    const cookie = [...who.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const whole = written({ _csrf: token, ...STATED }, { ...SCAN, bytes: Buffer.alloc(3_000_000, PDF) })
    const headers = { cookie, 'content-type': MULTIPART, 'content-length': String(whole.length) }
    const leaving = httpRequest(new URL(`${LIST}/new`, pages.address), { method: 'POST', headers })
    leaving.on('error', () => {})
    leaving.write(whole.subarray(0, 2_000_000))
    t.ok(await eventually(async () => (await filesKept()) > before), 'it is on its way')
    leaving.destroy()
    t.ok(await eventually(async () => (await filesKept()) === before), 'and gone')
  })

  await t.test('stated, attested, accepted and disputed in a real browser', async (t) => {
    const answer = async () => {
      const headers = { ...(await service.as({ org: 'LBC_CAMDEN' })), 'content-type': 'application/json' }
      const share = {
        ...{
          provider: 'LBC_CAMDEN',
          recipient: 'LBC_ISLINGTON',
          purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
          agreement_ref: 'DEMO-SIGN',
        },
        ...{ data_items: ['IDENTITY.NAME'], data_subjects: ['HOMELESS_APPLICANT'], method: 'API_MTLS', country: 'GB', mode: 'SYSTEMATIC' },
      }
      return (await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: JSON.stringify(share) })).json()
    }
    const readable = async (page: Awaited<ReturnType<typeof signedInAs>>, what: string) => {
      await isAccessible(t, page, what)
      const width = await overflowOf(page)
      t.equal(width, 0, `${what} at 320 pixels`)
    }
    const small = { viewport: { width: 320, height: 640 } }
    const first = await signedInAs(browser, pages.address, 'Priya Raman', small)
    await first.goto('/agreements/DEMO-SIGN')
    await first.getByRole('link', { name: 'Signatures given elsewhere' }).click()
    await readable(first, 'signatures given elsewhere')
    await first.getByRole('button', { name: 'State a signature' }).click()
    await readable(first, 'stating a signature')
    await first.getByLabel('Who has signed').selectOption('LBC_CAMDEN')
    await first
      .locator('input[type=file]')
      .setInputFiles({ name: 'all.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(20 * 1024 * 1024 + 1, PDF) })
    await first.getByRole('button', { name: 'State the signature' }).click()
    t.match(await first.locator('.govuk-error-summary').textContent(), /The selected file must be smaller than 20MB/)
    t.equal(await first.getByLabel('Who has signed').inputValue(), 'LBC_CAMDEN')
    await readable(first, 'stating with errors')
    await first.locator('input[type=file]').setInputFiles({ name: 'page 1.pdf', mimeType: 'application/pdf', buffer: PDF })
    await first.getByRole('button', { name: 'Send this file and add another' }).click()
    t.match(await first.locator('main').textContent(), /Files that you have sent\s*page 1\.pdf/)
    for (const [label, text] of [
      ['Name of whoever signed', 'C. Executive (fictional)'],
      ['Their post', 'Chief Executive'],
      ['Day', day],
      ['Month', month],
      ['Year', year],
    ] as const)
      await first.getByLabel(label, { exact: true }).fill(text)
    await first.getByLabel('By a minute of a body that decides').check()
    await first.getByLabel('Yes', { exact: true }).check()
    await first.getByRole('button', { name: 'State the signature' }).click()
    await first.waitForURL(`**${LIST}`)
    t.match(await first.locator('main').textContent(), /C\. Executive \(fictional\), Chief Executive[\s\S]*By a minute[\s\S]*page 1\.pdf/)
    await first.getByRole('link', { name: /Attest it.*Camden/ }).click()
    await first.getByRole('button', { name: 'I have seen the evidence and attest it' }).click()
    t.match(await first.locator('.govuk-error-summary').textContent(), /Two people attest a signature: another one must/)
    await readable(first, 'attesting, refused')

    // Without JavaScript from here on.
    const second = await signedInAs(browser, pages.address, 'Tom Adeyemi', { javaScriptEnabled: false })
    for (const org of ['Camden', 'Islington']) {
      await second.goto(LIST)
      await second.getByRole('link', { name: new RegExp(`Attest it.*${org}`) }).click()
      await second.getByRole('button', { name: 'I have seen the evidence and attest it' }).click()
      await second.waitForURL(`**${LIST}`)
    }
    t.match(
      await second.getByRole('region', { name: 'How each party has signed' }).textContent(),
      /Camden\s*Attested by two people of Camden[\s\S]*No\s*Islington\s*Attested by two people of Camden/,
    )
    await second.goto('/agreements/DEMO-SIGN/parties')
    t.match(await second.getByRole('region', { name: 'Parties' }).textContent(), /Islington[\s\S]*Elsewhere, as two people attest: by whom/)
    await second.getByRole('link', { name: 'Summary' }).click()
    await second
      .getByRole('link', { name: /where each party stands/ })
      .first()
      .click()
    await second.goto(`${new URL(second.url()).pathname}/progress`)
    t.match(
      await second.locator('main').innerText(),
      /Signed elsewhere\s+On [\w ]+: attested by two people of Camden, not confirmed by Islington/,
    )
    await first.goto(LIST)
    await readable(first, 'attested signatures')
    t.equal((await answer()).decision, 'DENY', 'nobody accepts such')

    for (const [name, org] of [
      ['Margaret Chen', 'Camden'],
      ['Ruth Abrams', 'Islington'],
    ] as const) {
      const siro = await signedInAs(browser, pages.address, name, { javaScriptEnabled: false })
      await siro.goto(LIST)
      await siro.getByRole('link', { name: 'Whether your organisation accepts attested signatures' }).click()
      await siro.getByRole('button', { name: 'Record the decision' }).click()
      t.match(await siro.locator('.govuk-error-summary').textContent(), /Select whether your organisation accepts them\s*Say why/)
      await siro.getByLabel('Yes').check()
      await siro.getByLabel('Why?').fill('Our partners sign on paper')
      await siro.getByRole('button', { name: 'Record the decision' }).click()
      t.match(await siro.locator('main').textContent(), new RegExp(`${org} accepts them since`))
      await siro.context().close()
    }
    t.equal((await answer()).decision, 'PERMIT')

    const named = await signedInAs(browser, pages.address, 'Sofia Marques', small)
    await named.goto('/attested-signatures')
    await readable(named, 'whether attested signatures are accepted')
    await named.goto(LIST)
    t.equal(await named.getByRole('link', { name: /Confirm it by signing here/ }).getAttribute('href'), '/sign/DEMO-SIGN/1')
    await named.getByRole('link', { name: /Dispute it.*Islington/ }).click()
    t.match(await named.locator('main').textContent(), /Sharing that rests on this signature of Islington stops at once/)
    await named.getByRole('button', { name: 'Dispute the signature' }).click()
    t.match(await named.locator('.govuk-error-summary').textContent(), /Say why/)
    await readable(named, 'disputing with an error')
    await named.getByLabel('Why?').fill('Our director did not sign this text')
    await named.getByRole('button', { name: 'Dispute the signature' }).click()
    await named.waitForURL(`**${LIST}`)
    t.match(await named.locator('main').textContent(), /Disputes that it has signed elsewhere[\s\S]*Our director did not sign this text/)
    t.equal((await answer()).decision, 'DENY')
  })
})
