-- 0009_audit_runtime.sql
--
-- What      What keeps the logs running: sealing and the next log, reading for the public paths, retention, erasure, legal hold.
-- Why       docs/decisions/0006-tamper-evident-log.md, docs/trust.md
-- Phase     expand
-- Locks     access exclusive on audit.head for an instant
-- Needs     0001_roles.sql, 0003_audit.sql
-- Undo      forward only
-- Trust     audit_retention can erase payload that is due (never leaves); each erasure leaves an entry behind

-- PERIOD: its last leaf says so and it is signed to the end. INCIDENT: it ends at its last published checkpoint.
alter table audit.head add column sealed_why text check (sealed_why in ('PERIOD', 'INCIDENT'));

create function audit.seal(p_log int, p_why text) returns void
language sql security definer set search_path = '' as $$
  update audit.head set sealed = true, sealed_why = p_why where log_id = p_log and not sealed
$$;

-- The payload of one event, for whoever may see it: the caller decides that, after reading who it is about.
create function audit.payload_of(p_id uuid, p_day date) returns table (salt bytea, body bytea)
language sql stable security definer set search_path = '' as $$
  select p.salt, p.body from audit.payload p where p.event_id = p_id and p.day between p_day - 1 and p_day + 1
$$;

-- How many standbys confirm commits. The owner of this function needs pg_read_all_stats (a super user has it).
create function audit.synchronous_standbys() returns int
language sql stable security definer set search_path = '' as $$
  select count(*)::int from pg_catalog.pg_stat_replication where sync_state in ('sync', 'quorum')
$$;

create table audit.legal_hold (
  hold_id   bigint generated always as identity primary key,
  first_day date not null,
  last_day  date not null check (last_day >= first_day),
  reference text not null check (reference ~ '^[A-Z0-9][A-Z0-9_/-]{0,63}$'),
  placed_at timestamptz not null,
  lifted_at timestamptz
);
comment on table audit.legal_hold is 'Days whose payload must stay whatever retention says (AU-2); the reference names a file, never a person.';

-- First day on which a payload need no longer be kept; null: not by time. Simulated calls 90 days, emergencies and
-- safeguarding ten years, other decisions seven (AU-2). Acts on the register are kept: an agreement lives on.
create function audit.keep_until(p_day date, p_kind text, p_leaf bytea, p_body bytea) returns date
language sql immutable set search_path = '' as $$
  select case
    when p_kind <> 'decisions' then null
    when position('"sim":true'::bytea in p_leaf) > 0 then p_day + 90
    -- Members as the service writes them: inside a string the quotes would be escaped. A false find only keeps longer.
    when position('"mode":"EMERGENCY"'::bytea in p_body) > 0 or position('"via":"BREAK_GLASS"'::bytea in p_body) > 0
      or position('"purpose":"SAFEGUARDING_'::bytea in p_body) > 0 then (p_day + interval '10 years')::date
    else (p_day + interval '7 years')::date
  end
$$;

create function audit.refuse_held(p_first date, p_last date) returns void
language plpgsql stable security definer set search_path = '' as $$
declare v_reference text;
begin
  select reference into v_reference from audit.legal_hold where lifted_at is null and first_day <= p_last and last_day >= p_first limit 1;
  if found then raise exception 'legal hold % covers days from % to %', v_reference, p_first, p_last using errcode = '55006'; end if;
end $$;

-- Purges the payload that is due of all days before p_before, and drops the days that are empty then. The day of the
-- server limits the day of the caller, so that a clock set forward purges nothing early.
-- p_simulated: the pass over simulated calls alone. Otherwise every day before p_before must be past seven years.
create function audit.purge_payload(p_before date, p_today date, p_simulated boolean, out first_day date, out last_day date, out purged bigint)
language plpgsql security definer set search_path = '' as $$
declare
  v_today constant date := least(p_today, current_date);
  v_day date;
  v_count bigint;
begin
  if p_simulated and p_before > v_today - 90 or not p_simulated and p_before > (v_today - interval '7 years')::date then
    raise exception 'days before % are not all past their retention time on %', p_before, v_today using errcode = '55006';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  purged := 0;
  for v_day in
    select to_date(substr(c.relname, 9), 'YYYYMMDD') as day
      from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'audit.payload'::regclass and to_date(substr(c.relname, 9), 'YYYYMMDD') < p_before order by 1
  loop
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
    if not p_simulated and not exists (select from audit.payload where day = v_day) then
      execute format('drop table audit.%I', 'payload_' || to_char(v_day, 'YYYYMMDD'));
    end if;
  end loop;
end $$;

-- Erases the payload of single events, whatever its age; a hold is stronger.
create function audit.erase_payload(p_ids uuid[]) returns bigint
language plpgsql security definer set search_path = '' as $$
declare v_count bigint;
begin
  perform audit.refuse_held(p.day, p.day) from audit.payload p where p.event_id = any (p_ids);
  delete from audit.payload where event_id = any (p_ids);
  get diagnostics v_count = row_count;
  return v_count;
end $$;

create function audit.place_hold(p_first date, p_last date, p_reference text, p_at timestamptz) returns bigint
language sql security definer set search_path = '' as $$
  insert into audit.legal_hold (first_day, last_day, reference, placed_at) values (p_first, p_last, p_reference, p_at) returning hold_id
$$;
create function audit.lift_hold(p_id bigint, p_at timestamptz) returns boolean
language sql security definer set search_path = '' as $$
  with lifted as (update audit.legal_hold set lifted_at = p_at where hold_id = p_id and lifted_at is null returning 1) select exists (select from lifted)
$$;

revoke all on all functions in schema audit from public;
select public.grant_if_role('audit_writer', 'grant execute on function audit.seal(int, text), audit.payload_of(uuid, date), audit.synchronous_standbys() to audit_writer');
select public.grant_if_role('audit_writer', 'grant select on audit.head, audit.checkpoint to audit_writer');
select public.grant_if_role('audit_integrator', 'grant execute on function audit.barrier() to audit_integrator');
select public.grant_if_role('audit_retention', 'grant select on audit.log, audit.head, audit.legal_hold to audit_retention');
select public.grant_if_role('audit_retention', 'grant execute on function audit.purge_payload(date, date, boolean), audit.erase_payload(uuid[]), audit.place_hold(date, date, text, timestamptz), audit.lift_hold(bigint, timestamptz) to audit_retention');
select public.grant_if_role('audit_retention', 'grant execute on function audit.append(int, bigint, uuid[], bytea[], bytea[], date, bytea[], bytea[]), audit.open_day(date) to audit_retention');
select public.grant_if_role('audit_reader', 'grant select on audit.legal_hold to audit_reader');
