// Search: one box over all that somebody may see.
// Words: term, source (a kind of record that is searched), found (a record with why), mark.
// It must never read a record past the service that shows it, nor say how many there are of what is not shown.

/** What somebody typed, as it is looked for. Pure. */
export interface Typed {
  readonly q: string
  /** Words and phrases, in their order. */
  readonly terms: readonly { readonly text: string; readonly isExcluded: boolean }[]
  /** The references that it may be, however it is spelled. */
  readonly references: readonly string[]
  /** The key that it is; null: it is none. */
  readonly key: string | null
}

/** More than a person types; the rest is not looked for. */
export const TERMS_MAX = 12
const REFERENCE_MAX = 64
const DSA = /^DSA(\d{4})([0-9A-Z]{6})$/
const JOINED = /(?<=[\p{L}\p{N}])[-/_.:&+]+(?=[\p{L}\p{N}])/gu

export function typed(text: string): Typed {
  const q = text.normalize('NFKC').replaceAll(/\s+/g, ' ').trim()
  const found = [...q.matchAll(/(-?)"([^"]*)"|(-?)(\S+)/g)].map(([, notPhrase, phrase, not, word]) => ({
    text: (phrase ?? word ?? '').replaceAll(JOINED, ' ').trim(),
    isExcluded: (notPhrase ?? not) === '-',
  }))
  // A word for "either" joins two of them in the search of agreements, and is none itself.
  const terms = found.filter(({ text: term }) => /[\p{L}\p{N}]/u.test(term) && term !== 'OR').slice(0, TERMS_MAX)
  const named = lastOfAddress(q)
  return { q, terms, references: referencesIn(named), key: keyIn(named) }
}

/** The reference in an address of this service that was pasted; else the text itself. */
function lastOfAddress(q: string): string {
  const [, word] = /^https?:\/\/[^/]+\/(?:v1\/)?[a-z-]+\/([^/?#]+)/.exec(q) ?? []
  return word ?? q.replaceAll(/^["'([{]+|["')\]}]+$/g, '')
}

/** How a reference may be spelled: small letters, blanks or nothing between its parts, letters that are taken for digits. */
function referencesIn(text: string): string[] {
  const parts = text.split(/[^A-Za-z0-9]+/).filter((part) => part !== '')
  if (text.length > REFERENCE_MAX || parts.length === 0 || parts.length > 8) return []
  const whole = parts.join('').toUpperCase()
  const [, year, code] = DSA.exec(whole) ?? []
  const read = code?.replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  const joined = parts.join('-')
  const spelled = [text, text.toUpperCase(), joined, joined.toUpperCase(), ...(year ? [`DSA-${year}-${read}`] : [])]
  return [...new Set(spelled)].filter((one) => /^[A-Za-z0-9._-]{1,64}$/.test(one))
}

/** RFC 9562, with or without its hyphens; of a decision also with the number of one answer of several. */
function keyIn(text: string): string | null {
  const [, digits = '', answer = ''] = /^(?:urn:uuid:)?([0-9a-f-]{32,36})(\.\d{1,6})?$/.exec(text.toLowerCase()) ?? []
  const hex = digits.replaceAll('-', '')
  if (hex.length !== 32) return null
  const at = [0, 8, 12, 16, 20, 32]
  return `${at
    .slice(1)
    .map((end, i) => hex.slice(at[i], end))
    .join('-')}${answer}`
}
