-- 0005_acts.sql
--
-- What      Acts on agreements with their history, idempotency keys, notices, and who may see which agreement.
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0004_register.sql
-- Undo      forward only
-- Trust     the service says for whom it reads (accord.reader, accord.org); a defect in one query cannot show a stranger's agreement

create table agreement_act (
  agreement_id text        not null references agreement on delete restrict,
  sequence     bigint      not null check (sequence > 0),
  at           timestamptz not null,
  act          text        not null,
  actor_sub    text        not null,
  actor_org    text        not null,
  from_status  text,
  to_status    text,
  version      int,
  version_hash text        check (version_hash ~ '^[0-9a-f]{64}$'),
  detail       jsonb       not null,
  leaf_id      uuid        not null,
  primary key (agreement_id, sequence)
);
comment on table agreement_act is 'History of an agreement: one row an act, in step with the governance log (leaf_id).';
create trigger agreement_act_is_append_only before update or delete or truncate on agreement_act
  for each statement execute function policy.refuse_change();

create table idempotency_key (
  org          text        not null,
  sub          text        not null,
  key          text        not null check (length(key) between 1 and 200),
  request_hash text        not null check (request_hash ~ '^[0-9a-f]{64}$'),
  status       int,
  headers      jsonb,
  body         jsonb,
  at           timestamptz not null,
  primary key (org, sub, key)
);

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

-- Whether the transaction may see an agreement: it reads for the system or an auditor, or for a party or the owner of it.
-- Unset means nobody. Runs as the owner of the tables, so that the policies below do not ask themselves.
create function public.may_see_agreement(p_id text) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
      or exists (select from public.agreement_party p where p.agreement_id = p_id and p.org = current_setting('accord.org', true))
      or exists (select from public.agreement a where a.id = p_id and a.owner_org = current_setting('accord.org', true))
$$;

create function public.may_add_agreement(p_owner text) returns boolean
language sql stable set search_path = '' as $$
  select coalesce(current_setting('accord.reader', true), '') = 'system' or p_owner = current_setting('accord.org', true)
$$;

do $$
declare child text;
begin
  alter table agreement enable row level security;
  create policy agreement_is_seen_by_its_parties on agreement for select using (may_see_agreement(id));
  create policy agreement_is_changed_by_its_parties on agreement for update using (may_see_agreement(id));
  create policy agreement_is_added_by_its_owner on agreement for insert with check (may_add_agreement(owner_org));
  foreach child in array array['agreement_party', 'agreement_version', 'flow', 'flow_side', 'prohibition', 'agent', 'signature', 'approval', 'suspension',
      'policy_document', 'dpia_status_change', 'agreement_act'] loop
    execute format('alter table %I enable row level security', child);
    execute format('create policy %I on %I using (may_see_agreement(agreement_id)) with check (may_see_agreement(agreement_id))', child || '_follows_its_agreement', child);
  end loop;
  alter table notice enable row level security;
  create policy notice_is_read_by_its_organisation on notice using (
    coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true)) with check (true);
end $$;

revoke all on function public.may_see_agreement(text), public.may_add_agreement(text) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.may_see_agreement(text), public.may_add_agreement(text) to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.agreement_act to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.idempotency_key, public.notice to accord_app');
select public.grant_if_role('accord_app', 'grant delete on public.agreement_party, public.approval to accord_app');
