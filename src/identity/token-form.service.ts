import { isUtf8 } from 'node:buffer'
import { jsonFault } from '../platform/http/repeated-member.ts'

/**
 * The form of an access token: what RFC 7515 and RFC 7519 demand of its header and its claims, and a library that looks for a good
 * signature lets pass. A token that two readers could read differently is nobody's. Who it stands for is `principal.ts`.
 */

type Json = Readonly<Record<string, unknown>>
type Test = (value: unknown) => boolean

/** Last second of the year 9999: later is no time that anybody means. */
const NUMERIC_DATE_MAX = 253_402_300_799

const isText: Test = (value) => typeof value === 'string'
const isTextOfSome: Test = (value) => typeof value === 'string' && value !== ''
const isNumericDate: Test = (value) => typeof value === 'number' && value >= 0 && value <= NUMERIC_DATE_MAX
const isList =
  (of: Test): Test =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(of)
const isObject: Test = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)
const isAbsent: Test = (value) => value === undefined
const orAbsent =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value)

/** RFC 7515, 4.1. Extensions that must be understood (`crit`, `b64` of RFC 7797) are not, so a token that has them is refused. */
const header: Readonly<Record<string, Test>> = {
  alg: isTextOfSome,
  kid: isTextOfSome,
  typ: isTextOfSome,
  cty: orAbsent(isText),
  jku: orAbsent(isText),
  jwk: orAbsent(isObject),
  x5u: orAbsent(isText),
  x5c: orAbsent(isList(isText)),
  x5t: orAbsent(isText),
  'x5t#S256': orAbsent(isText),
  crit: isAbsent,
  b64: isAbsent,
}

/** RFC 7519, 4.1; RFC 9068, 2.2, with the claims of RFC 9068, 2.2.1 on how the person was known; and ours. */
const claims: Readonly<Record<string, Test>> = {
  iss: isTextOfSome,
  sub: isTextOfSome,
  aud: (value) => isTextOfSome(value) || isList(isTextOfSome)(value),
  exp: isNumericDate,
  nbf: orAbsent(isNumericDate),
  iat: isNumericDate,
  auth_time: orAbsent(isNumericDate),
  acr: orAbsent(isText),
  amr: orAbsent((value) => Array.isArray(value) && value.every(isText)),
  jti: orAbsent(isText),
  client_id: orAbsent(isTextOfSome),
  org: orAbsent(isTextOfSome),
  roles: (value) => value === undefined || (Array.isArray(value) && value.every(isTextOfSome)),
}

/**
 * The issuer that a compact token names, where it has the form of one of ours; undefined: it has not. Nothing is verified yet. Three parts in base64url, header and claims objects in UTF-8 that give
 * no member twice, each of the type and in the range that its standard names, and times that can be.
 *
 * @param now seconds since the epoch
 * @param tolerance seconds by which clocks may differ
 */
export function issuerOfToken(token: string, now: number, tolerance: number): string | undefined {
  const parts = token.split('.')
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return undefined
  const [protectedHeader, payload] = parts.slice(0, 2).map(read)
  if (!protectedHeader || !payload || !fits(protectedHeader, header) || !fits(payload, claims)) return undefined
  const { iss, exp, iat, nbf } = payload as { readonly iss: string; readonly exp: number; readonly iat: number; readonly nbf?: number }
  return iat <= now + tolerance && iat <= exp + tolerance && (nbf === undefined || nbf <= exp) ? iss : undefined
}

function read(part: string): Json | undefined {
  const bytes = Buffer.from(part, 'base64url')
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && jsonFault(text, value) === undefined ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

function fits(value: Json, tests: Readonly<Record<string, Test>>): boolean {
  return Object.entries(tests).every(([name, test]) => test(Object.hasOwn(value, name) ? value[name] : undefined))
}
