import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { log } from '../../src/cli/log/log.ts'
import { addDays, londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'

// The trail of acts and the reads of the log in the browser, for an auditor and for those who oversee an organisation.

t.test('who did what to which record, and who read of it, is found and proven in the browser', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t, { register: 'ORGANISATIONS' })
  const desk = await deskOn(pages.service)
  const today = londonDay(Date.now())
  const orgs = ['LBC_CAMDEN', 'LBC_HACKNEY']
  const agreement = await desk.draft({ title: 'Homelessness referrals', effectiveFrom: today, effectiveTo: addDays(today, 700), orgs })
  const { hash } = await desk.freeze(agreement)
  for (const org of orgs) t.match(await desk.sign(agreement.id, org, 1, hash), { status: 201 })
  const browser = await openBrowser(t, pages)
  const main = (page: Page) => page.locator('main').innerText()
  const viewport = { width: 320, height: 640 }

  for (const javaScriptEnabled of [true, false]) {
    await t.test(`an auditor, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async (t) => {
      const readable = async (page: Page, what: string) => {
        if (javaScriptEnabled) await isAccessible(t, page, what)
        t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
      }
      const auditor = await signedInAs(browser, pages.address, 'Martin Webb', { viewport, javaScriptEnabled })
      await auditor.goto('/trail')
      t.match(await main(auditor), /Agreement: signed[\s\S]*Hackney/)
      await readable(auditor, 'the trail')
      await auditor.getByLabel('Reference of the record').fill(agreement.id)
      for (const part of ['day', 'month', 'year']) await auditor.locator(`[name="from-${part}"]`).fill('31')
      await auditor.getByRole('button', { name: 'Show these' }).click()
      t.match(await auditor.locator('.govuk-error-summary').innerText(), /Enter a day that exists/)
      await readable(auditor, 'a day that is none')
      for (const part of ['day', 'month', 'year']) await auditor.locator(`[name="from-${part}"]`).fill('')
      await auditor.getByLabel('Done for').selectOption('LBC_HACKNEY')
      await auditor.getByRole('button', { name: 'Show these' }).click()
      t.match(await auditor.locator('tbody').innerText(), /Agreement: signed/)
      t.notMatch(await auditor.locator('tbody').innerText(), /frozen/, 'Camden froze the text')
      t.equal(await auditor.locator('tbody a[href^="/agreements/"]').first().getAttribute('href'), `/agreements/${agreement.id}`)
      t.match(
        await (await auditor.request.get(`/trail.csv?record=${agreement.id}`)).text(),
        /^leaf_id,at,org,[^\n]*\r\n[^\n]*agreement\.signed/,
      )

      await auditor.locator('tbody th a').first().click()
      await eventually(async () => {
        await auditor.reload()
        return /Checked against the tree of \d+ entries signed at/.test(await main(auditor))
      })
      t.match(await main(auditor), /Agreement: signed[\s\S]*stands in that tree[\s\S]*is what the entry was made of[\s\S]*governance-\d{4}/)
      await readable(auditor, 'an entry')
      const folder = mkdtempSync(join(tmpdir(), 'accord-'))
      const [at, of] = [join(folder, 'entry.json'), join(folder, 'vkey')]
      const id = new URL(auditor.url()).pathname.split('/')[2]
      writeFileSync(at, await (await auditor.request.get(`/trail/${id}/record.json`)).text())
      const name = /governance-\d{4}/.exec(await main(auditor))?.[0]
      writeFileSync(of, (await pages.service.inject({ method: 'GET', url: `/log/${name}/vkey` })).body)
      const out: string[] = []
      const io = { out: (line: string) => out.push(line), err: (line: string) => out.push(line) }
      t.equal(await log(['verify', '--decision', at, '--vkey', of], io as never), 0, 'whoever has the file and the key needs no service')

      await auditor.goto('/trail/reads')
      t.match(await main(auditor), /Martin Webb[\s\S]*What was asked, answered or done[\s\S]*governance-\d{4}/)
      await readable(auditor, 'the reads')
      t.match(await (await auditor.request.get('/trail/reads.csv')).text(), /^leaf_id,at,org,[^\n]*\r\n[^\n]*PAYLOAD/)
    })
  }

  await t.test('the officer of a party finds the acts from the agreement, and sees that the auditor read of them', async (t) => {
    const officer = await signedInAs(browser, pages.address, 'Aisha Khan')
    await officer.goto(`/agreements/${agreement.id}/history`)
    await officer.getByRole('link', { name: 'These acts in the audit trail' }).click()
    t.match(await main(officer), /Agreement: signed/)
    await officer.goto('/trail/reads')
    t.match(await main(officer), /Martin Webb/)
  })

  await t.test('whoever has no part in it finds nothing, and whoever oversees nothing has no trail', async (t) => {
    const officer = await signedInAs(browser, pages.address, 'Aisha Khan')
    await officer.goto(`/trail?record=${agreement.id}`)
    const path = String(await officer.locator('tbody th a').first().getAttribute('href'))
    const stranger = await signedInAs(browser, pages.address, 'Sofia Marques')
    t.equal((await stranger.goto(path))?.status(), 404)
    await stranger.goto(`/trail?record=${agreement.id}`)
    t.match(await main(stranger), /No act matches/)
    for (const none of ['/trail/none', `/trail/${agreement.id}`]) t.equal((await officer.goto(none))?.status(), 404, none)
  })
})
