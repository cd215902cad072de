import type { Page } from 'playwright-core'
import t from 'tap'
import { londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, signedInAs, testPages } from '../support/browser.ts'

// A text is reviewed in the browser: marked, discussed, returned, adopted, advised against, overruled, and whoever is waited for is reminded.

t.test('three boroughs review one text in the browser', { skip: NO_BROWSER }, async (t) => {
  const pages = await testPages(t, { register: 'ORGANISATIONS', clock: () => new Date() })
  const desk = await deskOn(pages.service)
  const draft = await desk.draft({ effectiveFrom: londonDay(Date.now()), orgs: ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON'] })
  const { body: frozen } = await desk.freeze(draft, { isApproved: false })
  const review = `/reviews/${frozen.sign_off}`
  const browser = await openBrowser(t, pages)
  const windows = new Map<string, Page>()
  const as = async (name: string, javaScriptEnabled = true) => {
    const page = windows.get(name) ?? (await signedInAs(browser, pages.address, name, { javaScriptEnabled }))
    windows.set(name, page)
    await page.goto(review)
    return page
  }
  const main = (page: Page) => page.locator('main').innerText()
  const summary = (page: Page) => page.locator('.govuk-error-summary').innerText()
  const decide = async (page: Page, decision: string, reason = '') => {
    await page.getByRole('button', { name: 'Decide' }).click()
    await page.getByLabel(decision, { exact: true }).check()
    await page.getByLabel('Your reasons').fill(reason)
    await page.getByRole('button', { name: 'Record your decision' }).click()
    await page.waitForURL(`**${review}`)
  }

  await t.test('an officer marks every answer, shares what she thinks, and approves on a condition', async (t) => {
    const page = await as('Aisha Khan')
    t.match(await main(page), /It is the first version that your organisation reviews/)
    await isAccessible(t, page, 'a review that nobody began')
    await page.getByRole('link', { name: 'Flow F1' }).click()
    await page.getByLabel('The reviewers of all parties').check()
    await page.locator('summary').nth(3).click()
    await page.getByLabel('Your comment').nth(3).fill('Is the date of birth needed?')
    await page.getByRole('button', { name: 'Mark the rest as acceptable' }).click()
    t.match(await main(page), /Shared with the reviewers of all parties\s+Is the date of birth needed\?/)
    await isAccessible(t, page, 'a section with marks and a comment')
    await page.goto(review)
    t.match(await main(page), /Flow F1\s+22 of 22\s+0\s+0\s+1/, 'the list of sections counts what was marked')
    t.match(await main(page), /No changes since your last review/)

    await page.getByRole('button', { name: 'Decide' }).click()
    t.match(await main(page), /Open comment of Hackney on Flow F1, data items: Is the date of birth needed\?/)
    await page.getByLabel('Approve with conditions', { exact: true }).check()
    await page.getByText('Conditions, if you approve with conditions').click()
    await page.getByLabel('What must be kept').fill('Delete the list after each placement')
    await page.getByLabel('Day').fill('31')
    await page.getByLabel('Month').fill('2')
    await page.getByLabel('Year').fill('2027')
    await page.getByRole('button', { name: 'Record your decision' }).click()
    t.match(await summary(page), /Select who must keep the condition/)
    await page.getByLabel('Whoever receives').check()
    await page.getByRole('button', { name: 'Record your decision' }).click()
    t.match(await summary(page), /date/, 'the contract knows no 31 February')
    await isAccessible(t, page, 'a decision with an error')
    t.equal(await page.getByLabel('What must be kept').inputValue(), 'Delete the list after each placement', 'what was typed is kept')
    await page.getByLabel('Day').fill('28')
    await page.getByRole('button', { name: 'Record your decision' }).click()
    await page.waitForURL(`**${review}`)
    t.match(
      await main(page),
      /Data protection officer's advice[\s\S]*This step is for people of the party in another role/,
      'why the next step is not hers',
    )
  })

  await t.test(
    'another party’s officer, without JavaScript, may not approve what he marked as to be corrected, and returns it',
    async (t) => {
      const page = await as('Tom Adeyemi', false)
      await page.getByRole('button', { name: 'Take it' }).click()
      t.match(await main(page), /Tom Adeyemi \(fictional\) of Camden has it/)
      await page.getByRole('link', { name: 'Flow F1' }).click()
      t.match(await main(page), /Acceptable Aisha Khan \(fictional\) of Hackney/i, 'he sees what others share')
      await page.getByRole('group', { name: 'Your mark for data items' }).getByLabel('To correct').check()
      await page.getByRole('button', { name: 'Save and go on' }).click()
      t.match(await page.title(), /^How it binds/)
      await page.goto(`${review}/steps/LBC_CAMDEN/IG_REVIEW`)
      t.match(await main(page), /Why you cannot approve it: Somebody of the own party marked “Flow F1, data items” as to be corrected/)
      t.equal(await page.getByLabel('Approve', { exact: true }).count(), 0)
      await page.getByLabel('Return for changes').check()
      await page.getByRole('button', { name: 'Record your decision' }).click()
      t.match(await summary(page), /Say what has to be changed/)
      await page.getByLabel('Your reasons').fill('Take the date of birth out')
      await page.getByRole('button', { name: 'Record your decision' }).click()
      t.match(await main(page), /Camden returned it for changes[\s\S]*Take the date of birth out/)
      await page.goto(`${review}/progress`)
      t.match(await main(page), /Why it was returned\s+Take the date of birth out[\s\S]*beginning its next version/)
      await page.goto(review)
      await page.goto('/work')
      t.match(await main(page), /Returned to your organisation for changes/)
      await page.goto(review)
      await page.getByRole('link', { name: 'Take the return back' }).click()
      await page.getByLabel('Why?').fill('Housing law asks for it')
      await page.getByRole('button', { name: 'Take it back' }).click()
      t.notMatch(await main(page), /returned it for changes/)
      await page.goto('/work')
      t.notMatch(await main(page), /Returned to your organisation/)
    },
  )

  await t.test('he adopts the review that another party made of the same text, with a reason', async (t) => {
    const page = await as('Tom Adeyemi')
    await page.goto(`${review}/sections/flow-1`)
    await page.getByRole('group', { name: 'Your mark for data items' }).getByLabel('Acceptable').check()
    await page.getByRole('button', { name: 'Save and stay' }).click()
    await page.goto(`${review}/steps/LBC_CAMDEN/IG_REVIEW`)
    await page.getByLabel('Adopt the review of another party').check()
    await page.getByRole('button', { name: 'Record your decision' }).click()
    t.match(await summary(page), /Select whose review you adopt\s+Say why their review holds/)
    await page.getByLabel('Hackney', { exact: true }).check()
    await page.getByLabel('Your reasons').fill('The same flow, the same law')
    await page.getByRole('button', { name: 'Record your decision' }).click()
    await page.waitForURL(`**${review}`)
    t.match(await main(page), /Data protection officer's advice/)
  })

  await t.test('the data protection officer advises against it, and only the SIRO goes on, with a reason that stays', async (t) => {
    const dpo = await as('Daniel Osei')
    await decide(dpo, 'Refuse', 'The retention is too long')
    t.match(await main(dpo), /advises against it[\s\S]*Only the senior information risk owner of Camden may overrule/)
    const siro = await as('Margaret Chen')
    await siro.getByRole('link', { name: 'Overrule the advice' }).click()
    await siro.getByRole('button', { name: 'Overrule the advice' }).click()
    t.match(await summary(siro), /Say why/)
    await isAccessible(t, siro, 'overruling with an error')
    await siro.getByLabel('Why?').fill('Statutory returns need a year')
    await siro.getByRole('button', { name: 'Overrule the advice' }).click()
    await siro.waitForURL(`**${review}`)
    t.match(await main(siro), /The retention is too long[\s\S]*overruled that advice[\s\S]*Statutory returns need a year/)
    await decide(siro, 'Approve')
    await siro.getByRole('link', { name: 'Give it to somebody else' }).click()
    await siro.getByLabel('Pass it to your deputy for some days').check()
    await siro.getByRole('button', { name: 'Hand it on' }).click()
    t.match(await summary(siro), /Say who\s+Enter the first day\s+Enter the last day\s+Say why/)
    await isAccessible(t, siro, 'handing on with an error')
    await siro.getByLabel('Who', { exact: true }).fill('demo-camden-dpo')
    const [year = '', month = '', day = ''] = londonDay(Date.now()).split('-')
    for (const group of ['First day', 'Last day']) {
      const fields = siro.getByRole('group', { name: group })
      await fields.getByLabel('Day').fill(day)
      await fields.getByLabel('Month').fill(month)
      await fields.getByLabel('Year').fill(year)
    }
    await siro.getByLabel('Why?').fill('Away today')
    await siro.getByRole('button', { name: 'Hand it on' }).click()
    t.match(await summary(siro), /done|advi|deputy/i, 'whoever advised signs for nobody')
    t.equal(await siro.getByLabel('Why?').inputValue(), 'Away today')
  })

  await t.test('whoever keeps the text sees where each party stands, and reminds one that is waited for, once a day', async (t) => {
    const page = await as('Priya Raman')
    await page.getByRole('link', { name: 'Where each party stands' }).click()
    t.match(await main(page), /0 of 3 parties have signed/)
    t.match(await main(page), /A party may sign as soon as its own approvals are complete/)
    await page.getByRole('button', { name: 'Remind Islington' }).click()
    t.match(await main(page), /Islington[\s\S]*Last reminded\s+\d+ \w+ 20\d\d/)
    await page.getByRole('button', { name: 'Remind Islington' }).click()
    t.match(await summary(page), /reminded today already/)
    await isAccessible(t, page, 'progress with an error')
    await pages.service.app.services.mailing.run()
    await page.goto(`${review}/progress`)
    t.match(await main(page), /Not reached by mail\s+\d+ \w+ 20\d\d[^:]+:\d\d[^:]*: nobody who is to act has an address here/)
    t.match(await main(page), /Ring or write to Islington yourself/, 'what to do about a mail that reached nobody')
    await isAccessible(t, page, 'progress with a mail that reached nobody')
    const other = await as('Aisha Khan')
    await other.goto(`${review}/progress`)
    t.notMatch(await main(other), /Ring or write to Islington/, 'whoever did not ask for it is not told of it')
    t.equal(await other.getByRole('button', { name: 'Remind Camden' }).count(), 0, 'nobody else reminds another party')
  })

  await t.test('comments on the whole are answered, and resolved by whoever asked', async (t) => {
    const page = await as('Aisha Khan')
    await page.getByLabel('Add a comment').fill('Who tells the applicants?')
    await page.getByLabel('The reviewers of all parties').check()
    await page.getByRole('button', { name: 'Add the comment' }).click()
    const other = await as('Sofia Marques', false)
    await other.getByLabel('Reply').fill('We do, at the first interview')
    await other.getByRole('button', { name: 'Reply' }).click()
    t.equal(await other.getByRole('button', { name: 'Resolve' }).count(), 0, 'only whoever asked, or keeps the text, resolves')
    await page.goto(review)
    await page.getByRole('button', { name: 'Resolve' }).click()
    t.match(await main(page), /resolved\s+Who tells the applicants\?[\s\S]*We do, at the first interview/)
    await other.goto(review)
    t.equal(await other.getByRole('link', { name: 'Decline for Islington' }).count(), 0)
    await other.goto(`${review}/acts/decline`)
    t.match(await main(other), /You cannot do this now/)
  })

  await t.test('a reviewer of the next version is shown what changed since the one that was reviewed, clause by clause', async (t) => {
    const officer = { org: 'LBC_CAMDEN', role: 'IG_OFFICER', sub: 'urn:test:amender' } as const
    const at = `/v1/agreements/${draft.id}`
    const anyState = { 'if-match': '*' }
    const amendment = { reason: 'Less is enough', effective_from: londonDay(Date.now()) }
    t.match(await desk.call(officer, 'POST', `${at}/amendments`, amendment, anyState), { status: 201 })
    const [flow] = draft.versions[0]?.terms.flows ?? []
    const body = { ...flow, retention_days: 180, data_items: flow?.data_items.filter((item) => item !== 'IDENTITY.DATE_OF_BIRTH') }
    t.match(await desk.call(officer, 'PUT', `${at}/draft/flows/F1`, body, anyState), { status: 200 })
    const { sign_off: second } = (await desk.freeze(draft, { isApproved: false })).body
    const page = await as('Aisha Khan')
    await page.goto(`/reviews/${second}`)
    t.match(await main(page), /Since version 1, which your organisation reviewed, 2 clauses changed/)
    await isAccessible(t, page, 'a review of a second version')
    await page.goto(`/reviews/${second}/sections/flow-1`)
    t.equal(await page.getByText('Changed since version 1').count(), 2, 'the two answers are marked as changed')
    await page.goto(`/reviews/${second}`)
    await page.getByRole('link', { name: 'Compare versions 1 and 2' }).click()
    t.match(await main(page), /The change is material[\s\S]*Removed: Date of birth\s+Stays: Name[\s\S]*Removed: 365\s+Added: 180/)
    t.match(await page.locator('del').allInnerTexts(), ['Date of birth', '365'])
    await isAccessible(t, page, 'a comparison')
    await page.goto(`/agreements/${draft.id}/versions/1/compare/1`)
    t.match(await main(page), /Nothing that is agreed changed/)
    await isAccessible(t, page, 'a comparison of what is the same')
  })

  await t.test('every page of a review is readable on a small phone', async (t) => {
    const page = await signedInAs(browser, pages.address, 'Margaret Chen', { viewport: { width: 320, height: 640 } })
    const steps = [
      'sections/about',
      'sections/parties',
      'sections/words',
      'sections/flow-1',
      'steps/LBC_CAMDEN/SIGNATURE',
      'hands/LBC_CAMDEN/SIGNATURE',
    ]
    for (const path of ['', ...steps, 'progress', 'acts/decline'].map((one) => `${review}/${one}`.replace(/\/$/, ''))) {
      await page.goto(path)
      await isAccessible(t, page, path)
      const overflow = await overflowOf(page)
      t.equal(overflow, 0, `${path} needs no scrolling sideways at 320 pixels`)
    }
  })
})
