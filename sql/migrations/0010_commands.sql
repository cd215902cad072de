-- 0010_commands.sql
--
-- What      Idempotency keys: what came of a call, for whoever sends it again, and who is at work on it.
-- Why       docs/decisions/0009-acts-and-visibility.md, docs/decisions/0016-commands-and-refusals.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      forward only
-- Trust     none

create table idempotency_key (
  org          text        not null,
  sub          text        not null,
  key          text        not null check (length(key) between 1 and 200),
  request_hash text        not null check (request_hash ~ '^[0-9a-f]{64}$'),
  outcome      jsonb,
  version      text,
  at           timestamptz not null,
  holder       uuid,
  held_until   timestamptz,
  primary key (org, sub, key)
);
comment on column public.idempotency_key.outcome is 'What came of the call; null: it is still being answered.';
comment on column public.idempotency_key.version is 'The version of the subject that it left.';
comment on column public.idempotency_key.holder is 'The call whose work goes on outside of this transaction; null: none.';
comment on column public.idempotency_key.held_until is 'By the clock of the database: after this the work counts as broken off, and the key is free.';

select public.grant_if_role('accord_app', 'grant select, insert, update on public.idempotency_key to accord_app');
