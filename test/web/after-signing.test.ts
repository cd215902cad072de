import type { Page } from 'playwright-core'
import t from 'tap'
import { addDays, londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { ownerPool } from '../support/leaves.ts'

// A text that changed while somebody was about to sign it; the decisions that rest on an agreement; what becomes of the data once it has ended.

t.test('from the signature to the deletion of what was received, in the browser', { skip: NO_BROWSER }, async (t) => {
  let ahead = 0
  const pages = await testPages(t, { register: 'ORGANISATIONS', clock: () => new Date(Date.now() + ahead) })
  const desk = await deskOn(pages.service)
  const orgs = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
  const today = londonDay(Date.now())
  const agreement = await desk.draft({ effectiveFrom: today, effectiveTo: addDays(today, 700), orgs })
  const at = `/agreements/${agreement.id}`
  await desk.freeze(agreement)
  const browser = await openBrowser(t, pages)
  const small = { viewport: { width: 320, height: 640 } }
  const main = (page: Page) => page.locator('main').innerText()
  const summary = (page: Page) => page.locator('.govuk-error-summary').innerText()
  const readable = async (page: Page, what: string) => {
    await isAccessible(t, page, what)
    t.equal(await overflowOf(page), 0, `${what} at 320 pixels`)
  }
  const sign = async (page: Page) => {
    await page.getByLabel('Your post').fill('Director of Resources')
    await page.getByLabel('By what you may sign').fill('Scheme of delegation, 4.2')
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await page.getByRole('button', { name: 'Submit my signature' }).click()
  }

  await t.test('whoever opened a text that has changed since does not sign it, and reads the new one first', async (t) => {
    const siro = await signedInAs(browser, pages.address, 'Margaret Chen', { ...small, javaScriptEnabled: true })
    await siro.goto(`/sign/${agreement.id}/1`)
    t.match(await main(siro), /If it is not for you to sign[\s\S]*Name a deputy[\s\S]*See who has signed/)
    await readable(siro, 'signing')
    const officer = { org: 'LBC_CAMDEN', role: 'IG_OFFICER', sub: 'urn:test:amender' } as const
    const anyState = { 'if-match': '*' }
    const amendment = { reason: 'Less is enough', effective_from: today }
    t.match(await desk.call(officer, 'POST', `/v1${at}/amendments`, amendment, anyState), { status: 201 })
    const flow = { ...agreement.versions[0]?.terms.flows[0], retention_days: 180 }
    t.match(await desk.call(officer, 'PUT', `/v1${at}/draft/flows/F1`, flow, anyState), { status: 200 })
    await desk.freeze(agreement)
    await sign(siro)
    t.match(await main(siro), /The text has changed since you opened it\s+Your signature was not recorded/)
    await readable(siro, 'a text that has changed')
    await siro.getByRole('link', { name: 'Compare version 1 with version 2' }).click()
    t.match(await main(siro), /Removed: 365\s+Added: 180/)
    await siro.goBack()
    await siro.goto(`/sign/${agreement.id}/2`)
    // The form of another text, as a window that was left open would send it.
    await siro.evaluate(`document.querySelector('[name=hash]').value = '${'0'.repeat(64)}'`)
    await siro.getByRole('button', { name: 'Submit my signature' }).click()
    t.match(await summary(siro), /Enter your post|Say by what/)
    await sign(siro)
    t.match(await main(siro), /The text of version 2 is not the one that you had opened/, 'also after a mistake in the form')
    await siro.getByRole('button', { name: 'I have read it: go on to sign' }).click()
    await sign(siro)
    await siro.waitForURL(`**${at}`)
  })

  await t.test('the decisions under it are listed with their reasons, page after page, and that they were read is recorded', async (t) => {
    const { hash } = (await desk.call({ org: 'LBC_CAMDEN', role: 'DPO' }, 'GET', `/v1${at}`)).body.versions.at(-1)
    for (const org of ['LBC_HACKNEY', 'LBC_BARNET']) t.match(await desk.sign(agreement.id, org, 2, hash), { status: 201 })
    const reader = await signedInAs(browser, pages.address, 'Aisha Khan', small)
    await reader.goto(at)
    await reader.getByRole('link', { name: 'Decisions' }).click()
    t.match(await main(reader), /Nobody has asked yet/)
    await readable(reader, 'no decisions')
    for (let count = 0; count < 51; count += 1) await desk.ask('LBC_CAMDEN', 'LBC_HACKNEY', { agreement_ref: agreement.id })
    t.match(await desk.ask('LBC_CAMDEN', 'LBC_HACKNEY', { agreement_ref: agreement.id, country: 'US' }), /^DENY/)
    const owner = await ownerPool(pages.service)
    const reads = async () =>
      Number(
        (await owner.query(`select count(*) from audit.leaf where convert_from(leaf, 'UTF8') like '%LBC_HACKNEY%PAYLOAD%'`)).rows[0].count,
      )
    const before = await reads()
    await reader.reload()
    t.match(await main(reader), /Denied[\s\S]*Permitted/)
    t.equal(await reader.locator('tbody tr').count(), 50)
    await readable(reader, 'decisions')
    t.equal(await reads(), before + 1, 'a trace as the API leaves it')
    await reader.getByRole('link', { name: 'Older decisions' }).click()
    t.equal(await reader.locator('tbody tr').count(), 2)
    await reader.goto(`${at}/decisions?cursor=bm9uZQ`)
    t.match(await main(reader), /request|ours/i, 'a place at which no page ended')
    const stranger = await signedInAs(browser, pages.address, 'Sofia Marques')
    t.equal((await stranger.goto(`${at}/decisions`))?.status(), 404)
  })

  await t.test('once it has ended, each party says what became of what it received; so does whoever follows one', async (t) => {
    const admin = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' } as const
    const succession = { successor: 'LBC_ISLINGTON', at: new Date(Date.now() + 60_000).toISOString(), reason: 'Reorganisation' }
    t.match(await desk.call(admin, 'POST', '/v1/organisations/LBC_BARNET/succession', succession), { status: 201 })
    ahead = 120_000
    const over = { reason: 'It is no longer needed' }
    t.match(await desk.call({ org: 'LBC_CAMDEN', role: 'SIRO' }, 'POST', `/v1${at}/termination`, over, { 'if-match': '*' }), {
      status: 200,
    })

    const officer = await signedInAs(browser, pages.address, 'Aisha Khan', small)
    await officer.goto('/work')
    await readable(officer, 'work with data to delete')
    await officer.getByRole('link', { name: /Say what became of the data that Hackney received/ }).click()
    await readable(officer, 'what became of the data')
    await officer.getByRole('button', { name: 'Say what became of it' }).click()
    await officer.getByLabel('A law makes us keep it').check()
    await officer.getByRole('button', { name: 'Confirm it' }).click()
    t.match(await summary(officer), /Name the law[\s\S]*Say which data[\s\S]*Enter the day[\s\S]*Enter the post/)
    await readable(officer, 'saying what became of it, with errors')
    await officer.getByLabel('It was deleted').check()
    const fill = async (page: Page, day: string) => {
      await page.getByLabel(/Which data/).fill('Placement notices in the case system, and its backups')
      await page.getByLabel(/Which post or team/).fill('Head of Housing Needs')
      const [year = '', month = '', date = ''] = day.split('-')
      for (const [part, text] of Object.entries({ day: date, month, year })) await page.locator(`[name="on-${part}"]`).fill(text)
      await page.getByRole('button', { name: 'Confirm it' }).click()
    }
    await fill(officer, addDays(today, 1))
    t.match(await summary(officer), /the day lies today or earlier/)
    await fill(officer, today)
    await officer.waitForURL(`**${at}/disposals`)
    t.match(await main(officer), /Hackney[\s\S]*All of it is returned or deleted[\s\S]*Deleted on [\s\S]*Head of Housing Needs/)
    await officer.goto('/work')
    t.notMatch(await main(officer), /Say what became of the data/)

    const follower = await signedInAs(browser, pages.address, 'Sofia Marques', { javaScriptEnabled: false })
    await follower.goto('/work')
    await follower.getByRole('link', { name: /that Barnet received/ }).click()
    t.notMatch(await main(follower), /Hackney|Camden/, 'the follower reads what its predecessor received, and nothing else')
    await follower.getByRole('button', { name: 'Say what became of it, in the place of Barnet' }).click()
    await follower.getByLabel('It was returned').check()
    await fill(follower, today)
    await follower.waitForURL(`**${at}/disposals`)
    t.match(await main(follower), /Returned on [\s\S]*Confirmed by Islington/)
    t.equal((await follower.goto(`${at}/disposals/LBC_HACKNEY`))?.status(), 404)
  })
})
