-- 0039_groups_in_drafts.sql
--
-- What      Beside a version, which groups of organisations its parties and flows were filled in with
-- Why       docs/decisions/0015-anyone-has-a-name.md
-- Phase     expand
-- Locks     agreement_version, briefly
-- Needs     0037_organisations.sql
-- Undo      forward only
-- Trust     the text holds the members; this says where they came from and decides nothing

alter table agreement_version add column filled_groups jsonb not null default '[]';
