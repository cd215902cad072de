import { PassThrough, pipeline, type Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UnreadableRequest } from './json-body.ts'
import { ProblemError, problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A form that takes a file, after its other fields; from any other form a file is left out. */
    takesFile?: boolean
  }
}

/** A file of a form, on its way. Its bytes hide from whoever looks through bodies: there is no text in them. */
export class SentFile {
  readonly #name: string
  readonly #mediaType: string
  readonly #stream: Readable

  constructor(name: string, mediaType: string, stream: Readable) {
    this.#name = name
    this.#mediaType = mediaType
    this.#stream = stream
  }

  /** As the browser calls it, without a folder. */
  get name(): string {
    return this.#name
  }

  /** What the browser takes it for. */
  get mediaType(): string {
    return this.#mediaType
  }

  stream(): Readable {
    return this.#stream
  }

  /** A form that is kept is kept without its file. */
  toJSON(): string {
    return ''
  }
}

const FIELDS_MAX = 200
const FIELD_BYTES_MAX = 100_000
/** Bytes before a file, or in all where there is none. */
const FIELDS_BYTES_MAX = 1_048_576

/**
 * Makes a scope read forms with a file (RFC 7578) too: the fields that stand before the file are read, then the handler runs and takes
 * the file as it comes, never whole. What is left of a body when its form is answered is read and dropped, so that the answer reaches
 * whoever still sends. 413 for more fields than a form has, 400 for what is no form.
 */
export function readMultipartBodies(app: FastifyInstance): void {
  const left = new WeakMap<FastifyRequest, () => void>()
  app.addHook('onResponse', async (request) => left.get(request)?.())
  app.addContentTypeParser('multipart/form-data', (request, sent, done) => {
    const fields: Record<string, unknown> = Object.create(null)
    let isRead = false
    let bytes = 0
    const finish = (error: Error | null) => {
      if (isRead) return
      isRead = true
      done(error, error ? undefined : fields)
    }
    const reader = reading(request, finish)
    if (!reader) return
    let file: PassThrough | undefined
    const breakOff = (error?: Error) => void file?.destroy(error ?? new Error('the form broke off'))
    const drop = () => {
      sent.unpipe(reader)
      breakOff()
      sent.resume()
    }
    left.set(request, drop)
    const count = (piece: Buffer) => {
      bytes += piece.length
      if (isRead || bytes <= FIELDS_BYTES_MAX) return
      finish(tooMuch())
      drop()
    }
    reader.on('field', (name, value, isNameCut, isValueCut) => {
      // What comes behind the file comes after its form was looked at.
      if (isRead) return
      if (name === undefined) return finish(noForm())
      if (isNameCut || isValueCut) return finish(tooMuch())
      const earlier = fields[name]
      fields[name] = earlier === undefined ? value : [earlier, value].flat()
    })
    reader.on('file', (name, stream, fileName, _encoding, mediaType) => {
      const isTaken = request.routeOptions.config.takesFile === true && name !== undefined && Boolean(fileName) && !isRead
      if (!isTaken) return void stream.resume()
      file = new PassThrough()
      // Nobody need be reading it when it breaks off.
      file.on('error', () => {})
      // What breaks off on one side ends the other; whoever reads the file hears of it.
      pipeline(stream, file, () => {})
      fields[name] = new SentFile(fileName, mediaType, file)
      finish(null)
    })
    for (const limit of ['fieldsLimit', 'partsLimit'] as const) reader.on(limit, () => finish(tooMuch()))
    reader.once('finish', () => finish(null))
    reader.on('error', (error: Error) => {
      breakOff(error)
      finish(noForm())
    })
    sent.on('error', (error: Error) => {
      breakOff(error)
      finish(error)
    })
    sent.once('close', () => {
      if (!sent.readableEnded) breakOff()
    })
    sent.on('data', count)
    sent.pipe(reader)
  })
}

/** The reader of a form; undefined: its header is none, which is told. */
function reading(request: FastifyRequest, refuse: (error: Error) => void): InstanceType<typeof Busboy> | undefined {
  const contentType = request.headers['content-type'] ?? ''
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: { fields: FIELDS_MAX, fieldSize: FIELD_BYTES_MAX, fieldNameSize: 200, files: 1, parts: FIELDS_MAX + 1, headerPairs: 20 },
    })
  } catch {
    refuse(noForm())
    return undefined
  }
}

function noForm(): UnreadableRequest {
  return new UnreadableRequest('the form cannot be read', 'is no form as RFC 7578 writes it')
}

function tooMuch(): ProblemError {
  return new ProblemError(problem('PAYLOAD_TOO_LARGE', 'The form has more in it than this service reads.'))
}
