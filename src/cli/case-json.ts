/** Reading JSON that nobody has checked: what is not of the wanted kind is empty, null, or an error that names it. */
export type Json = Readonly<Record<string, unknown>>

export function asObject(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not an object`)
  return value as Json
}

export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.map((item) => asObject(item, 'an entry')) : []
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

/** The members of `absent`, each as the source has it where that is of the same kind: null stands for a text or none, a list for texts. */
export function filled<T extends object>(absent: T, source: Json): T {
  const members = Object.entries(absent).map(([name, value]) => {
    const given = source[name]
    if (value === null) return [name, textOrNull(given)]
    if (Array.isArray(value)) return [name, texts(given)]
    return [name, typeof given === typeof value ? given : value]
  })
  return Object.fromEntries(members) as T
}
