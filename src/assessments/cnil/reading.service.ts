import { jsonFault } from '../../platform/http/repeated-member.ts'
import { type Result, refuse } from '../../platform/kernel/result.ts'
import { type CnilFault, type CnilFile, cnilFile } from './cnil-file.ts'
import { type Json, pointerTo } from './json.ts'

/** Attachments lie in the file, in base64. */
export const CNIL_FILE_BYTES_MAX = 20 * 1024 * 1024

/**
 * The bytes of a file as an export of the CNIL PIA tool. Refused, with the place and in words, where it is too large, not UTF-8, not JSON,
 * gives a member twice, nests deeper than 32, or holds what no record keeps as it is. Changes nothing.
 */
export function readCnilFile(bytes: Uint8Array): Result<CnilFile, readonly CnilFault[]> {
  const no = (detail: string, pointer = '') => refuse([{ pointer, detail }])
  if (bytes.byteLength > CNIL_FILE_BYTES_MAX) return no(`is larger than ${CNIL_FILE_BYTES_MAX / 1024 / 1024} MB`)
  const text = decoded(bytes)
  if (text === undefined) return no('is not UTF-8')
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    return no(`is not JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  const fault = jsonFault(text, value)
  if (fault?.why === 'TOO_DEEP') return no('is nested deeper than 32')
  if (fault) return no('stands twice: which of the two counts, readers do not agree on', fault.pointer)
  return cnilFileIn(value)
}

/** A JSON value as an export of that tool, where it was read without giving a member twice. Pure. */
export function cnilFileIn(value: Json): Result<CnilFile, readonly CnilFault[]> {
  const loss = lossIn(value, '')
  return loss ? refuse([loss]) : cnilFile(value)
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The first value that no record keeps as it is: a text with U+0000 or half of a pair in it, a number beyond what a double holds exactly. */
function lossIn(value: Json, pointer: string): CnilFault | undefined {
  if (typeof value === 'string')
    return isStorable(value) ? undefined : { pointer, detail: 'holds a null character or half of a surrogate pair' }
  if (typeof value === 'number')
    return isExact(value) ? undefined : { pointer, detail: `is a number (about ${value}) that would not come out again as it is` }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, part] of Object.entries(value)) {
    if (!isStorable(name)) return { pointer, detail: 'holds a null character or half of a surrogate pair in the name of a member' }
    const found = lossIn(part, pointerTo(pointer, name))
    if (found) return found
  }
  return undefined
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}
