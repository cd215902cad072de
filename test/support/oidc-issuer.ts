import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, type JWTHeaderParameters, SignJWT } from 'jose'
import type { Teardown } from './postgres.ts'

/** An OpenID provider in the hands of a test: real in its protocol, as honest as the test wants. */
export interface TestIssuer {
  /** As its tokens name it. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** How often its keys were asked for. */
  readonly asked: { keys: number }
  /** What it says of whoever signs in next. */
  account: Readonly<Record<string, unknown>>
  /** What it does otherwise than it should; undefined: nothing. */
  behaviour: Partial<Behaviour>
  /** Signs claims with the newest key; a claim or header of `undefined` is left out. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Partial<JWTHeaderParameters>): Promise<string>
  /** Signs with a new key from here on; the one before is published no longer. */
  rotateKeys(): void
}

interface Behaviour {
  /** The ID token, given the claims that would be right; undefined: none comes. */
  readonly idToken: (claims: Readonly<Record<string, unknown>>) => Promise<string> | string | undefined
  /** What a browser is sent back with, given what would be right. */
  readonly answer: (parameters: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
  /** Of its discovery document. */
  readonly metadata: Readonly<Record<string, unknown>>
}

interface Asked {
  readonly nonce: string | null
  readonly maxAge: string | null
}

/** Starts one on this machine; its path is like that of a tenant. `http` is the only thing about it that a real one is not. */
export async function startTestIssuer(t: Teardown, path = ''): Promise<TestIssuer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const codes = new Map<string, Asked>()
  let key = aKey()

  const self: TestIssuer = {
    ...{ issuer, clientId: randomUUID(), clientSecret: randomUUID(), asked: { keys: 0 } },
    account: { sub: 'somebody' },
    behaviour: {},
    sign: (claims, header = {}) =>
      new SignJWT(without(claims) as never)
        .setProtectedHeader(without({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header }) as JWTHeaderParameters)
        .sign(key.privateKey),
    rotateKeys() {
      key = aKey()
    },
  }
  return self

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', issuer)
    const json = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    switch (url.pathname.slice(path.length)) {
      case '/.well-known/openid-configuration':
        return void json({ ...metadata(), ...self.behaviour.metadata })
      case '/keys': {
        self.asked.keys += 1
        return void json({ keys: [{ ...(await exportJWK(key.publicKey)), kid: key.kid, use: 'sig' }] })
      }
      case '/authorize': {
        const code = randomUUID()
        codes.set(code, { nonce: url.searchParams.get('nonce'), maxAge: url.searchParams.get('max_age') })
        const right = { code, state: url.searchParams.get('state') ?? '' }
        const back = new URL(url.searchParams.get('redirect_uri') ?? '')
        back.search = new URLSearchParams(self.behaviour.answer?.(right) ?? right).toString()
        return void response.writeHead(303, { location: back.href }).end()
      }
      case '/token': {
        const sent = new URLSearchParams(await textOf(request))
        const asked = codes.get(sent.get('code') ?? '')
        codes.delete(sent.get('code') ?? '')
        if (!asked) return void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
        const claims = idClaims(asked)
        const idToken = await (self.behaviour.idToken ?? self.sign)(claims)
        return void json({ access_token: randomUUID(), token_type: 'Bearer', expires_in: 60, id_token: idToken })
      }
      default:
        response.writeHead(404).end()
    }
  }

  function metadata() {
    return {
      ...{ issuer, jwks_uri: `${issuer}/keys`, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
      ...{ response_types_supported: ['code'], subject_types_supported: ['pairwise'], id_token_signing_alg_values_supported: ['RS256'] },
      code_challenge_methods_supported: ['S256'],
    }
  }

  function idClaims({ nonce }: Asked) {
    const now = Math.floor(Date.now() / 1000)
    const usual = { iss: issuer, aud: self.clientId, iat: now, nbf: now, exp: now + 300, auth_time: now, nonce: nonce ?? undefined }
    return { ...usual, ...self.account }
  }
}

function aKey(): { readonly kid: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
}

function without(all: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
