import t from 'tap'
import { testPages } from '../support/browser.ts'
import { ownerPool } from '../support/leaves.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// Signing in, sessions and forms, as somebody meets them who means harm.

let ahead = 0
const pages = await testPages(t, { clock: () => new Date(Date.now() + ahead) })
t.test('whoever has no session signs in and comes back to where they wanted to go', async (t) => {
  const who = visitorOf(pages)
  const first = await who.go('/agreements/DEMO-SIGN')
  t.match(first, { status: 303, location: '/sign-in?return_to=%2Fagreements%2FDEMO-SIGN' })
  const back = await signIn(who, 'demo-camden-siro', '/agreements/DEMO-SIGN')
  t.equal(back.status, 200)
  t.match(back.text, /Homelessness placements, ready to sign/)
})

t.test('a page gives back the place that it took, whoever asks for it', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  for (const path of ['/', '/work', '/agreements', '/agreements/DEMO-SIGN', '/agreements/nothing']) await who.go(path)
  const counts = [...pages.service.app.server.admission.counts()]
  t.strictSame(
    counts.filter(([, count]) => count !== 0),
    [],
  )
})

t.test('no address of another host is followed after signing in', async (t) => {
  for (const elsewhere of [
    'https://evil.example/',
    '//evil.example/work',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/work\n',
  ]) {
    const back = await signIn(visitorOf(pages), 'demo-camden-siro', elsewhere)
    t.equal(new URL(back.way.at(-1) ?? '').pathname, '/work', elsewhere)
    t.equal(new URL(back.way.at(-1) ?? '').origin, pages.address, elsewhere)
  }
})

t.test('a sign-in is finished once, in the browser that it began in', async (t) => {
  const who = visitorOf(pages)
  const { way } = await signIn(who, 'demo-camden-siro')
  const callback = way.find((address) => address.includes('/signed-in')) ?? ''
  t.match(await who.go(callback), { status: 400 }, 'replayed in the same browser')
  const victim = visitorOf(pages)
  const attacker = visitorOf(pages)
  const started = await attacker.go('/sign-in/start?account=demo-camden-siro')
  let at = started.location ?? ''
  while (!at.startsWith(`${pages.address}/signed-in`)) at = new URL((await attacker.go(at)).location ?? '', at).href
  t.match(await victim.go(at), { status: 400 }, 'an answer that was begun elsewhere opens nothing here')
  t.match(await victim.go('/work'), { status: 303, location: /sign-in/ })
  t.match(await visitorOf(pages).go('/signed-in?code=x&state=never-begun'), { status: 400 })
  const forged = visitorOf(pages)
  const ticket = { state: 'never-begun', nonce: 'n', verifier: 'v', returnTo: '/', maxAge: null, begunAt: Date.now() }
  forged.jar.set('sign-in', `${Buffer.from(JSON.stringify(ticket)).toString('base64url')}.signature`)
  t.match(await forged.go('/signed-in?code=x&state=never-begun'), { status: 400 }, 'what a browser carries is sealed')
  const slow = visitorOf(pages)
  let late = (await slow.go('/sign-in/start?account=demo-camden-siro')).location ?? ''
  while (!late.startsWith(`${pages.address}/signed-in`)) late = new URL((await slow.go(late)).location ?? '', late).href
  ahead = 16 * 60_000
  t.match(await slow.go(late), { status: 400 }, 'a sign-in that took too long')
  ahead = 0
})

t.test('signing in gives a new session: what was known before opens nothing after it', async (t) => {
  const who = visitorOf(pages)
  who.jar.set('session', 'chosen-by-somebody-else')
  await signIn(who, 'demo-camden-siro')
  const first = who.jar.get('session') ?? ''
  t.not(first, 'chosen-by-somebody-else')
  t.match((await signIn(who, 'demo-camden-dpo')).text, /Daniel Osei/)
  const old = visitorOf(pages)
  old.jar.set('session', first)
  t.match(await old.go('/work'), { status: 303 }, 'the session before is over')
})

