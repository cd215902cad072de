import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { answer, bytesReply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { AuditService, LogRead } from '../audit.service.ts'
import { parseTilePath, TILE_ENTRIES_MAX } from '../format/tile.ts'
import { type LogReading, notThere } from './log-reading.service.ts'

/** What the routes of the log need. `readerOf` says who calls an operation that needs a permission. */
export interface LogRoutesOptions {
  readonly reading: LogReading
  readonly audit: Pick<AuditService, 'recordRead'>
  /** The key (vkey) that receipts of a log are signed with; undefined while they are not. */
  readonly receiptKey: (origin: string) => string | undefined
  /** The key (vkey) that manifests recorded in a log are signed with. */
  readonly manifestKey: (origin: string) => string
  readonly readerOf: (request: Pick<FastifyRequest, 'principal'>) => LogRead['reader']
}

const NOTE = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'
/** What an address names here never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable'

/** The log as static files (C2SP tlog-tiles). Everything is in the path, so that no cache can mix two answers up (R44). */
export function logRoutes({ reading, audit, receiptKey, manifestKey, readerOf }: LogRoutesOptions): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getLogCheckpoint', async ({ params }) => note(await reading.checkpoint(params.log), 'no-cache'))
    answer(app, 'getWitnessedCheckpoint', async ({ params }) => note(await reading.witnessed(params.log), 'no-cache'))
    answer(app, 'getLogKey', async ({ params }) => {
      const log = await reading.find(params.log)
      return note(log && `${log.vkey}\n`, 'public, max-age=3600')
    })
    answer(app, 'getReceiptKey', async ({ params }) => {
      const log = await reading.find(params.log)
      const vkey = log && receiptKey(log.origin)
      return note(vkey && `${vkey}\n`, 'public, max-age=3600')
    })
    answer(app, 'getManifestKey', async ({ params }) => {
      const log = await reading.find(params.log)
      return note(log && `${manifestKey(log.origin)}\n`, 'public, max-age=3600')
    })
    for (const id of ['getLogTile', 'getLogTile2', 'getLogTile3', 'getLogTile4'] as const) {
      answer(app, id, async (request) => {
        const { log, level, ...parts } = request.params
        const tile = parseTilePath(`tile/${level}/${pathOf(parts)}`)
        if (!tile || tile.level === 'entries') throw notThere()
        const bytes = orThrow(await reading.tile(log, tile))
        return bytesReply(200, BYTES, Buffer.from(bytes), { 'cache-control': FOR_EVER })
      })
    }
    for (const id of ['getLogEntries', 'getLogEntries2', 'getLogEntries3', 'getLogEntries4'] as const) {
      answer(app, id, async (request) => {
        const { log: name, ...parts } = request.params
        const tile = parseTilePath(`tile/entries/${pathOf(parts)}`)
        const log = tile && (await reading.find(name))
        if (!log) throw notThere()
        const bytes = orThrow(await reading.tile(name, tile))
        const read = { what: 'ENTRIES', origin: log.origin, first: tile.n * TILE_ENTRIES_MAX, count: tile.width } as const
        await audit.recordRead({ reader: readerOf(request), ...read })
        return bytesReply(200, BYTES, Buffer.from(bytes), { 'cache-control': 'private, no-store' })
      })
    }
  }
}

function note(text: string | undefined, caching: string) {
  if (text === undefined) throw notThere()
  return bytesReply(200, NOTE, text, { 'cache-control': caching })
}

/** The parts of a tile's number, in the order of the path. */
function pathOf(parts: { readonly a: string; readonly b?: string; readonly c?: string; readonly d?: string }): string {
  return [parts.a, parts.b, parts.c, parts.d].filter((part) => part !== undefined).join('/')
}
