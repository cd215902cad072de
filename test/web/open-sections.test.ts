import t from 'tap'
import { testPages } from '../support/browser.ts'
import { ownerPool } from '../support/leaves.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// Two people in one draft: who opens a section sees who else has it open. It warns, and holds up nobody.

const MINUTE = 60_000
const BEGUN = Date.now()
const londonTime = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const timeAt = (minutes: number) => londonTime.format(BEGUN + minutes * MINUTE)
const SCREENED = 'personal=yes&once=no&instructions=no&joint=no&sensitive=no&regular=no&vulnerable=no&matching=no'
let ahead = 0
const pages = await testPages(t, { clock: () => new Date(BEGUN + ahead) })

t.test('whoever opens a section of a draft is told who else has it open now, and the tasks say so beside the section', async (t) => {
  const [priya, tom, hackney, islington] = [visitorOf(pages), visitorOf(pages), visitorOf(pages), visitorOf(pages)]
  const people = { 'camden-ig': priya, 'camden-reviewer': tom, 'hackney-ig': hackney, 'islington-ig': islington }
  for (const [account, who] of Object.entries(people)) await signIn(who, `demo-${account}`)
  const fields = { instrument_type: 'CONTROLLER_TO_CONTROLLER', title: 'Two write at once' }
  const draft = (await priya.send('/work', `/agreements/new/begin?${SCREENED}&from=DEMO-CURL`, fields)).location ?? ''
  t.match(draft, /\/draft$/)
  const WARNS = new RegExp(`Priya Raman \\(fictional\\) of Camden opened this section at ${timeAt(0)} and has not saved it yet`)
  const SAYS = new RegExp(`What the sharing is for</a>[^/]{0,120}Open now: Priya Raman \\(fictional\\) of Camden, since ${timeAt(0)}`)

  t.notMatch((await priya.go(`${draft}/why`)).text, /opened this section/, 'nobody is told of themselves')
  ahead = 2 * MINUTE
  const also = await tom.go(`${draft}/why`)
  t.match(also, { status: 200, text: WARNS })
  t.match((await priya.go(`${draft}/why`)).text, new RegExp(`Tom Adeyemi \\(fictional\\) of Camden opened this section at ${timeAt(2)}`))
  ahead = 0
  await priya.go(`${draft}/why`)
  t.match((await tom.go(draft)).text, SAYS)
  t.notMatch((await tom.go(`${draft}/need`)).text, /opened this section/, 'of another section nothing is said')
  t.match((await hackney.go(draft)).text, /Open now: Priya Raman \(fictional\) of Camden/, 'a party reads the draft, and sees it too')
  await hackney.go(`${draft}/title`)
  t.notMatch((await tom.go(`${draft}/title`)).text, /opened this section/, 'who could not save the section is not waited for')
  await hackney.go(`${draft}/parties/LBC_HACKNEY/contacts`)
  t.match(
    (await tom.go(draft)).text,
    /Parties and their contacts<\/a>[\s\S]{0,120}Open now: [\w ]+ \(fictional\) of Hackney/,
    'each party writes its own contacts',
  )
  await priya.go(`${draft}/flows/F1/data`)
  t.match((await tom.go(draft)).text, /Data flows and the law<\/a>[\s\S]{0,200}Open now: Priya Raman/)
  t.match((await tom.go(`${draft}/flows/F1`)).text, /Open now: Priya Raman \(fictional\) of Camden/)
  for (const path of ['', '/why']) t.equal((await islington.go(`${draft}${path}`)).status, 404, 'a stranger is told nothing')

  const [, was = ''] = /name="was" value="([^"]+)"/.exec((await tom.go(`${draft}/why`)).text) ?? []
  const typed = { was, purpose: 'Written by Tom', benefits: 'Fewer moves' }
  t.match(await tom.send(`${draft}/why`, `${draft}/why`, typed), { status: 303 }, 'a warning holds up nobody')
  t.notMatch((await priya.go(`${draft}/why`)).text, /Tom Adeyemi \(fictional\) of Camden opened/, 'who saved is not waited for any longer')

  ahead = 14 * MINUTE
  t.match((await tom.go(draft)).text, SAYS)
  ahead = 16 * MINUTE
  t.notMatch((await tom.go(draft)).text, /Open now/, 'after fifteen minutes it counts no longer')
})

t.test('what counts no longer is taken away, and of one agreement only so much is noted', async (t) => {
  const owner = await ownerPool(pages.service)
  const rows = async () => Number((await owner.query('select count(*) from open_section')).rows[0].count)
  t.ok((await rows()) > 0)
  ahead = 40 * MINUTE
  await pages.service.app.forgetOldSessions()
  t.equal(await rows(), 0)
  const fill = `insert into open_section (agreement_id, section, issuer, subject, org, name, opened_at)
    select 'DEMO-CURL', 'title', 'urn:accord:test', n::text, 'LBC_CAMDEN', 'Somebody', $1 from generate_series(1, $2::int) as n`
  await owner.query(fill, [new Date(BEGUN + ahead).toISOString(), 200])
  const officer = visitorOf(pages)
  await signIn(officer, 'demo-camden-ig')
  const amended = await officer.send('/agreements/DEMO-CURL/amend', '/agreements/DEMO-CURL/amend', { reason: 'A second purpose' })
  t.match(amended, { status: 303, location: '/agreements/DEMO-CURL/draft' })
  t.match(await officer.go('/agreements/DEMO-CURL/draft/title'), { status: 200 })
  t.equal(await rows(), 200)
})
