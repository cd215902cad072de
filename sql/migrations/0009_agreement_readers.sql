-- 0009_agreement_readers.sql
--
-- What      Who may see and add which agreement, version and act: row-level security.
-- Why       docs/decisions/0009-acts-and-visibility.md, 0014-standing.md
-- Phase     expand
-- Locks     the tables of 0007, for a moment
-- Needs     0007_agreements.sql
-- Undo      forward only
-- Trust     the service says for whom it reads (accord.reader, accord.org); a defect in one query cannot show a stranger's agreement

-- Until when the reader of this transaction may know what becomes of an agreement: for ever while it takes part or keeps the text,
-- until its part ended afterwards; null: not at all. The service says the same, to the act (src/agreements/model/standing.ts).
-- Unset means nobody. These run as the owner of the tables, so that the policies below do not ask themselves.
-- Asked for every row of every table of agreements, so it looks at as little as it can: mostly at the reader's own part alone.
create function public.knows_agreement_until(p_id text) returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
declare
  v_org text := pg_catalog.current_setting('accord.org', true);
  v_part record;
  v_end timestamptz;
begin
  if coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor') then return 'infinity'; end if;
  if coalesce(v_org, '') = '' then return null; end if;
  select p.left_at, p.left_how into v_part from public.agreement_party p where p.agreement_id = p_id and p.org = v_org;
  if found then
    if v_part.left_at is not null and v_part.left_how = 'UNINVITED' then
      return (select max(e.left_at) from public.earlier_part e where e.agreement_id = p_id and e.org = v_org and e.left_how <> 'UNINVITED');
    end if;
    select o.active_to into v_end from public.organisation o where o.code = v_org;
    return least(coalesce(v_part.left_at, 'infinity'), coalesce(v_end, 'infinity'));
  end if;
  if not exists (select from public.agreement a where a.id = p_id and a.owner_org = v_org)
     and not coalesce((select k.to_org = v_org from public.keeper_change k where k.agreement_id = p_id and k.at <= pg_catalog.clock_timestamp()
                        order by k.position desc limit 1), false)
  then return null; end if;
  select o.active_to into v_end from public.organisation o where o.code = v_org;
  return case when v_end is null or v_end > pg_catalog.clock_timestamp() then 'infinity'::timestamptz end;
end $$;

-- How well words fit: an exact reference before everything, then the exact name of a party, then how often and where they stand.
create function public.rank_of_words(p_words tsvector, p_query tsquery, p_is_reference boolean, p_names_party boolean) returns bigint
language sql immutable as $$
  select case when p_is_reference then 2000000000 when p_names_party then 1000000000 else 0 end
    + coalesce((pg_catalog.ts_rank(p_words, p_query) * 100000000)::bigint, 0)
$$;

