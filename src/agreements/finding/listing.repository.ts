import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import { foundByWords, isKnownParty } from '../store/search.repository.ts'

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

/** Characters of a title that order it; the rest is decided by the reference. */
const TITLE_KEY_WIDTH = 80

/** Which stretch of which list. */
export interface ListingStretch {
  /** Whose agreements; it narrows the query itself, whatever the database would show. */
  readonly reader: Reader
  readonly filter: ListingFilter
  readonly sort: ListingSort
  /** null: from the beginning. */
  readonly after: ListingPlace | null
  readonly limit: number
  /** ISO 8601. */
  readonly now: string
}

/** The titles of agreements that the reader of the transaction may know, by reference. */
export async function titlesOf(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.selectFrom('agreement').select(['id', 'title']).where('id', 'in', ids).execute()
  return new Map(rows.map(({ id, title }) => [id, title]))
}

/** Agreements that one who types a reference may mean, at most: several stand on one assessment. */
const NAMED_MAX = 20

/** The agreements that have one of these references, and those that stand on an assessment that has. */
export async function listNamed(tx: Transaction, references: readonly string[]): Promise<{ id: string; updatedAt: string }[]> {
  if (references.length === 0) return []
  return tx
    .selectFrom('agreement as a')
    .select(['a.id', 'a.updated_at as updatedAt'])
    .where((eb) => eb.or([eb('a.id', 'in', [...references]), eb('a.assessment_id', 'in', [...references])]))
    .orderBy('a.id')
    .limit(NAMED_MAX)
    .execute()
}

/** One stretch of a list, in order, after a place. */
export async function listAgreements(tx: Transaction, query: ListingStretch): Promise<Listed[]> {
  const { filter, sort, after, reader, now, limit } = query
  const narrowed = narrowing(filter, now)
  if (sort === 'relevance') return listByRank(tx, query, narrowed)
  if (filter.q !== undefined) narrowed.push(sql`a.id in (select f.agreement_id from ${foundByWords(filter.q, now)} as f)`)
  const { key, order, direction, fromKey } = sortKey(sort)
  if (after) {
    const from = fromKey(after.key)
    const beyond = sort === 'updated' ? sql`<` : sql`>`
    narrowed.push(sql`(${order} ${beyond} ${from} or (${order} = ${from} and a.id > ${after.id} collate "C"))`)
  }
  return rowsOf(
    tx,
    sql`select a.id, ${key} as key, a.updated_at from agreement as a
      ${where([...visible(reader), ...narrowed])}
      order by ${order} ${direction}, a.id collate "C" limit ${limit}`,
  )
}

/** Placed first and looked up afterwards: a page alone is read of what the words find, however much that is. */
function listByRank(tx: Transaction, { filter, after, now, limit }: ListingStretch, narrowed: RawBuilder<unknown>[]): Promise<Listed[]> {
  const beyond = after
    ? [sql`(f.rank < ${after.key}::bigint or (f.rank = ${after.key}::bigint and f.agreement_id > ${after.id} collate "C"))`]
    : []
  const ranked = sql`select f.agreement_id as id, f.rank from ${foundByWords(filter.q ?? '', now)} as f ${where(beyond)}
    order by f.rank desc, f.agreement_id collate "C"`
  // A scalar subquery, asked about one after another in order of rank until a page is full: to join them all would ask about all.
  const isWanted =
    narrowed.length > 0 ? [sql`(select true from agreement as a where a.id = w.id and ${sql.join(narrowed, sql` and `)})`] : []
  const page = sql`select w.id, w.rank from (${ranked}) as w ${where(isWanted)} order by w.rank desc, w.id collate "C" limit ${limit}`
  return rowsOf(
    tx,
    sql`select w.id, w.rank::text as key, a.updated_at from (${page}) as w join agreement as a on a.id = w.id
      order by w.rank desc, w.id collate "C"`,
  )
}

async function rowsOf(tx: Transaction, statement: RawBuilder<unknown>): Promise<Listed[]> {
  const { rows } = await sql<{ id: string; key: string; updated_at: string }>`${statement}`.execute(tx)
  return rows.map(({ id, key, updated_at }) => ({ id, key, updatedAt: updated_at }))
}

function where(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``
}

function visible(reader: Reader): RawBuilder<unknown>[] {
  if (reader.kind !== 'party') return []
  return [sql`(${keeps(reader.org)} or ${takesPart(reader.org)})`]
}

function takesPart(org: string): RawBuilder<unknown> {
  return sql`exists (select from agreement_party as p where p.agreement_id = a.id and p.org = ${org}
    and (p.left_how is distinct from 'UNINVITED' or exists (
      select from earlier_part as e where e.agreement_id = a.id and e.org = p.org and e.left_how <> 'UNINVITED')))`
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
  const { status, party, partner, purpose, lawful_basis, category, review_due_before, origin, owner } = filter
  const found: RawBuilder<unknown>[] = []
  // An agreement whose end has come is terminated, whatever is stored.
  if (status === 'TERMINATED') found.push(sql`(a.status = 'TERMINATED' or a.terminated_at <= ${now})`)
  else if (status === 'IN_REVIEW' || status === 'AWAITING_SIGNATURE')
    // Which of both it is follows from the approvals and is worked out one by one.
    found.push(sql`a.status in ('IN_REVIEW', 'AWAITING_SIGNATURE') and (a.terminated_at is null or a.terminated_at > ${now})`)
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

/** The key that a place in a list names, and what orders the list by it: the column itself where an index does. */
function sortKey(sort: Exclude<ListingSort, 'relevance'>) {
  if (sort === 'updated') {
    const key = sql`(to_char(a.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') collate "C")`
    return { key, order: sql`a.updated_at`, direction: sql`desc`, fromKey: (text: string) => sql`(${text} || 'Z')::timestamptz` }
  }
  const key = {
    id: sql`(a.id collate "C")`,
    title: sql`(left(lower(a.title), ${sql.lit(TITLE_KEY_WIDTH)}) collate "C")`,
    review_due: sql`(coalesce(to_char(a.review_due, 'YYYY-MM-DD'), '9999') collate "C")`,
  }[sort]
  return { key, order: key, direction: sql`asc`, fromKey: (text: string) => sql`${text} collate "C"` }
}
