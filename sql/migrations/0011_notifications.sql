-- 0011_notifications.sql
--
-- What      Notifications: what an organisation should know, about whatever it is about.
-- Why       docs/decisions/0009-acts-and-visibility.md, 0017-rooms.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0009_agreement_readers.sql
-- Undo      forward only
-- Trust     read by the organisation they are for alone, and only while it may see what they are about

-- Whether the reader of this transaction may see a subject; a type that is not here is seen by nobody. Rooms whose tables come later
-- are named too: what a function calls is looked up when it is called.
create function public.may_see_subject(p_type text, p_id text) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return case p_type
    when 'agreement' then public.may_see_agreement(p_id)
    when 'request' then public.may_see_request(p_id::uuid)
    when 'emergency' then public.may_see_emergency(p_id::uuid)
    when 'disclosure' then public.may_see_disclosure(p_id::uuid)
    when 'assessment' then public.may_see_made_assessment(p_id::uuid)
    else false end;
end $$;
revoke all on function public.may_see_subject(text, text) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.may_see_subject(text, text) to accord_app');

create table notification (
  id              uuid        primary key,
  org             text        not null references organisation on delete restrict,
  subject_type    text        not null,
  subject_id      text        not null,
  kind            text        not null,
  at              timestamptz not null,
  detail          jsonb       not null,
  outlives_access boolean     not null,
  addressed_to    jsonb,
  told_by         text
);
comment on column public.notification.outlives_access is 'It is told also to whoever may no longer see the subject, since it says just that.';
comment on column public.notification.addressed_to is 'Whom of the organisation it is for: persons, roles; null: those of its kind.';
comment on column public.notification.told_by is 'Whose act gave rise to it; null: the clock.';
create index notification_by_org_and_id on notification (org, id desc);

alter table notification enable row level security;
create policy notification_is_read_by_its_organisation on notification for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or (
    org = current_setting('accord.org', true) and (outlives_access or public.may_see_subject(subject_type, subject_id))));
create policy notification_is_added_by_what_happens on notification for insert with check (true);
select public.grant_if_role('accord_app', 'grant select, insert on public.notification to accord_app');
