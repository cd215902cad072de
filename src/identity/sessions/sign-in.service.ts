import * as oidc from 'openid-client'
import type { Clock } from '../../platform/kernel/clock.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { SignedIn } from './session.ts'

/** The issuer at which people sign in with a browser, and as which client this service is known there. */
export interface BrowserClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Only for an issuer on this machine: http. */
  readonly isLoopback: boolean
}

/** Why a sign-in came to nothing; `cause` is for the log alone. */
export interface SignInFailed {
  readonly why: 'UNKNOWN' | 'REFUSED'
  readonly cause: unknown
}

/** A sign-in on its way to the issuer and back; the browser carries it, sealed, so that nothing of it is kept here. */
interface StartedSignIn {
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
  client: BrowserClient,
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
      const started: StartedSignIn = { state, nonce, verifier, returnTo, maxAge, begunAt: clock().getTime() }
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
        const tokens = await oidc.authorizationCodeGrant(await configuration(), answer, { ...checks, ...maxAge })
        const claims = tokens.claims()
        if (!claims) return refuse({ why: 'REFUSED', cause: 'no ID token came' })
        return ok({ signedIn: toSignedIn(claims), returnTo: started.returnTo })
      } catch (cause) {
        return refuse({ why: 'REFUSED', cause })
      }
    },
  }

  /** The sign-in that a browser carries; undefined: it was changed, or began too long ago. */
  function opened(ticket: string): StartedSignIn | undefined {
    const { valid, value } = seal.unsign(ticket)
    if (!valid || value === null) return undefined
    const started = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as StartedSignIn
    return clock().getTime() - started.begunAt < SIGN_IN_MS ? started : undefined
  }
}

function discover({ issuer, clientId, clientSecret, isLoopback }: BrowserClient): Promise<oidc.Configuration> {
  const metadata = { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS }
  const options = isLoopback ? { execute: [oidc.allowInsecureRequests] } : {}
  return oidc.discovery(new URL(issuer), clientId, metadata, oidc.ClientSecretBasic(clientSecret), options)
}

function toSignedIn({ iss, sub, name, org, roles, auth_time, acr, amr }: oidc.IDToken): SignedIn {
  return {
    ...{ issuer: iss, subject: sub, name: typeof name === 'string' ? name.slice(0, 200) : 'No name' },
    claims: { ...(org === undefined ? {} : { org }), ...(roles === undefined ? {} : { roles }) },
    authentication: {
      at: typeof auth_time === 'number' ? new Date(auth_time * 1000).toISOString() : null,
      level: typeof acr === 'string' ? acr : null,
      methods: Array.isArray(amr) ? amr.filter((word): word is string => typeof word === 'string').slice(0, 10) : [],
    },
  }
}