t.test('signing out ends the session everywhere, and nobody can make somebody sign out', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const secret = who.jar.get('session') ?? ''
  t.match(await who.go('/sign-out', 'POST', '_csrf=guessed'), { status: 403 })
  t.match(await who.go('/work'), { status: 200 })
  t.match(await who.send('/work', '/sign-out', {}), { status: 303, location: '/' })
  const thief = visitorOf(pages)
  thief.jar.set('session', secret)
  t.match(await thief.go('/work'), { status: 303, location: /sign-in/ })
})

t.test('a form without its token, or with that of another browser, does nothing', async (t) => {
  const siro = visitorOf(pages)
  await signIn(siro, 'demo-islington-siro')
  const [, review = ''] = /href="(\/reviews\/[^"]+)"/.exec((await siro.go('/work')).text) ?? []
  const other = visitorOf(pages)
  await signIn(other, 'demo-islington-siro')
  const [, token = ''] = /name="_csrf" value="([^"]+)"/.exec((await other.go(review)).text) ?? []
  const body = (csrf: string) => new URLSearchParams({ _csrf: csrf, decision: 'refuse', reason: 'x' }).toString()
  const step = `${review}/steps/LBC_ISLINGTON/SIRO_APPROVAL`
  for (const forged of ['', 'x', token]) t.match(await siro.go(step, 'POST', body(forged)), { status: 403 })
  t.match((await siro.go(step)).text, /value="refuse"/, 'nothing was decided')
})

t.test('a stranger is shown nothing: what they may not know looks like what is not there', async (t) => {
  const stranger = visitorOf(pages)
  await signIn(stranger, 'demo-hackney-siro')
  const siro = visitorOf(pages)
  await signIn(siro, 'demo-camden-siro')
  const [, review = ''] = /href="(\/reviews\/[^"]+)"/.exec((await siro.go('/work')).text) ?? []
  for (const [hidden, missing] of [
    ['/agreements/DEMO-SIGN', '/agreements/DSA-2026-000000'],
    ...['parties', 'flows', 'documents', 'history'].map(
      (path) => [`/agreements/DEMO-SIGN/${path}`, `/agreements/DSA-2026-000000/${path}`] as const,
    ),
    ['/agreements/DEMO-SIGN/versions/1/text', '/agreements/DSA-2026-000000/versions/1/text'],
    ['/sign/DEMO-SIGN/1', '/sign/DSA-2026-000000/1'],
    [review, '/reviews/0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'],
    ...['progress', 'steps/LBC_CAMDEN/SIRO_APPROVAL', 'hands/LBC_CAMDEN/SIRO_APPROVAL', 'acts/decline'].map(
      (path) => [`${review}/${path}`, `/reviews/0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f/${path}`] as const,
    ),
    [`${review}/picture`, '/reviews/0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f/picture'],
    [review, '/reviews/x'],
  ] as const) {
    const shown = async (path: string) => {
      const { status, text } = await stranger.go(path)
      return { status, text: text.replace(/value="[^"]+"/g, '').replace(/<span class="app-hash">[^<]+/g, '') }
    }
    const found = await shown(hidden)
    t.equal(found.status, 404, hidden)
    t.same(found, await shown(missing), hidden)
  }
})

t.test('whoever signs has proved who they are in the last five minutes, and does so once more where not', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  t.notMatch((await who.go('/sign/DEMO-SIGN/1')).text, /prove once more/)
  ahead = 6 * 60_000
  const asked = await who.go('/sign/DEMO-SIGN/1')
  t.match(asked.text, /prove once more/)
  t.match(asked.text, /href="\/sign-in\/start\?again=1&amp;return_to=%2Fsign%2FDEMO-SIGN%2F1"/)
  const signed = await who.send('/work', '/sign/DEMO-SIGN/1', { name: 'x', post: 'x', authority: 'x' })
  t.match(signed, { status: 303, location: '/sign-in/start?again=1&return_to=%2Fsign%2FDEMO-SIGN%2F1' })
  ahead = 0
})

