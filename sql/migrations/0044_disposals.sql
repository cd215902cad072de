-- 0044_disposals.sql
--
-- What      What became of data that was received, once an agreement has ended or a party has left it.
-- Why       docs/rules/agreements.md (LC-5)
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0009_agreement_readers.sql
-- Undo      forward only
-- Trust     each party's own word; read by those who take part, and by a party that has left for itself

create table disposal (
  agreement_id text        not null references agreement on delete restrict,
  org          text        not null references organisation on delete restrict,
  flow_id      text        not null,
  sequence     bigint      not null check (sequence > 0),
  at           timestamptz not null,
  how          text        not null check (how in ('RETURNED', 'DELETED', 'RETAINED_BY_LAW')),
  what         text        not null,
  on_day       date        not null,
  done_by      text        not null,
  law          text,
  keep_until   date,
  primary key (agreement_id, org, flow_id, sequence),
  constraint what_is_kept_names_its_law check ((how = 'RETAINED_BY_LAW') = (law is not null))
);
create trigger disposal_is_append_only before update or delete or truncate on disposal
  for each statement execute function policy.refuse_change();

alter table disposal enable row level security;
create policy disposal_is_seen_by_those_who_take_part on disposal for select using (
  may_see_agreement(agreement_id) and (
    coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
    or org = current_setting('accord.org', true) or at <= knows_agreement_until(agreement_id)));
create policy disposal_is_added_with_its_agreement on disposal for insert with check (may_see_agreement(agreement_id));
select public.grant_if_role('accord_app', 'grant select, insert on public.disposal to accord_app');
