import t from 'tap'
import { ownerPool } from '../support/leaves.ts'
import { startTestIssuer } from '../support/oidc-issuer.ts'
import { testService } from '../support/service.ts'
import { type Visitor, visitorOf } from '../support/visitor.ts'

// Forms and pages as somebody meets them who means harm, or who has two windows open, goes back, and clicks twice.

const ADDRESS = 'http://127.0.0.1:9'
const issuer = await startTestIssuer(t)
const service = await testService(t, {
  browserSignIn: {
    issuers: [{ ...issuer, isLoopback: true, key: '', name: 'Everybody', isAuthoritative: false }],
    publicUrl: new URL(ADDRESS),
  },
})
const pages = { service, address: ADDRESS }
const SUSPEND = '/agreements/DEMO-CURL/acts/suspend'
const admin = await service.as({ org: 'GLA', roles: ['REGISTER_ADMIN'] })

/** Records that somebody of the issuer holds a role. */
async function appointed(subject: string, ...held: readonly (readonly [org: string, role: string, by?: string])[]): Promise<void> {
  for (const [org, role, by = issuer.issuer] of held) {
    const payload = { person: { issuer: by, subject }, role, reason: 'Appointed' }
    const reply = await service.inject({ method: 'POST', url: `/v1/organisations/${org}/roles`, headers: admin, payload })
    t.equal(reply.statusCode, 201, reply.body)
  }
}
await appointed('margaret', ['LBC_CAMDEN', 'SIRO'])
await appointed('shared', ['LBC_CAMDEN', 'IG_OFFICER'], ['LBC_ISLINGTON', 'DPO'])
await appointed('daniel', ['LBC_CAMDEN', 'DPO'])

async function signedIn(subject: string, who = visitorOf(pages)): Promise<Visitor> {
  issuer.account = { sub: subject, name: subject }
  t.match(await who.follow('/sign-in/start?return_to=%2Fwork'), { status: 200 }, subject)
  return who
}
const tokenOf = async (who: Visitor, page: string) => /name="_csrf" value="([^"]+)"/.exec((await who.go(page)).text)?.[1] ?? ''
const sent = (who: Visitor, address: string, fields: Readonly<Record<string, string>>) =>
  who.go(address, 'POST', new URLSearchParams(fields).toString())

t.test('a form is taken with the token of its person and browser alone', async (t) => {
  const [margaret, elsewhere] = [await signedIn('margaret'), await signedIn('margaret')]
  const foreign = await tokenOf(elsewhere, SUSPEND)
  for (const _csrf of ['', 'x', foreign, `${foreign}x`])
    t.match(await sent(margaret, SUSPEND, { _csrf, reason: 'Forged' }), { status: 403, text: /<h1[^>]*>This form cannot be taken/ })
  t.match(await margaret.go(SUSPEND, 'POST', 'reason=Forged'), { status: 403 })
  const before = await tokenOf(margaret, SUSPEND)
  await signedIn('daniel', margaret)
  t.match(
    await sent(margaret, SUSPEND, { _csrf: before, reason: 'Of the person before' }),
    { status: 403 },
    'the same browser, another person',
  )
  t.notMatch((await margaret.go('/agreements/DEMO-CURL')).text, /Suspended/)
})

t.test('no page is shown inside another one, runs a script of its own, or is kept by anybody on the way', async (t) => {
  const who = await signedIn('margaret')
  for (const path of ['/', '/sign-in', '/work', SUSPEND, '/nowhere', '/agreements/DSA-2026-000000']) {
    const { headers, text } = await who.go(path)
    t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/, path)
    t.equal(headers['x-frame-options'], 'SAMEORIGIN', path)
    t.equal(headers['cache-control'], 'no-store', path)
    t.equal(headers['x-content-type-options'], 'nosniff', path)
    t.notMatch(text, /<script(?![^>]* src=)|\son[a-z]+=|javascript:|<style/i, path)
  }
})

