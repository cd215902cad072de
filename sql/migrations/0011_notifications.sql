-- 0011_notifications.sql
--
-- What      Notices: what an organisation should know of an agreement.
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0007_agreements.sql
-- Undo      forward only
-- Trust     read by the organisation they are for alone

create table notice (
  id           uuid        primary key,
  org          text        not null references organisation on delete restrict,
  agreement_id text        not null references agreement on delete restrict,
  kind         text        not null,
  at           timestamptz not null,
  detail       jsonb       not null,
  read_at      timestamptz
);
create index notice_by_org on notice (org, at desc);
create index notice_by_org_and_id on notice (org, id desc);

alter table notice enable row level security;
create policy notice_is_read_by_its_organisation on notice using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true)) with check (true);
select public.grant_if_role('accord_app', 'grant select, insert, update on public.notice to accord_app');
