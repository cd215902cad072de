-- 0062_invitations_of_a_contact.sql
--
-- What      Finds the invitations of a contact, which are counted before another is mailed.
-- Why       docs/decisions/0026-people-without-accounts.md
-- Phase     expand
-- Locks     outside_invitation against writes while the index is built: a few rows
-- Needs     0050_invitations.sql
-- Undo      drop it
-- Trust     unchanged

create index outside_invitation_by_contact on outside_invitation (contact_id, created_at);
