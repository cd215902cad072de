import type { FastifyPluginAsync } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply, reply, typeWanted } from '../../platform/http/answer.ts'
import { CSV_TYPE, nextLink } from '../../platform/http/list-files.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { ListingService } from './listing.service.ts'
import type { OverlapService } from './overlap.service.ts'
import type { RegisterExportService } from './register-export.service.ts'

export interface FindingServices {
  readonly listing: ListingService
  readonly overlaps: OverlapService
  readonly registerExport: RegisterExportService
}

const TYPES = { json: 'application/json', csv: 'text/csv' } as const

/** Finding agreements over HTTP: the list, also as a file, and "does a share already exist?". */
export function findingRoutes({ listing, overlaps, registerExport }: FindingServices): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listAgreements', async (request) => {
      const { format, ...query } = request.query
      const wanted = format === undefined ? typeWanted(request, ['application/json', 'text/csv']) : TYPES[format]
      const principal = callerOf(request)
      if (wanted === 'application/json') return reply(200, orThrow(await listing.list(principal, query)))
      const { bytes, next } = orThrow(await registerExport.file(principal, query))
      return bytesReply(200, CSV_TYPE, bytes, { ...nextLink(request, 'cursor', next) })
    })

    answer(app, 'findOverlaps', async (request) => {
      const { parties, purpose = null, categories = [] } = request.body
      return reply(200, { overlaps: await overlaps.ask(callerOf(request), { parties, purpose, categories }) })
    })
  }
}
