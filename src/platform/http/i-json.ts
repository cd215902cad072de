import type { Fault } from '../kernel/refusal.ts'

/**
 * The first value of a JSON body that is no I-JSON (RFC 7493, sections 2.1 and 2.2), in words: half of a surrogate pair, or a number beyond
 * the range of an IEEE 754 double; undefined where there is none. Members that stand twice and broken UTF-8 are refused where the body is
 * read (`json-body.ts`), which bounds its depth too. Pure.
 */
export function iJsonFault(value: unknown, pointer = ''): Fault | undefined {
  if (typeof value === 'string') return isWhole(value) ? undefined : { pointer, detail: 'holds half of a surrogate pair' }
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { pointer, detail: 'is larger than a number may be' }
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of Object.keys(value)) {
    if (!isWhole(name)) return { pointer, detail: 'has a member whose name holds half of a surrogate pair' }
    const found = iJsonFault((value as Record<string, unknown>)[name], `${pointer}/${escaped(name)}`)
    if (found) return found
  }
  return undefined
}

function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

function escaped(name: string): string {
  return name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name
}
