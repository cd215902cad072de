import t from 'tap'
import { aDraft, personOf } from '../support/api-caller.ts'
import { testPages } from '../support/browser.ts'
import { ownerPool } from '../support/leaves.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// People are shown by the name under which they last signed in; whom the service has no name of, by the subject of their issuer.

const pages = await testPages(t, { clock: () => new Date() })
const owner = await ownerPool(pages.service)

t.test('who did what is said by name where somebody signed in with a browser, and is nobody else of the same subject', async (t) => {
  const api = await personOf(pages.service, 'LBC_CAMDEN', ['IG_OFFICER'], 'officer-by-api')
  const { id } = await aDraft(api, 'Named people')
  // What another issuer calls so is another person.
  const other = `insert into person_name (issuer, subject, name, signed_in_on) values ('https://other.example', 'officer-by-api', 'Somebody Else', current_date)`
  await owner.query(other)
  const [priya, tom] = [visitorOf(pages), visitorOf(pages)]
  await signIn(priya, 'demo-camden-ig')
  await signIn(tom, 'demo-camden-reviewer')
  const draft = `/agreements/${id}/draft`
  const [, was = ''] = /name="was" value="([^"]+)"/.exec((await priya.go(`${draft}/need`)).text) ?? []
  t.match(await priya.send(`${draft}/need`, `${draft}/need`, { was, alternatives: 'None' }), { status: 303 })
  const section = () => tom.go(`${draft}/need`)
  const history = async () => (await tom.go(`/agreements/${id}/history`)).text
  t.match((await section()).text, /Priya Raman \(fictional\) of Camden saved this section on/)
  t.match(await history(), /officer-by-api of Camden[\s\S]*Priya Raman \(fictional\) of Camden/)
  t.notMatch(await history(), /Somebody Else/)
  const auditor = await pages.service.inject({
    method: 'GET',
    url: `/v1/agreements/${id}/history`,
    headers: await pages.service.as({ org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] }),
  })
  t.notMatch(auditor.body, /Priya Raman/, 'the API says what it said')

  await owner.query(`update person_name set name = '<script>alert(1)</script>' where subject = 'demo-camden-ig'`)
  t.match((await section()).text, /&lt;script&gt;alert\(1\)&lt;\/script&gt; of Camden saved/, 'a name is text')
  t.notMatch(await history(), /<script>alert/)

  await signIn(visitorOf(pages), 'demo-camden-ig')
  t.match(await history(), /Priya Raman \(fictional\) of Camden/, 'the name of the last sign-in')
  await owner.query(`update person_name set signed_in_on = current_date - 700 where subject = 'demo-camden-ig'`)
  await pages.service.app.forgetOldSessions()
  t.match(await history(), /Priya Raman/)
  await owner.query(`update person_name set signed_in_on = current_date - 732 where subject = 'demo-camden-ig'`)
  await pages.service.app.forgetOldSessions()
  t.notMatch(await history(), /Priya Raman/, 'two years after the last sign-in nobody is told the name')
  t.match(await history(), /demo-camden-ig of Camden/)
})
