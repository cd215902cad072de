import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Operation, type OperationId, operation } from '../../platform/http/openapi.ts'
import { etagOf } from '../acts/act-shell.service.ts'
import { idempotencyOf, sendActReply } from '../acts/call.routes.ts'
import type { Once } from '../acts/once.service.ts'
import type { CommittingService } from './committing.service.ts'
import type { ImportView } from './import-view.ts'
import type { ImportReading, ImportsService } from './imports.service.ts'
import { CSV_BYTES_MAX, decodeCsv, type Separator } from './read-csv.service.ts'

/** JSON writes some characters in six: the text itself is measured once it is read. */
const BODY_BYTES_MAX = 2 * CSV_BYTES_MAX

/** Registers that organisations bring along, over HTTP. */
export function importsRoutes({
  imports,
  committing,
  once,
}: {
  readonly imports: ImportsService
  readonly committing: CommittingService
  readonly once: Once
}): FastifyPluginAsync {
  return async (app) => {
    readCsvBodies(app)

    app.route<Operation<'importRegister'>>({
      ...operation('importRegister'),
      bodyLimit: BODY_BYTES_MAX,
      handler: async (request, reply) => {
        const body = request.body as string | { readonly csv: string; readonly mapping?: ImportReading }
        const { csv, mapping = {} } = typeof body === 'string' ? { csv: body } : body
        const { separator, header_row, date_order, orientation, lines } = request.query
        const said = { separator: separator && SEPARATOR_NAMES[separator], orientation, header_row, date_order }
        const answers =
          lines === undefined ? mapping.answers : [...(mapping.answers ?? []), { field: 'lines' as const, text: '', answer: lines }]
        const reading = { ...mapping, ...given({ ...said, answers }) }
        // How the file is to be read is part of what was asked for.
        const idempotency = idempotencyOf(request as unknown as FastifyRequest, 'importRegister', request.query)
        const done = await imports.upload(callerOf(request as unknown as FastifyRequest), csv, reading, idempotency)
        reply.header('location', `/v1/imports/${done.body.id}`)
        return reply
          .code(201)
          .header('etag', done.etag)
          .send(done.body as never)
      },
    })

    app.route<Operation<'getImport'>>({
      ...operation('getImport'),
      handler: async (request, reply) => send(reply, await imports.read(callerOf(request), request.params.id, request.query)),
    })

    app.route<Operation<'mapImport'>>({
      ...operation('mapImport'),
      handler: async (request, reply) => {
        const map = () => imports.map(callerOf(request), request.params.id, request.body as ImportReading, ifMatchOf(request))
        return doOnce(request, reply, 'mapImport', map)
      },
    })

    app.route<Operation<'commitImport'>>({
      ...operation('commitImport'),
      handler: async (request, reply) =>
        doOnce(request, reply, 'commitImport', () => committing.commit(callerOf(request), request.params.id, ifMatchOf(request))),
    })

    app.route<Operation<'undoImport'>>({
      ...operation('undoImport'),
      handler: async (request, reply) => doOnce(request, reply, 'undoImport', () => committing.undo(callerOf(request), request.params.id)),
    })
  }

  async function doOnce(request: unknown, reply: unknown, operationId: OperationId, work: () => Promise<ImportView>): Promise<never> {
    const call = request as FastifyRequest
    const done = await once(callerOf(call), idempotencyOf(call, operationId), async () => {
      const view = await work()
      return { status: 200, body: view, etag: etagOf(view.row_version) }
    })
    return sendActReply(reply as FastifyReply, done) as never
  }
}

/** What was said, without what was not: a choice that is absent leaves another alone. */
function given<T extends object>(choices: T): Partial<T> {
  return Object.fromEntries(Object.entries(choices).filter(([, choice]) => choice !== undefined)) as Partial<T>
}

/** The file in the encoding that the address says, UTF-8 where it says none. */
function readCsvBodies(app: FastifyInstance): void {
  app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const { encoding } = request.query as { readonly encoding?: unknown }
      done(null, decodeCsv(body as Buffer, encoding === 'windows-1252' ? encoding : 'utf-8'))
    } catch (error) {
      done(error as Error)
    }
  })
}

const SEPARATOR_NAMES: Readonly<Record<string, Separator>> = { comma: ',', semicolon: ';', tab: '\t', bar: '|' }

function ifMatchOf(request: { readonly headers: Readonly<Record<string, unknown>> }): string | null {
  const header = request.headers['if-match']
  return typeof header === 'string' ? header : null
}

/** One reply for several operations, whose types the route's own cannot name. */
function send(reply: unknown, view: ImportView): never {
  return (reply as FastifyReply).code(200).header('etag', etagOf(view.row_version)).send(view) as never
}
