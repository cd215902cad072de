-- 0015_signed_no_more.sql
--
-- What      A log that ended with an incident takes no checkpoint any more, whoever signs it
-- Why       the next log records where this one ended; a signer that had looked before would sign beyond that (R31)
-- Phase     expand
-- Locks     share row exclusive on audit.checkpoint for an instant
-- Needs     0009_audit_runtime.sql
-- Undo      forward only
-- Trust     as 0003: whoever owns the tables can do otherwise

-- Sealing waits for checkpoints that are being committed, and those after it see the seal. Appends wait for neither.
create or replace function audit.seal(p_log int, p_why text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if p_why = 'INCIDENT' then perform pg_catalog.pg_advisory_xact_lock(716611162, p_log); end if;
  update audit.head set sealed = true, sealed_why = p_why where log_id = p_log and not sealed;
end $$;

create function audit.refuse_checkpoint_of_ended() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_catalog.pg_advisory_xact_lock_shared(716611162, new.log_id);
  -- A statement of its own: its snapshot is taken after the lock was granted.
  perform from audit.head where log_id = new.log_id and sealed_why = 'INCIDENT';
  if found then raise exception 'audit log % ended with an incident and is signed no more', new.log_id using errcode = '55000'; end if;
  return new;
end $$;
create trigger audit_checkpoint_is_of_a_log_that_goes_on before insert on audit.checkpoint
  for each row execute function audit.refuse_checkpoint_of_ended();

-- create or replace keeps the rights that were granted; what is new is nobody's.
revoke all on function audit.refuse_checkpoint_of_ended() from public;
