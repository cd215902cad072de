import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { CallerNames } from '../platform/http/admission.ts'
import type { ContractOperation } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/http/problem.ts'
import type { TokenTrust } from './issuers.ts'
import { OUTSIDER_TOKEN, outsideOperation } from './outsider.ts'
import { isPermission, permits, type Role } from './permissions.ts'
import { type Principal, whyNotAllCount, withRecordedRoles } from './principal.ts'
import { type OrganisationOfClient, tokenVerifier } from './token-verifier.service.ts'

/** How callers are known. */
export interface IdentityOptions {
  readonly issuers: readonly TokenTrust[]
  /** Whether the roles that an issuer claims for persons count. */
  readonly isAuthoritative: (issuer: string) => boolean
  /** For whom a client acts whose issuer does not say. */
  readonly organisationOfClient: OrganisationOfClient
  /** The share of a client, in percent of the requests that are answered at once, where it has one of its own. */
  readonly shareOfClient?: (clientId: string) => number | null | undefined
  /** The roles that are recorded for a person in an organisation today; asked at every call of a person, once more when its body is there, and never kept. */
  readonly rolesOf: (person: { readonly issuer: string; readonly subject: string }, org: string) => Promise<readonly Role[]>
  /** The roles that staff of an organisation have who have no other there; asked at every call of one of them, and never kept. */
  readonly staffRolesOf: (org: string) => Promise<readonly Role[]>
  /** Who knows people without an account; absent: nobody is let in so. */
  readonly outsiders?: Outsiders
  /** Whom a request's session is of; absent: nobody has one, and what needs one is refused. */
  readonly principalOfSession?: (request: FastifyRequest) => Promise<Principal | null>
}

/** People without an account, known by the session that a mailed code opened. */
export interface Outsiders {
  /** Whom a token is of at this moment; null: nobody, or no longer. */
  readonly principalOf: (token: string) => Promise<Principal | null>
  readonly isSignOffOf: (signOff: string, agreement: string) => Promise<boolean>
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null
  }
}

/**
 * Authenticates every operation that needs a permission, before its body is read: 401 for a token that is missing, forged,
 * expired or not for us, 503 with `Retry-After` where this caller, its organisation or everybody has as many requests open as may be,
 * 403 for a caller whose roles do not carry `x-permission`. `none` in the contract means public. A route
 * outside the contract is public if it says so, else it needs a session. What a machine may is in its token; a person has besides
 * the roles that are recorded here at that moment, and once more when its body is there.
 */
export const identityPlugin = fastifyPlugin<IdentityOptions>(
  async (app, { principalOfSession, outsiders, rolesOf, staffRolesOf, issuers, isAuthoritative, organisationOfClient, shareOfClient }) => {
    const verify = tokenVerifier(issuers, organisationOfClient)
    /** Persons as their tokens say, while their requests are on their way. */
    const persons = new WeakMap<FastifyRequest, Principal>()

    /** Whom neither the token nor the register gives a role is nobody; where tokens say nothing of roles, somebody without one. */
    async function admitPerson(person: Principal, request: FastifyRequest): Promise<ProblemError | undefined> {
      const own = await rolesOf({ issuer: person.issuer, subject: person.sub }, person.org)
      const isWithoutRole = person.roles.length + own.length === 0
      const recorded = isWithoutRole && person.isStaff ? await staffRolesOf(person.org) : own
      const isNobody = isAuthoritative(person.issuer) && person.roles.length + recorded.length === 0
      return admit(isNobody ? null : withRecordedRoles(person, recorded), request, whyNotAllCount(person, recorded))
    }
    /** An outsider does what is open to outsiders, on the agreement of their invitation: anything else is not there for them. */
    async function admitOutsider(person: Principal, request: FastifyRequest): Promise<ProblemError | undefined> {
      const { operation, standsFor = operation } = request.routeOptions.config ?? {}
      const subject = standsFor && outsideOperation(standsFor.id)
      // A form that stands for a reading does more than read.
      const isMore = request.method === 'POST' && standsFor?.method === 'GET'
      if (!subject || isMore) return new ProblemError(problem('FORBIDDEN', 'An invitation to one agreement does not carry this.'))
      const { id = '' } = request.params as { readonly id?: string }
      const isTheirs =
        subject === 'agreement' ? id === person.invitedTo : (await outsiders?.isSignOffOf(id, person.invitedTo ?? '')) === true
      return isTheirs ? admit(person, request) : new ProblemError(problem('NOT_FOUND', 'There is nothing here that you were invited to.'))
    }
    /** Why a caller is not let in. It is counted among its own before the register is asked, so that no wait of one is everybody's. */
    function refusalOf(found: Principal | null, request: FastifyRequest): ProblemError | undefined | Promise<ProblemError | undefined> {
      if (!found) return unauthenticated()
      if (!app.admission.identify(request, namesOf(found, shareOfClient))) return tooMany()
      if (found.clientId !== null) return admit(found, request)
      if (found.invitedTo !== undefined) return admitOutsider(found, request)
      persons.set(request, found)
      return admitPerson(found, request)
    }

    /** An outsider once more, when the body is there: the invitation may have ended meanwhile. */
    async function stillOutsider(request: FastifyRequest): Promise<ProblemError | undefined> {
      const person = await foundIn(request)
      return person && person.invitedTo === request.principal?.invitedTo ? undefined : unauthenticated()
    }
    /** Whom the token, or for a page the session, is of. */
    function foundIn(request: FastifyRequest): Principal | null | Promise<Principal | null> {
      const { operation, access } = request.routeOptions.config ?? {}
      if (operation) return principalOf(verify, outsiders, request)
      return access === 'session' ? (principalOfSession?.(request) ?? null) : null
    }

    app.decorateRequest('principal', null)
    app.addHook('onRoute', ({ config }) => {
      if (config?.operation) mustBeKnown(config.operation)
    })
    // Calls `done` at once where the token of a machine is known already: a promise more a call is what a decision has no time for.
    app.addHook('onRequest', (request, _reply, done) => {
      const { operation, access } = request.routeOptions.config ?? {}
      if (request.is404 || access === 'public' || operation?.permission === 'none') return done()
      const found = foundIn(request)
      const refusal = found instanceof Promise ? found.then((principal) => refusalOf(principal, request)) : refusalOf(found, request)
      if (refusal instanceof Promise) refusal.then(done, done)
      else done(refusal)
    })
    // A body may take minutes, or its caller's other acts, and a role may end meanwhile: an act is done by the roles of its own moment.
    app.addHook('preValidation', (request, _reply, done) => {
      if (request.method !== 'GET' && request.principal?.invitedTo !== undefined) {
        stillOutsider(request).then(done, done)
        return
      }
      const person = request.method === 'GET' ? undefined : persons.get(request)
      if (person) admitPerson(person, request).then(done, done)
      else done()
    })
  },
  { name: 'identity' },
)

