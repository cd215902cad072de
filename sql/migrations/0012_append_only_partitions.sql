-- 0012_append_only_partitions.sql
--
-- What      Leaves and payloads are append-only also for whoever addresses a partition by its own name.
-- Why       docs/decisions/0006-tamper-evident-log.md: a statement trigger of a partitioned table does not fire for its partitions
-- Phase     expand
-- Locks     share row exclusive on the partitions, for an instant
-- Needs     0003_audit.sql
-- Undo      forward only
-- Trust     as in 0003: the owner of the tables could drop the triggers; a checkpoint held elsewhere shows what was changed

create or replace function audit.open_log(p_name text, p_kind text, p_origin text, p_vkey text, p_at timestamptz) returns int
language plpgsql security definer set search_path = '' as $$
declare v_id int;
begin
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  select log_id into v_id from audit.log where name = p_name and kind = p_kind and origin = p_origin and vkey = p_vkey;
  if v_id is not null then return v_id; end if;
  if exists (select 1 from audit.log where name = p_name) then
    raise exception 'log % exists with another origin or key', p_name using errcode = '55000';
  end if;
  select coalesce(max(log_id), 0) + 1 into v_id from audit.log;
  insert into audit.log (log_id, name, kind, origin, vkey, opened_at) values (v_id, p_name, p_kind, p_origin, p_vkey, p_at);
  insert into audit.head (log_id) values (v_id);
  insert into audit.tree (log_id, size, root, edge) values (v_id, 0, sha256(''::bytea), '');
  execute format('create table audit.leaf_%s partition of audit.leaf for values in (%s) with (autovacuum_freeze_min_age = 0)', v_id, v_id);
  execute format('create trigger leaf_is_append_only before update or delete or truncate on audit.leaf_%s for each statement execute function audit.refuse_change()', v_id);
  return v_id;
end $$;

create or replace function audit.open_day(p_day date) returns void
language plpgsql security definer set search_path = '' as $$
declare v_name text := 'payload_' || to_char(p_day, 'YYYYMMDD');
begin
  if to_regclass('audit.' || v_name) is not null then return; end if;
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  if to_regclass('audit.' || v_name) is not null then return; end if;
  execute format('create table audit.%I partition of audit.payload for values from (%L) to (%L)', v_name, p_day, p_day + 1);
  execute format('create trigger payload_is_append_only before update or truncate on audit.%I for each statement execute function audit.refuse_change()', v_name);
end $$;

do $$
declare partition_name text;
begin
  for partition_name in select inhrelid::regclass::text from pg_inherits where inhparent = 'audit.leaf'::regclass loop
    execute format('create or replace trigger leaf_is_append_only before update or delete or truncate on %s for each statement execute function audit.refuse_change()', partition_name);
  end loop;
  for partition_name in select inhrelid::regclass::text from pg_inherits where inhparent = 'audit.payload'::regclass loop
    execute format('create or replace trigger payload_is_append_only before update or truncate on %s for each statement execute function audit.refuse_change()', partition_name);
  end loop;
end $$;
