-- 0026_local_codes.sql
--
-- What      Purposes and data items that an organisation adds under a broader one of the lists.
-- Why       docs/decisions/0014-local-codes.md
-- Phase     expand
-- Locks     policy.record, for the time of one check of its rows
-- Needs     0011_client_revocation.sql
-- Undo      forward only
-- Trust     whoever may publish policy can add one; it permits nothing that no signed flow names, and it can only end

create table local_code (
  code        text        primary key check (code = 'LOCAL:' || owner_org || ':' || name),
  list        text        not null check (list in ('PURPOSE', 'DATA_ITEM')),
  owner_org   text        not null references organisation on delete restrict,
  name        text        not null check (name ~ '^[A-Z][A-Z0-9_]{1,39}$'),
  label       text        not null check (length(label) between 1 and 200),
  broader     text        not null check (broader not like 'LOCAL:%'),
  why         text        not null check (length(why) between 1 and 2000),
  valid_from  date        not null,
  valid_to    date,
  added_at    timestamptz not null,
  added_by    text        not null,
  ended_by    text,
  row_version bigint      not null default 1 check (row_version > 0),
  constraint local_code_is_valid_from_before_to check (valid_from <= valid_to),
  constraint local_code_that_ends_was_ended_by_somebody check ((valid_to is null) = (ended_by is null))
);
create index local_code_by_owner on local_code (owner_org);
comment on table local_code is 'One row a local code, for ever; only its last day is ever set. What decisions stand on is the policy record of the same id.';

create function refuse_change_of_local_code() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.valid_to is not null
     and (new.code, new.list, new.label, new.broader, new.why, new.valid_from, new.added_at, new.added_by)
       = (old.code, old.list, old.label, old.broader, old.why, old.valid_from, old.added_at, old.added_by) then
    return new;
  end if;
  raise exception 'a local code only ends' using errcode = 'restrict_violation';
end $$;
create trigger local_code_only_ends before update or delete on local_code for each row execute function refuse_change_of_local_code();

alter table policy.record drop constraint policy_record_is_of_a_known_kind;
alter table policy.record add constraint policy_record_is_of_a_known_kind
  check (kind in ('CODE_LISTS', 'LOCAL_CODE', 'ORGANISATION', 'AGREEMENT', 'DISCLOSURE_DECISION', 'CLIENT_REVOCATION'));

select public.grant_if_role('accord_app', 'grant select, insert, update (valid_to, ended_by, row_version) on public.local_code to accord_app');
