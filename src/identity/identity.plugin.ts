import fastifyJwt, { type TokenOrHeader } from '@fastify/jwt'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { type CryptoKey, createLocalJWKSet, createRemoteJWKSet, exportSPKI, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import type { ContractOperation } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/kernel/problem.ts'
import { isPermission, permits } from './permissions.ts'
import { type Principal, toPrincipal } from './principal.ts'
import { isWellFormedToken } from './token-form.service.ts'

/** Whose tokens are trusted, and where their keys are. */
export interface TokenTrust {
  readonly issuer: string
  readonly audience: string
  /** A key set at hand, or the address of one. */
  readonly keys: JSONWebKeySet | URL
}

/** How callers are known. */
export interface IdentityOptions extends TokenTrust {
  /** Whom a request's session is of; absent: nobody has one, and what needs one is refused. */
  readonly principalOfSession?: (request: FastifyRequest) => Promise<Principal | null>
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null
  }
}

const ALGORITHMS = ['ES256', 'RS256', 'EdDSA']
/** Keys are looked up again after this time, so that a withdrawn key stops being trusted. */
const KEY_TTL_MS = 5 * 60 * 1000
const CLOCK_TOLERANCE_SECONDS = 5

/**
 * Authenticates every operation that needs a permission, before its body is read: 401 for a token that is missing, forged,
 * expired or not for us, 403 for one whose roles do not carry `x-permission`. `none` in the contract means public. A route outside
 * the contract is public if it says so, else it needs a session.
 */
export const identityPlugin = fastifyPlugin<IdentityOptions>(
  async (app, { issuer, audience, keys, principalOfSession }) => {
    const keyFor = keyLookup(keys instanceof URL ? createRemoteJWKSet(keys) : createLocalJWKSet(keys))
    await app.register(fastifyJwt, {
      decode: { complete: true },
      secret: async (_request: FastifyRequest, token: TokenOrHeader) => keyFor('header' in token ? token.header : token),
      verify: {
        algorithms: ALGORITHMS as never,
        allowedIss: issuer,
        allowedAud: audience,
        // An absent issuer or audience would otherwise pass: only one that is there is compared.
        requiredClaims: ['iss', 'aud', 'exp', 'sub', 'iat'],
        checkTyp: 'at+jwt',
        clockTolerance: CLOCK_TOLERANCE_SECONDS * 1000,
      },
    })
    app.decorateRequest('principal', null)
    app.addHook('onRoute', ({ config }) => {
      if (config?.operation) mustBeKnown(config.operation)
    })
    app.addHook('onRequest', async (request) => {
      const { operation, access } = request.routeOptions.config ?? {}
      if (request.is404 || access === 'public' || operation?.permission === 'none') return
      if (operation) return authenticate(request, operation)
      request.principal = (access === 'session' && (await principalOfSession?.(request))) || null
      if (!request.principal) throw unauthenticated()
    })
  },
  { name: 'identity' },
)

/** The caller of an operation that needs a permission. @throws ProblemError 401 when there is none */
export function callerOf(request: FastifyRequest): Principal {
  if (!request.principal) throw unauthenticated()
  return request.principal
}

async function authenticate(request: FastifyRequest, operation: ContractOperation): Promise<void> {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined || !isWellFormedToken(token, Date.now() / 1000, CLOCK_TOLERANCE_SECONDS)) throw unauthenticated()
  try {
    await request.jwtVerify()
  } catch {
    // Why a token failed is not told: it would help whoever forges one.
    throw unauthenticated()
  }
  const principal = toPrincipal(request.user as Record<string, unknown>)
  if (!principal) throw unauthenticated()
  request.principal = principal
  const sufficient = [operation.permission].flat()
  if (!sufficient.some((permission) => isPermission(permission) && permits(principal.roles, permission))) {
    throw new ProblemError(problem('FORBIDDEN', `None of the roles of this token carries ${sufficient.join(' or ')}.`))
  }
}

/** A misspelt permission would be one that nobody has: the boot stops instead. */
function mustBeKnown(operation: ContractOperation): void {
  const unknown = [operation.permission].flat().filter((permission) => permission !== 'none' && !isPermission(permission))
  if (unknown.length > 0) throw new Error(`${operation.id}: no role carries ${unknown.join(', ')}`)
}

function unauthenticated(): ProblemError {
  return new ProblemError(problem('UNAUTHENTICATED', 'A valid bearer token is needed.'))
}

function keyLookup(lookUp: (header: JWSHeaderParameters) => Promise<CryptoKey | Uint8Array>) {
  const known = new Map<string, { pem: string; until: number }>()
  return async (header: { readonly alg?: string; readonly kid?: string }): Promise<string> => {
    if (!header.alg || !ALGORITHMS.includes(header.alg) || !header.kid) throw unauthenticated()
    const id = `${header.alg}\n${header.kid}`
    const hit = known.get(id)
    const now = performance.now()
    if (hit && hit.until > now) return hit.pem
    const pem = await exportSPKI((await lookUp({ alg: header.alg, kid: header.kid })) as CryptoKey)
    known.set(id, { pem, until: now + KEY_TTL_MS })
    return pem
  }
}
