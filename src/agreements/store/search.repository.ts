import { type RawBuilder, sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'

/**
 * Writes down the words by which an agreement is found, from its rows as they stand. Called after every insertion and every act that
 * may change them. An organisation that gets another name is found under it after the next of these.
 */
export async function indexForSearch(tx: Transaction, id: string): Promise<void> {
  await sql`
    insert into agreement_search (agreement_id, words)
    select a.id, ${wordsOfAgreement} from agreement as a where a.id = ${id}
    on conflict (agreement_id) do update set words = excluded.words
  `.execute(tx)
}

/**
 * A table of the agreements that words find for whoever reads in this transaction, and how well they fit (`rank`, the larger the
 * better): `agreement_id`, `rank`. For a reader whose part is over the words are those of the rows that it may still read, so that
 * nothing is found by what came after.
 *
 * @param now ISO 8601
 */
export function foundByWords(q: string, now: string): RawBuilder<unknown> {
  const query = queryOf(q)
  const rank = sql`rank_of_words(old.words, ${query}, ${isReference(q)}, ${namesParty(q)})`
  return sql`(
    with f as materialized (select agreement_id, rank from found_by_words(${query}, ${q}, ${now}))
    select f.agreement_id, f.rank from f where f.rank is not null
    union all
    select a.id, ${rank} from f
      join agreement as a on f.rank is null and a.id = f.agreement_id
      cross join lateral (select ${wordsOfAgreement} as words) as old
     where old.words @@ ${query} or ${isReference(q)} or ${namesParty(q)})`
}

/** Words that a hyphen or the like joins are asked for as the words they are: how they were joined in the text is no matter. */
function queryOf(q: string): RawBuilder<unknown> {
  const apart = q.replaceAll(/(?<=[\p{L}\p{N}])[-/_.:&+]+(?=[\p{L}\p{N}])/gu, ' ')
  // What must not be there must be there in no form: the words as they are written are those of names and titles alone.
  if (/(?:^|\s)-/.test(apart)) return sql`websearch_to_tsquery('english', ${apart})`
  return sql`(websearch_to_tsquery('english', ${apart}) || websearch_to_tsquery('simple', ${apart}))`
}

/** Its reference here, or that of the register it was imported from. */
function isReference(q: string): RawBuilder<unknown> {
  return sql`(upper(a.id) = upper(btrim(${q})) or coalesce(upper(a.provenance ->> 'reference') = upper(btrim(${q})), false))`
}

/** Whether the words are one of the names of a party, such as "the Met" or LBTH. */
function namesParty(q: string): RawBuilder<unknown> {
  return sql`exists (
    select from agreement_party as p
    join organisation as o on o.code = p.org
    where p.agreement_id = a.id and ${isKnownParty}
      and lower(btrim(${q})) in (select lower(name) from unnest(o.aliases || array[o.code, o.short_name, o.legal_name]) as name))`
}

/** Of the parties `p` of an agreement those whom the reader of this transaction may know: who was invited after it left is none. */
export const isKnownParty: RawBuilder<unknown> = sql`(p.invited_at is null or p.invited_at <= knows_agreement_until(p.agreement_id))`

/**
 * Reference (also that of the register it came from) and title, parties with every name they are known by, purposes and data with
 * their labels, the sections in words: of what the reader may read of an agreement `a`.
 */
const wordsOfAgreement: RawBuilder<unknown> = sql`(
  select setweight(to_tsvector('simple', ${apart('a.id')} || ' ' || ${apart("coalesce(a.provenance ->> 'reference', '')")}), 'A')
    || setweight(to_tsvector('english', ${apart('a.title')}) || to_tsvector('simple', ${apart('a.title')}), 'A')
    || setweight(to_tsvector('english', words.parties) || to_tsvector('simple', words.parties), 'B')
    || setweight(to_tsvector('english', words.purposes || ' . ' || words.data), 'C')
    || setweight(to_tsvector('english', ${apart('words.sections')}), 'D')
  from (
    select
      coalesce((
        select string_agg(concat_ws(' ', replace(o.code, '_', ' '), o.legal_name, o.short_name, array_to_string(o.aliases, ' ')), ' . ')
        from organisation as o
        where o.code in (select p.org from agreement_party as p where p.agreement_id = a.id and ${isKnownParty}) or o.code = a.owner_org
      ), '') as parties,
      coalesce((
        select string_agg(distinct concat_ws(' ', replace(replace(f.purpose, '.', ' '), '_', ' '), e.label, c.label), ' . ')
        from flow as f
        join agreement_version as v on v.agreement_id = f.agreement_id and v.version = f.version and v.status in ('DRAFT', 'APPROVED')
        left join code_list_entry as e
          on e.list = 'PURPOSE' and e.code = f.purpose and e.edition = (select max(l.edition) from code_list as l)
        left join local_code as c on c.code = f.purpose
        where f.agreement_id = a.id
      ), '') as purposes,
      coalesce((
        select string_agg(distinct coalesce(e.label, c.label, replace(replace(d.code, '.', ' '), '_', ' ')), ' . ')
        from flow as f
        join agreement_version as v on v.agreement_id = f.agreement_id and v.version = f.version and v.status in ('DRAFT', 'APPROVED')
        cross join lateral unnest(f.data_items || f.category_grant || f.data_subjects) as d (code)
        left join code_list_entry as e
          on e.list in ('DATA_ITEM', 'DATA_SUBJECT') and e.code = d.code and e.edition = (select max(l.edition) from code_list as l)
        left join local_code as c on c.code = d.code
        where f.agreement_id = a.id
      ), '') as data,
      coalesce((
        select string_agg(section.value, ' . ')
        from agreement_version as v, jsonb_each_text(v.narrative) as section
        where v.agreement_id = a.id and v.status in ('DRAFT', 'APPROVED')
      ), '') as sections
  ) as words)`

/** A text with the words apart that a hyphen or the like joins: the parser takes some of those for one word. */
function apart(text: string): RawBuilder<string> {
  return sql`regexp_replace(${sql.raw(text)}, '[-/_.:&+]+', ' ', 'g')`
}
