import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { ImpactService } from './impact.service.ts'
import type { ImpactChange } from './impact-change.ts'
import type { ReplayService } from './replay.service.ts'
import type { Comparable } from './replay.ts'

/** Questions about decisions that were made: would the same be answered again, and what would a change have answered? */
export function replayRoutes(replays: ReplayService, impact: ImpactService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'replayDecision', async (request) => {
      const { recorded, replayed, ...compared } = orThrow(await replays.one(callerOf(request), request.params.id))
      return reply(200, { ...compared, recorded: withOpenGrounds(recorded), replayed: withOpenGrounds(replayed) })
    })
    answer(app, 'reportImpact', async (request) => {
      const { change, days } = request.body
      return reply(200, orThrow(await impact.report(callerOf(request), change as ImpactChange, days)))
    })
  }
}

/** The contract leaves the grounds of an answer open, as earlier builds recorded them. */
function withOpenGrounds({ legal, disclosure_decision, asserted_law, ...rest }: Comparable) {
  return {
    ...{ ...rest, legal: open(legal) },
    ...(disclosure_decision === undefined ? {} : { disclosure_decision: open(disclosure_decision) }),
    ...(asserted_law === undefined ? {} : { asserted_law: open(asserted_law) }),
  }
}

function open(grounds: object | null): Readonly<Record<string, unknown>> | null {
  return grounds && { ...grounds }
}
