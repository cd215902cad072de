import { type CryptoKey, createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWSHeaderParameters, jwtVerify } from 'jose'
import { type Principal, toPrincipal } from './principal.ts'
import { isWellFormedToken } from './token-form.service.ts'

/** Whose tokens are trusted, and where their keys are. */
export interface TokenTrust {
  readonly issuer: string
  readonly audience: string
  /** A key set at hand, or the address of one. */
  readonly keys: JSONWebKeySet | URL
  /** Whether the roles that its tokens claim for persons count; else only those that are recorded here do. */
  readonly isAuthoritative: boolean
}

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
 * Answers whom a compact token stands for, with the roles that count by the token alone; null: nobody, and why is not told. A
 * signature is checked once: a token that was verified is known again while it has not expired and its key is still believed, not
 * a moment longer. Whether its client was revoked is asked by others, at every call.
 */
export function tokenVerifier(
  { issuer, audience, keys, isAuthoritative }: TokenTrust,
  { now, elapsed, keyTtlMs, tokensMax }: VerifierSettings = USUAL,
): (token: string) => Principal | null | Promise<Principal | null> {
  // A set may be as old as this when a key is looked up in it, and the key is believed for as long again.
  const halfTtlMs = keyTtlMs / 2
  const lookUp = keys instanceof URL ? createRemoteJWKSet(keys, { cacheMaxAge: halfTtlMs }) : createLocalJWKSet(keys)
  const known = new Map<string, KnownKey>()
  const verified = new Map<string, Verified>()
  const verifying = new Map<string, Promise<Principal | null>>()

  async function keyFor({ alg, kid }: JWSHeaderParameters): Promise<KnownKey> {
    if (!alg || !ALGORITHMS.includes(alg) || !kid) throw new Error('no key of ours')
    const id = `${alg}\n${kid}`
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
    if (!isWellFormedToken(token, since / 1000, CLOCK_TOLERANCE_SECONDS)) return null
    try {
      let key: KnownKey | undefined
      const { payload } = await jwtVerify(
        token,
        async (header) => {
          key = await keyFor(header)
          return key.key
        },
        {
          algorithms: ALGORITHMS,
          issuer,
          audience,
          // An absent issuer or audience would otherwise pass: only one that is there is compared.
          requiredClaims: ['iss', 'aud', 'exp', 'sub', 'iat'],
          typ: 'at+jwt',
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: new Date(since),
        },
      )
      const principal = toPrincipal(payload, isAuthoritative)
      if (principal && key && payload.exp !== undefined)
        remember(token, { principal, key, since, end: (payload.exp + CLOCK_TOLERANCE_SECONDS) * 1000 })
      return principal
    } catch {
      // Why a token failed is not told: it would help whoever forges one.
      return null
    }
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
