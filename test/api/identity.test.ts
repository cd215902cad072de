import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign as signBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, type JWTHeaderParameters, SignJWT } from 'jose'
import t from 'tap'
import { SHARE } from '../support/demo-share.ts'
import { rowCounts } from '../support/leaves.ts'
import { testService, throwAwayIssuer } from '../support/service.ts'

// Whom the service believes: a test for each class of bad token. A refusal never says what was wrong with it.

const ISSUER = 'https://login.example.org/realm'
const AUDIENCE = 'https://accord.example.org'

interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function aKey(kid: string, alg: 'ES256' | 'RS256' | 'EdDSA' = 'ES256'): SigningKey {
  if (alg === 'RS256') return { kid, alg, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
  return { kid, alg, ...(alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')) }
}

async function keySet(...keys: readonly SigningKey[]) {
  return {
    keys: await Promise.all(keys.map(async ({ kid, alg, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }))),
  }
}

const now = () => Math.floor(Date.now() / 1000)
const MACHINE = { sub: 'client-1', org: 'LBC_CAMDEN', roles: ['API_CLIENT'], client_id: 'client-1' }

/** A good token of a machine, but for what the test changes; a claim or header of `undefined` is left out. */
function token(
  key: SigningKey,
  claims: Readonly<Record<string, unknown>> = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const payload = { iss: ISSUER, aud: AUDIENCE, iat: now(), exp: now() + 300, ...MACHINE, ...claims }
  return new SignJWT(without(payload) as never)
    .setProtectedHeader(without({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header }) as JWTHeaderParameters)
    .sign(key.privateKey)
}

function without<T extends object>(all: T): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T
}

/** Header and claims signed, or not, by hand: for what no honest library signs. */
function byHand(header: object, claims: object, sign: (signed: string) => string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part(header)}.${part({ iss: ISSUER, aud: AUDIENCE, iat: now(), exp: now() + 300, ...MACHINE, ...claims })}`
  return `${signed}.${sign(signed)}`
}

t.test('with the key set of a file', async (t) => {
  const [ours, second, theirs] = [aKey('key-1'), aKey('key-2', 'RS256'), aKey('key-1')]
  const edwards = aKey('key-3', 'EdDSA')
  const service = await testService(t, {
    register: 'ORGANISATIONS',
    trust: { issuer: ISSUER, audience: AUDIENCE, keys: (await keySet(ours, second, edwards)) as never, isAuthoritative: true },
  })
  const ask = (authorization: string | undefined) =>
    service.inject({
      method: 'POST',
      url: '/v1/decisions',
      ...(authorization === undefined ? {} : { headers: { authorization } }),
      payload: SHARE,
    })

  t.test('a token of the issuer is believed, with any of its keys and algorithms', async (t) => {
    for (const key of [ours, second, edwards]) t.equal((await ask(`Bearer ${await token(key)}`)).statusCode, 200, key.alg)
    t.equal(
      (await ask(`Bearer ${await token(ours, { aud: ['https://other.example.org', AUDIENCE] })}`)).statusCode,
      200,
      'for us among others',
    )
    t.equal((await ask(`Bearer ${await token(ours, { exp: now() - 2 })}`)).statusCode, 200, 'clocks may differ by some seconds')
  })

  t.test('a bad token is nobody', async (t) => {
    const pem = createPublicKey(ours.privateKey).export({ type: 'spki', format: 'pem' })
    const good = await token(ours)
    const [header = '', claims = '', signature = ''] = good.split('.')
    const person = { client_id: undefined, sub: 'person-1' }
    const bad: Readonly<Record<string, string | undefined>> = {
      missing: undefined,
      empty: 'Bearer ',
      'not a bearer token': 'Basic dXNlcjpwYXNz',
      'no token at all': 'Bearer nonsense',
      'two parts': `Bearer ${header}.${claims}`,
      'claims that are not JSON': `Bearer ${header}.${Buffer.from('{').toString('base64url')}.${signature}`,
      expired: `Bearer ${await token(ours, { iat: now() - 600, exp: now() - 60 })}`,
      'without an end': `Bearer ${await token(ours, { exp: undefined })}`,
      'without a beginning': `Bearer ${await token(ours, { iat: undefined })}`,
      'not yet valid': `Bearer ${await token(ours, { nbf: now() + 60 })}`,
      'of another issuer': `Bearer ${await token(ours, { iss: 'https://evil.example.org' })}`,
      'without an issuer': `Bearer ${await token(ours, { iss: undefined })}`,
      'for another audience': `Bearer ${await token(ours, { aud: 'https://other.example.org' })}`,
      'without an audience': `Bearer ${await token(ours, { aud: undefined })}`,
      'signed by somebody else under our key id': `Bearer ${await token(theirs)}`,
      'with a signature of other claims': `Bearer ${header}.${Buffer.from(JSON.stringify({ ...MACHINE, org: 'MPS' })).toString('base64url')}.${signature}`,
      'with an empty signature': `Bearer ${header}.${claims}.`,
      'of algorithm none': `Bearer ${byHand({ alg: 'none', kid: 'key-1', typ: 'at+jwt' }, {}, () => '')}`,
      'of algorithm None': `Bearer ${byHand({ alg: 'None', kid: 'key-1', typ: 'at+jwt' }, {}, () => '')}`,
      'HS256 signed with the public key': `Bearer ${byHand({ alg: 'HS256', kid: 'key-1', typ: 'at+jwt' }, {}, (signed) => createHmac('sha256', pem).update(signed).digest('base64url'))}`,
      'of another algorithm than its key': `Bearer ${await token(second, {}, { kid: 'key-1' })}`,
      'of a key we do not know': `Bearer ${await token(aKey('key-9'))}`,
      'without a key id': `Bearer ${await token(ours, {}, { kid: undefined as never })}`,
      'an id token': `Bearer ${await token(ours, {}, { typ: 'JWT' })}`,
      'without a type': `Bearer ${await token(ours, {}, { typ: undefined as never })}`,
      'of nobody': `Bearer ${await token(ours, { sub: undefined })}`,
      'of an empty subject': `Bearer ${await token(ours, { sub: '' })}`,
      'for no organisation': `Bearer ${await token(ours, { org: undefined })}`,
      'for two organisations': `Bearer ${await token(ours, { org: ['LBC_CAMDEN', 'MPS'] })}`,
      'without roles': `Bearer ${await token(ours, { roles: undefined })}`,
      'with no role': `Bearer ${await token(ours, { roles: [] })}`,
      'with a role nobody has heard of': `Bearer ${await token(ours, { ...person, roles: ['IG_OFFICER', 'SUPERUSER'] })}`,
      'with roles as one text': `Bearer ${await token(ours, { roles: 'API_CLIENT' })}`,
      'of a machine with a role of a person': `Bearer ${await token(ours, { roles: ['SIGNATORY'] })}`,
      'of a machine with a role of a person besides': `Bearer ${await token(ours, { roles: ['API_CLIENT', 'SIGNATORY'] })}`,
      'of a person with the role of a machine': `Bearer ${await token(ours, { ...person, roles: ['API_CLIENT'] })}`,
      'of a client without a name': `Bearer ${await token(ours, { client_id: '' })}`,
    }
    const before = await rowCounts(service)
    const details = new Set<string>()
    for (const [what, authorization] of Object.entries(bad)) {
      const reply = await ask(authorization)
      t.equal(reply.statusCode, 401, what)
      t.match(reply.json(), { code: 'UNAUTHENTICATED', type: '/problems/unauthenticated' }, what)
      t.equal(reply.headers['www-authenticate'], 'Bearer')
      details.add(reply.json().detail)
    }
    t.equal(details.size, 1, 'whoever forges one is not told what to do better')
    t.strictSame(await rowCounts(service), before, 'nothing was recorded or changed')
  })

  t.test(
    'a token whose claims or header are not what RFC 7519 and RFC 7515 make of them is nobody, although its signature is good',
    async (t) => {
      const sign = (signed: string) =>
        signBytes('sha256', Buffer.from(signed), { key: ours.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
      const base = { iss: ISSUER, aud: AUDIENCE, iat: now(), exp: now() + 300, ...MACHINE }
      const part = (text: string | Buffer) => Buffer.from(text).toString('base64url')
      const raw = (claims: string | Buffer, header: string | Buffer = '{"alg":"ES256","kid":"key-1","typ":"at+jwt"}') => {
        const signed = `${part(header)}.${part(claims)}`
        return `${signed}.${sign(signed)}`
      }
      const withClaim = (name: string, json: string) =>
        raw(JSON.stringify(without({ ...base, [name]: undefined })).replace(/\}$/, `,"${name}":${json}}`))
      const withHeader = (name: string, json: string) =>
        raw(
          JSON.stringify(base),
          JSON.stringify(without({ alg: 'ES256', kid: 'key-1', typ: 'at+jwt', [name]: undefined })).replace(/\}$/, `,"${name}":${json}}`),
        )
      t.equal((await ask(`Bearer ${raw(JSON.stringify(base))}`)).statusCode, 200, 'signed by hand, it is believed')
      t.equal((await ask(`Bearer ${withClaim('exp', `${now() + 300}.5`)}`)).statusCode, 200, 'a NumericDate may have a fraction')
      const soon = String(now() + 300)
      const odd: Readonly<Record<string, readonly string[]>> = {
        exp: ['1e400', '1e300', '253402300800', '-1', `"${soon}"`, `[${soon}]`, '{}', 'true', 'null', '"never"'],
        iat: ['1e400', '-1', '-1e400', `"${now()}"`, 'null', 'true', '[]', String(now() + 3600), '{"a":1}'],
        nbf: ['1e400', '-1', `"${now()}"`, 'null', 'false', '[]', '{}', '9e15'],
        iss: [`["${ISSUER}"]`, 'null', '1', '{}', '""'],
        aud: ['null', '1', '{}', '[]', '""', `["${AUDIENCE}",1]`, `["${AUDIENCE}",null]`, `[["${AUDIENCE}"]]`, `{"0":"${AUDIENCE}"}`],
        sub: ['1', 'null', '[]', '["client-1"]', '{}', 'true'],
        jti: ['1', 'null', '[]', '{}'],
        org: ['1', 'null', '["LBC_CAMDEN"]', '{"code":"LBC_CAMDEN"}', '""'],
        roles: ['"API_CLIENT"', '[1]', '[null]', '[["API_CLIENT"]]', '{"0":"API_CLIENT","length":1}', 'null', '["API_CLIENT",1]', '[""]'],
        client_id: ['1', 'null', '[]', '["client-1"]', 'false'],
        auth_time: ['"x"', '1e400'],
      }
      for (const [name, values] of Object.entries(odd))
        for (const json of values) t.equal((await ask(`Bearer ${withClaim(name, json)}`)).statusCode, 401, `${name}: ${json}`)
      const headers: Readonly<Record<string, readonly string[]>> = {
        crit: ['["exp"]', '[]', '["b64"]', 'null', '"exp"'],
        b64: ['true', 'false', '"false"', 'null'],
        typ: ['["at+jwt"]', '1', 'null', '""', '{}'],
        kid: ['["key-1"]', '1', 'null', '{}', '""'],
        alg: ['["ES256"]', 'null', '1', '"es256"', '"ES256 "'],
        cty: ['1', '[]'],
        jwk: ['"x"', '[]', '1'],
        x5c: ['"x"', '[1]', '{}'],
        jku: ['1', '[]'],
      }
      for (const [name, values] of Object.entries(headers))
        for (const json of values) t.equal((await ask(`Bearer ${withHeader(name, json)}`)).statusCode, 401, `header ${name}: ${json}`)
      const json = JSON.stringify(base)
      const written: Readonly<Record<string, string>> = {
        'an organisation twice': raw(json.replace('{', '{"org":"MPS",')),
        'an organisation twice, once escaped': raw(json.replace('{', '{"\\u006frg":"MPS",')),
        'an end twice': raw(json.replace('{', `{"exp":${soon},`)),
        'a key id twice': raw(json, '{"alg":"ES256","kid":"key-9","kid":"key-1","typ":"at+jwt"}'),
        'an algorithm twice': raw(json, '{"alg":"none","alg":"ES256","kid":"key-1","typ":"at+jwt"}'),
        'claims with bytes that are no UTF-8': raw(
          Buffer.concat([Buffer.from(json.slice(0, -1)), Buffer.from(',"x":"'), Buffer.from([0xff]), Buffer.from('"}')]),
        ),
        'a header with bytes that are no UTF-8': raw(
          json,
          Buffer.concat([Buffer.from('{"alg":"ES256","kid":"key-1","typ":"at+jwt","x":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
        ),
        'claims that are a list': raw(`[${json}]`),
        'claims that are a text': raw('"x"'),
        'claims that are null': raw('null'),
        'claims nested without end': raw(json.replace(/\}$/, `,"x":${'['.repeat(100)}${']'.repeat(100)}}`)),
        'an end before its beginning': raw(JSON.stringify({ ...base, nbf: now() - 5, iat: now() - 5, exp: now() - 100 })),
        'a part more': `${raw(json)}.`,
        padding: `${raw(json)}=`,
      }
      for (const [what, bad] of Object.entries(written)) t.equal((await ask(`Bearer ${bad}`)).statusCode, 401, what)
    },
  )

  t.test('a token without the permission is known, and refused', async (t) => {
    const auditor = await token(ours, { client_id: undefined, sub: 'auditor-1', roles: ['AUDITOR'] })
    const reply = await ask(`Bearer ${auditor}`)
    t.equal(reply.statusCode, 403)
    t.match(reply.json(), { code: 'FORBIDDEN', detail: /decision:evaluate/ })
  })

  t.test('who may not ask is refused before the body is read', async (t) => {
    const headers = { authorization: 'Bearer nonsense', 'content-type': 'application/json' }
    t.equal((await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: '{' })).statusCode, 401)
  })

  t.test('health and documentation need no token', async (t) => {
    for (const url of ['/health/live', '/health/ready', '/docs/json', '/problems/forbidden']) {
      t.equal((await service.inject({ method: 'GET', url })).statusCode, 200, url)
    }
  })
})

t.test('with the key set of an address: a new key is found, an unknown one refused, and the set is not asked for every call', async (t) => {
  const [first, second] = [aKey('rotating-1'), aKey('rotating-2')]
  const published = await keySet(first)
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify(published))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  const keys = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`)
  const service = await testService(t, {
    register: 'ORGANISATIONS',
    trust: { issuer: ISSUER, audience: AUDIENCE, keys, isAuthoritative: true },
  })
  const status = async (key: SigningKey) =>
    (await service.inject({ method: 'GET', url: '/v1/organisations/MPS', headers: { authorization: `Bearer ${await token(key)}` } }))
      .statusCode

  t.equal(await status(second), 401, 'not published yet')
  t.equal(await status(first), 200)
  const before = asked
  for (let call = 0; call < 5; call += 1) t.equal(await status(first), 200)
  t.equal(asked, before, 'a known key is not looked up again')
})

