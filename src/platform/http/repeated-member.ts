import type { FastifyInstance } from 'fastify'

/** A JSON object that gives a member twice: which of the two counts, readers do not agree on (RFC 8259, section 4). */
export class RepeatedMember extends Error {
  readonly statusCode = 400
  /** Where the second one stands. */
  readonly pointer: string

  constructor(pointer: string) {
    super('a member is given twice')
    this.name = 'RepeatedMember'
    this.pointer = pointer
  }
}

/** Reads JSON bodies as Fastify does, and refuses those that give a member twice. */
export function refuseRepeatedMembers(app: FastifyInstance): void {
  const read = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    read(request, text as string, (error, value) => {
      if (error) return done(error)
      const pointer = repeatedMember(text as string)
      return pointer === undefined ? done(null, value) : done(new RepeatedMember(pointer))
    })
  })
}

/** Pointer of the first member that is given twice in a JSON text, undefined where none is. Pure; the text must be JSON. */
export function repeatedMember(text: string): string | undefined {
  const open: { readonly names: Set<string> | undefined; at: string; next: number }[] = []
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs
  let isName = false
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [part] = found
    const here = open.at(-1)
    if (part === '{' || part === '[') {
      open.push({ names: part === '{' ? new Set() : undefined, at: '0', next: 1 })
      isName = part === '{'
    } else if (part === '}' || part === ']') {
      open.pop()
      isName = false
    } else if (part === ',') {
      isName = here?.names !== undefined
      if (here && !here.names) here.at = String(here.next++)
    } else if (part !== ':' && isName && here?.names) {
      const name = JSON.parse(part) as string
      here.at = name.replaceAll('~', '~0').replaceAll('/', '~1')
      if (here.names.has(name)) return `/${open.map(({ at }) => at).join('/')}`
      here.names.add(name)
      isName = false
    }
  }
  return undefined
}
