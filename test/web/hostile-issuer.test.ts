import { createHmac, randomUUID } from 'node:crypto'
import t from 'tap'
import type { SignInIssuer } from '../../src/identity/sessions/sign-in.service.ts'
import { startTestIssuer, type TestIssuer } from '../support/oidc-issuer.ts'
import { testService } from '../support/service.ts'
import { type Visitor, visitorOf } from '../support/visitor.ts'

// Signing in with a browser where the issuer, or somebody between it and the browser, means harm. One issuer is an ordinary one, two are
// tenants of Microsoft Entra ID. Nobody is signed in by anything that is wrong, and whoever was signed in before still is.

const ADDRESS = 'http://127.0.0.1:9'
const HACKNEY_TENANT = randomUUID()
const SIRO_GROUP = randomUUID()
const camden = await startTestIssuer(t)
const hackney = await startTestIssuer(t, `/${HACKNEY_TENANT}/v2.0`)
const away = await startTestIssuer(t, '/away')
away.behaviour = { metadata: { issuer: 'https://somebody.else.example' } }

const offered = ({ issuer, clientId, clientSecret }: TestIssuer, key: string, name: string): SignInIssuer => ({
  ...{ issuer, clientId, clientSecret, isLoopback: true, key, name, isAuthoritative: true },
})
const issuers: readonly SignInIssuer[] = [
  offered(camden, 'camden', 'Camden'),
  {
    ...offered(hackney, 'hackney', 'Hackney'),
    ...{
      entra: { tenant: HACKNEY_TENANT, organisation: 'LBC_HACKNEY' },
      rolesBy: { claim: 'groups', codes: new Map([[SIRO_GROUP, 'SIRO']]) },
    },
  },
  offered(away, 'away', 'An issuer that is away'),
]
let ahead = 0
const service = await testService(t, {
  clock: () => new Date(Date.now() + ahead),
  browserSignIn: { issuers, publicUrl: new URL(ADDRESS) },
})
const pages = { service, address: ADDRESS }
const now = () => Math.floor(Date.now() / 1000)

t.beforeEach(() => {
  ahead = 0
  camden.behaviour = {}
  hackney.behaviour = {}
  camden.account = { sub: 'margaret', name: 'Margaret Chen', org: 'LBC_CAMDEN', roles: ['SIRO', 'SIGNATORY'] }
  hackney.account = { sub: 'pairwise', oid: randomUUID(), tid: HACKNEY_TENANT, name: 'Ade Bello', groups: [SIRO_GROUP] }
})
const begin = (key = 'camden', more = '') => `/sign-in/start?issuer=${key}&return_to=%2Fwork${more}`
const signIn = (who: Visitor, key = 'camden') => who.follow(begin(key))
const isSignedIn = async (who: Visitor) => (await who.go('/work')).status === 200
/** The address with which the issuer sends the browser back. */
async function cameBackWith(who: Visitor, key = 'camden', more = ''): Promise<string> {
  return (await who.go((await who.go(begin(key, more))).location ?? '')).location ?? ''
}

t.test('people choose where they work, and sign in there', async (t) => {
  t.match(
    (await visitorOf(pages).go('/sign-in')).text,
    /Where do you work\?[\s\S]*issuer=camden[^>]*>Camden<[\s\S]*issuer=hackney[^>]*>Hackney</,
  )
  const who = visitorOf(pages)
  t.match(await signIn(who), { status: 200, text: /Margaret Chen, for Camden/ })
  const other = visitorOf(pages)
  t.match(await signIn(other, 'hackney'), { status: 200, text: /Ade Bello, for Hackney/ }, 'by the groups of an Entra tenant')
  t.match(await who.go('/sign-in/start?issuer=nobody'), { status: 303, location: /^\/sign-in\?/ })
})

