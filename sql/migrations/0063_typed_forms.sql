-- 0063_typed_forms.sql
--
-- What      What somebody typed into a form and sent after their session had ended, until they sign in again.
-- Why       docs/decisions/0025-pages.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      drop it: what was typed into a form whose session ended is lost
-- Trust     read and written by the service alone; what was typed is encrypted with a key that only its browser holds

create table typed_form (
  -- Digest of the browser's secret and the address of the form.
  id       bytea       primary key check (octet_length(id) = 32),
  issuer   text        not null,
  subject  text        not null,
  sealed   bytea       not null,
  kept_at  timestamptz not null
);
create index typed_form_by_person on typed_form (issuer, subject, kept_at);
create index typed_form_by_age on typed_form (kept_at);

alter table typed_form enable row level security;
create policy typed_form_is_kept_by_the_service on typed_form using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.typed_form to accord_app');
