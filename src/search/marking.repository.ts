import { sql } from 'kysely'
import type { Transaction } from '../platform/database/database.ts'

/** Where a word that was looked for begins and ends in a marked text: no text that is kept holds them. */
export const [FROM, TO] = ['\u0002', '\u0003'] as const
/** Characters of a text that are looked through. */
const TEXT_MAX = 20_000
const MARKS = `StartSel=${FROM}, StopSel=${TO}`
const WHOLE = `${MARKS}, HighlightAll=true`
const EXCERPT = `${MARKS}, MaxFragments=1, MaxWords=28, MinWords=12`
/** A text that is shown whole; of a longer one the stretch around the words is. */
const WHOLE_MAX = 160

/** Texts with the terms marked in them, in any of their forms; null: none stands there. */
export async function marked(tx: Transaction, texts: readonly string[], terms: readonly string[]): Promise<(string | null)[]> {
  if (texts.length === 0 || terms.length === 0) return texts.map(() => null)
  const { rows } = await sql<{ marked: string | null }>`
    with q as materialized (
      select string_agg('(' || one.query::text || ')', ' | ')::tsquery as query
        from (select phraseto_tsquery('english', term) as query from unnest(${[...terms]}::text[]) as t (term)) as one where numnode(one.query) > 0)
    select case when to_tsvector('english', i.text) @@ q.query
        then ts_headline('english', i.text, q.query, case when length(i.text) > ${WHOLE_MAX} then ${EXCERPT} else ${WHOLE} end) end as marked
      from unnest(${texts.map(storedText)}::text[]) with ordinality as i (text, n), q order by i.n`.execute(tx)
  return rows.map((row) => row.marked)
}

/** The words of texts as they are compared: in one form, without those that say nothing. */
export async function lexemesOf(tx: Transaction, texts: readonly string[]): Promise<string[][]> {
  if (texts.length === 0) return []
  const { rows } = await sql<{ lexemes: string[] }>`
    select tsvector_to_array(to_tsvector('english', i.text)) as lexemes from unnest(${[...texts]}::text[]) with ordinality as i (text, n)
     order by i.n`.execute(tx)
  return rows.map(({ lexemes }) => lexemes)
}

function storedText(text: string): string {
  return text.slice(0, TEXT_MAX).replaceAll(FROM, ' ').replaceAll(TO, ' ')
}