t.test('a key that was added after the start is found by a service that has not asked yet', async (t) => {
  const [first, second] = [aKey('rotating-1'), aKey('rotating-2')]
  let published = await keySet(first)
  let isDown = false
  const server = createServer((_request, response) => {
    if (isDown) response.writeHead(500).end()
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(published))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  const keys = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`)
  const service = await testService(t, {
    register: 'ORGANISATIONS',
    trust: { issuer: ISSUER, audience: AUDIENCE, keys, isAuthoritative: true },
  })
  const status = async (key: SigningKey) =>
    (await service.inject({ method: 'GET', url: '/v1/organisations/MPS', headers: { authorization: `Bearer ${await token(key)}` } }))
      .statusCode
  published = await keySet(first, second)
  t.equal(await status(second), 200, 'the new key')
  t.equal(await status(first), 200, 'the old one, while both are published')
  isDown = true
  t.equal(await status(first), 200, 'known keys are good while the issuer is away')
  t.equal(await status(aKey(randomUUID())), 401, 'an unknown one is not believed because the issuer is away')
})

t.test('an issuer that signs for us is not the one that signs for somebody else', async (t) => {
  const [one, other] = [await throwAwayIssuer(), await throwAwayIssuer()]
  const service = await testService(t, {
    register: 'ORGANISATIONS',
    trust: { issuer: one.issuer, audience: one.audience, keys: one.jwks as never, isAuthoritative: true },
  })
  const status = async (issuer: typeof one) => {
    const bearer = await issuer.sign({ sub: 's', org: 'MPS', roles: ['IG_OFFICER'], clientId: null }, new Date(), 60)
    return (await service.inject({ method: 'GET', url: '/v1/organisations/MPS', headers: { authorization: `Bearer ${bearer}` } }))
      .statusCode
  }
  t.equal(await status(one), 200)
  t.equal(await status(other), 401)
})
