-- 0028_keys_held.sql
--
-- What      Until when an idempotency key is held by work that takes transactions of its own, and by which call
-- Why       such work held a transaction open, idle, for as long as it took: beyond the limit for idle transactions its reply was lost,
--           and every call took a second connection of the pool. Now the key is claimed in a short transaction
-- Phase     expand
-- Locks     idempotency_key, for a moment: two columns without a default
-- Needs     0005_acts.sql
-- Undo      forward only
-- Trust     none

alter table public.idempotency_key add column holder uuid, add column held_until timestamptz;
comment on column public.idempotency_key.holder is 'The call whose work goes on outside of this transaction; null: none.';
comment on column public.idempotency_key.held_until is 'By the clock of the database: after this the work counts as broken off, and the key is free.';
