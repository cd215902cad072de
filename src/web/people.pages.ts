import type { Identity } from '../identity/principal.ts'

/** Somebody as the services name them: by issuer, and the subject under either of its names. */
export type Named = { readonly issuer: string } & ({ readonly sub: string } | { readonly subject: string })

/** The person of what names one. */
export function identityOf(person: Named): Identity {
  return { issuer: person.issuer, sub: 'sub' in person ? person.sub : person.subject }
}

/** Everybody whom the data of a page names, each once: of them alone a page asks what they are called. */
export function peopleIn(data: unknown): readonly Identity[] {
  const found = new Map<string, Identity>()
  const looked = new WeakSet<object>()
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || looked.has(value)) return
    looked.add(value)
    if (isNamed(value)) found.set(JSON.stringify(identityOf(value)), identityOf(value))
    for (const one of Object.values(value)) look(one)
  }
  look(data)
  return [...found.values()]
}

function isNamed(value: object): value is Named {
  const { issuer, sub, subject } = value as Readonly<Record<string, unknown>>
  return typeof issuer === 'string' && (typeof sub === 'string' || typeof subject === 'string')
}
