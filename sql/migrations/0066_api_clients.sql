-- 0066_api_clients.sql
--
-- What      API clients of issuers that do not say for whom a client acts: the organisation of each, for ever.
-- Why       docs/decisions/0028-issuers.md
-- Phase     expand
-- Locks     access exclusive on policy.record for an instant
-- Needs     0002_policy.sql, 0014_decisions.sql
-- Undo      drop the table; records of the kind stay where they were made
-- Trust     whoever may publish policy can register a client; nobody can give it to another organisation

create table api_client (
  client_id     text        primary key check (length(client_id) between 1 and 200),
  issuer        text        not null check (length(issuer) between 1 and 500),
  org           text        not null references organisation on delete restrict,
  registered_at timestamptz not null,
  reason        text        not null,
  leaf_id       uuid        not null
);
comment on table api_client is 'One row a client that is registered here, for ever. What nodes act on is the policy record of the same id.';
create trigger api_client_is_append_only before update or delete or truncate on api_client
  for each statement execute function policy.refuse_change();
select public.grant_if_role('accord_app', 'grant select, insert on public.api_client to accord_app');

alter table policy.record drop constraint policy_record_is_of_a_known_kind;
alter table policy.record add constraint policy_record_is_of_a_known_kind
  check (kind in ('CODE_LISTS', 'LOCAL_CODE', 'ORGANISATION', 'ASSESSMENT', 'AGREEMENT', 'DISCLOSURE_DECISION', 'CLIENT', 'CLIENT_LIMITS', 'CLIENT_REVOCATION'))
  not valid;
