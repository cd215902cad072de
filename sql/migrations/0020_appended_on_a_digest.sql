-- 0020_appended_on_a_digest.sql
--
-- What      Decisions are appended on a policy revision that is known by its digest, not by its number alone
-- Why       after a failover or a restore that lost acts, other acts come to the numbers of the lost ones: a node that remembered
--           those permitted over suspensions that had been acknowledged since (docs/decisions/0007-never-stale.md)
-- Phase     expand: audit.append stays as it is, for acts and for nodes of an earlier release. Those go on comparing numbers alone
--           until they are replaced
-- Locks     none on existing tables
-- Needs     0003_audit.sql
-- Undo      forward only
-- Trust     as 0003

-- Appends what was decided on revision p_revision with digest p_digest, which stands for everything up to it. Null: the policy
-- is another one now and nothing was appended; evaluate again. A null p_revision asks for no check.
create function audit.append_on(p_log int, p_revision bigint, p_digest bytea, p_ids uuid[], p_leaves bytea[], p_hashes bytea[], p_day date, p_salts bytea[], p_bodies bytea[])
returns bigint language plpgsql security definer set search_path = '' as $$
begin
  if p_revision is not null then
    perform pg_catalog.pg_advisory_xact_lock_shared(policy.lock_key());
    -- A statement of its own: its snapshot is taken after the lock was granted.
    perform from policy.head where revision = p_revision and digest = p_digest;
    if not found then return null; end if;
  end if;
  return audit.append(p_log, null, p_ids, p_leaves, p_hashes, p_day, p_salts, p_bodies);
end $$;

revoke all on function audit.append_on(int, bigint, bytea, uuid[], bytea[], bytea[], date, bytea[], bytea[]) from public;
select public.grant_if_role('audit_writer', 'grant execute on function audit.append_on(int, bigint, bytea, uuid[], bytea[], bytea[], date, bytea[], bytea[]) to audit_writer');
