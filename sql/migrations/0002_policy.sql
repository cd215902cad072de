-- 0002_policy.sql
--
-- What      The policy revision: what decisions stand on, one row per record and revision, append-only.
-- Why       docs/decisions/0007-never-stale.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      forward only
-- Trust     whoever owns these tables can change what is permitted; each change moves the digest that leaves carry

create schema policy;

-- One row: the newest revision. `instant` is the latest governance instant, so that a node whose clock is behind
-- never decides at a time before the act that made the revision.
create table policy.head (
  only_row boolean     primary key default true check (only_row),
  revision bigint      not null check (revision >= 0),
  digest   bytea       not null check (octet_length(digest) = 32),
  instant  timestamptz not null
) with (fillfactor = 10);
insert into policy.head (revision, digest, instant) values (0, sha256('accord-policy/v1'::bytea), 'epoch');

create table policy.revision (
  revision bigint      primary key check (revision > 0),
  digest   bytea       not null check (octet_length(digest) = 32),
  instant  timestamptz not null
);
comment on table policy.revision is 'digest(r) = SHA-256(digest(r-1) || record hashes of r in order of kind and id): a chain over everything decided on.';

-- Of an agreement, what it is found by without its text being read: a register of a hundred thousand is loaded at every start.
create function policy.parties_of(p_agreement json) returns text[] language sql immutable set search_path = '' as $$
  select array(select p ->> 'org' from pg_catalog.json_array_elements(p_agreement -> 'parties') p)
$$;
create function policy.agents_of(p_agreement json) returns text[] language sql immutable set search_path = '' as $$
  select array(
    select distinct g ->> 'org' from pg_catalog.json_array_elements(p_agreement -> 'versions') v,
      pg_catalog.json_array_elements(case pg_catalog.json_typeof(v #> '{terms,agents}') when 'array' then v #> '{terms,agents}' else '[]' end) g)
$$;

-- The newest row at or before a revision is that record at that revision.
create table policy.record (
  kind      text   not null,
  id        text   not null,
  revision  bigint not null references policy.revision on delete restrict,
  body      json   not null,  -- json, not jsonb: exactly the text that was hashed
  body_hash bytea  not null,
  -- Worked out here, from the text that was hashed: nobody can state others.
  parties   text[] generated always as (case when kind = 'AGREEMENT' then policy.parties_of(body) end) stored,
  agents    text[] generated always as (case when kind = 'AGREEMENT' then policy.agents_of(body) end) stored,
  primary key (kind, id, revision),
  constraint policy_record_hash_is_of_its_body check (body_hash = sha256(convert_to(body::text, 'UTF8'))),
  constraint policy_record_is_of_a_known_kind
    check (kind in ('CODE_LISTS', 'LOCAL_CODE', 'ORGANISATION', 'ASSESSMENT', 'AGREEMENT', 'DISCLOSURE_DECISION', 'CLIENT_REVOCATION'))
);
create index policy_record_by_revision on policy.record (revision);

create function policy.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger policy_record_is_append_only before update or delete or truncate on policy.record
  for each statement execute function policy.refuse_change();
create trigger policy_revision_is_append_only before update or delete or truncate on policy.revision
  for each statement execute function policy.refuse_change();

-- The lock that appends share and publications take alone. One number, used nowhere else.
create function policy.lock_key() returns bigint language sql immutable as $$ select 7166111601::bigint $$;

-- Makes the next revision out of the records given, last but for the log in a governance transaction.
-- Bodies are sent, hashed and stored as the same text.
create function policy.publish(p_kinds text[], p_ids text[], p_bodies text[], p_instant timestamptz) returns bigint
language plpgsql security definer set search_path = '' as $$
declare v_revision bigint; v_digest bytea; v_instant timestamptz;
begin
  perform pg_catalog.pg_advisory_xact_lock(policy.lock_key());
  select revision + 1, digest, greatest(instant, p_instant) into v_revision, v_digest, v_instant from policy.head;
  select sha256(v_digest || string_agg(sha256(convert_to(t.kind || E'\n' || t.id || E'\n', 'UTF8') || sha256(convert_to(t.body, 'UTF8'))), ''::bytea order by t.kind, t.id))
    into v_digest from unnest(p_kinds, p_ids, p_bodies) as t(kind, id, body);
  insert into policy.revision (revision, digest, instant) values (v_revision, v_digest, v_instant);
  insert into policy.record (kind, id, revision, body, body_hash)
    select t.kind, t.id, v_revision, t.body::json, sha256(convert_to(t.body, 'UTF8')) from unnest(p_kinds, p_ids, p_bodies) as t(kind, id, body);
  update policy.head set revision = v_revision, digest = v_digest, instant = v_instant;
  perform pg_catalog.pg_notify('accord_policy', v_revision::text);
  return v_revision;
end $$;
revoke all on function policy.publish(text[], text[], text[], timestamptz), policy.parties_of(json), policy.agents_of(json) from public;

select public.grant_if_role('accord_app', 'grant usage on schema policy to accord_app');
select public.grant_if_role('accord_app', 'grant select on policy.head, policy.revision, policy.record to accord_app');
select public.grant_if_role('accord_app', 'grant execute on function policy.publish(text[], text[], text[], timestamptz) to accord_app');
