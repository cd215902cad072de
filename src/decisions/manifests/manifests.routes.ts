import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply, reply, typeWanted } from '../../platform/http/answer.ts'
import { csvReply } from '../../platform/http/list-files.ts'
import { problemOfRequest } from '../../platform/http/validation-problem.ts'
import { orThrow, Refused } from '../../platform/kernel/refusal.ts'
import { eventOf, recordedOf } from '../permitted/permissions.service.ts'
import type { PermissionsAsked } from '../permitted/permissions.ts'
import { traceOf } from '../trace.ts'
import { USE_COLUMNS } from './manifest-use.ts'
import type { ManifestUsesService } from './manifest-uses.service.ts'
import type { ManifestsService } from './manifests.service.ts'

const USES_BYTES_MAX = 1024 * 1024

interface Query {
  readonly direction: PermissionsAsked['direction']
  readonly with?: string
  readonly purpose?: string
}

/** Signed manifests over HTTP. It may never answer before the record is made. */
export function manifestsRoutes(manifests: ManifestsService, uses: ManifestUsesService): FastifyPluginAsync {
  return async (app) => {
    answer(
      app,
      'reportManifestUses',
      async (request) => outcomeReply(200, await uses.report(callOf(request), request.body.manifest, request.body.uses)),
      { bodyLimit: USES_BYTES_MAX },
    )
    answer(app, 'listManifestUses', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = await uses.list(callerOf(request), request.query)
      if (wanted === 'application/json') return reply(200, page)
      return csvReply(request, USE_COLUMNS, page.uses, ['before', page.next_before])
    })
    answer(app, 'issueManifest', async (given) => {
      const request = given as FastifyRequest
      const query = request.query as Query
      const caller = callerOf(request)
      const call = { caller, trace: traceOf(request.headers['traceparent']), event: eventOf(query) }
      const fault = problemOfRequest(request)
      if (fault) throw new Refused(await manifests.recordRefused({ ...call, simulated: false }, fault))
      const { direction, with: other = null, purpose = null } = query
      const asked: PermissionsAsked = { organisation: caller.org, direction, with: other, purpose }
      const { id, note, lines, receipt } = orThrow(await manifests.issue({ ...call, asked, request: recordedOf(asked) }))
      request.logFields['decisionId'] = id
      request.logFields['results'] = String(lines)
      return bytesReply(200, 'text/plain; charset=utf-8', note, { 'accord-receipt': receipt, 'cache-control': 'private, no-store' })
    })
  }
}
