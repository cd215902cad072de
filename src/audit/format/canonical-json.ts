/**
 * Canonical JSON: the one byte sequence of a value, so that a hash of it means the value.
 *
 * Words: canonical form (RFC 8785). Used for log leaves and for the hash of an agreement version.
 * It never repairs: what RFC 8785 leaves open to rounding or loss (floats, undefined, lone surrogates) is refused.
 */
import { hash } from 'node:crypto'

/** What can be written canonically. Numbers are integers within ±(2^53 - 1). */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [member: string]: JsonValue }

/** Deeper than any agreement; keeps a cyclic value from ending as a stack overflow. */
const MAX_DEPTH = 64

/**
 * The RFC 8785 form of `value`: members sorted by UTF-16 code units, no white space, shortest escapes.
 *
 * Takes what `JsonValue` describes; typed as unknown since an interface never fits an index signature. Pure. The answer is a string without lone surrogates; encode it as UTF-8 before hashing.
 * Throws on anything JSON would drop, round or replace: undefined, holes, floats, integers beyond 2^53 - 1,
 * lone surrogates, values with a prototype of their own (Date, Map, class instances), symbols, depth over 64.
 * @see RFC 8785 section 3.2
 */
export function canonicalJson(value: unknown): string {
  return write(value, '', 0)
}

/** SHA-256 of the bytes, or of the UTF-8 form of a string; 64 lower-case hex digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

function write(value: unknown, pointer: string, depth: number): string {
  if (depth > MAX_DEPTH) refuse(pointer, `nested deeper than ${MAX_DEPTH}`)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return writeString(value, pointer)
  if (typeof value === 'number') return writeInteger(value, pointer)
  if (Array.isArray(value)) return writeArray(value, pointer, depth)
  if (typeof value === 'object') return writeObject(value, pointer, depth)
  return refuse(pointer, `${typeof value} has no JSON form`)
}

/** Text that JSON writes as it is. Nearly all of it, so the slower road below is seldom taken. */
const PLAIN = /^[ !#-[\]-~]*$/

function writeString(value: string, pointer: string): string {
  if (PLAIN.test(value)) return `"${value}"`
  if (/\p{Surrogate}/u.test(value)) refuse(pointer, 'lone surrogate')
  return JSON.stringify(value)
}

function writeInteger(value: number, pointer: string): string {
  if (!Number.isSafeInteger(value)) refuse(pointer, `${value} is not an integer within 2^53 - 1`)
  return String(value)
}

function writeArray(value: readonly unknown[], pointer: string, depth: number): string {
  // Array.from turns a hole into undefined, which is then refused; map would skip it in silence.
  return `[${Array.from(value, (item, i) => write(item, `${pointer}/${i}`, depth + 1)).join(',')}]`
}

function writeObject(value: object, pointer: string, depth: number): string {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) refuse(pointer, 'not a plain object')
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(pointer, 'symbol member')
  const text = Object.keys(value)
    .sort() // by UTF-16 code units, as the RFC asks
    .map((key) => {
      const at = `${pointer}/${key}`
      return `${writeString(key, at)}:${write((value as Record<string, unknown>)[key], at, depth + 1)}`
    })
  return `{${text.join(',')}}`
}

function refuse(pointer: string, why: string): never {
  throw new Error(`canonical JSON: ${why} at ${pointer === '' ? 'the top' : pointer}`)
}
