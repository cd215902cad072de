import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import type { Caller } from './principal.ts'

/**
 * Issues tokens where no OpenID provider is configured: the loopback demo, the tests, the command line.
 * Its key lies under the service's own folder; a service with a real issuer never trusts it.
 */
export interface DevelopmentIssuer {
  readonly issuer: string
  readonly audience: string
  /** JSON Web Key Set with the public key. */
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] }
  /** A bearer token for the principal, valid for `ttlSeconds` from `now`. */
  sign(principal: Caller, now: Date, ttlSeconds: number): Promise<string>
}

export const DEVELOPMENT_ISSUER = 'urn:accord:development-issuer'
export const DEVELOPMENT_AUDIENCE = 'urn:accord:api'

/** Opens the issuer whose private key is `folder/development-issuer.pem` (0600), making it on first use. */
export async function openDevelopmentIssuer(folder: string): Promise<DevelopmentIssuer> {
  const file = join(folder, 'development-issuer.pem')
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(`${file}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return developmentIssuer(createPrivateKey(readFileSync(file)))
}

/** The issuer with a key of the caller's own (P-256), for tests and for commands that start a service of their own. */
export async function developmentIssuer(privateKey: KeyObject): Promise<DevelopmentIssuer> {
  const { d: _secret, ...publicJwk } = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    issuer: DEVELOPMENT_ISSUER,
    audience: DEVELOPMENT_AUDIENCE,
    jwks: { keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }] },
    sign({ sub, org, roles, clientId }, now, ttlSeconds) {
      const issuedAt = Math.floor(now.getTime() / 1000)
      return new SignJWT({ org, roles: [...roles], ...(clientId === null ? {} : { client_id: clientId }) })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .setIssuer(DEVELOPMENT_ISSUER)
        .setAudience(DEVELOPMENT_AUDIENCE)
        .setSubject(sub)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttlSeconds)
        .sign(privateKey)
    },
  }
}
