import { ReadableStream } from 'node:stream/web'
import { fileTypeFromStream } from 'file-type'
import { refused } from '../platform/kernel/refusal.ts'

// What may be kept, and whether bytes are what they are said to be. Why these: docs/decisions/0022-evidence-files.md.

/** Reads the bytes of a file from the beginning, piece by piece; may be called again. */
export type ReadBytes = () => AsyncIterable<Buffer>

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const ASIC = ['application/vnd.etsi.asic-e+zip', 'application/vnd.etsi.asic-s+zip'] as const
/** Types that carry a mark at their beginning which everybody knows. */
const KNOWN_BY_MARK: ReadonlySet<string> = new Set([
  'application/pdf',
  'image/png',
  'image/jpeg',
  'image/tiff',
  DOCX,
  'application/vnd.oasis.opendocument.text',
])
/** `signedData` of RFC 5652, the object identifier as DER writes it; it stands behind the outermost header. */
const SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex')
const PEM = /^-----BEGIN (PKCS7|CMS)-----\r?\n/
const HEAD_BYTES = 4_096
const ZIP_MARK = Buffer.from('504b0304', 'hex')
/** Names of ZIP archives begin here (APPNOTE 4.3.7); a signature container names its type first and uncompressed (ETSI EN 319 162-1, A.1). */
const FIRST_NAME = 30
/** Text that another reader takes for a page or a program. */
const ACTIVE_TEXT = /^\s*(<|#!|MIME-Version:)/i
/** The first field of a message (RFC 5322, 2.2). */
const MESSAGE_FIELD = /^[\x21-\x39\x3b-\x7e]+:[ \t\r\n]/
/**
 * Says what bytes are, where that is not what they are said to be; undefined: they are. Reads them piece by piece.
 *
 * @param claimed a media type that the contract lets in
 */
export async function otherType(claimed: string, bytes: ReadBytes): Promise<string | undefined> {
  const head = await firstBytes(bytes)
  if ((ASIC as readonly string[]).includes(claimed)) return isAsic(head, claimed) ? undefined : ((await markOf(bytes)) ?? 'something else')
  const mark = await markOf(bytes)
  if (KNOWN_BY_MARK.has(claimed)) return mark === claimed ? undefined : (mark ?? 'something else')
  if (claimed === 'application/pkcs7-signature') return isSignature(head) ? undefined : (mark ?? 'something else')
  if (mark !== undefined) return mark
  if (claimed === 'message/rfc822')
    return MESSAGE_FIELD.test(head.toString('latin1')) && !(await hasControl(bytes)) ? undefined : 'something else'
  return (await isPlainText(bytes, head)) ? undefined : 'something else'
}

/** The refusal of bytes that are not what they were said to be; names both. */
export function lie(claimed: string, found: string) {
  const detail = `It is said to be ${claimed}, and is ${found}.`
  return refused('UNPROCESSABLE', detail, [{ pointer: '/headers/content-type', detail, code: 'MEDIA_TYPE' }])
}

async function markOf(bytes: ReadBytes): Promise<string | undefined> {
  const found = await fileTypeFromStream(ReadableStream.from(bytes()) as never).catch(() => undefined)
  return found?.mime
}

async function firstBytes(bytes: ReadBytes): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of bytes()) {
    pieces.push(piece)
    if (pieces.reduce((length, { length: more }) => length + more, 0) >= HEAD_BYTES) break
  }
  return Buffer.concat(pieces).subarray(0, HEAD_BYTES)
}

function isAsic(head: Buffer, claimed: string): boolean {
  return (
    head.subarray(0, 4).equals(ZIP_MARK) &&
    head.subarray(FIRST_NAME, FIRST_NAME + 8 + claimed.length).toString('latin1') === `mimetype${claimed}`
  )
}

function isSignature(head: Buffer): boolean {
  return (head[0] === 0x30 && head.subarray(0, 24).includes(SIGNED_DATA)) || PEM.test(head.toString('latin1'))
}

async function hasControl(bytes: ReadBytes): Promise<boolean> {
  for await (const piece of bytes()) if (piece.some(isControl)) return true
  return false
}

/** What no text of a person holds: NUL and the other control characters but tab, line feed, form feed and carriage return. */
function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d)
}

/** UTF-8 without control characters that begins like no page, no program and no message. */
async function isPlainText(bytes: ReadBytes, head: Buffer): Promise<boolean> {
  if (ACTIVE_TEXT.test(head.toString('utf8').replace(/^\uFEFF/, ''))) return false
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const piece of bytes()) {
      if (piece.some(isControl)) return false
      decoder.decode(piece, { stream: true })
    }
    decoder.decode()
    return true
  } catch {
    return false
  }
}
