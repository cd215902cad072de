import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply } from '../../platform/http/answer.ts'
import { problemOfRequest } from '../../platform/http/validation-problem.ts'
import { orThrow, Refused } from '../../platform/kernel/refusal.ts'
import { traceOf } from '../trace.ts'
import type { PermissionsQuery, PermissionsService } from './permissions.service.ts'

/** What an organisation may send or receive, as a table (`GET /v1/permissions`). It may never answer before the record is made. */
export function permissionsRoutes(permissions: PermissionsService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listPermissions', async (given) => {
      const request = given as FastifyRequest
      const call = { caller: callerOf(request), trace: traceOf(request.headers['traceparent']) }
      const query = request.query as PermissionsQuery
      const fault = problemOfRequest(request)
      if (fault) throw new Refused(await permissions.recordRefused(call, query, fault))
      const { id, text, count, receipt } = orThrow(await permissions.list(call, query))
      request.logFields['decisionId'] = id
      request.logFields['results'] = String(count)
      return bytesReply(200, 'application/json; charset=utf-8', text, { 'accord-receipt': receipt })
    })
  }
}

interface Query {
  readonly organisation?: string
  readonly direction: PermissionsAsked['direction']
  readonly with?: string
  readonly purpose?: string
  readonly limit?: number
  readonly token?: string
}

function searchOf(query: Query, own: string, permits: PermitPolicy): Omit<SearchCall<Permission>, 'caller' | 'trace'> {
  const { organisation = own, direction, with: other = null, purpose = null, limit, token } = query
  const asked: PermissionsAsked = { organisation, direction, with: other, purpose }
  return {
    event: eventOf(query),
    // No token of a search of AuthZEN goes on here.
    asked: { permissions: asked },
    request: recordedOf(asked),
    at: null,
    wanted: null,
    page: { in: '/query', ...(token === undefined ? {} : { token }), ...(limit === undefined ? {} : { limit }) },
    find: permissionsOn.bind(null, asked, permits),
    inWords,
  }
}

/** In the log it is the search that it is: who may receive what one provides, or what one may receive. */
export function eventOf({ direction }: Partial<Query>): CallEvent {
  return direction === 'SEND' ? 'adl.search_subject' : 'adl.search_resource'
}

export function recordedOf({ organisation, direction, with: other, purpose }: PermissionsAsked): RecordedSearch {
  const isSent = direction === 'SEND'
  return {
    [isSent ? 'provider' : 'recipient']: organisation,
    ...(other === null ? {} : { [isSent ? 'recipient' : 'provider']: other }),
    ...(purpose === null ? {} : { purpose }),
    mode: 'SYSTEMATIC',
  }
}

function inWords({ id, at, revision, firstRevision, results, nextToken }: Found<Permission>): object {
  return {
    decision_id: id,
    evaluated_at: at,
    policy_revision: revision,
    first_policy_revision: firstRevision,
    next_token: nextToken === '' ? null : nextToken,
    permissions: results,
  }
}