t.test('what somebody wrote is shown as they wrote it, wherever it is shown', async (t) => {
  const script = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}`
  issuer.account = { sub: 'margaret', name: script }
  const who = visitorOf(pages)
  await who.follow('/sign-in/start?return_to=%2Fwork')
  const shown = [
    await who.go('/work'),
    await who.go(`/agreements?q=${encodeURIComponent(script)}`),
    await who.go(`/sign-in?return_to=${encodeURIComponent(`/${script}`)}`),
    await who.go(`/nowhere/${encodeURIComponent(script)}`),
    await who.send(SUSPEND, SUSPEND, { reason: `${script}${'x'.repeat(2001)}` }),
    await who.send('/sign/DEMO-SIGN/1', '/sign/DEMO-SIGN/1', { name: script, post: script, authority: script, statements: script }),
  ]
  for (const { text } of shown) t.notMatch(text, /<script>alert|<img src=x|>49</)
  t.match(shown[0]?.text, /&lt;script&gt;alert/)
  t.match(shown[4]?.text, /&lt;script&gt;alert/)
})

t.test('a form that was sent twice, or again after going back, is taken once', async (t) => {
  const who = await signedIn('margaret')
  const _csrf = await tokenOf(who, SUSPEND)
  const first = await sent(who, SUSPEND, { _csrf, reason: 'The list is wrong' })
  t.match(first, { status: 303, location: '/agreements/DEMO-CURL' })
  const again = await sent(who, SUSPEND, { _csrf, reason: 'The list is wrong' })
  t.match(again, { status: 303, location: '/agreements/DEMO-CURL' }, 'clicked twice, or sent once more from the page before')
  const siro = await service.as({ org: 'LBC_CAMDEN', roles: ['SIRO'] })
  const agreement = (await service.inject({ method: 'GET', url: '/v1/agreements/DEMO-CURL', headers: siro })).json()
  t.equal(agreement.suspensions.length, 1)
})

t.test('two windows of one browser work side by side, and signing out ends both', async (t) => {
  const who = await signedIn('margaret')
  const [one, other] = [await tokenOf(who, '/work'), await tokenOf(who, '/agreements')]
  t.not(one, other)
  t.match(await sent(who, '/organisation', { _csrf: one, org: 'LBC_CAMDEN' }), { status: 303 })
  t.match(await sent(who, '/sign-out', { _csrf: other }), { status: 303 })
  t.match(await who.go('/work'), { status: 303, location: /^\/sign-in/ })
})

t.test('whoever acts for two organisations chooses which, has the roles of that one alone, and keeps the choice', async (t) => {
  const who = await signedIn('shared')
  t.match((await who.go('/work')).text, /for Camden[\s\S]*Act for[\s\S]*Islington/)
  t.match(await who.send('/work', '/organisation', { org: 'LBC_ISLINGTON' }), { status: 303, location: '/work' })
  t.match((await who.go('/work')).text, /for Islington/)
  t.match((await who.go('/agreements')).text, /for Islington/, 'on every page')
  await signedIn('shared', who)
  t.match((await who.go('/work')).text, /for Islington/, 'and after signing in again')
  t.match(await who.send('/work', '/organisation', { org: 'LBC_HACKNEY' }), { status: 303 })
  t.match((await who.go('/work')).text, /for Islington/, 'of no other one')
  t.notMatch((await (await signedIn('margaret')).go('/work')).text, /Act for/, 'nothing to choose where there is one')
})

t.test('a form that was opened for one organisation does nothing for another one of the same person', async (t) => {
  const who = await signedIn('shared')
  await who.send('/work', '/organisation', { org: 'LBC_CAMDEN' })
  const _csrf = await tokenOf(who, '/sign/DEMO-SIGN/1')
  t.match(await sent(who, '/organisation', { _csrf: await tokenOf(who, '/work'), org: 'LBC_ISLINGTON' }), { status: 303 })
  const late = await sent(who, '/agreements/DEMO-SIGN/acts/suspend', { _csrf, reason: 'For Camden' })
  t.match(late, { status: 403, text: /for another organisation/ })
  t.match(late.text, /for Islington/, 'and the page says for whom they act now')
  const again = await sent(who, '/agreements/DEMO-SIGN/acts/suspend', { _csrf: await tokenOf(who, '/work'), reason: 'For Islington' })
  t.not(again.status, 403)
})

t.test('a session of an issuer that is trusted no longer opens nothing, whatever roles are recorded', async (t) => {
  const who = await signedIn('margaret')
  t.match(await who.go('/work'), { status: 200 })
  const owner = await ownerPool(service)
  const gone = 'https://trusted-once.example'
  await appointed('margaret', ['LBC_CAMDEN', 'SIRO', gone])
  await owner.query(`update session set issuer = $2 where issuer = $1 and subject = 'margaret'`, [issuer.issuer, gone])
  t.match(await who.go('/work'), { status: 303, location: /^\/sign-in/ })
})

t.test('an address that does not exist is a page for people and a problem for systems', async (t) => {
  const stranger = visitorOf(pages)
  t.match(await stranger.go('/nowhere'), { status: 404, text: /<h1[^>]*>Page not found<\/h1>/ })
  const who = await signedIn('margaret')
  t.match(await who.go('/agreements/DEMO-CURL/nowhere?x=1'), {
    status: 404,
    text: /Page not found[\s\S]*margaret|margaret[\s\S]*Page not found/,
  })
  const asked = async (url: string, accept: string, method: 'GET' | 'POST' | 'DELETE' = 'GET') => {
    const reply = await service.inject({ method, url, headers: { accept } })
    return `${reply.statusCode} ${String(reply.headers['content-type']).split(';')[0]}`
  }
  t.equal(await asked('/nowhere', '*/*'), '404 application/problem+json')
  t.equal(await asked('/nowhere', 'application/json'), '404 application/problem+json')
  t.equal(await asked('/v1/nowhere', 'text/html'), '404 application/problem+json')
  t.equal(await asked('/nowhere', 'text/html', 'POST'), '404 application/problem+json')
  t.equal(await asked('/v1/clients/x/revocation', 'text/html'), '405 application/problem+json')
  t.equal(await asked('/work', 'text/html', 'DELETE'), '405 application/problem+json')
})
