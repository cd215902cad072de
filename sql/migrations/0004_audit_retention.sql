-- 0004_audit_retention.sql
--
-- What      The payload of the logs: reading it, retention, erasure, legal hold, and whether it is the one that was recorded.
-- Why       docs/decisions/0006-tamper-evident-log.md, docs/trust.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql, 0003_audit.sql
-- Undo      forward only
-- Trust     audit_retention can erase payload that is due (never leaves); each erasure leaves an entry behind. Whoever owns these
--           functions can make them lie; any reader with leaf, salt and payload works the commitment out anew

-- The payload of one event, for whoever may see it: the caller decides that, after reading who it is about.
create function audit.payload_of(p_id uuid, p_day date) returns table (salt bytea, body bytea)
language sql stable security definer set search_path = '' as $$
  select p.salt, p.body from audit.payload p where p.event_id = p_id and p.day between p_day - 1 and p_day + 1
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
-- safeguarding ten years, other decisions seven (AU-2). Acts on the register are kept: an agreement lives on. From which address somebody
-- failed to authenticate is kept 90 days: personal data of whoever that was, and of no use later (UK GDPR Art 5(1)(e)).
create function audit.keep_until(p_day date, p_kind text, p_leaf bytea, p_body bytea) returns date
language sql immutable set search_path = '' as $$
  select case
    when position('"t":"gov.authentication.failed"'::bytea in p_leaf) > 0 then p_day + 90
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

-- Purges, erasures and holds one after another: a hold that was acknowledged is seen by whatever lets payload go after it. A
-- lock of its own, so that a long purge keeps nobody from opening the next day or log.
create function audit.lock_retention() returns void language sql set search_path = '' as $$
  select pg_catalog.pg_advisory_xact_lock(7166111603)
$$;

-- The days before p_before that there is room for, oldest first.
create function audit.payload_days(p_before date) returns setof date
language sql stable security definer set search_path = '' as $$
  select to_date(substr(c.relname, 9), 'YYYYMMDD') as day
    from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'audit.payload'::regclass and to_date(substr(c.relname, 9), 'YYYYMMDD') < p_before order by 1
$$;

-- Purges the payload that is due of all days before p_before; audit.drop_empty_day takes the days that are empty then, each in a
-- transaction of its own. The day of the server limits the day of the caller, so that a clock set forward purges nothing early.
-- p_simulated: the pass over what is kept 90 days alone. Otherwise every day before p_before must be past seven years.
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
  perform audit.lock_retention();
  purged := 0;
  for v_day in select d.day from audit.payload_days(p_before) as d(day) loop
    perform audit.refuse_held(v_day, v_day);
    delete from audit.payload p using audit.leaf l, audit.log g
     where p.day = v_day and l.event_id = p.event_id and g.log_id = l.log_id
       and audit.keep_until(p.day, g.kind, l.leaf, p.body) <= v_today
       and (not p_simulated or position('"sim":true'::bytea in l.leaf) > 0
         or position('"t":"gov.authentication.failed"'::bytea in l.leaf) > 0);
    get diagnostics v_count = row_count;
    if v_count > 0 then
      first_day := coalesce(first_day, v_day);
      last_day := v_day;
      purged := purged + v_count;
    end if;
  end loop;
end $$;

-- The days before p_before that hold nothing.
create function audit.empty_days(p_before date) returns setof date
language sql stable security definer set search_path = '' as $$
  select d.day from audit.payload_days(p_before) as d(day) where not exists (select from audit.payload p where p.day = d.day)
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

-- Erases the payload of single events, whatever its age; a hold is stronger.
create function audit.erase_payload(p_ids uuid[]) returns bigint
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

create function audit.place_hold(p_first date, p_last date, p_reference text, p_at timestamptz) returns bigint
language plpgsql security definer set search_path = '' as $$
declare v_id bigint;
begin
  perform audit.lock_retention();
  insert into audit.legal_hold (first_day, last_day, reference, placed_at) values (p_first, p_last, p_reference, p_at) returning hold_id into v_id;
  return v_id;
end $$;
create function audit.lift_hold(p_id bigint, p_at timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  perform audit.lock_retention();
  update audit.legal_hold set lifted_at = p_at where hold_id = p_id and lifted_at is null;
  return found;
end $$;

-- Whether a payload is the one that its leaf commits to: asked before a payload is copied or shown, and of every stored one.
-- The leaf is looked at as bytes: canonical JSON has each member in one form only, and no string of a leaf holds a quote.
create function audit.is_recorded(p_id uuid, p_leaf bytea, p_salt bytea, p_body bytea) returns boolean
language sql immutable set search_path = '' as $$
  select position(convert_to('"c":"' || encode(sha256('\x61756469742d7061796c6f61642f763100'::bytea || p_salt || p_body), 'hex') || '"', 'UTF8') in p_leaf) > 0
     and position(convert_to('"id":"' || p_id || '"', 'UTF8') in p_leaf) > 0
$$;

-- Which of these entries have another payload than the recorded one. Indices and ids only, so that who may read no payload
-- may ask. Looked for around the day of the id's instant, which a changed leaf cannot shift, and of the leaf's: identifiers never
-- go back, so after a clock that was days ahead is put right they stay there, while payloads lie on the real days. The leaf's
-- instant is read out of its bytes, which need be no leaf any more. Each day is asked for by itself, so that every payload is one
-- look into the index of one day.
create function audit.altered_payloads(p_log int, p_first bigint, p_count int) returns table (idx bigint, event_id uuid)
language sql stable security definer set search_path = '' as $$
  select l.idx, l.event_id
    from audit.leaf l
    cross join lateral (values
      (('x' || translate(left(l.event_id::text, 13), '-', ''))::bit(48)::bigint),
      (substring(encode(l.leaf, 'escape') from '"ts":([0-9]{1,14})')::bigint)) as i(ms)
    cross join lateral (select (to_timestamp(i.ms / 1000.0) at time zone 'UTC')::date + o.days as day from unnest(array[-1, 0, 1]) as o(days)) t
    join audit.payload p on p.day = t.day and p.event_id = l.event_id
   where l.log_id = p_log and l.idx >= p_first and l.idx < p_first + p_count
     and not audit.is_recorded(l.event_id, l.leaf, p.salt, p.body)
   group by l.idx, l.event_id
   order by l.idx
$$;

revoke all on all functions in schema audit from public;
select public.grant_if_role('audit_writer', 'grant execute on function audit.payload_of(uuid, date) to audit_writer');
select public.grant_if_role('audit_retention', 'grant select on audit.log, audit.head, audit.legal_hold to audit_retention');
select public.grant_if_role('audit_retention', 'grant execute on function audit.purge_payload(date, date, boolean), audit.drop_empty_day(date), audit.empty_days(date), audit.erase_payload(uuid[]), audit.place_hold(date, date, text, timestamptz), audit.lift_hold(bigint, timestamptz) to audit_retention');
select public.grant_if_role('audit_retention', 'grant execute on function audit.append(int, uuid[], bytea[], bytea[], date, bytea[], bytea[]), audit.open_day(date) to audit_retention');
select public.grant_if_role('audit_reader', 'grant select on audit.legal_hold to audit_reader');
select public.grant_if_role('audit_reader', 'grant execute on function audit.altered_payloads(int, bigint, int) to audit_reader');
