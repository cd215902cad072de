-- 0011_client_revocation.sql
--
-- What      API clients that are answered no more, as a part of the policy.
-- Why       docs/decisions/0007-never-stale.md: a revocation must be as quick as a suspension, so it makes a revision
-- Phase     expand
-- Locks     policy.record, for the time of one check of its rows
-- Needs     0002_policy.sql
-- Undo      forward only
-- Trust     whoever may publish policy can revoke; nobody can take it back

create table api_client_revocation (
  client_id  text        primary key check (length(client_id) between 1 and 200),
  revoked_at timestamptz not null,
  revoked_by text        not null,
  reason     text,
  leaf_id    uuid        not null
);
comment on table api_client_revocation is 'One row a revoked client_id, for ever. What nodes act on is the policy record of the same id.';
create trigger api_client_revocation_is_append_only before update or delete or truncate on api_client_revocation
  for each statement execute function policy.refuse_change();

alter table policy.record drop constraint policy_record_is_of_a_known_kind;
alter table policy.record add constraint policy_record_is_of_a_known_kind
  check (kind in ('CODE_LISTS', 'ORGANISATION', 'AGREEMENT', 'DISCLOSURE_DECISION', 'CLIENT_REVOCATION'));

select public.grant_if_role('accord_app', 'grant select, insert on public.api_client_revocation to accord_app');
