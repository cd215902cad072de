-- 0079_handovers.sql
--
-- What      That somebody leaves an organisation, who takes over what names them, and when it was passed on.
-- Why       docs/decisions/0017-rooms.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0040_people.sql
-- Undo      forward only
-- Trust     as 0040_people.sql; what was handed over is provable from the governance log

create table handover (
  id           uuid        primary key,
  org          text        not null references organisation on delete restrict,
  person_id    uuid        not null references person on delete restrict,
  -- London day; null: they left when it was recorded.
  last_day     date,
  -- Who takes over: {issuer, subject}, or null; then [{role, person}] for single roles.
  successor    jsonb       not null,
  for_roles    jsonb       not null,
  reason       text        not null,
  plan         jsonb       not null,
  recorded_at  timestamptz not null,
  passed_on_at timestamptz
);
comment on column public.handover.plan is 'What named the person when it was recorded, and what became of each; which steps and requests is shown to those alone who may read them.';
-- Of two that hand over the same person one waits for the end of the other.
create unique index handover_is_awaited_once on handover (org, person_id) where passed_on_at is null;
create function public.refuse_change_of_handover() returns trigger language plpgsql set search_path = '' as $$
begin
  if to_jsonb(old) - array['passed_on_at'] is distinct from to_jsonb(new) - array['passed_on_at']
    or (old.passed_on_at is not null and new.passed_on_at is distinct from old.passed_on_at) then
    raise exception 'handover % keeps what it is, and is passed on once', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger handover_keeps_what_it_is before update on handover for each row execute function public.refuse_change_of_handover();

alter table handover enable row level security;
create policy handover_is_seen_by_its_organisation on handover for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true));
create policy handover_is_added_by_the_register on handover for insert
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');
create policy handover_is_changed_by_the_register on handover for update
  using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.handover to accord_app');
