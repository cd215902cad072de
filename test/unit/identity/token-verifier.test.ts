import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { exportJWK, SignJWT } from 'jose'
import t from 'tap'
import { tokenVerifier } from '../../../src/identity/token-verifier.service.ts'

// What is remembered of a verified token, and for how long: never longer than the token or its key is good.

const ISSUER = 'https://login.example.org/realm'
const AUDIENCE = 'https://accord.example.org'
const START = Date.UTC(2026, 10, 24, 12)
const KEY_TTL_MS = 60_000

async function aKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

type Key = Awaited<ReturnType<typeof aKey>>

const token = ({ kid, privateKey }: Key, sub = 'client-1', seconds = 300, from = START) =>
  new SignJWT({ org: 'LBC_CAMDEN', roles: ['API_CLIENT'], client_id: sub })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(sub)
    .setIssuedAt(from / 1000)
    .setExpirationTime(from / 1000 + seconds)
    .sign(privateKey)

async function verifierAt(key: Key, { tokensMax = 10 } = {}) {
  const clock = { now: START, elapsed: 0 }
  const verify = tokenVerifier(
    [{ issuer: ISSUER, audience: AUDIENCE, keys: { keys: [key.jwk] }, isAuthoritative: true }],
    async () => undefined,
    { now: () => clock.now, elapsed: () => clock.elapsed, keyTtlMs: KEY_TTL_MS, tokensMax },
  )
  return { clock, verify }
}

t.test('a token that was verified is known again at once, and stands for the same caller', async (t) => {
  const key = await aKey('key-1')
  const { verify } = await verifierAt(key)
  const good = await token(key)
  const first = verify(good)
  t.ok(first instanceof Promise, 'its signature is checked')
  t.match(await first, { sub: 'client-1', org: 'LBC_CAMDEN', clientId: 'client-1' })
  t.equal(verify(good), await first, 'it is not checked again')
  t.equal(await verify(`${good.slice(0, -4)}AAAA`), null, 'another signature under the same claims is nobody')
  t.equal(await verify(good.slice(0, -1)), null)
})

t.test('a token that is sent many times at once has its signature checked once', async (t) => {
  const key = await aKey('key-1')
  const { verify } = await verifierAt(key)
  const good = await token(key)
  const all = Array.from({ length: 100 }, () => verify(good))
  t.equal(new Set(all).size, 1)
  t.match(await all[0], { sub: 'client-1' })
  const forged = `${good.slice(0, -4)}AAAA`
  t.same(await Promise.all([verify(forged), verify(forged), verify(good)]).then((found) => found.map((one) => one?.sub)), [
    ...[undefined, undefined, 'client-1'],
  ])
})

t.test('a remembered token ends when it expires', async (t) => {
  const key = await aKey('key-1')
  const { clock, verify } = await verifierAt(key)
  const short = await token(key, 'client-1', 30)
  await verify(short)
  clock.now = START + 34_999
  t.match(verify(short), { sub: 'client-1' }, 'clocks may differ by five seconds')
  clock.now = START + 35_000
  t.equal(await verify(short), null)
})

t.test('a clock that was set back makes a remembered token be looked at anew', async (t) => {
  const key = await aKey('key-1')
  const { clock, verify } = await verifierAt(key)
  const good = await token(key)
  await verify(good)
  clock.now = START - 60_000
  t.equal(await verify(good), null, 'it was not issued yet')
})

t.test('a remembered token is good no longer than its key is believed: a key that was taken back takes its tokens along', async (t) => {
  const [stays, goes] = [await aKey('key-1'), await aKey('key-2')]
  let published = [stays.jwk, goes.jwk]
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  const keyTtlMs = 400
  const verify = tokenVerifier(
    [
      {
        issuer: ISSUER,
        audience: AUDIENCE,
        keys: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
        isAuthoritative: true,
      },
    ],
    async () => undefined,
    { now: Date.now, elapsed: () => performance.now(), keyTtlMs, tokensMax: 10 },
  )
  const from = Math.floor(Date.now() / 1000) * 1000
  const [kept, lost] = [await token(stays, 'client-1', 300, from), await token(goes, 'client-2', 300, from)]
  t.match(await verify(kept), { sub: 'client-1' })
  t.match(await verify(lost), { sub: 'client-2' })
  published = [stays.jwk]
  // Looked up again in a set that is nearly as old as one may be.
  await sleep(keyTtlMs / 2 - 20)
  await verify(await token(goes, 'client-3', 300, from))
  await sleep(keyTtlMs / 2 + 20)
  t.equal(await verify(lost), null, 'the key is no longer published')
  t.equal(await verify(lost), null, 'nor is it remembered')
  t.match(await verify(kept), { sub: 'client-1' })
})

t.test('a key that is looked up again is asked about every token that it signed', async (t) => {
  const key = await aKey('key-1')
  const { clock, verify } = await verifierAt(key)
  const good = await token(key, 'client-1', 3600)
  await verify(good)
  clock.elapsed = KEY_TTL_MS / 2 - 1
  t.notOk(verify(good) instanceof Promise)
  clock.elapsed = KEY_TTL_MS / 2
  t.ok(verify(good) instanceof Promise, 'its signature is checked anew')
})

t.test('no more tokens are remembered than may be, the newest of them, and none that was refused', async (t) => {
  const key = await aKey('key-1')
  const { verify } = await verifierAt(key, { tokensMax: 2 })
  const [a, b, c] = [await token(key, 'a'), await token(key, 'b'), await token(key, 'c')]
  for (const one of [a, b]) await verify(one)
  t.equal(await verify('no.token.atall'), null)
  t.notOk(verify(a) instanceof Promise, 'what was refused pushed nothing out')
  await verify(c)
  t.notOk(verify(b) instanceof Promise)
  t.notOk(verify(c) instanceof Promise)
  t.ok(verify(a) instanceof Promise, 'the oldest made room')
})

t.test('a token of many kilobytes is verified at each call and not kept', async (t) => {
  const key = await aKey('key-1')
  const { verify } = await verifierAt(key)
  const long = await token(key, 'client-1'.padEnd(5_000, 'x'))
  await verify(long)
  t.ok(verify(long) instanceof Promise)
})