/** The caller of an operation that needs a permission. @throws ProblemError 401 when there is none */
export function callerOf(request: Pick<FastifyRequest, 'principal'>): Principal {
  if (!request.principal) throw unauthenticated()
  return request.principal
}

function principalOf(verify: ReturnType<typeof tokenVerifier>, outsiders: Outsiders | undefined, { headers }: FastifyRequest) {
  const token = bearerOf(headers.authorization)
  if (token?.startsWith(OUTSIDER_TOKEN)) return outsiders ? outsiders.principalOf(token) : null
  return token === undefined ? null : verify(token)
}

/** By whom a request is counted: one caller's share is never everybody's. */
function namesOf({ org, sub, issuer, clientId }: Principal, shareOf: IdentityOptions['shareOfClient']): CallerNames {
  if (clientId === null) return { caller: `${org} ${issuer} ${sub}`, organisation: org }
  const names = { caller: `${org} client ${issuer} ${clientId}`, organisation: org }
  const callerPercent = shareOf?.(clientId) ?? null
  return callerPercent === null ? names : { ...names, callerPercent }
}

function tooMany(): ProblemError {
  return new ProblemError(problem('OVERLOADED', 'As many requests of yours are being answered as there may be.'))
}

/** Why the caller is not let in, undefined where it is: then the request knows it. */
function admit(principal: Principal | null, request: FastifyRequest, why: string | null = null): ProblemError | undefined {
  if (!principal) return unauthenticated()
  const { operation } = request.routeOptions.config ?? {}
  request.principal = principal
  const sufficient = operation ? [operation.permission].flat() : []
  return !operation || sufficient.some((one) => isPermission(one) && permits(principal.roles, one))
    ? undefined
    : new ProblemError(problem('FORBIDDEN', [`None of your roles carries ${sufficient.join(' or ')}.`, why ?? ''].join(' ').trim()))
}

/** The token of a header as most write it, else as RFC 9110 lets it be written: the name of the scheme in any case. */
function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  if (header.startsWith('Bearer ') && header.lastIndexOf(' ') === 6) return header.slice(7) || undefined
  return /^Bearer +(\S+)$/i.exec(header)?.[1]
}

/** A misspelt permission would be one that nobody has: the boot stops instead. */
function mustBeKnown(operation: ContractOperation): void {
  const unknown = [operation.permission].flat().filter((permission) => permission !== 'none' && !isPermission(permission))
  if (unknown.length > 0) throw new Error(`${operation.id}: no role carries ${unknown.join(', ')}`)
}

function unauthenticated(): ProblemError {
  return new ProblemError(problem('UNAUTHENTICATED', 'A valid bearer token is needed.'))
}
