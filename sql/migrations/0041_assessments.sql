-- 0041_assessments.sql
--
-- What      Data protection impact assessments: what decisions ask of them, and what was recorded before.
-- Why       docs/decisions/0017-rooms.md
-- Phase     expand
-- Locks     agreement, for a moment
-- Needs     0007_agreements.sql, 0009_agreement_readers.sql
-- Undo      forward only
-- Trust     seen by whoever may see an agreement that stands on it

create table assessment (
  id                 text    primary key check (id <> ''),
  required           boolean not null,
  status             text    not null,
  residual           text    check (residual in ('LOW', 'MEDIUM', 'HIGH')),
  prior_consultation text,
  review_due         date
);
comment on column public.assessment.status is 'From the beginning; what it became stands in assessment_status_change.';
-- One assessment may serve several agreements (DP-3; UK GDPR Art 35(1)).
alter table agreement add constraint agreement_stands_on_an_assessment foreign key (assessment_id) references assessment on delete restrict;
create index agreement_by_assessment on agreement (assessment_id);

create table assessment_status_change (
  assessment_id text        not null references assessment on delete restrict,
  position      int         not null,
  at            timestamptz not null,
  status        text        not null,
  primary key (assessment_id, position)
);

create table earlier_assessment (
  assessment_id      text        not null references assessment on delete restrict,
  until              timestamptz not null,
  required           boolean     not null,
  residual           text,
  prior_consultation text,
  review_due         date,
  position           bigint      generated always as identity,
  primary key (assessment_id, position)
);
comment on table earlier_assessment is 'What was recorded until that instant; the status has a table of its own.';
create trigger earlier_assessment_is_append_only before update or delete or truncate on earlier_assessment
  for each statement execute function policy.refuse_change();

create function public.may_see_assessment(p_id text) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor')
    or exists (select from public.agreement a where a.assessment_id = p_id and public.may_see_agreement(a.id))
$$;
-- One that no agreement stands on yet is being made.
create function public.may_write_assessment(p_id text) returns boolean
language sql stable security definer set search_path = '' as $$
  select public.may_see_assessment(p_id) or not exists (select from public.agreement a where a.assessment_id = p_id)
$$;
-- Whether an agreement stands on an assessment that another one stands on too, whoever may see that one.
create function public.shares_its_assessment(p_agreement text) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from public.agreement a join public.agreement o using (assessment_id) where a.id = p_agreement and o.id <> a.id)
$$;
-- Some assessments with all they were, also where they were made (0071, 0080), in one statement; it reads as whoever asks.
create function public.stored_assessments(p_ids text[]) returns json language plpgsql stable as $$
begin
  return json_build_object(
    'assessments', (select json_agg(s) from public.assessment s where s.id = any (p_ids)),
    'changes', (select json_agg(c order by c.position) from public.assessment_status_change c where c.assessment_id = any (p_ids)),
    'earlier', (select json_agg(e order by e.position) from public.earlier_assessment e where e.assessment_id = any (p_ids)),
    'elsewhere', (select json_agg(r order by r.position) from public.assessment_elsewhere r where r.assessment_id = any (p_ids)),
    'made', (select json_agg(m) from (select id, assessment_id, first_approved_at, state, version, approved_version from public.made_assessment where assessment_id = any (p_ids)) m),
    'accepted', (select json_agg(a order by a.version, a.org) from public.assessment_acceptance a
                   where a.made_id in (select m.id from public.made_assessment m where m.assessment_id = any (p_ids))));
end $$;
revoke all on function public.stored_assessments(text[]), public.may_see_assessment(text), public.may_write_assessment(text), public.shares_its_assessment(text) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.stored_assessments(text[]), public.may_see_assessment(text), public.may_write_assessment(text), public.shares_its_assessment(text) to accord_app');

alter table assessment enable row level security;
create policy assessment_is_seen_with_its_agreement on assessment for select using (may_see_assessment(id));
create policy assessment_is_added on assessment for insert with check (may_write_assessment(id));
create policy assessment_is_changed_with_its_agreement on assessment for update using (may_see_assessment(id));
do $$
declare child text;
begin
  foreach child in array array['assessment_status_change', 'earlier_assessment'] loop
    execute format('alter table %I enable row level security', child);
    execute format('create policy %I on %I for select using (may_see_assessment(assessment_id))', child || '_is_seen_with_it', child);
    execute format('create policy %I on %I for insert with check (may_write_assessment(assessment_id))', child || '_is_added_with_it', child);
  end loop;
end $$;
select public.grant_if_role('accord_app', 'grant select, insert, update on public.assessment to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.assessment_status_change, public.earlier_assessment to accord_app');
