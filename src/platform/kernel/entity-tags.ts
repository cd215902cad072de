/** The entity tags of a conditional request. Pure. */

/** One element of the list with what parts it from the next; a tag may hold commas (RFC 9110, 8.8.3). */
const ELEMENT = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|$)/y

/**
 * Whether an `If-Match` header holds for the present `ETag` of a record that is there: it is `*`, or one of its tags is that one,
 * compared strongly, so that a weak one never is. A header that is no list of tags holds for nothing.
 *
 * @see RFC 9110 section 13.1.1 (If-Match), section 5.6.1 (lists; empty elements count for nothing), section 8.8.3.2 (comparison)
 */
export function ifMatchHolds(header: string, etag: string): boolean {
  if (header.trim() === '*') return true
  let isFound = false
  ELEMENT.lastIndex = 0
  while (ELEMENT.lastIndex < header.length) {
    const found = ELEMENT.exec(header)
    if (!found) return false
    const [, weak, tag] = found
    if (weak === undefined && tag !== undefined && `"${tag}"` === etag) isFound = true
  }
  return isFound
}

/** The entity tag of a version (RFC 9110, 8.8.3). */
export function etagOf(version: string | number | bigint): string {
  return `"${version}"`
}
