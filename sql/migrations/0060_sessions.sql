-- 0060_sessions.sql
--
-- What      Signing in with a browser: sign-ins on their way to the issuer and back, and sessions.
-- Why       docs/decisions/0025-pages.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      drop both: everybody signs in again
-- Trust     read and written by the service alone; holds no secret that opens a session, only its digest

-- A sign-in that has left for the issuer. Used once: it is deleted by the answer, whatever that is.
create table sign_in (
  state_digest   bytea       primary key check (octet_length(state_digest) = 32),
  browser_digest bytea       not null check (octet_length(browser_digest) = 32),
  nonce          text        not null,
  verifier       text        not null,
  return_to      text        not null check (return_to like '/%' and length(return_to) <= 500),
  max_age        int,
  begun_at       timestamptz not null
);
create index sign_in_by_begin on sign_in (begun_at);
comment on column sign_in.browser_digest is 'Of the cookie of the browser that it began in: an answer that comes from another one opens nothing.';

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

alter table sign_in enable row level security;
create policy sign_in_is_kept_by_the_service on sign_in using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table session enable row level security;
create policy session_is_kept_by_the_service on session using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.sign_in to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.session to accord_app');
