import type { Page } from 'playwright-core'
import t from 'tap'
import { addDays, londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'
import { SHARE } from '../support/demo-share.ts'

// One assessment in the browser, from its screening to a permit: a high risk that stays, advice that is overruled, the Commissioner, two signatures;
// then a third borough is invited, and accepts, approves and signs for itself.

t.test('a share of high risk is assessed, accepted and signed in the browser', { skip: NO_BROWSER }, async (t) => {
  const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
  const today = londonDay(Date.now())
  const nextYear = addDays(today, 330)
  const pages = await testPages(t, { register: 'ORGANISATIONS' })
  const desk = await deskOn(pages.service)
  // Parties, purposes and flows are stored as an officer would have written them: test/web/drafting.test.ts writes them on the pages.
  const { id } = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: today })
  const agreement = `/agreements/${id}`
  const owner = await pages.service.database?.openAs('session_user', 1)
  const everybody = '{ALL_SIGNED_BOROUGHS}'
  await owner?.pool.query('update flow set providers = $2, recipients = $2 where agreement_id = $1', [id, everybody])
  /** Six minutes pass for those who signed in. */
  const sixMinutesPass = () => owner?.pool.query("update session set auth_time = auth_time - interval '6 minutes'")
  const browser = await openBrowser(t, pages)
  const windows = new Map<string, Page>()
  const as = async (name: string) => {
    const page = windows.get(name) ?? (await signedInAs(browser, pages.address, name, { viewport: { width: 1100, height: 800 } }))
    windows.set(name, page)
    page.setDefaultTimeout(30_000)
    return page
  }
  const main = (page: Page) => page.locator('main').innerText()
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
  const follow = (page: Page, name: string | RegExp) => page.getByRole('link', { name }).first().click()
  const within = (page: Page, legend: string) => page.getByRole('group', { name: legend })
  const choose = (page: Page, legend: string, label: string) => within(page, legend).getByLabel(label, { exact: true }).check()
  const say = async (page: Page, legend: string, day: string) => {
    const [year = '', month = '', date = ''] = day.split('-')
    for (const [box, value] of Object.entries({ Day: date, Month: month, Year: year }))
      await within(page, legend).getByLabel(box).fill(value)
  }
  /** Nobody is stopped by the page: no finding, and no scrolling sideways on a phone. */
  let seen = 0
  const look = async (page: Page, what: string) => {
    await isAccessible(t, page, what)
    const pictures = process.env['PICTURES']
    const named = `${pictures}/${String(++seen).padStart(2, '0')}-${what.replaceAll(' ', '-')}`
    if (pictures) await page.screenshot({ path: `${named}-1100.png`, fullPage: true })
    await page.setViewportSize({ width: 360, height: 740 })
    t.equal(await overflowOf(page), 0, `${what} needs no scrolling sideways`)
    if (pictures) await page.screenshot({ path: `${named}-360.png`, fullPage: true })
    await page.setViewportSize({ width: 1100, height: 800 })
  }
  /** Proves once more who they are, and signs. */
  const signs = async (page: Page) => {
    await press(page, 'Sign in again')
    await page.getByLabel('Your post').fill('Director of Resources')
    await page.getByLabel('By what you may sign').fill('Scheme of delegation, paragraph 3')
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await press(page, 'Submit my signature')
    await page.waitForURL(`**${agreement}`)
  }
  const permit = async () => {
    const headers = { ...(await pages.service.as({ org: CAMDEN })), 'content-type': 'application/json' }
    const payload = JSON.stringify({ ...SHARE, agreement_ref: id })
    return (await pages.service.inject({ method: 'POST', url: '/v1/decisions', headers, payload })).json()
  }

  let at = ''
  const officer = await as('Priya Raman')
  await t.test('the officer who drafts it begins the assessment from the list of tasks, and says that it is needed', async (t) => {
    await officer.goto(`${agreement}/draft`)
    await follow(officer, /impact assessment/i)
    await follow(officer, /Assess the risks/)
    await press(officer, 'Begin the assessment')
    at = new URL(officer.url()).pathname
    await follow(officer, 'Say whether an assessment is needed')
    await officer.getByLabel('Yes', { exact: true }).check()
    await press(officer, 'Save')
    t.equal(new URL(officer.url()).pathname, at)
  })

  await t.test('what the agreement says is answered already, so the officer answers the rest', async (t) => {
    await follow(officer, /^1\. /)
    let [kept, written] = [0, 0]
    while (officer.url().includes('/steps/')) {
      for (const words of await officer.getByRole('textbox').all()) {
        if ((await words.inputValue()).trim() !== '') kept += 1
        else {
          await words.fill('As the duty desks of both boroughs do it today.')
          written += 1
        }
      }
      for (const choices of await officer.locator('.govuk-radios').all())
        if ((await choices.locator(':checked').count()) === 0) await choices.getByRole('radio').first().check()
      await press(officer, 'Save and continue')
    }
    t.ok(kept > 3, `${kept} answers are taken from the agreement`)
    t.ok(written > 3, `${written} are not in it`)
    t.match(await main(officer), /still missing before it can be sent/)
  })

  await t.test('the risk that is left is computed as high, and the page says who has to see it', async (t) => {
    await officer.goto(`${at}/steps/risks`)
    await press(officer, 'Add a risk')
    await officer.getByLabel('What could happen to somebody?').fill('A violent partner learns where the family was placed.')
    await officer.getByLabel('What would it come from?').fill('A notice that reaches the wrong desk')
    await officer.getByLabel('Which kind of harm is it?').selectOption('LOSS_OF_CONFIDENTIALITY')
    await officer.locator('input[name="affected_subjects"]').first().check()
    await choose(officer, 'How likely is it', 'Probable')
    await choose(officer, 'How bad would it be', 'Severe')
    await press(officer, 'Add the risk')
    await officer.goto(`${at}/measures/new`)
    await officer.getByLabel('Against which risk?').selectOption({ index: 1 })
    await officer.getByLabel('What is done?').fill('Only the duty desk can open a notice')
    await officer.locator('input[name="effect"][value="REDUCED"]').check()
    await choose(officer, 'how likely is it then', 'Possible')
    await choose(officer, 'how bad would it be then', 'Severe')
    await officer.getByLabel('Which organisation does it?').selectOption(CAMDEN)
    await officer.getByLabel('Which post does it?').fill('Systems manager')
    await say(officer, 'By when?', addDays(today, 90))
    await officer.getByLabel('Which post has approved it?').fill('Director of Housing')
    await say(officer, 'when was that', today)
    await press(officer, 'Add the measure')
    await officer.goto(`${at}/next-review`)
    await say(officer, 'When is it reviewed next?', nextYear)
    await officer.getByLabel('Which post keeps it under review?').fill('Information governance manager')
    await press(officer, 'Save')
    await officer.goto(`${at}/map`)
    await officer.goto(at)
    await press(officer, 'Check it and send it for review')
    t.match(await main(officer), /Nothing is missing. The risk that is left is high: the Information Commissioner is consulted/)
    await press(officer, 'Send for review')
    t.match(await main(officer), /DPO advice requested/i)
  })

  await t.test('then the text is sent for review, naming the assessment, and is not permitted', async (t) => {
    await officer.goto(`${agreement}/draft/check`)
    await officer.getByLabel('Standard', { exact: true }).check()
    await press(officer, 'Send for review')
    t.match(await permit(), { decision: 'DENY' })
  })

  const decide = async (page: Page, decision: string, reason = '') => {
    await press(page, 'Decide')
    await page.getByLabel(decision, { exact: true }).check()
    await page.getByLabel('Your reasons').fill(reason)
    await press(page, 'Record your decision')
  }
  /** From what is to be done to the review of the assessment. */
  const review = async (name: string, task: RegExp) => {
    const page = await as(name)
    await page.goto('/work')
    await follow(page, task)
    return page
  }

  await t.test('the data protection officer marks an answer and advises against it', async (t) => {
    const dpo = await review('Daniel Osei', /DPO/)
    t.match(await main(dpo), /It is the first version that your organisation reviews[\s\S]*The assessment, by step/)
    await look(dpo, 'the review of the assessment')
    await follow(dpo, /as it was sent/)
    await dpo.goBack()
    await dpo.getByLabel('Add a comment').fill('Say how many people read each notice.')
    await dpo.getByLabel('The reviewers of all parties').check()
    await press(dpo, 'Add the comment')
    await follow(dpo, /^2\. /)
    await look(dpo, 'a step of the assessment with its answers')
    await dpo
      .getByRole('group', { name: /^Your mark for/ })
      .first()
      .getByLabel('Improve', { exact: true })
      .check()
    await dpo.locator('summary').first().click()
    await dpo.getByLabel('Your comment').first().fill('Say how many families there are in a year.')
    await dpo.getByLabel('The reviewers of all parties').check()
    await press(dpo, 'Mark the rest as acceptable')
    await follow(dpo, /All sections/)
    t.match(await main(dpo), /2\. [^\n]*\s+(\d+) of \1\s+1\s+0\s+1/, 'the list of steps counts what was marked')
    await follow(dpo, /^5\. /)
    t.match(await main(dpo), /Risk 1[\s\S]*What could happen: A violent partner learns where the family was placed/)
    await follow(dpo, /All sections/)
    await decide(dpo, 'Refuse', 'Too many desks read it: a high risk is left.')
    t.match(await main(dpo), /advises against it/)
  })

  await t.test('the SIRO accepts nothing before that advice is overruled with reasons', async (t) => {
    const siro = await as('Margaret Chen')
    await siro.goto(at)
    await follow(siro, /See its review/)
    await look(siro, 'the review after the advice')
    await follow(siro, 'Overrule the advice')
    await press(siro, 'Overrule the advice')
    t.match(await siro.locator('.govuk-error-summary').innerText(), /Say why/)
    await siro.getByLabel('Why?').fill('A family cannot wait for a bed.')
    await press(siro, 'Overrule the advice')
    await decide(siro, 'Approve')
    await siro.goto(at)
    t.match(
      await main(siro),
      /With the regulator[\s\S]*It should not go ahead[\s\S]*A family cannot wait for a bed\.[\s\S]*Camden accepted/i,
    )
    await look(siro, 'the assessment overruled')
  })

  await t.test('nobody signs before the Commissioner has answered, whose answer is recorded', async (t) => {
    const siro = await as('Margaret Chen')
    await siro.goto(agreement)
    t.equal(await siro.getByText('Sign or decline').count(), 0)
    const dpo = await as('Daniel Osei')
    await dpo.goto(at)
    await press(dpo, 'Record that the Commissioner is consulted')
    await say(dpo, 'When was it put before', today)
    await dpo.getByLabel('Under which reference').fill('IC-2026-41')
    await press(dpo, 'Record it')
    await press(dpo, 'Record the answer')
    await say(dpo, 'When did the Commissioner answer?', today)
    await dpo.getByLabel('The share may go ahead').check()
    await dpo.getByLabel('The answer in words').fill('Go on, and look at it again after a year.')
    await press(dpo, 'Record the answer')
    t.match(await main(dpo), /^[\s\S]*Approved[\s\S]*Go on, and look at it again after a year\./i)
    await look(dpo, 'the assessment approved')
  })

  await t.test('the other controller accepts its own risk, on the advice of its own officer', async (t) => {
    const dpo = await review('Peter Novak', /DPO/)
    await decide(dpo, 'Approve', 'The Commissioner has answered.')
    const siro = await review('Yvonne Clarke', /SIRO approval/)
    await decide(siro, 'Approve')
    await siro.goto(at)
    t.match(await main(siro), /Camden accepted[\s\S]*Hackney accepted/)
  })

  await t.test('both signatories prove again who they are and sign; the permit names the assessment', async (t) => {
    // The review of a text is walked in test/web/reviews.test.ts; here its steps are done over the API.
    const text = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${id}`)
    for (const org of [CAMDEN, HACKNEY]) await desk.approve(id, org, 1)
    await sixMinutesPass()
    for (const name of ['Margaret Chen', 'Yvonne Clarke']) {
      t.match(await permit(), { decision: 'DENY' })
      const page = await as(name)
      await page.goto(`/reviews/${text.body.versions[0].sign_off}`)
      await press(page, 'Sign or decline')
      await look(page, 'proving again')
      await signs(page)
    }
    const siro = await as('Yvonne Clarke')
    t.match(await main(siro), /In force/i)
    const assessment = { id: at.split('/').at(-1), version: 1, state: 'APPROVED' }
    t.match(await permit(), {
      ...{ decision: 'PERMIT', agreement: id, version: 1 },
      legal: { provider: { assessment }, recipient: { assessment } },
    })
  })

  await t.test('a third borough that is invited finds what is asked of it, and why it may not sign yet', async (t) => {
    await officer.goto(agreement)
    await follow(officer, 'Invite another organisation to join')
    await officer.getByLabel('Which organisation?').selectOption(ISLINGTON)
    await officer.getByLabel('Controller', { exact: true }).check()
    await press(officer, 'Invite it')
    t.match(await main(officer), /Islington\s+Controller\s+Not yet: nothing is shared with it until it has signed/)
    await officer.goto(agreement)
    t.match(await main(officer), /Islington has not signed yet/)
    await pages.service.app.services.timers.fireDue()

    const theirs = await as('Sofia Marques')
    await theirs.goto('/work')
    t.match(await main(theirs), /Information governance review[\s\S]*Steps of your colleagues[\s\S]*Impact assessment \(DPIA\)/)
    await look(theirs, 'work of an invited borough')
    await theirs.goto(agreement)
    t.match(await main(theirs), /Islington is invited to take part and has not signed\. It is bound by nothing/)
    t.match(
      await main(theirs),
      /review and approve version 1\. Next: information governance review, for the information governance officer[\s\S]*accepts the risk[\s\S]*Next: data protection officer's advice[\s\S]*Its signatory signs/,
    )
    await look(theirs, 'an agreement that one is invited to')
    const siro = await as('Ruth Abrams')
    await siro.goto(`/sign/${id}/1`)
    t.match(await main(siro), /Islington cannot sign yet: its own people approve the text first\. Next: information governance review/)
    t.equal(await siro.getByLabel('Your post').count(), 0, 'nobody fills in what would be refused')
    await look(siro, 'signing too early')
  })

  await t.test('its people mark, ask, approve and accept for it, each finding the step among their own work', async (t) => {
    const theirs = await as('Sofia Marques')
    await theirs.goto(agreement)
    await follow(theirs, /review and approve version 1/)
    t.match(await main(theirs), /Camden and Hackney have signed this text\. Islington takes part once its own people have approved it/)
    await look(theirs, 'the review of an invited borough')
    await follow(theirs, 'Flow F1')
    await theirs.getByLabel('The reviewers of all parties').check()
    await theirs.locator('summary').nth(3).click()
    await theirs.getByLabel('Your comment').nth(3).fill('Who corrects a wrong address?')
    await press(theirs, 'Mark the rest as acceptable')
    const [ig, iao, dpo, director] = ['Sofia Marques', 'Femi Balogun', 'Kwame Boateng', 'Ruth Abrams'] as const
    for (const name of [ig, iao, dpo, director, ig, dpo, iao, director]) {
      const page = await as(name)
      for (let open = 0; open < 3; open += 1) {
        await page.goto('/work')
        const step = page.getByRole('region', { name: /^(Yours|Nobody has these yet)/ }).getByRole('link')
        if ((await step.count()) === 0 || (await step.allInnerTexts()).every((one) => one === 'Signature')) break
        await step.first().click()
        const about = await main(page)
        if (/impact assessment/.test(await page.locator('h1').innerText()))
          t.match(about, /Camden and Hackney have accepted this assessment, each for itself\. Islington does so for itself/)
        await page.getByRole('button', { name: 'Decide' }).first().click()
        if (/data protection officer's advice/i.test(await page.locator('h1').innerText()))
          t.notMatch(await main(page), /\b(siro|dpo)\b/, 'abbreviations stand as people write them')
        await page.getByLabel('Approve', { exact: true }).check()
        await press(page, 'Record your decision')
        await page.waitForURL(/\/reviews\/[0-9a-f-]+$/)
      }
    }
    const siro = await as('Ruth Abrams')
    await siro.goto(agreement)
    t.match(await main(siro), /approve version 1\. Done\.[\s\S]*for itself\. Done\.[\s\S]*Its signatory signs version 1/)
  })

  await t.test('its signatory proves again who they are and signs, and a share with it is permitted', async (t) => {
    t.match(await desk.ask(CAMDEN, ISLINGTON, { agreement_ref: id }), /^DENY PARTY_NOT_SIGNED/)
    await sixMinutesPass()
    const siro = await as('Ruth Abrams')
    await siro.goto('/work')
    await follow(siro, 'Signature')
    await press(siro, 'Sign or decline')
    await signs(siro)
    t.match(await main(siro), /In force for 3 of 3 parties/)
    t.notMatch(await main(siro), /is invited to take part/)
    await look(siro, 'an agreement that one has joined')
    for (const [from, to] of [
      [CAMDEN, ISLINGTON],
      [ISLINGTON, HACKNEY],
      [CAMDEN, HACKNEY],
    ] as const)
      t.equal(await desk.ask(from, to, { agreement_ref: id }), 'PERMIT')
    await officer.goto('/work')
    t.notMatch(await main(officer), /Islington\s+(Information|DPO|SIRO|Signature)/, 'whoever keeps the text waits for it no longer')
  })
})