t.test('a session ends after thirty minutes without use, and after eight hours however much it is used', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  ahead = 29 * 60_000
  t.match(await who.go('/work'), { status: 200 })
  ahead = 58 * 60_000
  t.match(await who.go('/work'), { status: 200 }, 'each use counts')
  ahead = 89 * 60_000
  t.match(await who.go('/work'), { status: 303 }, 'half an hour later it is over')
  ahead = 0
  await signIn(who, 'demo-camden-siro')
  for (ahead = 0; ahead < 8 * 3_600_000; ahead += 20 * 60_000) t.match(await who.go('/work'), { status: 200 })
  t.match(await who.go('/work'), { status: 303 }, 'eight hours are the end of it')
  ahead = 0
})

t.test('whoever has no role here is told so, and whom to ask', async (t) => {
  const who = visitorOf(pages)
  t.match(await who.follow('/sign-in/start?account=nobody-of-the-demo'), { status: 400 })
  t.match(await who.go('/work'), { status: 303 })
})

t.test('a page opens for whoever may call the operation of the API that it stands for, and takes what that takes', async (t) => {
  const admin = visitorOf(pages)
  await signIn(admin, 'demo-register', '/')
  for (const path of ['/agreements', '/agreements/DEMO-SIGN', '/sign/DEMO-SIGN/1']) t.match(await admin.go(path), { status: 403 }, path)
  const beginning = await admin.go('/work')
  t.match(beginning, { status: 200, text: 'href="/confirmed-contacts"' }, 'who keeps the register begins with what they do')
  t.notMatch(beginning.text, 'href="/agreements"')
  const dpo = visitorOf(pages)
  await signIn(dpo, 'demo-camden-dpo')
  t.match(await dpo.send('/work', '/agreements/DEMO-CURL/acts/terminate', { reason: 'x' }), { status: 422, text: /role|SIGNATORY|SIRO/ })
  t.match(await dpo.send('/work', '/sign/DEMO-SIGN/1', {}), { status: 422 })
  const long = await dpo.send('/work', '/agreements/DEMO-CURL/acts/suspend', { reason: 'x'.repeat(2001) })
  t.match(long, { status: 422, text: /href="#reason"/ }, 'too long is said beside the field')
  t.match(long.text, /xxxx/, 'and what was typed is kept')
  t.match(await dpo.send('/work', '/agreements/DEMO-CURL/acts/__proto__', { reason: 'x' }), { status: 404 })
})

t.test('nobody acts for an organisation that gave them no role', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  await who.send('/work', '/organisation', { org: 'LBC_HACKNEY' })
  t.match((await who.go('/work')).text, /for Camden/)
})

t.test('what somebody typed is shown as they typed it, and is never part of a page', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-siro')
  const [, review = ''] = /href="(\/reviews\/[^"]+)"/.exec((await who.go('/work')).text) ?? []
  const script = '<script>alert(1)</script>"\'<img src=x onerror=alert(1)>'
  t.match(await who.send(review, review, { text: script, shared: 'yes' }), { status: 303 })
  const shown = (await who.go(review)).text
  t.notMatch(shown, /<script>alert|<img src=x/)
  t.match(shown, /&lt;script&gt;alert/)
  const searched = (await who.go(`/agreements?q=${encodeURIComponent(script)}`)).text
  t.notMatch(searched, /<script>alert|<img src=x/)
})

t.test('where the database is held up a page says so, and when to come again', async (t) => {
  const impatient = await testPages(t, { config: { lockTimeoutMs: 500 } })
  const who = visitorOf(impatient)
  await signIn(who, 'demo-camden-siro')
  const holder = await (await ownerPool(impatient.service)).connect()
  t.teardown(() => holder.release())
  for (const [held, shown] of [
    ['sign_off_task', 'Sign out'],
    ['organisation', 'Load this page again in a minute'],
  ] as const) {
    await holder.query(`begin; set local idle_in_transaction_session_timeout = 0; lock table ${held} in access exclusive mode`)
    const { status, text, headers } = await who.go('/work').finally(() => holder.query('rollback'))
    t.match({ status, headers }, { status: 503, headers: { 'content-type': /^text\/html/, 'retry-after': /^[1-9]/ } }, held)
    t.match(text, shown, held)
  }
  t.match(await who.go('/work'), { status: 200 })
})

