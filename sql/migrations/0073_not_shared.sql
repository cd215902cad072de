-- 0073_not_shared.sql
--
-- What      Why somebody did not share after an answer, whatever the answer was.
-- Why       docs/decisions/0020-requests.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql
-- Undo      forward only
-- Trust     read by the organisation of whoever recorded it and auditors; never changed

-- The decision is named by its number: its words are the log's to keep, or to lose.
create table not_shared (
  id           uuid        primary key,
  org          text        not null references organisation on delete restrict,
  decision_id  text        not null check (length(decision_id) between 36 and 43),
  decision     text        not null check (decision in ('PERMIT', 'DENY')),
  agreement    text,
  provider     text        not null,
  recipient    text        not null,
  purpose      text        not null,
  reason       text        not null check (reason ~ '^[A-Z][A-Z_]{0,63}$'),
  note         text        check (length(note) between 1 and 300),
  recorded_at  timestamptz not null,
  by_issuer    text        not null,
  by_sub       text        not null,
  leaf_id      uuid        not null,
  constraint recorded_once_by_each_person unique (decision_id, by_issuer, by_sub)
);
create index not_shared_by_organisation on not_shared (org, id);
create trigger not_shared_is_append_only before update or delete or truncate on not_shared
  for each statement execute function policy.refuse_change();

alter table not_shared enable row level security;
create policy not_shared_is_seen_by_its_organisation on not_shared using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true))
  with check (org = current_setting('accord.org', true));
select public.grant_if_role('accord_app', 'grant select, insert on public.not_shared to accord_app');
