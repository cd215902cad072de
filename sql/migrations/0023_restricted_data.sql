-- 0023_restricted_data.sql
--
-- What      A flow may say why restricted data still goes, and which standing request it answers
-- Why       a restriction is not absolute (UK GDPR Art 18(2)); a feed is no answer to a request
-- Phase     expand
-- Locks     access exclusive on flow for an instant: no column has a default, so no row is written
-- Needs     0004_register.sql
-- Undo      forward only
-- Trust     as 0004: the columns are terms, so the trigger on frozen versions covers them

alter table flow
  add column restriction_override jsonb check (jsonb_typeof(restriction_override -> 'ground') = 'string' and jsonb_typeof(restriction_override -> 'reason') = 'string'),
  add column standing_request_ref text check (standing_request_ref ~ '\S');
