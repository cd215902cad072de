-- 0019_days_opened_together.sql
--
-- What      Two that open the same day at once both find it open
-- Why       who waited for the other looked again at what it had remembered before it waited, made the day a second time, and its decisions were refused
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0016_days_without_waiting.sql
-- Undo      forward only
-- Trust     as 0009

-- An advisory lock tells nobody what others created meanwhile; a lock on a table does. It is the one that attaching takes anyway.
create or replace function audit.open_day(p_day date) returns void
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare v_name text := 'payload_' || to_char(p_day, 'YYYYMMDD');
begin
  if to_regclass('audit.' || v_name) is not null then return; end if;
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  lock table audit.payload in share update exclusive mode;
  if to_regclass('audit.' || v_name) is not null then return; end if;
  execute format('create table audit.%I (like audit.payload including all)', v_name);
  execute format('create trigger payload_is_append_only before update or truncate on audit.%I for each statement execute function audit.refuse_change()', v_name);
  execute format('alter table audit.payload attach partition audit.%I for values from (%L) to (%L)', v_name, p_day, p_day + 1);
end $$;
