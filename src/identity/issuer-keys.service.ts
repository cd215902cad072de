import { type CryptoKey, createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import type { TokenTrust } from './issuers.ts'

/** The key of a header, by its `alg` and `kid`. @throws where there is none, or the issuer cannot be asked */
type LookUp = (header: JWSHeaderParameters) => Promise<CryptoKey>

const DISCOVERY_TIMEOUT_MS = 5_000
/** An issuer that could not be asked is asked again after this: whoever sends tokens does not make us ask it all the time. */
const ASK_AGAIN_MS = 5_000

/** Where the keys of an issuer are looked up: those at an address are read again when they are as old as `cacheMaxAge`, or name no such key. */
export function keySource({ issuer, keys }: Pick<TokenTrust, 'issuer' | 'keys'>, cacheMaxAge: number): LookUp {
  if (keys !== 'DISCOVERED')
    return (keys instanceof URL ? createRemoteJWKSet(keys, { cacheMaxAge }) : createLocalJWKSet(keys as JSONWebKeySet)) as LookUp
  let discovered: Promise<LookUp> | undefined
  let failedAt: number | undefined
  return async (header) => {
    if (!discovered || (failedAt !== undefined && performance.now() - failedAt >= ASK_AGAIN_MS)) {
      failedAt = undefined
      discovered = discover(issuer, cacheMaxAge)
      discovered.catch(() => {
        failedAt = performance.now()
      })
    }
    return (await discovered)(header)
  }
}

/** OpenID Connect Discovery 1.0, 4: a document that names another issuer is not this one's (4.3). */
async function discover(issuer: string, cacheMaxAge: number): Promise<LookUp> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const reply = await fetch(address, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS), redirect: 'error' })
  if (!reply.ok) throw new Error(`${address} answered ${reply.status}`)
  const document = (await reply.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
  if (document.issuer !== issuer || typeof document.jwks_uri !== 'string') throw new Error(`${address} is not that of ${issuer}`)
  const keys = new URL(document.jwks_uri)
  if (keys.protocol !== 'https:' && issuer.startsWith('https:')) throw new Error(`${keys.href} is not https`)
  return createRemoteJWKSet(keys, { cacheMaxAge }) as LookUp
}
