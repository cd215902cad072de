-- 0017_sealing_needs_cause.sql
--
-- What      A log ends with its last leaf, or together with the opening of the one that says why it ended
-- Why       docs/trust.md: the service's role could seal a log without a trace, and what was not signed yet then never was
-- Phase     expand
-- Locks     share row exclusive on audit.head for an instant
-- Needs     0003_audit.sql, 0009_audit_runtime.sql
-- Undo      forward only
-- Trust     whoever holds the service's role can still end a log, but the next one's first entry says so

create or replace function audit.seal(p_log int, p_why text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_size bigint;
  v_last json;
begin
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

-- Whoever ends a log for an incident opens, in the same transaction, the one whose first leaf says so.
create function audit.refuse_silent_end() returns trigger
language plpgsql security definer set search_path = '' as $$
declare v_log audit.log;
begin
  select * into v_log from audit.log where log_id = new.log_id;
  if not exists (
    select from audit.log g join audit.leaf l on l.log_id = g.log_id and l.idx = 0
     cross join lateral (select convert_from(l.leaf, 'UTF8')::json as leaf) j
     where g.kind = v_log.kind and g.log_id > v_log.log_id and j.leaf ->> 't' = 'audit.log.opened' and j.leaf ->> 'why' = 'INCIDENT'
       and coalesce(j.leaf #>> '{prev,origin}', v_log.origin) = v_log.origin)
  then
    raise exception 'audit log % may not end without another that says why', new.log_id using errcode = '55000';
  end if;
  return null;
end $$;
create constraint trigger head_ends_with_a_successor after update of sealed_why on audit.head deferrable initially deferred
  for each row when (new.sealed_why = 'INCIDENT') execute function audit.refuse_silent_end();

revoke all on function audit.refuse_silent_end() from public;
