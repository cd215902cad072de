-- 0060_sessions.sql
--
-- What      Sessions of people who signed in with a browser.
-- Why       docs/decisions/0025-pages.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      drop it: everybody signs in again
-- Trust     read and written by the service alone; holds no secret that opens a session, only its digest

create table session (
  digest     bytea       primary key check (octet_length(digest) = 32),
  issuer     text        not null,
  subject    text        not null,
  name       text        not null,
  -- The organisation that the person acts for in this session; null: none yet.
  org        text,
  -- What the issuer claims of organisation and roles, where it is authoritative.
  claims     jsonb       not null,
  auth_time  timestamptz,
  acr        text,
  amr        text[]      not null,
  begun_at   timestamptz not null,
  seen_at    timestamptz not null,
  ended_at   timestamptz
);
create index session_by_person on session (issuer, subject);
create index session_by_begin on session (begun_at);

alter table session enable row level security;
create policy session_is_kept_by_the_service on session using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.session to accord_app');
