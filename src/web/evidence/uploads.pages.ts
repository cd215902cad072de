import type { FastifyRequest } from 'fastify'
import type { Call } from '../../commands/command.ts'
import type { EvidenceFile } from '../../files/evidence-file.ts'
import { FILE_BYTES_MAX } from '../../files/evidence-file.ts'
import type { FilesService } from '../../files/files.service.ts'
import type { Principal } from '../../identity/principal.ts'
import { SentFile } from '../../platform/http/multipart-body.ts'
import { operation } from '../../platform/http/openapi.ts'
import type { Refusal } from '../../platform/kernel/refusal.ts'
import { once } from '../forms.pages.ts'

/** The types that are kept, as the contract names them. */
const KEPT: readonly string[] = operation('uploadFile').config.operation.mediaTypes
/** What files are whose type a browser does not know, by how their names end. */
const BY_ENDING: Readonly<Record<string, string>> = {
  p7s: 'application/pkcs7-signature',
  asice: 'application/vnd.etsi.asic-e+zip',
  asics: 'application/vnd.etsi.asic-s+zip',
  eml: 'message/rfc822',
  odt: 'application/vnd.oasis.opendocument.text',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  tif: 'image/tiff',
  tiff: 'image/tiff',
}
const NAME_LENGTH_MAX = 200
/** What a form has besides its file, at most: whoever says that more comes sends a file that is too large. */
const REST_BYTES_MAX = 1_048_576
const WRONG_TYPE =
  'The selected file must be a PDF, a picture (PNG, JPG or TIFF), a document (DOCX or ODT), plain text, a mail or a signature file'

/**
 * Keeps the file of a form as the API keeps what is sent to it; answers it, or what is wrong in the words of the design system.
 *
 * @param formBytes how long the form says it is; NaN where it does not say
 */
export async function keepFile(
  files: Pick<FilesService, 'upload'>,
  principal: Principal,
  sent: SentFile,
  formBytes: number,
): Promise<{ readonly file: EvidenceFile } | { readonly wrong: string }> {
  const mediaType = typeOf(sent)
  if (mediaType === undefined) return { wrong: WRONG_TYPE }
  const upload = {
    ...{ name: nameOf(sent), mediaType, bytes: sent.stream() },
    declaredBytes: formBytes > FILE_BYTES_MAX + REST_BYTES_MAX ? formBytes : null,
  }
  const done = await files.upload(principal, upload, (): Call => ({ principal, idempotency: null }))
  return done.ok ? { file: done.value.outcome } : { wrong: wordsFor(done.refusal) }
}

/** The file of a form; undefined: it came without one. */
export function sentFile({ body }: Pick<FastifyRequest, 'body'>): SentFile | undefined {
  const sent = (body as Readonly<Record<string, unknown>> | undefined)?.['file']
  return sent instanceof SentFile ? sent : undefined
}

/** The bytes of a file that is read whole, and of what is larger than `max` only enough to say so; null: it broke off. */
export async function sentBytes(file: SentFile, max: number): Promise<Buffer | null> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of file.stream() as AsyncIterable<Buffer>) {
      pieces.push(piece)
      length += piece.length
      if (length > max) break
    }
    return Buffer.concat(pieces)
  } catch {
    return null
  }
}

/** The key of a form with a file, whose bytes are gone once they are kept: its fields, and what the file is called. */
export function onceWithoutFile(request: Pick<FastifyRequest, 'url' | 'body'>) {
  const { file: _file, ...fields } = (request.body ?? {}) as Readonly<Record<string, unknown>>
  return once({ url: request.url, body: { ...fields, file: sentFile(request)?.name ?? null } })
}

function typeOf({ name, mediaType }: SentFile): string | undefined {
  const said = mediaType.toLowerCase()
  if (KEPT.includes(said)) return said
  return BY_ENDING[name.split('.').at(-1)?.toLowerCase() ?? '']
}

/** The name without what no name of a file may hold; of a long one its end, which says what it is. */
function nameOf({ name }: SentFile): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return name.replaceAll(/[\u0000-\u001f\u007f/\\]/g, '-').slice(-NAME_LENGTH_MAX)
}

function wordsFor({ code, detail, errors }: Refusal): string {
  if (code === 'PAYLOAD_TOO_LARGE') return `The selected file must be smaller than ${FILE_BYTES_MAX / 1024 / 1024}MB`
  if (code === 'REQUEST_TIMEOUT' || code === 'OVERLOADED') return 'The selected file could not be uploaded – try again'
  switch (errors[0]?.code) {
    case 'EMPTY':
      return 'The selected file is empty'
    case 'MEDIA_TYPE':
      return WRONG_TYPE
    case 'INFECTED':
      return 'The selected file contains a virus'
    default:
      return errors[0]?.detail ?? detail
  }
}
