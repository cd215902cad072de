import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import type { SignInIssuer } from '../../src/identity/sessions/sign-in.service.ts'
import { addDays, londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { personOf } from '../support/api-caller.ts'
import { approvingDesk } from '../support/approving-desk.ts'
import { assessingDesk } from '../support/assessing-desk.ts'
import { isAccessible, NO_BROWSER, openBrowser, overflowOf, testPages } from '../support/browser.ts'
import { fillIn, MARKS, type Stored, shownOn } from '../support/hostile-texts.ts'
import { startTestIssuer, type TestIssuer } from '../support/oidc-issuer.ts'
import { outsidersOf } from '../support/outsiders.ts'
import { type FoundForm, pageReader, sendEmpty } from '../support/page-forms.ts'
import { walk } from '../support/page-walk.ts'
import { type Visitor, visitorOf } from '../support/visitor.ts'

// Every page that links lead to, and every form on them: their text fields are filled in with scripts, marks that turn the line round, words
// without end and what takes four bytes; then the pages are read again. A page or form that is made tomorrow is among them tomorrow.
// One of each is opened on a screen of 320 pixels, and each of its forms as it comes back when it was sent empty. Without EVERY_STATE
// only what stands outside of that walk is looked at.

const EVERY_STATE = process.env['EVERY_STATE'] !== undefined
const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON'] as const
type Person = readonly [org: string, ...roles: readonly Role[]]
const OFFICER: Person = [CAMDEN, 'IG_OFFICER']
const PEOPLE: readonly Person[] = [
  ...([['LONDON_COUNCILS', 'REGISTER_ADMIN'], OFFICER, [CAMDEN, 'DPO'], [CAMDEN, 'SIRO', 'SIGNATORY']] as const),
  ...([
    [HACKNEY, 'IG_OFFICER'],
    [HACKNEY, 'SIRO', 'SIGNATORY'],
    [ISLINGTON, 'SIRO', 'SIGNATORY'],
  ] as const),
]
/** Pages alike but for whose they are that one person opens. */
const ALIKE = 2
/** Pages on which a form is tried that is refused for the state of an agreement or a review. */
const TRIES_MAX = 5
/** Texts that no page shows: of deputies whose time was ended, why a step was handed on, bodies were merged and attested signatures are accepted (the log keeps it), a law where none makes anybody keep data; where somebody gets mail; why advice was overruled where none was. */
const UNSEEN =
  /^post \/(deputies|attested-signatures|reviews\/:key\/hands)\b|\/disposals\/.*: law$|: (mail_address|overruled_by|overruled_reason)$|\/merger\b.*: reason$/
/**
 * Forms that no such text fits: numbers of a body, an issuer that is trusted, the reference of an agreement; and what needs another state,
 * somebody else, or answers that fit together: test/web/{organisations,disclosures,emergencies,requests}.test.ts.
 */
const UNFIT =
  /^post \/(requests\/new|disclosures\/new|emergencies\/:key\/review)\b|^post \/organisations\/(new|:org\/(description|confirmation|merger|clients|leaver))\b/

t.test('every page takes any text as text, is accessible, and fits on a phone', { skip: NO_BROWSER }, async (t) => {
  const issuer = await startTestIssuer(t)
  const other = await startTestIssuer(t, '/other')
  const offered = ({ issuer, clientId, clientSecret }: TestIssuer, key: string, isAuthoritative: boolean): SignInIssuer => ({
    ...{ issuer, clientId, clientSecret, isLoopback: true, key, name: `The council of ${key}`, isAuthoritative },
  })
  const pages = await testPages(t, { issuers: [offered(issuer, 'camden', true), offered(other, 'elsewhere', false)] })
  const desk = await deskOn(pages.service)
  const outsiders = await outsidersOf(pages.service)
  const today = londonDay(Date.now())
  const draft = (title: string) => desk.draft({ title, effectiveFrom: addDays(today, 40) })
  await draft('Placements between two boroughs')
  const browser = await openBrowser(t, pages)
  const reader = await pageReader(browser)

  const signIn = (who: Visitor, [org, ...roles]: Person) => {
    issuer.account = { sub: `${org}-${roles[0]}`, name: `${roles[0]} <script>alert(1)</script>`, org, roles }
    return who.follow('/sign-in/start?issuer=camden&return_to=%2Fwork')
  }
  const signedIn = async (person: Person) => {
    const who = visitorOf(pages)
    t.equal((await signIn(who, person)).status, 200, person.join(' '))
    return who
  }
  const reports: string[] = []
  /** A window of somebody who has signed in elsewhere, as wide as a phone. */
  const windowOf = async (who: Visitor): Promise<Page & { readonly of: BrowserContext }> => {
    const of = await browser.newContext({ baseURL: pages.address, viewport: { width: 320, height: 640 } })
    await of.addCookies([...who.jar].map(([name, value]) => ({ name, value, url: pages.address })))
    const page = await of.newPage()
    page.on(
      'console',
      (message) => void (/Content Security Policy/i.test(message.text()) && reports.push(`${page.url()}: ${message.text()}`)),
    )
    page.on('dialog', (dialog) => {
      reports.push(`${page.url()}: ${dialog.message()}`)
      void dialog.dismiss()
    })
    return Object.assign(page, { of })
  }
  const isFit = async (t: Test, page: Page, what: string) => {
    await isAccessible(t, page, what)
    const wide = await overflowOf(page)
    t.equal(wide, 0, `${what} needs no scrolling sideways at 320 pixels`)
  }

  await t.test('the pages on the way in and out, and what comes between, are accessible and fit on a phone', async (t) => {
    const stranger = await windowOf(visitorOf(pages))
    for (const [path, words] of [
      ['/sign-in', 'Where do you work?'],
      ['/signed-in/camden?code=x&state=never-begun', 'You are not signed in'],
    ] as const) {
      await stranger.goto(path)
      t.ok((await stranger.locator('main').textContent())?.includes(words), words)
      await isFit(t, stranger, words)
    }
    await stranger.of.close()

    const elsewhere = async (sub: string) => {
      other.account = { sub, name: sub }
      const who = visitorOf(pages)
      await who.follow('/sign-in/start?issuer=elsewhere&return_to=%2Fwork')
      return windowOf(who)
    }
    const nobody = await elsewhere('nobody')
    t.equal((await nobody.goto('/work'))?.status(), 403)
    await isFit(t, nobody, 'no access')
    await nobody.of.close()
    const admin = await personOf(pages.service, 'GLA', ['REGISTER_ADMIN'])
    for (const org of [CAMDEN, HACKNEY]) {
      const body = { person: { issuer: other.issuer, subject: 'shared' }, role: 'IG_OFFICER', reason: 'Shared' }
      t.equal((await admin('POST', `/v1/organisations/${org}/roles`, { body })).status, 201)
    }
    const shared = await elsewhere('shared')
    await shared.goto('/work')
    t.equal(await shared.getByLabel('Act for').count(), 1)
    await isFit(t, shared, 'the choice of organisation')
    await shared.of.close()
  })

  await t.test('so is what was typed before signing in again', async (t) => {
    const who = await signedIn(OFFICER)
    const [, _csrf = ''] = /name="_csrf" value="([^"]+)"/.exec((await who.go('/deputies')).text) ?? []
    await who.send('/work', '/sign-out', {})
    const text = `<script>alert(1)</script> ${'W'.repeat(300)}`
    const body = new URLSearchParams({ _csrf, deputy: '', reason: text }).toString()
    await who.go('/deputies', 'POST', body)
    const { location } = await who.go(`/deputies/${crypto.randomUUID()}`, 'POST', body)
    await signIn(who, OFFICER)
    const page = await windowOf(who)
    for (const [path, words] of [
      ['/deputies', 'Not sent yet'],
      [new URL(location ?? '', pages.address).searchParams.get('return_to') ?? '', 'What you typed was not sent'],
    ] as const) {
      await page.goto(path)
      t.ok((await page.locator('main').textContent())?.includes(words), words)
      t.ok((await reader.read({ text: await page.content() })).text.includes(text), `${words}: as it was typed`)
      await isFit(t, page, words)
    }
    await page.of.close()
  })

  await t.test('so is a draft that two people write in, one that is sent, and one that comes back', async (t) => {
    const who = await signedIn(OFFICER)
    const page = await windowOf(who)
    const { id } = await draft('Placements that are sent')
    await page.goto(`/agreements/${id}/draft/security`)
    const fields = { security: 'Encrypted', breach_handling: 'Within a day' }
    const [, was = ''] = /name="was" value="([^"]+)"/.exec((await who.go(`/agreements/${id}/draft/security`)).text) ?? []
    const saved = await who.send(`/agreements/${id}/draft/security`, `/agreements/${id}/draft/security`, { was, ...fields })
    t.equal(saved.status, 303)
    await page.getByLabel('How is the data kept safe?').fill(`<script>alert(1)</script> ${'W'.repeat(300)}`)
    await page.getByRole('button', { name: 'Save and continue' }).click()
    t.match(await page.locator('.govuk-error-summary').textContent(), /Somebody else saved this section/)
    await isFit(t, page, 'a conflict')
    await page.goto(`/agreements/${id}/draft/check`)
    await page.getByRole('button', { name: 'Send for review' }).click()
    await page.waitForURL('**/sent')
    await isFit(t, page, 'sent for review')
    t.equal((await page.goto(`/agreements/${id}/draft`))?.status(), 404)
    await isFit(t, page, 'no draft any more')
    const { body } = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${id}`)
    const signOff = String(body.versions[0].sign_off)
    const people = approvingDesk(desk.call)
    const returned = { command: 'return', step: 'IG_REVIEW', reasons: `Name the law ${'W'.repeat(300)}` }
    t.equal((await people.command(signOff, people.people(HACKNEY, 'IG_OFFICER'), returned)).status, 200)
    await page.goto('/work')
    t.match(await page.locator('main').textContent(), /Returned to your organisation for changes[\s\S]*Drafts that are not sent yet/)
    await isFit(t, page, 'work with what was returned and what is not sent')
    await page.of.close()
  })

  await t.test('and so is what somebody without an account is shown', async (t) => {
    const { address } = await outsiders.invited('DEMO-SIGN', ISLINGTON, ['SIGNATORY'])
    const who = visitorOf(pages)
    const page = await windowOf(who)
    const link = await outsiders.linkTo(address)
    await page.goto(link)
    await isFit(t, page, 'an invitation')
    await page.locator('main form button').first().click()
    await page.waitForURL('**/code')
    await page.locator('main form button').first().click()
    await isFit(t, page, 'no code')
    await page.locator('#code').fill(await outsiders.codeTo(address))
    await page.locator('main form button').first().click()
    await page.waitForURL('**/agreements/DEMO-SIGN')
    await isFit(t, page, 'the agreement of an invitation')
    await page.getByRole('button', { name: 'Finish' }).click()
    await isFit(t, page, 'finished')
    t.equal((await page.goto(`${link}x`))?.status(), 404)
    await isFit(t, page, 'no invitation')
    await page.of.close()
  })

  /** Pages of assessments that are approved, high in risk, and put before the regulator; the file of another tool is taken in by one of its own, since it writes over answers. */
  const assessed = async (): Promise<readonly string[]> => {
    const dpia = assessingDesk(desk)
    const days = { measure: { approved: { by: 'Head of service', on: today }, due: addDays(today, 60) }, due: addDays(today, 300) }
    const severe = { risk: { likelihood: 'PROBABLE', severity: 'SEVERE' }, left: { likelihood: 'POSSIBLE', severity: 'SEVERE' } }
    const of = async (title: string, over: Parameters<typeof dpia.written>[1] = {}) => {
      const id = await dpia.begin((await draft(title)).id)
      await dpia.written(id, { ...days, ...over })
      return id
    }
    const accepted = async (id: string, ...orgs: readonly string[]) => {
      await dpia.send(id)
      for (const org of orgs) for (const act of [dpia.advise, dpia.accept]) t.equal((await act.call(dpia, id, org)).status, 200)
      return id
    }
    const approved = await accepted(await of('Placements that were assessed'), CAMDEN, HACKNEY)
    const [high, asked] = [await of('Placements of a high risk', severe), await of('Placements that the regulator is asked about', severe)]
    for (const id of [high, asked]) await accepted(id, CAMDEN)
    const consulted = { submitted_on: today, reference: 'IC-1' }
    t.equal((await dpia.write(asked, 'POST', '/consultation', consulted, { org: CAMDEN, role: 'DPO' })).status, 200)
    const { content } = await dpia.read(approved)
    const at = (id: string, ...paths: readonly string[]) => paths.map((path) => `/assessments/${id}${path}`)
    return [
      ...at(approved, `/measures/${content.measures[0].id}/done`, '/reopening'),
      ...[...at(high, '/consultation'), ...at(asked, '/consultation/extension', '/consultation/answer')],
      ...at(await dpia.begin((await draft('Placements assessed elsewhere')).id), '/cnil'),
    ]
  }

  const walked = { skip: EVERY_STATE ? false : 'npm run test:all walks them all' }
  const stored = new Map<string, Stored>()
  /** Where each person wrote something, and where that led to. */
  const written = new Map<Person, Set<string>>(PEOPLE.map((person) => [person, new Set()]))
  await t.test(
    'every text field of every form takes a script as text, and what is refused is shown again as it was typed',
    walked,
    async (t) => {
      const taken = new Set<string>()
      const refused = new Map<string, string>()
      const tries = new Map<string, number>()
      const fill = async (person: Person, who: Visitor, path: string, form: FoundForm): Promise<readonly string[]> => {
        const before = tries.get(form.key) ?? 0
        if (taken.has(form.key) || before === TRIES_MAX) return []
        tries.set(form.key, before + 1)
        const { to, stored: texts, refusals } = await fillIn(who, reader, path, form)
        const made = refusals.filter(({ page }) => page.foreign > 0)
        const lost = refusals.flatMap(({ status, page, texts }) =>
          texts.filter((text) => !page.text.includes(text)).map((text) => `${status}: ${text}`),
        )
        t.strictSame([made, lost], [[], []], `${form.key} of ${path}: nothing is made of what was refused, and all of it is kept`)
        if (to === undefined && form.texts.length > 0)
          refused.set(form.key, `${form.key} of ${path}: ${refusals.at(-1)?.page.errors.join('; ')}`)
        if (to !== undefined) taken.add(form.key)
        for (const text of texts) stored.set(text.mark, text)
        if (to === undefined) return []
        const [whole = ''] = /^\/(agreements|reviews)\/[^/]+/.exec(path) ?? []
        for (const at of [path, to, ...(whole ? [whole, `${whole}/history`, `${whole}/progress`] : [])]) written.get(person)?.add(at)
        return [to]
      }
      const assessments = await assessed()
      // Who drafts comes again at the end, when others have invited, left and ended.
      const isSeen = new Set<Person>()
      for (const person of [...PEOPLE, OFFICER]) {
        const who = await signedIn(person)
        const later: { readonly path: string; readonly form: FoundForm }[] = []
        // Once a next version is drafted, none begins by a renewal.
        const starts = ['/agreements/DEMO-CURL/acts/renew', ...assessments, '/work']
        await walk(who, reader, { starts, most: isSeen.has(person) ? 1 : ALIKE }, async ({ path, page }) => {
          const led: string[] = []
          for (const form of page.forms) {
            // What sends, invites or ends comes when the other forms have been filled in.
            if (form.isHarmful || (form.texts.length === 0 && form.method === 'post')) later.push({ path, form })
            else led.push(...(await fill(person, who, path, form)))
          }
          return led
        })
        isSeen.add(person)
        for (const { path, form } of later.sort((one, other) => Number(one.form.isHarmful) - Number(other.form.isHarmful))) {
          if (taken.has(form.key)) continue
          const { forms } = await reader.read(await who.go(path))
          if (forms.some(({ key, index }) => key === form.key && index === form.index)) await fill(person, who, path, form)
        }
      }
      const never = [...refused].filter(([key]) => !taken.has(key) && !UNFIT.test(key)).map(([, why]) => why)
      t.strictSame(never, [], 'each is taken at last')
      t.ok(stored.size > 100, `${stored.size} texts were taken by ${taken.size} forms`)
    },
  )

  const found = new Map<string, { readonly who: Visitor; readonly path: string; readonly marks: number }>()
  await t.test('each of these texts is shown as it was written, and nothing is made of it', walked, async (t) => {
    const shown = new Set<string>()
    const counts = new Map<string, number>()
    for (const person of PEOPLE) {
      const who = await signedIn(person)
      const starts = [...(written.get(person) ?? []), '/work']
      await walk(who, reader, { starts, most: 1, counts }, async ({ path, shape, reply, page }) => {
        const marks = [...new Set(page.text.match(MARKS))]
        const texts = marks.flatMap((mark) => stored.get(mark) ?? []).map((one) => ({ ...one, how: shownOn(page, one) }))
        const changed = texts.filter(({ how }) => how === 'CHANGED').map(({ field }) => field)
        t.match(
          [`${reply.status}`, page.foreign, changed],
          [/^(200|403|404)$/, 0, []],
          `${path}: as it was written, and nothing is made of it`,
        )
        for (const { mark, how } of texts) if (how === 'WHOLE') shown.add(mark)
        if (reply.status === 200 && marks.length > (found.get(shape)?.marks ?? -1)) found.set(shape, { who, path, marks: marks.length })
        return []
      })
    }
    const fields = (seen: boolean) => new Set([...stored.values()].filter(({ mark }) => !seen || shown.has(mark)).map(({ field }) => field))
    const unseen = [...fields(false)].filter((field) => !fields(true).has(field) && !UNSEEN.test(field))
    t.strictSame(unseen, [], 'each is shown somewhere')
  })

  await t.test('one page of each kind, with most of these texts on it, is accessible and fits on a phone', walked, async (t) => {
    for (const who of new Set([...found.values()].map((one) => one.who))) {
      const page = await windowOf(who)
      for (const [shape, { path }] of [...found].filter(([, one]) => one.who === who)) {
        await page.goto(path)
        await isFit(t, page, shape)
        const forms = (await reader.read({ text: await page.content() })).forms.filter(({ method }) => method === 'post')
        for (const form of forms) {
          await page.goto(path)
          await sendEmpty(page, form)
          await isFit(t, page, `${shape}: ${form.key} sent empty`)
        }
      }
      await page.of.close()
    }
    console.error(`${found.size} kinds of pages were looked at by axe and at 320 pixels`)
  })
  t.strictSame(reports, [], 'the policy of the pages had nothing to forbid, and no window opened')
})
