import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { log } from '../../src/cli/log/log.ts'
import { addDays, londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { ownerPool } from '../support/leaves.ts'

// The decision log in the browser: found, read, proven and worked out again, by an auditor and by whoever may know of a decision.

t.test('an auditor finds a decision and proves it; a stranger learns nothing of it', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t, { register: 'ORGANISATIONS' })
  const desk = await deskOn(pages.service)
  const today = londonDay(Date.now())
  const orgs = ['LBC_CAMDEN', 'LBC_HACKNEY']
  const agreement = await desk.draft({ title: 'Homelessness referrals', effectiveFrom: today, effectiveTo: addDays(today, 700), orgs })
  const { hash } = await desk.freeze(agreement)
  for (const org of orgs) t.match(await desk.sign(agreement.id, org, 1, hash), { status: 201 })
  t.equal(await desk.ask('LBC_CAMDEN', 'LBC_HACKNEY', { agreement_ref: agreement.id }), 'PERMIT')
  t.match(await desk.ask('LBC_CAMDEN', 'LBC_HACKNEY', { agreement_ref: agreement.id, country: 'US' }), /^DENY/)
  const browser = await openBrowser(t, pages)
  const main = (page: Page) => page.locator('main').innerText()
  const readable = async (page: Page, what: string, isWhole = true) => {
    if (isWhole) await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
  }
  const owner = await ownerPool(pages.service)
  const reads = async () =>
    Number((await owner.query(`select count(*) from audit.leaf where convert_from(leaf, 'UTF8') like '%audit.read%'`)).rows[0].count)

  for (const javaScriptEnabled of [true, false]) {
    await t.test(`${javaScriptEnabled ? 'with' : 'without'} JavaScript the auditor searches, reads and checks`, async (t) => {
      const auditor = await signedInAs(browser, pages.address, 'Martin Webb', { viewport: { width: 320, height: 640 }, javaScriptEnabled })
      const menu = auditor.getByRole('button', { name: 'Menu' })
      if (await menu.isVisible()) await menu.click()
      const before = await reads()
      await auditor.getByRole('link', { name: 'Decision log' }).click()
      t.match(await main(auditor), /Denied[\s\S]*Permitted/)
      t.equal(await reads(), before + 1, 'a trace as the API leaves it')
      await readable(auditor, 'the decision log', javaScriptEnabled)
      await auditor.getByLabel('Answer').selectOption('PERMIT')
      for (const part of ['day', 'month', 'year']) await auditor.locator(`[name="from-${part}"]`).fill('31')
      await auditor.getByRole('button', { name: 'Show these' }).click()
      t.match(await auditor.locator('.govuk-error-summary').innerText(), /Enter a day that exists/)
      await readable(auditor, 'a day that is none', javaScriptEnabled)
      const [year = '', month = '', day = ''] = today.split('-')
      for (const [part, text] of Object.entries({ day, month, year })) await auditor.locator(`[name="from-${part}"]`).fill(text)
      await auditor.getByRole('button', { name: 'Show these' }).click()
      t.equal(await auditor.locator('tbody tr').count(), 1)
      t.match(await auditor.locator('tbody').innerText(), /^(?!.*Denied)[\s\S]*Permitted/)

      await auditor.locator('tbody a').click()
      await eventually(async () => {
        await auditor.reload()
        return /Checked against the tree of \d+ entries signed at \d+ \w+ \d{4}/.test(await main(auditor))
      })
      const text = await main(auditor)
      t.match(text, /Camden to Hackney[\s\S]*The share is permitted[\s\S]*What must be done with the data[\s\S]*Homelessness referrals/)
      t.match(text, /signed with the key of the log[\s\S]*stands in that tree[\s\S]*is what the entry was made of/)
      await readable(auditor, 'a decision', javaScriptEnabled)

      const folder = mkdtempSync(join(tmpdir(), 'accord-'))
      const [at, of] = [join(folder, 'decision.json'), join(folder, 'vkey')]
      const download = auditor.waitForEvent('download')
      await auditor.getByRole('link', { name: 'Download the record' }).click()
      await (await download).saveAs(at)
      const name = /decisions-\d{4}/.exec(text)?.[0]
      writeFileSync(of, (await pages.service.inject({ method: 'GET', url: `/log/${name}/vkey` })).body)
      const out: string[] = []
      const io = { out: (line: string) => out.push(line), err: (line: string) => out.push(line) }
      t.equal(await log(['verify', '--decision', at, '--vkey', of], io as never), 0, 'whoever has the file and the key needs no service')
      t.match(out.join('\n'), /ok {3}payload[\s\S]*0 failed/)

      await auditor.getByRole('link', { name: 'Would the same be answered again?' }).click()
      t.match(await main(auditor), /Yes: the same is answered\. The rules are those of then/)
      await readable(auditor, 'the same question again', javaScriptEnabled)
    })
  }

  await t.test('the officer of a party reads a refusal with its reasons, what would permit it and the law', async (t) => {
    const officer = await signedInAs(browser, pages.address, 'Aisha Khan', { viewport: { width: 320, height: 640 } })
    await officer.goto('/decisions?outcome=DENY')
    await officer.locator('tbody a').click()
    t.match(await main(officer), /not permitted, because:[\s\S]*would have made it permitted[\s\S]*As an officer reads it/)
    await officer.getByText('The law that it rests on').click()
    t.match(await main(officer), /UK GDPR/)
    await readable(officer, 'a refusal')
    t.match((await officer.request.get('/decisions.csv?outcome=DENY')).headers(), { 'cache-control': 'private, no-store' })
    t.match(await (await officer.request.get('/decisions.csv?outcome=DENY')).text(), /^decision_id,[^\n]*\r\n[^\n]*DENY[^\n]*\r\n$/)
    t.match(JSON.parse(await (await officer.request.get('/decisions.jsonl?outcome=DENY')).text()), { event_name: 'adl.access_evaluation' })
    t.equal((await officer.request.get('/decisions.csv?from-day=99')).status(), 400)
  })

  await t.test('whoever has no part in it finds nothing, whatever they ask of it', async (t) => {
    const officer = await signedInAs(browser, pages.address, 'Aisha Khan')
    await officer.goto('/decisions')
    const path = String(await officer.locator('tbody a').first().getAttribute('href'))
    const stranger = await signedInAs(browser, pages.address, 'Sofia Marques')
    await stranger.goto('/decisions')
    t.match(await main(stranger), /No decision is recorded yet/)
    for (const over of ['', '/replay', '/record.json']) t.equal((await stranger.goto(`${path}${over}`))?.status(), 404, `${path}${over}`)
    for (const none of ['/decisions/none', `${path}.1`, `${path}.x`]) t.equal((await officer.goto(none))?.status(), 404, none)
  })

  await t.test(
    'words that were put in the place of the recorded ones are shown to nobody, and an auditor reads what is wrong',
    async (t) => {
      const auditor = await signedInAs(browser, pages.address, 'Martin Webb', { viewport: { width: 320, height: 640 } })
      await auditor.goto('/decisions/log')
      t.match(await main(auditor), /Nothing (is wrong|wrong was found)[\s\S]*decisions-\d{4}\s+Signed up to \d+ entries/)
      await readable(auditor, 'a log in order')
      await auditor.goto('/decisions')
      const path = String(await auditor.locator('tbody a').first().getAttribute('href'))
      await owner.query(`
      alter table audit.payload disable trigger all;
      update audit.payload set body = convert_to(replace(convert_from(body, 'UTF8'), 'HOMELESSNESS', 'HOMELESSNESS_'), 'UTF8') where event_id = '${path.split('/').at(-1)}';
      alter table audit.payload enable trigger all;`)
      await auditor.goto(path)
      t.match(await main(auditor), /not what was recorded, so it is not shown[\s\S]*Checked against the tree/)
      t.notMatch(await main(auditor), /HOMELESSNESS_|As an officer reads it/)
      await readable(auditor, 'a decision whose words were changed')
      await auditor.goto(`${path}/replay`)
      t.match(await main(auditor), /cannot be worked out again/)
      await auditor.goto('/decisions/log')
      t.match(await main(auditor), /1 thing is not in order[\s\S]*What was asked and answered in a decision is not what was recorded/)
      await readable(auditor, 'a log with a finding')
      const officer = await signedInAs(browser, pages.address, 'Aisha Khan')
      t.equal((await officer.goto('/decisions/log'))?.status(), 403)
    },
  )

  await t.test(
    'a batch is read as a whole: who asked, how many were permitted and denied, each question with its reasons, part after part',
    async (t) => {
      const question = { ...SHARE, provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY', agreement_ref: agreement.id }
      const evaluations = Array.from({ length: 60 }, (_, at) => ({ ...question, country: at % 3 === 0 ? 'US' : 'GB' }))
      const headers = { ...(await pages.service.as({ org: 'LBC_CAMDEN' })), 'content-type': 'application/json' }
      const payload = JSON.stringify({ evaluations, answers: 'COMPACT' })
      const sent = await pages.service.inject({ method: 'POST', url: '/v1/decisions/batch', headers, payload })
      const whole = `/decisions/${String(sent.json().evaluations[0].decision_id).split('.')[0]}`
      const officer = await signedInAs(browser, pages.address, 'Aisha Khan', { viewport: { width: 320, height: 640 } })
      await officer.goto(whole)
      t.match(await main(officer), /A (system|person) of Camden.* asked 60 questions in one call[\s\S]*40 permitted, 20 denied/)
      t.match(
        await officer.locator('tbody tr').first().innerText(),
        /Denied\s+Transfer to this country not allowed\s+Camden to Hackney\s+Notice of a placement/,
      )
      await readable(officer, 'a batch')
      await officer.getByRole('link', { name: 'Later questions' }).click()
      t.equal(await officer.locator('tbody tr').count(), 10)
      await officer.locator('tbody a').last().click()
      t.match(await main(officer), /The share is permitted/)
      const stranger = await signedInAs(browser, pages.address, 'Sofia Marques')
      t.equal((await stranger.goto(whole))?.status(), 404)
    },
  )

  for (const javaScriptEnabled of [true, false])
    await t.test(
      `${javaScriptEnabled ? 'with' : 'without'} JavaScript an officer reads what may be shared now, and takes it along`,
      async (t) => {
        const officer = await signedInAs(browser, pages.address, 'Aisha Khan', { viewport: { width: 320, height: 640 }, javaScriptEnabled })
        await officer.goto('/may-i-share')
        await officer.getByRole('link', { name: /All that .* may send or receive/ }).click()
        t.match(
          await main(officer),
          /What Hackney may send[\s\S]*Camden[\s\S]*Homelessness[\s\S]*version 1, flow F1\s+Hackney: Public task/,
        )
        await readable(officer, 'what may be shared', javaScriptEnabled)
        t.equal(await officer.locator('tbody a').first().getAttribute('href'), `/agreements/${agreement.id}`)
        const sent = await (await officer.request.get(String(await officer.getByRole('link', { name: /CSV/ }).getAttribute('href')))).text()
        t.match(sent, new RegExp(`^provider,recipient,[^\n]*\r\nLBC_HACKNEY,LBC_CAMDEN,[^\n]*${agreement.id},1,`))
        await officer.getByLabel('To or from whom').selectOption('LBC_BARNET')
        await officer.getByRole('button', { name: 'Show these' }).click()
        t.match(await main(officer), /No agreement in force permits this/)
        await readable(officer, 'nothing that may be shared', javaScriptEnabled)
        t.equal((await officer.request.get('/permissions?token=none')).status(), 400, 'a part of the table that nobody was given')
        await officer.getByRole('link', { name: 'The record of this look' }).click()
        t.match(await main(officer), /Only looked for/)
        const stranger = await signedInAs(browser, pages.address, 'Sofia Marques', { javaScriptEnabled })
        await stranger.goto('/permissions?direction=RECEIVE')
        t.match(await main(stranger), /No agreement in force permits/)
        t.notMatch(await main(stranger), agreement.id)
        const auditor = await signedInAs(browser, pages.address, 'Martin Webb', { javaScriptEnabled })
        t.equal((await auditor.goto('/permissions'))?.status(), 403, 'who reads the log asks for no shares')
      },
    )
})
