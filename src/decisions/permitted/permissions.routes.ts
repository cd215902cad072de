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
