-- 0065_successors_at_a_disposal.sql
--
-- What      Who answers for a body that has ended, and in whose place a disposal was confirmed.
-- Why       docs/decisions/0014-standing.md
-- Phase     expand
-- Locks     disposal, for a moment
-- Needs     0005_parties.sql, 0044_disposals.sql
-- Undo      forward only
-- Trust     a follower reads the disposals of those it follows through the service alone: row-level security still hides the agreement from it

alter table disposal add column confirmed_by text references organisation on delete restrict;
comment on column public.disposal.confirmed_by is 'Who follows the party and confirmed in its place; null: the party itself.';

-- The body that exists at an instant and follows another, however often one followed another since; the body itself while it exists; null: nobody
-- follows. Where several follow one, the first by code.
create function public.answerer_of(p_org text, p_at timestamptz) returns text
language sql stable set search_path = '' as $$
  with recursive line as (
    select p_org as code, 0 as step
    union
    select s.successor, l.step + 1 from line l
      join public.organisation o on o.code = l.code and o.active_to <= p_at
      join public.organisation_succession s on s.predecessor = l.code
     where l.step < 50)
  select l.code from line l join public.organisation o on o.code = l.code
   where o.active_to is null or o.active_to > p_at order by l.step, l.code limit 1
$$;
revoke all on function public.answerer_of(text, timestamptz) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.answerer_of(text, timestamptz) to accord_app');

-- The parties of an agreement that have ended and that a body answers for. Runs as the owner: whoever follows may not see the agreement itself.
create function public.followed_in(p_agreement text, p_org text, p_at timestamptz) returns text[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(p.org order by p.position), '{}') from public.agreement_party p join public.organisation o on o.code = p.org
   where p.agreement_id = p_agreement and o.active_to <= p_at and public.answerer_of(p.org, p_at) = p_org
$$;
revoke all on function public.followed_in(text, text, timestamptz) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.followed_in(text, text, timestamptz) to accord_app');
