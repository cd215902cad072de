import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import { isKnownParty, wordsForReader } from '../store/search.repository.ts'

/** What a list may be narrowed to; what is absent narrows nothing. All of it holds together. */
export interface ListingFilter {
  readonly q?: string | undefined
  readonly status?: string | undefined
  readonly party?: string | undefined
  readonly partner?: string | undefined
  readonly purpose?: string | undefined
  readonly lawful_basis?: string | undefined
  readonly category?: string | undefined
  readonly review_due_before?: string | undefined
  readonly origin?: string | undefined
  readonly owner?: string | undefined
}

export type ListingSort = 'relevance' | 'updated' | 'id' | 'title' | 'review_due'

/** One place in a list: the sort key as text, and the reference for equal keys. */
export interface ListingPlace {
  readonly key: string
  readonly id: string
}

/** An agreement in its place. */
export interface Listed extends ListingPlace {
  readonly updatedAt: string
}

/** The words of a search that rank: an exact reference before everything, then the exact name of a party, then the text. */
const EXACT_REFERENCE = 2_000_000_000
const EXACT_PARTY = 1_000_000_000
const RANK_SCALE = 100_000_000
const KEY_WIDTH = 10
/** Characters of a title that order it; the rest is decided by the reference. */
const TITLE_KEY_WIDTH = 80

/**
 * One stretch of a list, in order, after a place (null: from the beginning).
 * @param reader whose agreements; it narrows the query itself, whatever the database would show
 */
export async function listAgreements(
  tx: Transaction,
  query: {
    readonly reader: Reader
    readonly filter: ListingFilter
    readonly sort: ListingSort
    readonly after: ListingPlace | null
    readonly limit: number
    readonly now: string
  },
): Promise<Listed[]> {
  const { filter, sort, after } = query
  const key = sortKey(sort, filter.q, query.now)
  const conditions = [...visible(query.reader), ...narrowing(filter, query.now)]
  const beyond = sort === 'relevance' || sort === 'updated' ? sql`<` : sql`>`
  const order = sort === 'updated' ? sql`a.updated_at` : key
  if (after) {
    // By the instant itself, so that the index gives the first rows without looking at all of them.
    const from = sort === 'updated' ? sql`(${after.key} || 'Z')::timestamptz` : sql`${after.key} collate "C"`
    conditions.push(sql`(${order} ${beyond} ${from} or (${order} = ${from} and a.id > ${after.id} collate "C"))`)
  }
  const direction = sort === 'relevance' || sort === 'updated' ? sql`desc` : sql`asc`
  const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``
  const { rows } = await sql<{ id: string; key: string; updated_at: string }>`
    select a.id, ${key} as key, a.updated_at
    from agreement as a
    left join agreement_search as s on s.agreement_id = a.id
    ${where}
    order by ${order} ${direction}, a.id collate "C" asc
    limit ${query.limit}
  `.execute(tx)
  return rows.map(({ id, key: found, updated_at }) => ({ id, key: found, updatedAt: updated_at }))
}

function visible(reader: Reader): RawBuilder<unknown>[] {
  if (reader.kind !== 'party') return []
  return [sql`(${keeps(reader.org)} or ${takesPart(reader.org)})`]
}

function takesPart(org: string): RawBuilder<unknown> {
  return sql`exists (select from agreement_party as p where p.agreement_id = a.id and p.org = ${org} and p.left_how is distinct from 'UNINVITED')`
}

/** As `takesPart`, of a body that the reader may know to. */
function isParty(org: string): RawBuilder<unknown> {
  return sql`exists (select from agreement_party as p
    where p.agreement_id = a.id and p.org = ${org} and p.left_how is distinct from 'UNINVITED' and ${isKnownParty})`
}

/** Keeps the text, or comes to keep it. Whether it does at an instant is not asked here: that is for who reads the agreement to say. */
function keeps(org: string): RawBuilder<unknown> {
  return sql`(a.owner_org = ${org} or exists (select from keeper_change as k where k.agreement_id = a.id and k.to_org = ${org}))`
}

