import * as oidc from 'openid-client'
import type { Clock } from '../../platform/kernel/clock.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { type ClaimsOf, signInClaims } from '../issuers.ts'
import { NO_NAME, type SignedIn } from './session.ts'

/** As which client this service is known at an issuer. */
export interface BrowserClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Only for an issuer on this machine: http. */
  readonly isLoopback: boolean
}

/** An issuer at which people sign in with a browser, and what its claims mean. */
export interface SignInIssuer extends BrowserClient, ClaimsOf {
  /** Its part of the address that browsers come back to, so that the answer of one is never taken for that of another (RFC 9700, 4.4); empty for the only one. */
  readonly key: string
  /** As people know it. */
  readonly name: string
}

/** Why a sign-in came to nothing; `cause` is for the log alone. */
export interface SignInFailed {
  readonly why: 'UNKNOWN' | 'REFUSED'
  readonly cause: unknown
}

/** A sign-in on its way to the issuer and back; the browser carries it, sealed, so that nothing of it is kept here. */
interface StartedSignIn {
  readonly issuer: string
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Where to go afterwards: a path of this service. */
  readonly returnTo: string
  /** Seconds since the person proved who they are that are few enough; null: any. */
  readonly maxAge: number | null
  /** Unix milliseconds. */
  readonly begunAt: number
}

/** Makes a text such that it cannot be changed, and answers it again where it was not. */
export interface Seal {
  sign(value: string): string
  unsign(value: string): { readonly valid: boolean; readonly value: string | null }
}

/** How long somebody may take to prove who they are. */
const SIGN_IN_MS = 900_000
const SCOPE = 'openid profile'
const CLOCK_TOLERANCE_SECONDS = 30

export type SignInService = ReturnType<typeof signInService>

/** Signing in with OpenID Connect: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1; RFC 9700). */
export function signInService(
  client: SignInIssuer,
  { seal, callback, clock }: { readonly seal: Seal; readonly callback: URL; readonly clock: Clock },
) {
  let discovered: Promise<oidc.Configuration> | undefined

  /** Asked when it is needed first, and again after it failed: the issuer may start later than this service. */
  function configuration(): Promise<oidc.Configuration> {
    discovered ??= discover(client).catch((error: unknown) => {
      discovered = undefined
      throw error
    })
    return discovered
  }

  return {
    /** Where to send the browser, and what it carries until it comes back. `account`: who signs in there, whoever did before. `maxAge`: who proved who they are longer ago (seconds) does so once more. */
    async start(asked: { readonly returnTo: string; readonly maxAge?: number; readonly account?: string }) {
      const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()]
      const address = oidc.buildAuthorizationUrl(await configuration(), {
        ...{ redirect_uri: callback.href, scope: SCOPE, state, nonce },
        ...{ code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
        ...(asked.maxAge === undefined ? {} : { max_age: String(asked.maxAge), prompt: 'login' }),
        ...(asked.account === undefined ? {} : { login_hint: asked.account, prompt: 'login' }),
      })
      const { returnTo, maxAge = null } = asked
      const started: StartedSignIn = { issuer: client.issuer, state, nonce, verifier, returnTo, maxAge, begunAt: clock().getTime() }
      return { address, ticket: seal.sign(Buffer.from(JSON.stringify(started)).toString('base64url')) }
    },

    /** Who came back from the issuer, and where they wanted to go. Everything that the issuer says is checked: signature, issuer, audience, nonce, times. */
    async finish(
      query: URLSearchParams,
      ticket: string | undefined,
    ): Promise<Result<{ readonly signedIn: SignedIn; readonly returnTo: string }, SignInFailed>> {
      const state = query.get('state')
      const started = ticket === undefined ? undefined : opened(ticket)
      if (!started || state === null || started.state !== state)
        return refuse({ why: 'UNKNOWN', cause: 'no sign-in of this browser has this state' })
      const answer = new URL(callback.href)
      answer.search = query.toString()
      try {
        const checks = { pkceCodeVerifier: started.verifier, expectedState: state, expectedNonce: started.nonce, idTokenExpected: true }
        const maxAge = started.maxAge === null ? {} : { maxAge: started.maxAge }
        const tokens = await oidc.authorizationCodeGrant(withFreshKeys(client, await configuration()), answer, { ...checks, ...maxAge })
        const claims = tokens.claims()
        const signedIn = claims && toSignedIn(client, claims, Date.now())
        if (!signedIn) return refuse({ why: 'REFUSED', cause: 'no ID token came that says who signed in, and when' })
        return ok({ signedIn, returnTo: started.returnTo })
      } catch (cause) {
        return refuse({ why: 'REFUSED', cause })
      }
    },
  }

  /** The sign-in that a browser carries; undefined: it was changed, began too long ago, or at another issuer. */
  function opened(ticket: string): StartedSignIn | undefined {
    const { valid, value } = seal.unsign(ticket)
    if (!valid || value === null) return undefined
    const started = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as StartedSignIn
    return started.issuer === client.issuer && clock().getTime() - started.begunAt < SIGN_IN_MS ? started : undefined
  }
}

const METADATA = { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS }

function discover(client: BrowserClient): Promise<oidc.Configuration> {
  const { issuer, clientId, clientSecret } = client
  return oidc.discovery(new URL(issuer), clientId, METADATA, oidc.ClientSecretBasic(clientSecret), { execute: checksOf(client) })
}

/** The signature of an ID token is checked although it came by TLS: what is kept of a sign-in stands for signatures under agreements. */
function checksOf({ isLoopback }: BrowserClient) {
  return [oidc.enableNonRepudiationChecks, ...(isLoopback ? [oidc.allowInsecureRequests] : [])]
}

/** The same issuer, whose keys are read anew: one that it changed while somebody signed in is known. */
function withFreshKeys(client: BrowserClient, found: oidc.Configuration): oidc.Configuration {
  const { clientId, clientSecret } = client
  const fresh = new oidc.Configuration({ ...found.serverMetadata() }, clientId, METADATA, oidc.ClientSecretBasic(clientSecret))
  for (const check of checksOf(client)) check(fresh)
  return fresh
}

/** Undefined where the issuer says nothing of who it is, or knew them later than now: that would never be too long ago. */
function toSignedIn(issuer: SignInIssuer, token: oidc.IDToken, now: number): SignedIn | undefined {
  const { iss, sub, org, roles, auth_time, acr, amr } = signInClaims(issuer, token) ?? {}
  if (typeof iss !== 'string' || typeof sub !== 'string') return undefined
  if (typeof auth_time === 'number' && auth_time * 1000 > now + CLOCK_TOLERANCE_SECONDS * 1000) return undefined
  return {
    ...{ issuer: iss, subject: sub, name: nameIn(token) },
    claims: { ...(org === undefined ? {} : { org }), ...(roles === undefined ? {} : { roles }) },
    authentication: {
      at: typeof auth_time === 'number' ? new Date(auth_time * 1000).toISOString() : null,
      level: typeof acr === 'string' ? acr : null,
      methods: Array.isArray(amr) ? amr.filter((word): word is string => typeof word === 'string').slice(0, 10) : [],
    },
  }
}

function nameIn({ name }: oidc.IDToken): string {
  return (typeof name === 'string' ? name.trim().slice(0, 200) : '') || NO_NAME
}
