-- 0018_keys_announced.sql
--
-- What      A log that ends for a change of its key says which key the next one has; sealing waits for checkpoints under way, and needs its cause
-- Why       R28: whoever trusts the old key learns of the new one from a tree that the old one signed
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0015_signed_no_more.sql, 0017_sealing_needs_cause.sql
-- Undo      forward only
-- Trust     as 0017

-- What 0015 and 0017 ask of it, together: an INCIDENT waits for checkpoints that are being committed, a PERIOD needs its last leaf.
create or replace function audit.seal(p_log int, p_why text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_size bigint;
  v_last json;
begin
  if p_why = 'INCIDENT' then perform pg_catalog.pg_advisory_xact_lock(716611162, p_log); end if;
  select size into v_size from audit.head where log_id = p_log and not sealed for update;
  if not found then return; end if;
  if p_why = 'PERIOD' then
    select convert_from(leaf, 'UTF8')::json into v_last from audit.leaf where log_id = p_log and idx = v_size - 1;
    if v_last ->> 't' is distinct from 'audit.log.closed' or (v_last ->> 'size')::bigint is distinct from v_size then
      raise exception 'audit log % is not closed by its last leaf', p_log using errcode = '55000';
    end if;
  end if;
  update audit.head set sealed = true, sealed_why = p_why where log_id = p_log;
end $$;

-- The key (vkey) of the next log, where this one ended with its announcement; null where it ended otherwise.
create function audit.announced_key(p_log int) returns text
language sql stable security definer set search_path = '' as $$
  select j.leaf ->> 'vkey' from audit.head h
    join audit.leaf l on l.log_id = h.log_id and l.idx = h.size - 2
    cross join lateral (select convert_from(l.leaf, 'UTF8')::json as leaf) j
   where h.log_id = p_log and h.sealed_why = 'PERIOD' and j.leaf ->> 't' = 'audit.key.added'
$$;

revoke all on function audit.announced_key(int) from public;
select public.grant_if_role('audit_writer', 'grant execute on function audit.announced_key(int) to audit_writer');