t.test('on a Monday morning every role of Camden that approves or signs has something to do', async (t) => {
  for (const [account, step] of [
    ['demo-camden-ig', 'Information governance review'],
    ['demo-camden-iao', 'Information asset owner confirmation'],
    ['demo-camden-dpo', 'DPO review'],
    ['demo-camden-caldicott', 'Caldicott review'],
    ['demo-camden-security', 'Security review'],
    ['demo-camden-legal', 'Legal review'],
    ['demo-camden-siro', 'SIRO approval'],
  ] as const) {
    const who = visitorOf(pages)
    const [toDo = ''] = (await signIn(who, account)).text.split('Waiting on others')
    t.match(toDo, new RegExp(`>${step}</a>`), account)
  }
})

t.test('the list of agreements is narrowed by what the form offers, says by what, and comes as a file', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-ig')
  const referencesOf = (text: string) => [...text.matchAll(/href="\/agreements\/([A-Z][\w-]+)"/g)].map(([, id]) => id)
  for (const [query, expected] of [
    ['state=SUSPENDED', ['DEMO-SUSPENDED']],
    ['purpose=COUNCIL_TAX&partner=LBC_HACKNEY', ['DEMO-TAX']],
    ['category=SPECIAL&mine=yes', ['DEMO-ADULTS']],
    ['lawful_basis=6%281%29%28a%29', []],
    ['review=0&partner=LBC_ISLINGTON&mine=yes', ['DEMO-OVERDUE']],
    ['state=SUSPENDED&sort=title&category=nothing-that-is-offered', ['DEMO-SUSPENDED']],
  ] as const) {
    const { status, text } = await who.go(`/agreements?${query}`)
    t.equal(status, 200)
    t.strictSame(referencesOf(text), expected, query)
  }
  const { text } = await who.go('/agreements?state=SUSPENDED&partner=LBC_ISLINGTON')
  t.match(text, 'State: Suspended. <a class="govuk-link" href="/agreements?partner=LBC_ISLINGTON">Remove')
  const file = await who.go('/agreements.csv?state=SUSPENDED')
  t.match(file, { status: 200, headers: { 'content-type': /^text\/csv/, 'content-disposition': /attachment/ } })
  t.equal(file.text.trim().split('\r\n').length, 2, 'a header and one agreement')
  t.match(await who.go('/agreements?cursor=made-up'), { status: 400, text: /is not a cursor of this list/ })
})

t.test('a list that does not fit in one file says so, and leads from each file to the next', async (t) => {
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-ig')
  const whole = await who.go('/agreements/files?state=SUSPENDED')
  t.match(whole, { status: 200, text: /All of these agreements are in one file/ })
  t.match(whole.text, '<a class="govuk-link" href="/agreements.csv?state=SUSPENDED">Download 1 agreement (CSV)</a>')
  const owner = await ownerPool(pages.service)
  await owner.query(`
    with copied as (
      insert into agreement select (jsonb_populate_record(a, jsonb_build_object('id', 'ZZ-' || lpad(n::text, 4, '0')))).*
        from agreement a, generate_series(1, 5000) n where a.id = 'DEMO-TAX' returning id)
    insert into agreement_party select (jsonb_populate_record(p, jsonb_build_object('agreement_id', copied.id))).*
      from agreement_party p, copied where p.agreement_id = 'DEMO-TAX'`)
  const list = await who.go('/agreements?sort=id')
  t.match(list.text, '<a class="govuk-link" href="/agreements/files?sort=id">Download these agreements (CSV)</a>')
  const first = await who.go('/agreements/files?sort=id')
  t.match(first.text, /do not fit in one file: a file holds 5,000 at most/)
  t.match(first.text, '<a class="govuk-link" href="/agreements.csv?sort=id">Download 5,000 agreements (CSV)</a>')
  const [, next = ''] = /href="([^"]+)">go on to the next file/.exec(first.text) ?? []
  const last = await who.go(next.replaceAll('&amp;', '&'))
  t.match(last, { status: 200, text: /This is the last file/ })
  const [, address = ''] = /href="([^"]+)">Download \d+ agreements \(CSV\)/.exec(last.text) ?? []
  t.match(address, /^\/agreements\.csv\?sort=id&amp;cursor=/)
  t.notMatch(last.text, /next file/)
})
