import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../../commands/calls.routes.ts'
import type { Once } from '../../commands/once.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import type { CommittingService } from './committing.service.ts'
import type { ImportListService } from './import-list.service.ts'
import type { ImportReading } from './import-reading.ts'
import type { ImportsService } from './imports.service.ts'
import { CSV_BYTES_MAX, decodeCsv, type Separator } from './read-csv.service.ts'

/** JSON writes some characters in six: the text itself is measured once it is read. */
const BODY_BYTES_MAX = 2 * CSV_BYTES_MAX

/** Registers that organisations bring along, over HTTP. */
export function importsRoutes({
  imports,
  importList,
  committing,
  once,
}: {
  readonly imports: ImportsService
  readonly importList: ImportListService
  readonly committing: CommittingService
  readonly once: Once
}): FastifyPluginAsync {
  return async (app) => {
    readCsvBodies(app)

    answer(
      app,
      'importRegister',
      async (request) => {
        const body = request.body as string | { readonly csv: string; readonly mapping?: ImportReading }
        const { csv, mapping = {} } = typeof body === 'string' ? { csv: body } : body
        const { separator, header_row, date_order, orientation, lines } = request.query
        const said = { separator: separator && SEPARATOR_NAMES[separator], orientation, header_row, date_order }
        const answers =
          lines === undefined ? mapping.answers : [...(mapping.answers ?? []), { field: 'lines' as const, text: '', answer: lines }]
        const reading = { ...mapping, ...given({ ...said, answers }) }
        // How the file is to be read is part of what was asked for.
        const { principal, idempotency } = callOf(request, request.query)
        const { body: made, headers } = outcomeReply(201, await once(principal, idempotency, () => imports.upload(principal, csv, reading)))
        return reply(201, made, { ...headers, location: `/v1/imports/${made.id}` })
      },
      { bodyLimit: BODY_BYTES_MAX },
    )

    answer(app, 'listImports', async (request) => reply(200, await importList.list(callerOf(request), request.query)))

    answer(app, 'getImport', async (request) => outcomeReply(200, await imports.read(callerOf(request), request.params.id, request.query)))

    answer(app, 'mapImport', async (request) => {
      const { principal, idempotency, ifMatch } = changeOf(request)
      const { id } = request.params
      return outcomeReply(200, await once(principal, idempotency, () => imports.map(principal, id, request.body as ImportReading, ifMatch)))
    })

    answer(app, 'commitImport', async (request) => {
      const { principal, idempotency, ifMatch } = changeOf(request)
      return outcomeReply(200, await once(principal, idempotency, () => committing.commit(principal, request.params.id, ifMatch)))
    })

    answer(app, 'undoImport', async (request) => {
      const { principal, idempotency } = callOf(request)
      return outcomeReply(200, await once(principal, idempotency, () => committing.undo(principal, request.params.id)))
    })
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
