-- 0006_reference.sql
--
-- What      Code lists by edition; purposes and data items that an organisation adds under a broader one of them.
-- Why       docs/decisions/0014-local-codes.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql
-- Undo      forward only
-- Trust     whoever may publish policy can add a local code; it permits nothing that no signed flow names, and it can only end

create table code_list (
  edition     int  not null check (edition > 0),
  list        text not null check (list ~ '^[A-Z0-9_]+$'),
  title       text not null,
  description text not null,
  source      text not null,
  dated       date not null,
  primary key (edition, list)
);

create table code_list_entry (
  edition     int     not null,
  list        text    not null,
  code        text    not null check (code <> ''),
  position    int     not null check (position >= 0),
  label       text    not null,
  citation    text,
  valid_from  date,
  valid_to    date,
  verified    boolean not null,
  source      text,
  replaced_by text,
  broader     text,
  attributes  jsonb   not null,
  primary key (edition, list, code),
  foreign key (edition, list) references code_list on delete restrict,
  foreign key (edition, list, broader) references code_list_entry on delete restrict deferrable initially deferred,
  constraint code_is_valid_from_before_to check (valid_from <= valid_to),
  constraint code_is_not_narrower_than_itself check (broader <> code)
);

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

select public.grant_if_role('accord_app', 'grant select, insert on public.code_list, public.code_list_entry to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update (valid_to, ended_by, row_version) on public.local_code to accord_app');