function narrowing(filter: ListingFilter, now: string): RawBuilder<unknown>[] {
  const { q, status, party, partner, purpose, lawful_basis, category, review_due_before, origin, owner } = filter
  const found: RawBuilder<unknown>[] = []
  if (q !== undefined) found.push(sql`(${wordsForReader(now)} @@ ${wordsOf(q)} or ${isReference(q)} or ${namesParty(q)})`)
  // An agreement whose end has come is terminated, whatever is stored.
  if (status === 'TERMINATED') found.push(sql`(a.status = 'TERMINATED' or a.terminated_at <= ${now})`)
  else if (status !== undefined) found.push(sql`a.status = ${status} and (a.terminated_at is null or a.terminated_at > ${now})`)
  if (party !== undefined) found.push(isParty(party))
  if (partner !== undefined) found.push(isParty(partner))
  if (purpose !== undefined) {
    found.push(
      inFlow(sql`(f.purpose = ${purpose} or starts_with(f.purpose, ${`${purpose}.`}) or starts_with(${purpose}, f.purpose || '.')
        or f.purpose in (${localCodesUnder('PURPOSE', purpose)}))`),
    )
  }
  if (lawful_basis !== undefined) {
    found.push(
      inFlow(sql`exists (
        select from flow_side as l
        where l.agreement_id = f.agreement_id and l.version = f.version and l.flow_id = f.id and ${lawful_basis} = any (l.art6))`),
    )
  }
  if (category !== undefined)
    found.push(inFlow(sql`exists (select from unnest(f.data_items || f.category_grant) as item where ${isOfCategory(category)})`))
  if (review_due_before !== undefined) found.push(sql`a.review_due < ${review_due_before}`)
  if (origin !== undefined) found.push(sql`a.origin = ${origin}`)
  if (owner !== undefined) found.push(sql`a.owner_org = ${owner}`)
  return found
}

/** Some flow of a version that is drafted or approved; what was replaced or dropped is not what the agreement says. */
function inFlow(condition: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`exists (
    select from flow as f
    join agreement_version as v on v.agreement_id = f.agreement_id and v.version = f.version
    where f.agreement_id = a.id and v.status in ('DRAFT', 'APPROVED') and ${condition})`
}

function isOfCategory(category: string): RawBuilder<unknown> {
  if (!['ORDINARY', 'SPECIAL', 'CRIMINAL'].includes(category))
    return sql`(item = ${category} or starts_with(item, ${`${category}.`}) or item in (${localCodesUnder('DATA_ITEM', category)}))`
  return sql`exists (
    select from code_list_entry as e
    where e.list = 'DATA_ITEM' and (e.code = item or exists (
        select from local_code as c where c.code = item and (e.code = c.broader or starts_with(e.code, c.broader || '.'))))
      and e.attributes ->> 'class' = ${category}
      and e.edition = (select max(l.edition) from code_list as l))`
}

/** Local codes under a code or category, whoever added them: they are narrower, whatever their own code says. */
function localCodesUnder(list: 'PURPOSE' | 'DATA_ITEM', code: string): RawBuilder<unknown> {
  return sql`select c.code from local_code as c where c.list = ${list} and (c.broader = ${code} or starts_with(c.broader, ${`${code}.`}))`
}

/** Words that a hyphen or the like joins are asked for as the words they are: how they were joined in the text is no matter. */
function wordsOf(q: string): RawBuilder<unknown> {
  const apart = q.replaceAll(/(?<=[\p{L}\p{N}])[-/_.:&+]+(?=[\p{L}\p{N}])/gu, ' ')
  return sql`(websearch_to_tsquery('english', ${apart}) || websearch_to_tsquery('simple', ${apart}))`
}

/** Its reference here, or that of the register it was imported from. */
function isReference(q: string): RawBuilder<unknown> {
  return sql`(upper(a.id) = upper(btrim(${q})) or upper(a.provenance ->> 'reference') = upper(btrim(${q})))`
}

/** Whether the words are one of the names of a party, such as "the Met" or LBTH. */
function namesParty(q: string): RawBuilder<unknown> {
  return sql`exists (
    select from agreement_party as p
    join organisation as o on o.code = p.org
    where p.agreement_id = a.id and ${isKnownParty}
      and lower(btrim(${q})) in (select lower(name) from unnest(o.aliases || array[o.code, o.short_name, o.legal_name]) as name))`
}

function sortKey(sort: ListingSort, q: string | undefined, now: string): RawBuilder<string> {
  switch (sort) {
    case 'id':
      return sql`(a.id collate "C")`
    case 'title':
      return sql`(left(lower(a.title), ${sql.lit(TITLE_KEY_WIDTH)}) collate "C")`
    case 'review_due':
      return sql`(coalesce(to_char(a.review_due, 'YYYY-MM-DD'), '9999') collate "C")`
    case 'updated':
      return sql`(to_char(a.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') collate "C")`
    case 'relevance': {
      const text = q ?? ''
      return sql`(lpad((case
        when ${isReference(text)} then ${sql.lit(EXACT_REFERENCE)}
        when ${namesParty(text)} then ${sql.lit(EXACT_PARTY)}
        else 0 end + coalesce(round((ts_rank(${wordsForReader(now)}, ${wordsOf(text)}) * ${sql.lit(RANK_SCALE)})::numeric), 0))::bigint::text, ${sql.lit(KEY_WIDTH)}, '0') collate "C")`
    }
  }
}
