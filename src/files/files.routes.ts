import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, bytesReply, reply } from '../platform/http/answer.ts'
import { operation } from '../platform/http/openapi.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import { savedHeaders } from './evidence-file.ts'
import type { FilesService } from './files.service.ts'

/** Evidence files over HTTP. */
export function filesRoutes(files: FilesService): FastifyPluginAsync {
  return async (app) => {
    passBytesOn(app)

    answer(app, 'uploadFile', async (request) => {
      const { headers, routeOptions, principal, query } = request
      const mediaType = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
      const declared = Number(headers['content-length'] ?? Number.NaN)
      const upload = {
        ...{ name: query.name, mediaType, bytes: (request.body as SentBytes).stream() },
        declaredBytes: Number.isSafeInteger(declared) ? declared : null,
      }
      const callFor = (sha256: string) =>
        callOf({ headers, routeOptions, principal, ip: request.ip, params: {}, body: { name: query.name, mediaType, sha256 } })
      const { body, headers: made } = outcomeReply(201, await files.upload(callerOf(request), upload, callFor))
      return reply(201, body, { ...made, location: `/v1/files/${body.id}` })
    })

    answer(app, 'getFile', async (request) => outcomeReply(200, await files.read(callerOf(request), request.params.id)))

    answer(app, 'getFileContent', async (request) => {
      const { file, bytes } = orThrow(await files.content(callerOf(request), request.params.id))
      return bytesReply(200, file.media_type, bytes, savedHeaders(file))
    })

    answer(app, 'eraseFile', async (request) => outcomeReply(200, await files.erase(callOf(request), request.params.id, request.body)))
  }
}

/** The bytes of a request, on their way. They hide from whoever looks through bodies: there is no text in them. */
class SentBytes {
  readonly #stream: Readable

  constructor(stream: Readable) {
    this.#stream = stream
  }

  stream(): Readable {
    return this.#stream
  }
}

/** Hands the bytes of the types that the contract names on as they come, instead of collecting them. */
function passBytesOn(app: FastifyInstance): void {
  const { mediaTypes } = operation('uploadFile').config.operation
  app.addContentTypeParser([...mediaTypes], (_request: FastifyRequest, sent: Readable, done: (error: null, body: SentBytes) => void) =>
    done(null, new SentBytes(sent)),
  )
}
