import { type RawBuilder, sql } from 'kysely'
import type { AskedTerm } from '../kernel/asked-terms.ts'

/**
 * Whether a row holds every term in its words or by one of its codes, and none of those that it must not hold.
 *
 * @param words its `tsvector`, of English words
 * @param named whether one of these codes is of the row
 */
export function holdsTerms(
  terms: readonly AskedTerm[],
  words: RawBuilder<unknown>,
  named: (codes: RawBuilder<readonly string[]>) => RawBuilder<boolean>,
): RawBuilder<boolean> {
  const held = terms.map(({ text, isExcluded, codes }) => {
    const one = sql`coalesce(${words} @@ phraseto_tsquery('english', ${text}) or ${named(sql`${[...codes]}::text[]`)}, false)`
    return isExcluded ? sql`not ${one}` : one
  })
  return held.length === 0 ? sql`false` : sql`(${sql.join(held, sql` and `)})`
}

/** A `tsquery` of English words that asks for every term, and for none of those that must not be there. */
export function queryOfTerms(terms: readonly AskedTerm[]): RawBuilder<unknown> {
  const asked = terms.map(({ text, isExcluded }) => sql`${isExcluded ? sql`!!` : sql``}phraseto_tsquery('english', ${text})`)
  return asked.length === 0 ? sql`''::tsquery` : sql`(${sql.join(asked, sql` && `)})`
}
