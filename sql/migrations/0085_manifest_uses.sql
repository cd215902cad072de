-- 0085_manifest_uses.sql
--
-- What      What was shared on a manifest while the service could not be reached, as its organisation reports it afterwards.
-- Why       docs/decisions/0034-manifests.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql
-- Undo      forward only
-- Trust     as true as whoever reports it; read by their organisation, by who disclosed and received, and by auditors; never changed

create table manifest_use (
  id           uuid        not null unique,
  org          text        not null references organisation on delete restrict,
  -- The organisation's own name of the use: it is recorded once.
  reference    text        not null check (length(reference) between 1 and 100),
  manifest     uuid        not null,
  line         int         not null check (line > 0),
  -- Of the line as the manifest names it; nothing where there is no such line.
  agreement    text,
  flow         text,
  provider     text,
  recipient    text,
  purpose      text,
  used_at      timestamptz not null,
  count        int         not null check (count > 0),
  not_covered  text        check (not_covered ~ '^[A-Z][A-Z_]{0,63}$'),
  revoked      text[]      not null,
  recorded_at  timestamptz not null,
  by_issuer    text        not null,
  by_sub       text        not null,
  client       text,
  leaf_id      uuid        not null,
  primary key (org, reference)
);
create index manifest_use_by_reporter on manifest_use (org, id);
create index manifest_use_by_provider on manifest_use (provider, id);
create index manifest_use_by_recipient on manifest_use (recipient, id);
create trigger manifest_use_is_append_only before update or delete or truncate on manifest_use
  for each statement execute function policy.refuse_change();

alter table manifest_use enable row level security;
create policy manifest_use_is_seen_by_whom_it_concerns on manifest_use using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or current_setting('accord.org', true) in (org, provider, recipient))
  with check (org = current_setting('accord.org', true));
select public.grant_if_role('accord_app', 'grant select, insert on public.manifest_use to accord_app');