t.test('an ID token that is not what it should be signs nobody in', async (t) => {
  const bad: Readonly<Record<string, NonNullable<TestIssuer['behaviour']['idToken']>>> = {
    'for another client': (claims) => camden.sign({ ...claims, aud: randomUUID() }),
    'for another client besides, who asked for it': (claims) => camden.sign({ ...claims, aud: [claims['aud'], 'evil'], azp: 'evil' }),
    'of another issuer': (claims) => camden.sign({ ...claims, iss: hackney.issuer }),
    'signed by another issuer': (claims) => hackney.sign(claims),
    'without a subject': (claims) => camden.sign({ ...claims, sub: undefined }),
    'without a nonce': (claims) => camden.sign({ ...claims, nonce: undefined }),
    'with a nonce of another sign-in': (claims) => camden.sign({ ...claims, nonce: 'another' }),
    expired: (claims) => camden.sign({ ...claims, iat: now() - 600, nbf: now() - 600, exp: now() - 60 }),
    'not yet valid': (claims) => camden.sign({ ...claims, nbf: now() + 300 }),
    'without an end': (claims) => camden.sign({ ...claims, exp: undefined }),
    'of a clock that is minutes ahead': (claims) => camden.sign({ ...claims, auth_time: now() + 600 }),
    'of algorithm none': (claims) => unsigned({ alg: 'none', typ: 'JWT' }, claims, () => ''),
    'of algorithm None': (claims) => unsigned({ alg: 'None', typ: 'JWT' }, claims, () => ''),
    'signed with the secret of the client': (claims) =>
      unsigned({ alg: 'HS256', typ: 'JWT' }, claims, (text) => createHmac('sha256', camden.clientSecret).update(text).digest('base64url')),
    'with a signature of other claims': async (claims) => {
      const [header, , signature] = (await camden.sign(claims)).split('.')
      return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString('base64url'), signature].join('.')
    },
    'of a key that is published nowhere': (claims) => camden.sign(claims, { kid: 'nowhere' }),
    'not there': () => undefined,
  }
  for (const [what, idToken] of Object.entries(bad)) {
    const who = visitorOf(pages)
    camden.behaviour = { idToken }
    t.match(await signIn(who), { status: 400, text: /You are not signed in/ }, what)
    t.notOk(await isSignedIn(who), what)
    t.notOk(who.jar.has('session'), what)
  }
  camden.behaviour = { idToken: (claims) => camden.sign({ ...claims, iat: now() + 10, auth_time: now() + 10 }) }
  t.match(await signIn(visitorOf(pages)), { status: 200 }, 'clocks may differ by some seconds')
})

t.test('of an Entra tenant nobody is signed in without an oid, or of another tenant', async (t) => {
  for (const over of [{ oid: undefined }, { oid: 'ade@hackney.example' }, { tid: randomUUID() }, { tid: undefined }]) {
    hackney.behaviour = { idToken: (claims) => hackney.sign({ ...claims, ...over }) }
    t.match(await signIn(visitorOf(pages), 'hackney'), { status: 400 }, JSON.stringify(over))
  }
  hackney.account = { ...hackney.account, groups: [randomUUID()] }
  hackney.behaviour = {}
  t.match(await signIn(visitorOf(pages), 'hackney'), { status: 403, text: /do not have access yet/ }, 'without a group that is a role')
})

t.test('an ID token opens the API to nobody', async (t) => {
  let seen = ''
  camden.behaviour = {
    idToken: async (claims) => {
      seen = await camden.sign(claims)
      return seen
    },
  }
  t.match(await signIn(visitorOf(pages)), { status: 200 })
  for (const authorization of [`Bearer ${seen}`, `bearer ${seen}`])
    t.equal((await service.inject({ method: 'GET', url: '/v1/organisations', headers: { authorization } })).statusCode, 401)
})

t.test('a key that the issuer changes while somebody signs in is found', async (t) => {
  const who = visitorOf(pages)
  await signIn(visitorOf(pages), 'hackney')
  const back = await cameBackWith(who, 'hackney')
  hackney.rotateKeys()
  t.match(await who.go(back), { status: 303, location: '/work' })
})

t.test('an answer of the issuer is good once, for the browser and the sign-in that it belongs to', async (t) => {
  const who = visitorOf(pages)
  const back = await cameBackWith(who)
  const ticket = who.jar.get('sign-in') ?? ''
  t.match(await who.go(back), { status: 303 })
  t.match(await who.go(back), { status: 400 }, 'replayed')
  who.jar.set('sign-in', ticket)
  t.match(await who.go(back), { status: 400 }, 'replayed by a browser that kept its ticket: the code is used up')
  const [one, other] = [visitorOf(pages), visitorOf(pages)]
  const [ofOne, ofOther] = [await cameBackWith(one), await cameBackWith(other)]
  t.match(await one.go(ofOther), { status: 400 }, 'the answer of another sign-in')
  t.notOk(await isSignedIn(one))
  t.match(await one.go(ofOne), { status: 400 }, 'the sign-in that this broke off is begun anew')
  const changed = new URL(await cameBackWith(other))
  changed.searchParams.set('state', 'guessed')
  t.match(await other.go(changed.href), { status: 400 })
  for (const odd of ['', '?code=x', '?state=x', '?error=access_denied', '?code=a&code=b&state=x'])
    t.match(await visitorOf(pages).go(`/signed-in/camden${odd}`), { status: 400 }, odd)
  t.match(await visitorOf(pages).go('/signed-in/nobody?code=x&state=y'), { status: 404 })
})

