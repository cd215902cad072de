-- 0013_disclosures.sql
--
-- What      One-off disclosure decisions, and what is asked to be decided.
-- Why       docs/decisions/0004-one-agreement-model.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql
-- Undo      forward only
-- Trust     the service may write it; what it wrote is provable from the governance log

create table disclosure_decision (
  id            text        primary key,
  provider      text        not null,
  recipient     text        not null,
  purpose       text        not null,
  data_items    text[]      not null,
  subject_count int         check (subject_count >= 0),
  record_count  int         check (record_count >= 0),
  status        text        not null,
  valid_from    timestamptz not null,
  valid_to      timestamptz not null,
  single_use    boolean     not null,
  consumed_at   timestamptz,
  consumed_by   uuid,
  form          jsonb       not null,
  constraint disclosure_begins_before_it_ends check (valid_from <= valid_to)
);

select public.grant_if_role('accord_app', 'grant select, insert, update on public.disclosure_decision to accord_app');

-- A one-off disclosure on its way to that decision: what is asked, as it was last put right. The decision has its key.
create table disclosure_request (
  id              uuid        primary key,
  asked_by_org    text        not null,
  asked_by_issuer text        not null,
  asked_by_sub    text        not null,
  asked_at        timestamptz not null,
  provider        text        not null references organisation on delete restrict,
  recipient       text        not null references organisation on delete restrict,
  content         jsonb       not null,
  content_hash    text        not null check (content_hash ~ '^[0-9a-f]{64}$'),
  revision        int         not null check (revision > 0),
  revised_by      jsonb       not null,
  status          text        not null check (status in ('OPEN', 'RETURNED', 'APPROVED', 'REFUSED', 'WITHDRAWN')),
  sign_off_id     uuid        not null,
  request_id      uuid,
  decided_at      timestamptz,
  reasons         text,
  conditions      jsonb       not null,
  row_version     bigint      not null default 1 check (row_version > 0),
  act_count       bigint      not null default 0 check (act_count >= 0),
  -- The words by which it is found, beside its codes.
  words           tsvector    not null generated always as (
    jsonb_to_tsvector('english'::regconfig, content, '["string"]') || to_tsvector('english'::regconfig, coalesce(reasons, ''))) stored,
  constraint disclosure_is_asked_by_one_of_the_two check (asked_by_org in (provider, recipient) and provider <> recipient)
);
comment on column public.disclosure_request.revised_by is 'Everybody who wrote some of it, [{issuer, sub}]: none of them decides (AH-3).';
create index disclosure_request_by_provider on disclosure_request (provider, id desc);
create index disclosure_request_by_recipient on disclosure_request (recipient, id desc);

create function public.may_see_one_off(p_provider text, p_recipient text) returns boolean
language sql stable set search_path = '' as $$
  select coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
      or coalesce(nullif(current_setting('accord.org', true), '') in (p_provider, p_recipient), false)
$$;
create function public.may_see_disclosure(p_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce((select public.may_see_one_off(r.provider, r.recipient) from public.disclosure_request r where r.id = p_id), false)
$$;
revoke all on function public.may_see_one_off(text, text), public.may_see_disclosure(uuid) from public;

alter table disclosure_request enable row level security;
create policy disclosure_request_is_seen_by_the_two on disclosure_request using (may_see_one_off(provider, recipient));
select public.grant_if_role('accord_app', 'grant execute on function public.may_see_one_off(text, text), public.may_see_disclosure(uuid) to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.disclosure_request to accord_app');
