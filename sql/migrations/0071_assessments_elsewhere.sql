-- 0071_assessments_elsewhere.sql
--
-- What      Assessments made elsewhere: the file that holds each, what it came to, the advice of the data protection officer, and the two people
--           of one organisation who record and confirm it.
-- Why       docs/decisions/0029-assessments-elsewhere.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0041_assessments.sql
-- Undo      forward only
-- Trust     written by the service alone; what is confirmed is as true as two people of one organisation say

create table assessment_elsewhere (
  id                  uuid        primary key,
  assessment_id       text        not null references assessment on delete restrict,
  -- The agreement through which it is recorded, whose evidence the file is.
  agreement_id        text        not null references agreement on delete restrict,
  org                 text        not null references organisation on delete restrict,
  file_id             uuid        not null,
  file_sha256         text        not null check (file_sha256 ~ '^[0-9a-f]{64}$'),
  outcome             text        not null check (outcome in ('APPROVED', 'PRIOR_CONSULTATION', 'REJECTED')),
  residual            text        not null check (residual in ('LOW', 'MEDIUM', 'HIGH')),
  prior_consultation  text        not null,
  review_due          date        not null,
  advice              text        not null check (advice in ('PROCEED', 'PROCEED_WITH_CONDITIONS', 'DO_NOT_PROCEED')),
  advice_by           text        not null check (advice_by <> ''),
  advice_on           date        not null,
  advice_words        text        not null check (advice_words <> ''),
  overruled_by        text,
  overruled_reason    text,
  recorded_at         timestamptz not null,
  recorded_by_issuer  text        not null,
  recorded_by_sub     text        not null,
  confirmed_at        timestamptz,
  confirmed_by_issuer text,
  confirmed_by_sub    text,
  position            bigint      generated always as identity,
  constraint whoever_overrules_advice_says_why check ((overruled_by is null) = (overruled_reason is null)
    and (overruled_by is null) = (not (advice = 'DO_NOT_PROCEED' and outcome = 'APPROVED'))),
  constraint two_people_record_an_assessment check ((confirmed_at is null) = (confirmed_by_issuer is null) and (confirmed_at is null) = (confirmed_by_sub is null)
    and (confirmed_by_issuer, confirmed_by_sub) is distinct from (recorded_by_issuer, recorded_by_sub))
);
create index assessment_elsewhere_of_an_assessment on assessment_elsewhere (assessment_id, position);
create index assessment_elsewhere_by_agreement on assessment_elsewhere (agreement_id);
create index assessment_elsewhere_that_waits on assessment_elsewhere (org) where confirmed_at is null;

-- What was recorded never changes; it is confirmed once.
create function public.refuse_change_of_assessment_elsewhere() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' or old.confirmed_at is not null
    or (pg_catalog.to_jsonb(new) - array['confirmed_at', 'confirmed_by_issuer', 'confirmed_by_sub'])
      is distinct from (pg_catalog.to_jsonb(old) - array['confirmed_at', 'confirmed_by_issuer', 'confirmed_by_sub']) then
    raise exception 'what was recorded of assessment % stands', old.assessment_id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger assessment_elsewhere_stands before update or delete on assessment_elsewhere
  for each row execute function public.refuse_change_of_assessment_elsewhere();

alter table assessment_elsewhere enable row level security;
create policy assessment_elsewhere_is_seen_with_it on assessment_elsewhere for select using (may_see_assessment(assessment_id));
create policy assessment_elsewhere_is_added_with_it on assessment_elsewhere for insert with check (may_see_assessment(assessment_id));
create policy assessment_elsewhere_is_confirmed_with_it on assessment_elsewhere for update using (may_see_assessment(assessment_id));
select public.grant_if_role('accord_app', 'grant select, insert, update on public.assessment_elsewhere to accord_app');