t.test('an ID token of one sign-in is worth nothing in another', async (t) => {
  let first = ''
  camden.behaviour = {
    idToken: async (claims) => {
      first ||= await camden.sign(claims)
      return first
    },
  }
  t.match(await signIn(visitorOf(pages)), { status: 200 })
  t.match(await signIn(visitorOf(pages)), { status: 400 }, 'its nonce is that of the first')
})

t.test('two issuers are not mixed up: what one answers is never taken to the other', async (t) => {
  const who = visitorOf(pages)
  const back = new URL(await cameBackWith(who, 'camden'))
  t.equal(back.pathname, '/signed-in/camden', 'each has an address of its own')
  t.match(await who.go(`/signed-in/hackney${back.search}`), { status: 400 })
  t.notOk(await isSignedIn(who))
  const victim = visitorOf(pages)
  camden.behaviour = { answer: (right) => ({ ...right, iss: hackney.issuer }) }
  t.match(await signIn(victim), { status: 400 }, 'an answer that names another issuer (RFC 9207)')
})

t.test('nobody is sent to another host, by the address or by the issuer', async (t) => {
  for (const elsewhere of ['https://evil.example', '//evil.example', '/\\evil.example', '/%5Cevil.example/..//evil.example', 'x:y']) {
    const back = await visitorOf(pages).follow(`/sign-in/start?issuer=camden&return_to=${encodeURIComponent(elsewhere)}`)
    t.equal(new URL(back.way.at(-1) ?? '').origin, ADDRESS, elsewhere)
  }
})

t.test('the session has a new secret at each sign-in, and the one before is over, whosever it was', async (t) => {
  const who = visitorOf(pages)
  who.jar.set('session', 'planted')
  await signIn(who)
  const first = who.jar.get('session') ?? ''
  t.not(first, 'planted')
  camden.account = { ...camden.account, sub: 'daniel', name: 'Daniel Osei' }
  t.match((await signIn(who)).text, /Daniel Osei/)
  t.not(who.jar.get('session'), first)
  const old = visitorOf(pages)
  old.jar.set('session', first)
  t.notOk(await isSignedIn(old))
})

t.test('whoever is to prove once more who they are, and is not known anew, does not sign', async (t) => {
  const who = visitorOf(pages)
  await signIn(who)
  ahead = 6 * 60_000
  t.match((await who.go('/sign/DEMO-SIGN/1')).text, /prove once more who you are/)
  camden.behaviour = { idToken: (claims) => camden.sign({ ...claims, auth_time: now() - 3600 }) }
  t.match(await who.follow(begin('camden', '&again=1')), { status: 400 }, 'known an hour ago, though it was asked for now')
  camden.behaviour = { idToken: (claims) => camden.sign({ ...claims, auth_time: undefined }) }
  t.match(await who.follow(begin('camden', '&again=1')), { status: 400 }, 'the issuer does not say when')
  t.match(await who.go('/work'), { status: 200 }, 'signed in as before')
  t.match((await who.go('/sign/DEMO-SIGN/1')).text, /prove once more who you are/)
  camden.behaviour = {}
  ahead = 0
  t.match(await who.follow(begin('camden', '&again=1')), { status: 200 })
  t.notMatch((await who.go('/sign/DEMO-SIGN/1')).text, /prove once more who you are/)
})

t.test('where the issuer cannot be reached, or is not who it says, the page says so and when to try again', async (t) => {
  t.match(await visitorOf(pages).go(begin('away')), { status: 503, text: /cannot be reached/, headers: { 'retry-after': /\d/ } })
})

function unsigned(header: object, claims: object, sign: (text: string) => string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${sign(text)}`
}