-- The agreements that the reader knows and the words or the whole text name (its reference, a party), and how well. Of those that it knows
-- to an instant before p_now all, without a rank: what was written after that instant stands among the words that are written down.
-- Who knows what is what knows_agreement_until says, of all at once: mostly the reader's own parts say it, and what it keeps without
-- taking part is looked up only where the words find something that it takes no part in.
create function public.found_by_words(p_query tsquery, p_text text, p_now timestamptz) returns table (agreement_id text, rank bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_name text := lower(btrim(p_text));
  v_org text := pg_catalog.current_setting('accord.org', true);
  v_all boolean := coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor');
  v_end timestamptz := coalesce((select o.active_to from public.organisation o where o.code = v_org), 'infinity');
begin
  return query
    with named as materialized (
        select n.agreement_id, bool_or(n.is_reference) as is_reference
          from (select p.agreement_id, false as is_reference from public.agreement_party p
                 where p.org in (select o.code from public.organisation o
                                  where v_name in (select lower(name) from unnest(o.aliases || array[o.code, o.short_name, o.legal_name]) as name))
                union all
                select a.id, true from public.agreement a where upper(a.id) = upper(v_name) or upper(a.provenance ->> 'reference') = upper(v_name)) as n
         group by n.agreement_id),
      part as (
        select p.agreement_id, least(coalesce(p.left_at, 'infinity'), v_end) as until
          from public.agreement_party p where p.org = v_org and p.left_how is distinct from 'UNINVITED'),
      part_before as (
        select e.agreement_id, max(e.left_at) as until
          from public.agreement_party p join public.earlier_part e using (agreement_id, org)
         where p.org = v_org and p.left_how = 'UNINVITED' and e.left_how <> 'UNINVITED' group by e.agreement_id),
      kept as (
        select k.id
          from (select a.id from public.agreement a where a.owner_org = v_org
                union all
                select c.agreement_id from (
                  select distinct on (c.agreement_id) c.agreement_id, c.to_org from public.keeper_change c
                   where c.at <= pg_catalog.clock_timestamp()
                     and c.agreement_id in (select m.agreement_id from public.keeper_change m where m.to_org = v_org)
                   order by c.agreement_id, c.position desc) as c where c.to_org = v_org) as k
         where v_end > pg_catalog.clock_timestamp()
           and not exists (select from public.agreement_party p where p.agreement_id = k.id and p.org = v_org))
    select s.agreement_id, public.rank_of_words(s.words, p_query, n.is_reference is true, n.agreement_id is not null)
      from public.agreement_search s
      left join named n on n.agreement_id = s.agreement_id
      left join part p on p.agreement_id = s.agreement_id
     where (s.words @@ p_query or n.agreement_id is not null)
       and case when v_all then true when p.until is not null then p.until > p_now
             else s.agreement_id in (select k.id from kept k) or s.agreement_id in (select b.agreement_id from part_before b where b.until > p_now) end
    union all
    select p.agreement_id, null from part p where p.until <= p_now and not v_all
    union all
    select b.agreement_id, null from part_before b where b.until <= p_now and not v_all;
end $$;

-- As plain as this, so that the policies hold what it says and need not call it.
create function public.may_see_agreement(p_id text) returns boolean
language sql stable as $$ select public.knows_agreement_until(p_id) is not null $$;

create function public.may_add_agreement(p_owner text) returns boolean
language sql stable set search_path = '' as $$
  select coalesce(current_setting('accord.reader', true), '') = 'system' or p_owner = current_setting('accord.org', true)
$$;

-- A draft is seen while one takes part; a frozen text by whoever took part when it was.
create function public.may_see_version(p_id text, p_version int) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare v_until timestamptz := public.knows_agreement_until(p_id);
begin
  if coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor') then return true; end if;
  if v_until = 'infinity' then return exists (select from public.agreement_version v where v.agreement_id = p_id and v.version = p_version); end if;
  if v_until is null then return false; end if;
  return exists (
    select from public.agreement_version v
    left join public.agreement_party p on p.agreement_id = v.agreement_id and p.org = pg_catalog.current_setting('accord.org', true)
    where v.agreement_id = p_id and v.version = p_version and (
      (v.frozen_at is null and v.status = 'DRAFT' and v_until > pg_catalog.clock_timestamp())
      or (v.frozen_at <= v_until and v.version <= coalesce(p.left_version, v.version))));
end $$;

create function public.may_see_act(p_id text, p_sequence bigint, p_at timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor')
    or (p_at <= public.knows_agreement_until(p_id)
      and not exists (select from public.agreement_party p
        where p.agreement_id = p_id and p.org = pg_catalog.current_setting('accord.org', true) and p.left_sequence < p_sequence))
$$;

revoke all on function public.knows_agreement_until(text), public.found_by_words(tsquery, text, timestamptz), public.may_see_agreement(text), public.may_add_agreement(text), public.may_see_version(text, int),
  public.may_see_act(text, bigint, timestamptz) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.knows_agreement_until(text), public.found_by_words(tsquery, text, timestamptz), public.may_see_agreement(text), public.may_add_agreement(text), public.may_see_version(text, int), public.may_see_act(text, bigint, timestamptz) to accord_app');

alter table agreement enable row level security;
create policy agreement_is_seen_by_its_parties on agreement for select using (may_see_agreement(id));
create policy agreement_is_changed_by_its_parties on agreement for update using (may_see_agreement(id));
create policy agreement_is_added_by_its_owner on agreement for insert with check (may_add_agreement(owner_org));

-- A version that is being added is seen by whoever may see the agreement.
alter table agreement_version enable row level security;
create policy agreement_version_is_seen_by_its_parties on agreement_version for select using (may_see_version(agreement_id, version));
create policy agreement_version_is_added_with_its_agreement on agreement_version for insert with check (may_see_agreement(agreement_id));
create policy agreement_version_is_changed_by_its_parties on agreement_version for update
  using (may_see_version(agreement_id, version)) with check (may_see_agreement(agreement_id));

alter table agreement_act enable row level security;
create policy agreement_act_is_seen_by_its_parties on agreement_act for select using (may_see_act(agreement_id, sequence, at));
create policy agreement_act_is_added_with_its_agreement on agreement_act for insert with check (may_see_agreement(agreement_id));

do $$
declare child text;
begin
  foreach child in array array['agreement_party', 'earlier_part', 'keeper_change', 'review_date_change', 'suspension',
      'policy_document', 'agreement_search'] loop
    execute format('alter table %I enable row level security', child);
    execute format('create policy %I on %I using (may_see_agreement(agreement_id)) with check (may_see_agreement(agreement_id))', child || '_follows_its_agreement', child);
  end loop;
  foreach child in array array['flow', 'flow_side', 'prohibition', 'agent', 'approval', 'approval_condition', 'overruled_advice', 'signature'] loop
    execute format('alter table %I enable row level security', child);
    execute format('create policy %I on %I using (may_see_version(agreement_id, version)) with check (may_see_version(agreement_id, version))', child || '_follows_its_version', child);
  end loop;
end $$;

alter table version_contacts enable row level security;
create policy version_contacts_follow_their_agreement on version_contacts using (may_see_agreement(agreement_id)) with check (may_see_agreement(agreement_id));

-- Whoever is a party with a body in some agreement reads its contacts; the parties of an agreement are seen by its parties only.
create policy contacts_are_read_by_partners on organisation_contacts for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true)
  or kept_by = current_setting('accord.org', true)
  or exists (select from agreement_party mine join agreement_party theirs using (agreement_id)
              where mine.org = current_setting('accord.org', true) and theirs.org = organisation_contacts.org));
