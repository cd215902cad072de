import { type CryptoKey, type JWSHeaderParameters, jwtVerify } from 'jose'
import { keySource } from './issuer-keys.service.ts'
import { accessClaims, speaksFor, type TokenTrust, tokenTypeOf } from './issuers.ts'
import { asStaff, type Principal, type TokenClaims, toPrincipal } from './principal.ts'
import { issuerOfToken } from './token-form.service.ts'

/** The organisation of a client that is registered here; undefined: it is not, as far as can be known. */
export type OrganisationOfClient = (client: { readonly issuer: string; readonly clientId: string }) => Promise<string | undefined>

/** The clocks a token is judged by, and how much is remembered; a test sets its own. */
export interface VerifierSettings {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds that only go forward. */
  readonly elapsed: () => number
  /** A withdrawn key is believed no longer than this, and no token by it. */
  readonly keyTtlMs: number
  /** So many verified tokens are remembered at most. */
  readonly tokensMax: number
}

const ALGORITHMS = ['ES256', 'RS256', 'EdDSA']
const CLOCK_TOLERANCE_SECONDS = 5
/** Characters of a token that is remembered; a longer one is verified at each call. */
const TOKEN_LENGTH_MAX = 4_096
const USUAL: VerifierSettings = { now: Date.now, elapsed: () => performance.now(), keyTtlMs: 5 * 60 * 1000, tokensMax: 10_000 }

/** An issuer, and how a key of it is found. */
interface Issuer {
  readonly trust: TokenTrust
  readonly lookUp: ReturnType<typeof keySource>
}

/** A key that was looked up. */
interface KnownKey {
  readonly id: string
  readonly key: CryptoKey
  /** Until when it is believed without looking, in `elapsed` milliseconds. */
  readonly until: number
}

/** A token that was verified, and with which key. */
interface Verified {
  readonly principal: Principal
  readonly key: KnownKey
  readonly since: number
  /** First millisecond at which it has expired. */
  readonly end: number
}

/**
 * Answers whom a compact token of one of the issuers stands for, with the roles that count by the token alone; null: nobody, and why is
 * not told. The organisation of a machine whose issuer names none is that for which it is registered here, for ever. A signature is checked once: a token that was verified is known again while it has not expired and its key is still believed, not
 * a moment longer. Whether its client was revoked is asked by others, at every call.
 */
export function tokenVerifier(
  trusted: readonly TokenTrust[],
  organisationOf: OrganisationOfClient,
  { now, elapsed, keyTtlMs, tokensMax }: VerifierSettings = USUAL,
): (token: string) => Principal | null | Promise<Principal | null> {
  // A set may be as old as this when a key is looked up in it, and the key is believed for as long again.
  const halfTtlMs = keyTtlMs / 2
  const issuers = new Map(trusted.map((trust) => [trust.issuer, { trust, lookUp: keySource(trust, halfTtlMs) }]))
  const known = new Map<string, KnownKey>()
  const verified = new Map<string, Verified>()
  const verifying = new Map<string, Promise<Principal | null>>()

  async function keyFor({ trust, lookUp }: Issuer, { alg, kid }: JWSHeaderParameters): Promise<KnownKey> {
    if (!alg || !ALGORITHMS.includes(alg) || !kid) throw new Error('no key of ours')
    const id = `${trust.issuer}\n${alg}\n${kid}`
    const hit = known.get(id)
    if (hit && hit.until > elapsed()) return hit
    // A lookup that fails leaves nothing to believe.
    known.delete(id)
    const found = { id, key: (await lookUp({ alg, kid })) as CryptoKey, until: elapsed() + halfTtlMs }
    known.set(id, found)
    return found
  }

  async function verify(token: string): Promise<Principal | null> {
    const since = now()
    const named = issuerOfToken(token, since / 1000, CLOCK_TOLERANCE_SECONDS)
    const issuer = named === undefined ? undefined : issuers.get(named)
    if (!issuer) return null
    const { trust } = issuer
    try {
      let key: KnownKey | undefined
      const { payload } = await jwtVerify(
        token,
        async (header) => {
          key = await keyFor(issuer, header)
          return key.key
        },
        {
          algorithms: ALGORITHMS,
          issuer: trust.issuer,
          audience: [trust.audience].flat(),
          // An absent issuer or audience would otherwise pass: only one that is there is compared.
          requiredClaims: ['iss', 'aud', 'exp', 'sub', 'iat'],
          typ: tokenTypeOf(trust),
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: new Date(since),
        },
      )
      const claims = accessClaims(trust, payload)
      const known = claims && toPrincipal(await withOrganisation(claims), trust.isAuthoritative)
      const principal = known && speaksFor(trust, known.org) ? asStaff(known) : known
      if (principal && key && payload.exp !== undefined)
        remember(token, { principal, key, since, end: (payload.exp + CLOCK_TOLERANCE_SECONDS) * 1000 })
      return principal
    } catch {
      // Why a token failed is not told: it would help whoever forges one.
      return null
    }
  }

  async function withOrganisation(claims: TokenClaims): Promise<TokenClaims> {
    const { iss, client_id, org } = claims
    if (org !== undefined || typeof iss !== 'string' || typeof client_id !== 'string') return claims
    return { ...claims, org: await organisationOf({ issuer: iss, clientId: client_id }) }
  }

  /** Who sends a token many times at once has it verified once. */
  function verifyOnce(token: string): Promise<Principal | null> {
    const running = verifying.get(token)
    if (running) return running
    const begun = verify(token).finally(() => verifying.delete(token))
    verifying.set(token, begun)
    return begun
  }

  function remember(token: string, found: Verified): void {
    if (token.length > TOKEN_LENGTH_MAX) return
    const [oldest] = verified.size < tokensMax ? [] : verified.keys()
    if (oldest !== undefined) verified.delete(oldest)
    verified.set(token, found)
  }

  return (token) => {
    const hit = verified.get(token)
    if (!hit) return verifyOnce(token)
    const { key, since, end } = hit
    const at = now()
    if (at >= since && at < end && key.until > elapsed() && known.get(key.id) === key) return hit.principal
    verified.delete(token)
    return verifyOnce(token)
  }
}
