-- 0016_days_without_waiting.sql
--
-- What      A new day or log is made apart and attached; an empty day is dropped apart from its purge; a hold waits for purges and erasures under way
-- Why       to make or drop a partition in place locks the whole log: behind one open read of it every decision waited, and was refused
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0003_audit.sql, 0009_audit_runtime.sql, 0012_append_only_partitions.sql, 0013_erased_decisions.sql
-- Undo      forward only
-- Trust     as 0009

-- Made apart and attached, a partition needs no lock on the log that a reader or an append would have to wait for
-- (SHARE UPDATE EXCLUSIVE). It is empty: attaching has nothing to scan. Row triggers come with it, those of statements do not.
create or replace function audit.open_log(p_name text, p_kind text, p_origin text, p_vkey text, p_at timestamptz) returns int
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
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
  execute format('create table audit.leaf_%s (like audit.leaf including all) with (autovacuum_freeze_min_age = 0)', v_id);
  execute format('create trigger leaf_is_append_only before update or delete or truncate on audit.leaf_%s for each statement execute function audit.refuse_change()', v_id);
  execute format('alter table audit.leaf attach partition audit.leaf_%s for values in (%s)', v_id, v_id);
  return v_id;
end $$;

create or replace function audit.open_day(p_day date) returns void
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare v_name text := 'payload_' || to_char(p_day, 'YYYYMMDD');
begin
  if to_regclass('audit.' || v_name) is not null then return; end if;
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  if to_regclass('audit.' || v_name) is not null then return; end if;
  execute format('create table audit.%I (like audit.payload including all)', v_name);
  execute format('create trigger payload_is_append_only before update or truncate on audit.%I for each statement execute function audit.refuse_change()', v_name);
  execute format('alter table audit.payload attach partition audit.%I for values from (%L) to (%L)', v_name, p_day, p_day + 1);
end $$;

-- Purges, erasures and holds one after another: a hold that was acknowledged is seen by whatever lets payload go after it. A
-- lock of its own, so that a long purge keeps nobody from opening the next day or log.
create function audit.lock_retention() returns void language sql set search_path = '' as $$
  select pg_catalog.pg_advisory_xact_lock(7166111603)
$$;

-- As in 0009, but for the days that are empty then: audit.drop_empty_day takes them, each in a transaction of its own.
create or replace function audit.purge_payload(p_before date, p_today date, p_simulated boolean, out first_day date, out last_day date, out purged bigint)
language plpgsql security definer set search_path = '' as $$
declare
  v_today constant date := least(p_today, current_date);
  v_day date;
  v_count bigint;
begin
  if p_simulated and p_before > v_today - 90 or not p_simulated and p_before > (v_today - interval '7 years')::date then
    raise exception 'days before % are not all past their retention time on %', p_before, v_today using errcode = '55006';
  end if;
  perform audit.lock_retention();
  purged := 0;
  for v_day in select d.day from audit.payload_days(p_before) as d(day) loop
    perform audit.refuse_held(v_day, v_day);
    delete from audit.payload p using audit.leaf l, audit.log g
     where p.day = v_day and l.event_id = p.event_id and g.log_id = l.log_id
       and audit.keep_until(p.day, g.kind, l.leaf, p.body) <= v_today
       and (not p_simulated or position('"sim":true'::bytea in l.leaf) > 0);
    get diagnostics v_count = row_count;
    if v_count > 0 then
      first_day := coalesce(first_day, v_day);
      last_day := v_day;
      purged := purged + v_count;
    end if;
  end loop;
end $$;

-- The days before p_before that there is room for, oldest first.
create function audit.payload_days(p_before date) returns setof date
language sql stable security definer set search_path = '' as $$
  select to_date(substr(c.relname, 9), 'YYYYMMDD') as day
    from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'audit.payload'::regclass and to_date(substr(c.relname, 9), 'YYYYMMDD') < p_before order by 1
$$;

-- Drops a day past seven years that holds nothing. False: somebody reads or writes the log at this moment, come back later.
-- It waits a tenth of a second at most, because every append would wait behind it.
create function audit.drop_empty_day(p_day date) returns boolean
language plpgsql security definer set search_path = '' set lock_timeout = '100ms' as $$
begin
  if p_day >= (current_date - interval '7 years')::date then
    raise exception 'day % is not past its retention time', p_day using errcode = '55006';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  lock table audit.payload in access exclusive mode;
  if exists (select from audit.payload where day = p_day) then
    raise exception 'day % is not empty', p_day using errcode = '55006';
  end if;
  execute format('drop table if exists audit.%I', 'payload_' || to_char(p_day, 'YYYYMMDD'));
  return true;
exception
  when lock_not_available then return false;
end $$;

-- The days before p_before that hold nothing.
create function audit.empty_days(p_before date) returns setof date
language sql stable security definer set search_path = '' as $$
  select d.day from audit.payload_days(p_before) as d(day) where not exists (select from audit.payload p where p.day = d.day)
$$;

create or replace function audit.erase_payload(p_ids uuid[]) returns bigint
language plpgsql security definer set search_path = '' as $$
declare v_count bigint;
begin
  perform audit.lock_retention();
  perform audit.refuse_held(p.day, p.day) from audit.payload p where p.event_id = any (p_ids);
  perform set_config('accord.erasing', 'on', true);
  delete from audit.payload where event_id = any (p_ids);
  get diagnostics v_count = row_count;
  perform set_config('accord.erasing', '', true);
  return v_count;
end $$;

create or replace function audit.place_hold(p_first date, p_last date, p_reference text, p_at timestamptz) returns bigint
language plpgsql security definer set search_path = '' as $$
declare v_id bigint;
begin
  perform audit.lock_retention();
  insert into audit.legal_hold (first_day, last_day, reference, placed_at) values (p_first, p_last, p_reference, p_at) returning hold_id into v_id;
  return v_id;
end $$;

create or replace function audit.lift_hold(p_id bigint, p_at timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  perform audit.lock_retention();
  update audit.legal_hold set lifted_at = p_at where hold_id = p_id and lifted_at is null;
  return found;
end $$;

-- create or replace keeps the rights that were granted; what is new is nobody's.
revoke all on function audit.lock_retention(), audit.payload_days(date), audit.drop_empty_day(date), audit.empty_days(date) from public;
select public.grant_if_role('audit_retention', 'grant execute on function audit.drop_empty_day(date), audit.empty_days(date) to audit_retention');
