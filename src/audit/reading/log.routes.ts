import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Operation } from '../../platform/http/openapi.ts'
import { operation } from '../../platform/http/openapi.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { AuditService, LogRead } from '../audit.service.ts'
import { parseTilePath, TILE_ENTRIES_MAX } from '../format/tile.ts'
import type { LogReading } from './log-reading.service.ts'

/** What the routes of the log need. `readerOf` says who calls an operation that needs a permission. */
export interface LogRoutesOptions {
  readonly reading: LogReading
  readonly audit: Pick<AuditService, 'recordRead'>
  /** The key (vkey) that receipts of a log are signed with; undefined while they are not. */
  readonly receiptKey: (origin: string) => string | undefined
  readonly readerOf: (request: FastifyRequest) => LogRead['reader']
}

const NOTE = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'
/** What an address names here never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable'

/** The log as static files (C2SP tlog-tiles). Everything is in the path, so that no cache can mix two answers up (R44). */
export function logRoutes({ reading, audit, receiptKey, readerOf }: LogRoutesOptions): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'getLogCheckpoint'>>({
      ...operation('getLogCheckpoint'),
      handler: async (request, reply) => sendNote(reply, await reading.checkpoint(request.params.log), 'no-cache'),
    })
    app.route<Operation<'getWitnessedCheckpoint'>>({
      ...operation('getWitnessedCheckpoint'),
      handler: async (request, reply) => sendNote(reply, await reading.witnessed(request.params.log), 'no-cache'),
    })
    app.route<Operation<'getLogKey'>>({
      ...operation('getLogKey'),
      handler: async (request, reply) => {
        const log = await reading.find(request.params.log)
        return sendNote(reply, log && `${log.vkey}\n`, 'public, max-age=3600')
      },
    })
    app.route<Operation<'getReceiptKey'>>({
      ...operation('getReceiptKey'),
      handler: async (request, reply) => {
        const log = await reading.find(request.params.log)
        const vkey = log && receiptKey(log.origin)
        return sendNote(reply, vkey && `${vkey}\n`, 'public, max-age=3600')
      },
    })
    for (const id of ['getLogTile', 'getLogTile2', 'getLogTile3', 'getLogTile4'] as const) {
      app.route<Operation<'getLogTile4'>>({
        ...operation(id),
        handler: async (request, reply) => {
          const { log, level, ...parts } = request.params
          const tile = parseTilePath(`tile/${level}/${pathOf(parts)}`)
          const bytes = tile && tile.level !== 'entries' ? await reading.tile(log, tile) : undefined
          if (!bytes) throw notThere()
          return reply
            .header('cache-control', FOR_EVER)
            .type(BYTES)
            .code(200)
            .send(Buffer.from(bytes) as never)
        },
      })
    }
    for (const id of ['getLogEntries', 'getLogEntries2', 'getLogEntries3', 'getLogEntries4'] as const) {
      app.route<Operation<'getLogEntries4'>>({
        ...operation(id),
        handler: async (request, reply) => {
          const { log: name, ...parts } = request.params
          const tile = parseTilePath(`tile/entries/${pathOf(parts)}`)
          const bytes = tile && (await reading.tile(name, tile))
          const log = await reading.find(name)
          if (!bytes || !tile || !log) throw notThere()
          const read = { what: 'ENTRIES', origin: log.origin, first: tile.n * TILE_ENTRIES_MAX, count: tile.width } as const
          await audit.recordRead({ reader: readerOf(request), ...read })
          return reply
            .header('cache-control', 'private, no-store')
            .type(BYTES)
            .code(200)
            .send(Buffer.from(bytes) as never)
        },
      })
    }
  }
}

function sendNote(reply: FastifyReply, text: string | undefined, caching: string): FastifyReply {
  if (text === undefined) throw notThere()
  return reply.header('cache-control', caching).type(NOTE).code(200).send(text)
}

/** The parts of a tile's number, in the order of the path. */
function pathOf(parts: { readonly a: string; readonly b?: string; readonly c?: string; readonly d?: string }): string {
  return [parts.a, parts.b, parts.c, parts.d].filter((part) => part !== undefined).join('/')
}

function notThere(): ProblemError {
  return new ProblemError(problem('NOT_FOUND', 'No published part of a log has this address.'))
}
