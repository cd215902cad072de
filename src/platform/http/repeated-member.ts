/** Deeper than anything the contract knows: what is nested further is refused before it is walked, wherever its shape is free. */
export const JSON_DEPTH_MAX = 32

/** Why a JSON text is not read, and where. */
export interface JsonFault {
  /** Of the member that stands twice; of a value that is too deep, the whole. */
  readonly pointer: string
  readonly why: 'GIVEN_TWICE' | 'TOO_DEEP'
}

/**
 * The first member that an object gives twice (which of the two counts, readers do not agree on: RFC 8259, section 4), or a
 * nesting deeper than `JSON_DEPTH_MAX`; undefined where there is neither. Linear. Pure; the text must be JSON.
 *
 * @param value what was read from the text
 */
export function jsonFault(text: string, value: unknown = JSON.parse(text)): JsonFault | undefined {
  return countsAsGiven(text, value) ? undefined : exactFault(text)
}

/** Whether as many members stand in a JSON text as are left of them once it was read, none deeper than may be: then none was given twice. */
function countsAsGiven(text: string, value: unknown): boolean {
  let given = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === COLON) given += 1
    else if (code === QUOTE) at = endOfString(text, at)
  }
  return membersOf(value, 0) === given
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c

/** Where the string ends that begins at a quote. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before -= 1
    if ((end - before) % 2 === 1) return end
  }
  return text.length
}

/** Members of all objects in a value; Infinity where it is nested deeper than may be. */
function membersOf(value: unknown, depth: number): number {
  if (value === null || typeof value !== 'object') return 0
  if (depth === JSON_DEPTH_MAX) return Number.POSITIVE_INFINITY
  let found = 0
  if (Array.isArray(value)) {
    for (const item of value) found += membersOf(item, depth + 1)
    return found
  }
  for (const name of Object.keys(value)) found += 1 + membersOf((value as Record<string, unknown>)[name], depth + 1)
  return found
}

function exactFault(text: string): JsonFault | undefined {
  const open: { readonly names: Set<string> | undefined; at: string; next: number }[] = []
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs
  let isName = false
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [part] = found
    const here = open.at(-1)
    if (part === '{' || part === '[') {
      if (open.length === JSON_DEPTH_MAX) return { pointer: '', why: 'TOO_DEEP' }
      open.push({ names: part === '{' ? new Set() : undefined, at: '0', next: 1 })
      isName = part === '{'
    } else if (part === '}' || part === ']') {
      open.pop()
      isName = false
    } else if (part === ',') {
      isName = here?.names !== undefined
      if (here && !here.names) here.at = String(here.next++)
    } else if (part !== ':' && isName && here?.names) {
      const name = part.includes('\\') ? (JSON.parse(part) as string) : part.slice(1, -1)
      here.at = name.replaceAll('~', '~0').replaceAll('/', '~1')
      if (here.names.has(name)) return { pointer: `/${open.map(({ at }) => at).join('/')}`, why: 'GIVEN_TWICE' }
      here.names.add(name)
      isName = false
    }
  }
  return undefined
}
