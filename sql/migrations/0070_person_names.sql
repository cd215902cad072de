-- 0070_person_names.sql
--
-- What      What people are called, as their issuer said when they last signed in for an organisation.
-- Why       docs/decisions/0025-pages.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      drop it: people are shown by the subjects of their issuers
-- Trust     read and written by the service alone, which asks it only of people whom it shows already; proves nothing

create table person_name (
  issuer       text not null,
  subject      text not null,
  name         text not null check (length(name) between 1 and 200),
  -- The London day of that sign-in: so long afterwards the name is forgotten.
  signed_in_on date not null,
  primary key (issuer, subject)
);
create index person_name_by_day on person_name (signed_in_on);

alter table person_name enable row level security;
create policy person_name_is_kept_by_the_service on person_name using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.person_name to accord_app');
