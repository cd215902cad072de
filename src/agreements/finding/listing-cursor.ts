/** Where a page of a list ended, in the form in which it is given out: opaque, and bound to the order it was made for. */
export interface ListingCursor {
  readonly sort: string
  readonly key: string
  readonly id: string
}

export function formatCursor({ sort, key, id }: ListingCursor): string {
  return Buffer.from(JSON.stringify([sort, key, id]), 'utf8').toString('base64url')
}

/** The place a cursor names, undefined when it is not one of ours or belongs to another order. */
export function parseCursor(text: string, sort: string): ListingCursor | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (!Array.isArray(parts) || parts.length !== 3 || !parts.every((part) => typeof part === 'string' && !part.includes('\0')))
      return undefined
    const [of, key, id] = parts as [string, string, string]
    return of === sort && isKey(sort, key) ? { sort, key, id } : undefined
  } catch {
    return undefined
  }
}

/** Whether a text is a key of a list in this order: a rank, an instant in UTC to the microsecond, or any text. */
function isKey(sort: string, key: string): boolean {
  if (sort === 'relevance') return /^\d{1,10}$/.test(key)
  if (sort !== 'updated') return true
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}$/.test(key) && !Number.isNaN(Date.parse(`${key}Z`))
}
