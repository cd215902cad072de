import * as oidc from 'openid-client'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { SignedIn } from './session.ts'
import type { StartedSignIn } from './sessions.repository.ts'
import type { SessionsService } from './sessions.service.ts'

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
  readonly why: 'UNKNOWN' | 'REFUSED' | 'TOO_OLD'
  readonly cause: unknown
}

const SCOPE = 'openid profile'
const CLOCK_TOLERANCE_SECONDS = 30

export type SignInService = ReturnType<typeof signInService>

/** Signing in with OpenID Connect: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1; RFC 9700). */
export function signInService(
  client: BrowserClient,
  { sessions, callback }: { readonly sessions: SessionsService; readonly callback: URL },
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
    /** Where to send the browser, and the secret by which it is known when it comes back. `maxAge`: who proved who they are longer ago (seconds) does so once more. */
    async start(asked: { readonly returnTo: string; readonly maxAge?: number; readonly account?: string }) {
      const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()]
      const address = oidc.buildAuthorizationUrl(await configuration(), {
        ...{ redirect_uri: callback.href, scope: SCOPE, state, nonce },
        ...{ code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
        ...(asked.maxAge === undefined ? {} : { max_age: String(asked.maxAge), prompt: 'login' }),
        ...(asked.account === undefined ? {} : { login_hint: asked.account }),
      })
      const started: StartedSignIn = { nonce, verifier, returnTo: asked.returnTo, maxAge: asked.maxAge ?? null }
      return { address, browser: await sessions.begin(state, started) }
    },

    /** Who came back from the issuer, and where they wanted to go. Everything that the issuer says is checked: signature, issuer, audience, nonce, times. */
    async finish(
      query: URLSearchParams,
      browser: string | undefined,
    ): Promise<Result<{ readonly signedIn: SignedIn; readonly returnTo: string }, SignInFailed>> {
      const state = query.get('state')
      const started = state !== null && browser !== undefined ? await sessions.take(state, browser) : undefined
      if (!started || state === null) return refuse({ why: 'UNKNOWN', cause: 'no sign-in of this browser has this state' })
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
}

async function discover({ issuer, clientId, clientSecret, isLoopback }: BrowserClient): Promise<oidc.Configuration> {
  const found = await oidc.discovery(
    new URL(issuer),
    clientId,
    { [oidc.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
    oidc.ClientSecretBasic(clientSecret),
    {
      ...(isLoopback ? { execute: [oidc.allowInsecureRequests] } : {}),
    },
  )
  return found
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
