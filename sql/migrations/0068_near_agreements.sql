-- 0068_near_agreements.sql
--
-- What      Which agreements come near a question, with all that places them before they are read; indexes for what falls due.
-- Why       docs/performance.md, "Pages"
-- Phase     expand
-- Locks     agreement, agreement_version and assessment against writes while three small indexes are built
-- Needs     0009_agreement_readers.sql, 0041_assessments.sql
-- Undo      forward only
-- Trust     near_agreements answers to the service alone: agreements that the reader took or takes part in, or keeps. Whoever reads
--           one of them is asked once more, by knows_agreement_until, whether they may.

create index agreement_by_review on agreement (review_due) where status = 'ACTIVE' and review_due is not null;
create index agreement_version_by_end on agreement_version (effective_to) where effective_to is not null;
create index assessment_by_review on assessment (review_due) where required and review_due is not null;

create function public.near_agreements(p_orgs text[], p_purposes text[], p_weights double precision[], p_items text[], p_categories integer[])
  returns table (parties integer, weight double precision, is_silent boolean, categories integer, ids text[])
  language plpgsql stable security definer set search_path to '' set plan_cache_mode to 'force_custom_plan' as $$
declare
  v_org text := pg_catalog.current_setting('accord.org', true);
  v_all boolean := coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor');
begin
  return query
    with listing as (
        select p.agreement_id as id, pg_catalog.count(*)::integer as parties from public.agreement_party p
         where p.org = any (p_orgs) group by p.agreement_id),
      known as materialized (
        select l.id, l.parties from listing l join public.agreement a on a.id = l.id and a.status not in ('REJECTED', 'WITHDRAWN')
         where v_all or a.owner_org = v_org
            or l.id in (select p.agreement_id from public.agreement_party p where p.org = v_org)
            or l.id in (select k.agreement_id from public.keeper_change k where k.to_org = v_org)),
      related as materialized (
        select f.agreement_id as id, f.data_items, case when p_purposes is null then 1 else w.weight end as weight
          from public.flow f join known k on k.id = f.agreement_id
          left join unnest(p_purposes, p_weights) as w (purpose, weight) on w.purpose = f.purpose
         where p_purposes is null or w.purpose is not null),
      nearest as (select r.id, pg_catalog.max(r.weight) as weight from related r group by r.id),
      matched as (
        select r.id, pg_catalog.count(distinct c.category)::integer as categories
          from related r cross join lateral unnest(r.data_items) as i (item)
          join unnest(p_items, p_categories) as c (item, category) on c.item = i.item
         where pg_catalog.cardinality(p_items) > 0 group by r.id),
      silent as (
        select distinct v.agreement_id as id from public.agreement_version v join known k on k.id = v.agreement_id
         where k.parties > 1
           and not exists (select from public.flow f where f.agreement_id = v.agreement_id and f.version = v.version))
    select k.parties, coalesce(n.weight, 0), s.id is not null, coalesce(m.categories, 0), pg_catalog.array_agg(k.id)
      from known k left join nearest n on n.id = k.id left join matched m on m.id = k.id left join silent s on s.id = k.id
     where n.id is not null or s.id is not null
     group by 1, 2, 3, 4;
end $$;
revoke all on function public.near_agreements(text[], text[], double precision[], text[], integer[]) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.near_agreements(text[], text[], double precision[], text[], integer[]) to accord_app');
