import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply } from '../../platform/http/answer.ts'
import { iJsonFault } from '../../platform/http/i-json.ts'
import { type Problem, problem } from '../../platform/http/problem.ts'
import { problemOfRequest } from '../../platform/http/validation-problem.ts'
import { orThrow, Refused } from '../../platform/kernel/refusal.ts'
import type { SearchesService } from '../permitted/searches.service.ts'
import type { SoughtKind } from '../permitted/seek.ts'
import { callNames } from './authzen-call.ts'
import { type AuthzenSearch, eventOfSearch, isStanding, searchOf } from './authzen-search.ts'

const OPERATIONS = { SUBJECT: 'searchSubjects', RESOURCE: 'searchResources', ACTION: 'searchActions' } as const
const NOT_STANDING = problem('INVALID_REQUEST', 'a search is of what stands', [
  {
    pointer: '/action/properties/mode',
    detail: 'must be SYSTEMATIC in a search: one-off disclosures and emergencies are decided each by itself',
  },
])

/** The searches of OpenID AuthZEN Authorization API 1.0, section 8. They may never answer before the record is made. */
export function authzenSearchRoutes(searches: SearchesService): FastifyPluginAsync {
  return async (app) => {
    for (const kind of ['SUBJECT', 'RESOURCE', 'ACTION'] as const) {
      app.onMalformed(`/access/v1/search/${kind.toLowerCase()}`, async (request, found) => {
        throw await refusedFor(kind, request, found)
      })
      answer(app, OPERATIONS[kind], async (given) => {
        const request = given as FastifyRequest
        const asked = request.body as AuthzenSearch
        const found =
          problemOfRequest(request) ?? unreadableIn(asked) ?? (kind === 'ACTION' || isStanding(asked) ? undefined : NOT_STANDING)
        if (found) throw await refusedFor(kind, request, found)
        const { id, text, count, receipt } = orThrow(await searches.search({ ...callOf(request), ...searchOf(kind, asked) }))
        request.logFields['decisionId'] = id
        request.logFields['results'] = String(count)
        return bytesReply(200, 'application/json; charset=utf-8', text, { 'accord-receipt': receipt })
      })
    }
  }

  async function refusedFor(kind: SoughtKind, request: FastifyRequest, found: Problem): Promise<Refused> {
    return new Refused(await searches.recordRefused({ ...callOf(request), simulated: false, event: eventOfSearch(kind) }, found))
  }
}

function callOf(request: FastifyRequest) {
  return { caller: callerOf(request), ...callNames(request.headers, request.body) }
}

function unreadableIn(body: unknown): Problem | undefined {
  const fault = iJsonFault(body)
  return fault && problem('INVALID_REQUEST', 'the body is no I-JSON', [fault])
}
