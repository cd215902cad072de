-- 0013_disclosures.sql
--
-- What      One-off disclosure decisions.
-- Why       docs/decisions/0004-one-agreement-model.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
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
