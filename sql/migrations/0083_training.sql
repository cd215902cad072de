-- 0083_training.sql
--
-- What      Training that people of an organisation completed, and when it ends.
-- Why       docs/decisions/0032-training.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql, 0040_people.sql
-- Undo      forward only
-- Trust     read by the organisation it is about, register administrators and auditors; whoever writes here says who may still sign

create table training (
  id              uuid        primary key,
  org             text        not null references organisation on delete restrict,
  person_id       uuid        not null references person on delete restrict,
  course          text        not null,
  provider        text,
  completed_on    date        not null,
  ends_on         date        not null,
  is_required     boolean     not null,
  recorded_at     timestamptz not null,
  recorded_by     jsonb       not null,
  withdrawn_at    timestamptz,
  withdrawn_by    jsonb,
  withdraw_reason text,
  row_version     bigint      not null default 1 check (row_version > 0),
  constraint training_is_completed_before_it_ends check (completed_on < ends_on)
);
comment on table training is 'Training of people, by organisation. Where the newest record of a required course has ended, its person signs nothing there.';
create index training_by_organisation on training (org, id);
create index training_by_person on training (person_id, org);
create index training_by_end on training (ends_on) where withdrawn_at is null;
create function public.refuse_change_of_training() returns trigger language plpgsql set search_path = '' as $$
begin
  if row (old.id, old.org, old.person_id, old.course, old.provider, old.completed_on, old.ends_on, old.is_required, old.recorded_at, old.recorded_by)
    is distinct from row (new.id, new.org, new.person_id, new.course, new.provider, new.completed_on, new.ends_on, new.is_required, new.recorded_at, new.recorded_by)
    or (old.withdrawn_at is not null and new.withdrawn_at is distinct from old.withdrawn_at) then
    raise exception 'training % keeps what it is, and stays withdrawn', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger training_keeps_what_it_is before update on training for each row execute function public.refuse_change_of_training();

alter table training enable row level security;
create policy training_is_seen_by_its_organisation on training for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true));
create policy training_is_added_by_the_register on training for insert
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');
create policy training_is_withdrawn_by_the_register on training for update
  using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.training to accord_app');
