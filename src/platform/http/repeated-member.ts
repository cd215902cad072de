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
 */
export function jsonFault(text: string): JsonFault | undefined {
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

/** Pointer of the first member that is given twice in a JSON text, undefined where none is. Pure; the text must be JSON. */
export function repeatedMember(text: string): string | undefined {
  const fault = jsonFault(text)
  return fault?.why === 'GIVEN_TWICE' ? fault.pointer : undefined
}
