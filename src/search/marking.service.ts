import type { Database } from '../platform/database/database.ts'
import { withTransaction } from '../platform/database/database.ts'
import type { Candidate, Found, Piece, Why } from './found.ts'
import { FROM, marked, TO } from './marking.repository.ts'

/** Reasons that are shown of one record. */
const WHY_MAX = 3

/** Says of records why they were found: the fields in which the words stand, each with the words marked, the telling ones first. */
export async function withWhy(
  db: Database,
  candidates: readonly Candidate[],
  terms: readonly string[],
): Promise<(Found & { readonly why: readonly Why[] })[]> {
  const texts = candidates.flatMap((one) => one.texts.map(({ text }) => text))
  const found = await withTransaction(db, (tx) => marked(tx, texts, terms))
  let at = 0
  return candidates.map(({ texts: own, ...one }) => {
    const why = own.flatMap(({ field, text, section }): Why[] => {
      const mark = found[at]
      at += 1
      return mark ? [{ field, section: section ?? null, pieces: piecesOf(mark, text) }] : []
    })
    return { ...one, why: oneAField(why).slice(0, WHY_MAX) }
  })
}

/** The first of each field, and of each section: a body is not shown by all of its names. */
function oneAField(why: readonly Why[]): Why[] {
  const seen = new Set<string>()
  return why.filter(({ field, section, pieces }) => {
    const key =
      field === 'PARTY' || field === 'DATA' || field === 'PURPOSE'
        ? `${field} ${pieces.map(({ text }) => text).join('')}`
        : `${field} ${section}`
    return !seen.has(key) && seen.add(key)
  })
}

/** A marked text in pieces, with an ellipsis where it is not the whole. */
export function piecesOf(mark: string, text: string): Piece[] {
  const pieces = mark.split(new RegExp(`(${FROM}[^${TO}]*${TO})`)).map((piece) => {
    const hit = piece.startsWith(FROM)
    return { text: hit ? piece.slice(1, -1) : piece, hit }
  })
  const shown = pieces.map((piece) => piece.text).join('')
  const [before, after] = [text.startsWith(shown) ? '' : '… ', text.endsWith(shown) ? '' : ' …']
  return [{ text: before, hit: false }, ...pieces, { text: after, hit: false }].filter((piece) => piece.text !== '')
}
