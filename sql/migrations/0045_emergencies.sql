-- 0045_emergencies.sql
--
-- What      What was disclosed in an emergency, its review, and how far the decisions were followed for it.
-- Why       docs/decisions/0020-requests.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0013_disclosures.sql, 0043_workflow.sql
-- Undo      forward only
-- Trust     read by the two organisations and auditors; what was stated when the glass was broken stays in the log alone

create table emergency (
  id                 uuid        primary key,
  org                text        not null references organisation on delete restrict,
  decision_id        text        unique,
  provider           text        not null references organisation on delete restrict,
  recipient          text        not null references organisation on delete restrict,
  purpose            text        not null,
  data_items         text[]      not null,
  ground             text,
  justification      text,
  lawful_basis       text,
  actor_issuer       text,
  actor_sub          text,
  happened_at        timestamptz not null,
  recorded_at        timestamptz not null,
  status             text        not null check (status in ('OPEN', 'REVIEWED')),
  sign_off_id        uuid        not null,
  content_hash       text        not null check (content_hash ~ '^[0-9a-f]{64}$'),
  review_due         date        not null,
  outcome            text        check (outcome in ('JUSTIFIED', 'JUSTIFIED_EXCESSIVE_DATA', 'NOT_JUSTIFIED')),
  dsa_needed         boolean,
  reason             text,
  excessive_items    text[]      not null,
  reviewed_at        timestamptz,
  aware_at           timestamptz,
  row_version        bigint      not null default 1 check (row_version > 0),
  act_count          bigint      not null default 0 check (act_count >= 0),
  -- The words by which it is found, beside its codes.
  words              tsvector    not null generated always as (
    to_tsvector('english'::regconfig, coalesce(justification, '') || ' ' || coalesce(reason, ''))) stored,
  constraint emergency_is_reviewed_by_one_of_the_two check (org in (provider, recipient)),
  constraint reviewed_emergency_has_an_outcome check ((status = 'REVIEWED') = (outcome is not null)),
  constraint breach_is_known_from_an_instant check ((outcome = 'NOT_JUSTIFIED') is not true or aware_at is not null)
);
comment on column public.emergency.decision_id is 'The permit that broke the glass; null: it was recorded afterwards (EM-6).';
create index emergency_by_share on emergency (provider, recipient, purpose, happened_at);
create index emergency_by_recipient on emergency (recipient, id desc);

create function public.may_see_emergency(p_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce((select public.may_see_one_off(e.provider, e.recipient) from public.emergency e where e.id = p_id), false)
$$;
revoke all on function public.may_see_emergency(uuid) from public;

-- Up to where decisions that something follows from were looked at, by log; doing it again does it once.
create table decision_follow_progress (
  log_id   int    primary key,
  next_idx bigint not null check (next_idx >= 0)
);

alter table emergency enable row level security;
create policy emergency_is_seen_by_the_two on emergency using (may_see_one_off(provider, recipient));
select public.grant_if_role('accord_app', 'grant execute on function public.may_see_emergency(uuid) to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.emergency, public.decision_follow_progress to accord_app');
