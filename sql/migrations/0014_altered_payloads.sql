-- 0014_altered_payloads.sql
--
-- What      Whether a payload is the one that its leaf commits to: asked before a payload is copied or shown, and of every stored one
-- Why       words that were put in place of the recorded ones must never be served as what was asked and answered (docs/trust.md)
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0003_audit.sql, 0009_audit_runtime.sql, 0010_decision_search.sql, 0013_erased_decisions.sql
-- Undo      forward only
-- Trust     whoever owns these functions can make them lie; the service and any reader with leaf, salt and payload work the commitment out anew

-- The leaf is looked at as bytes: canonical JSON has each member in one form only, and no string of a leaf holds a quote.
create function audit.is_recorded(p_id uuid, p_leaf bytea, p_salt bytea, p_body bytea) returns boolean
language sql immutable set search_path = '' as $$
  select position(convert_to('"c":"' || encode(sha256('\x61756469742d7061796c6f61642f763100'::bytea || p_salt || p_body), 'hex') || '"', 'UTF8') in p_leaf) > 0
     and position(convert_to('"id":"' || p_id || '"', 'UTF8') in p_leaf) > 0
$$;

-- Which of these entries have another payload than the recorded one. Indices and ids only, so that who may read no payload
-- may ask. The day is looked for by the instant in the id, which a changed leaf cannot shift.
create function audit.altered_payloads(p_log int, p_first bigint, p_count int) returns table (idx bigint, event_id uuid)
language sql stable security definer set search_path = '' as $$
  select l.idx, l.event_id
    from audit.leaf l
    cross join lateral (
      select (to_timestamp(('x' || translate(left(l.event_id::text, 13), '-', ''))::bit(48)::bigint / 1000.0) at time zone 'UTC')::date as day) t
    join audit.payload p on p.event_id = l.event_id and p.day between t.day - 1 and t.day + 1
   where l.log_id = p_log and l.idx >= p_first and l.idx < p_first + p_count
     and not audit.is_recorded(l.event_id, l.leaf, p.salt, p.body)
   order by l.idx
$$;

-- As before, and a payload that is not the recorded one is not copied: its decision is then found by its leaf alone.
create or replace function public.fill_decision_search(p_limit int) returns int
language plpgsql security definer set search_path = '' as $$
declare v_log int; v_next bigint; v_last bigint; v_read int; v_all int := 0;
begin
  for v_log in select l.log_id from audit.log l where l.kind = 'decisions' order by l.log_id loop
    insert into public.decision_search_progress (log_id, next_idx) values (v_log, 0) on conflict do nothing;
    select p.next_idx into v_next from public.decision_search_progress p where p.log_id = v_log for update skip locked;
    continue when not found;
    select count(*), max(l.idx) into v_read, v_last
      from (select idx from audit.leaf where log_id = v_log and idx >= v_next order by idx limit p_limit - v_all) l;
    continue when v_read = 0;
    insert into public.decision_search (log_id, idx, decision_id, at, outcome, simulated, reasons, revision, via, mode, provider, recipient,
        purpose, agreement, told_agreement, caller_org, caller_client)
      select v_log, l.idx, l.event_id, to_timestamp((j.leaf ->> 'ts')::bigint / 1000.0),
          case j.leaf ->> 'd' when 'true' then 'PERMIT' when 'false' then 'DENY' else 'ERROR' end,
          coalesce((j.leaf ->> 'sim')::boolean, false), array(select jsonb_array_elements_text(j.leaf -> 'rc')), (j.leaf ->> 'rev')::bigint,
          b.body #>> '{response,via}', b.body #>> '{request,mode}', b.body #>> '{request,provider}', b.body #>> '{request,recipient}',
          b.body #>> '{request,purpose}', b.body ->> 'relied_on',
          b.body #>> '{response,agreement}', b.body #>> '{caller,org}', b.body #>> '{caller,client_id}'
        from audit.leaf l
        cross join lateral (select convert_from(l.leaf, 'UTF8')::jsonb as leaf) j
        left join lateral (
          select public.as_jsonb(convert_from(p.body, 'UTF8')) as body from audit.payload p
           where p.event_id = l.event_id
             -- The day is that of the append, the instant that of the leaf: they may lie on two sides of midnight.
             and p.day between (to_timestamp((j.leaf ->> 'ts')::bigint / 1000.0) at time zone 'UTC')::date - 1
                           and (to_timestamp((j.leaf ->> 'ts')::bigint / 1000.0) at time zone 'UTC')::date + 1
             and audit.is_recorded(l.event_id, l.leaf, p.salt, p.body)
           limit 1) b on true
       where l.log_id = v_log and l.idx between v_next and v_last and j.leaf ->> 't' like 'adl.%'
      on conflict (log_id, idx) do nothing;
    update public.decision_search_progress set next_idx = v_last + 1 where log_id = v_log;
    v_all := v_all + v_read;
    exit when v_all >= p_limit;
  end loop;
  return v_all;
end $$;

-- Leaf, salt and payload of decisions as stored, for whoever may see them. Whom a decision is about is read out of a recorded
-- payload alone, else out of the search. decision_records stays for nodes of the release before.
create function public.recorded_decisions(p_ids uuid[])
returns table (decision_id uuid, log_id int, idx bigint, leaf text, salt bytea, body bytea)
language sql stable security definer set search_path = '' as $$
  select l.event_id, l.log_id, l.idx, convert_from(l.leaf, 'UTF8'), b.salt, b.body
    from unnest(p_ids) with ordinality as i(id, n)
    join audit.leaf l on l.event_id = i.id and l.log_id in (select g.log_id from audit.log g where g.kind = 'decisions')
    cross join lateral (select (to_timestamp((convert_from(l.leaf, 'UTF8')::json ->> 'ts')::bigint / 1000.0) at time zone 'UTC')::date as day) t
    left join lateral (
      select p.salt, p.body, audit.is_recorded(l.event_id, l.leaf, p.salt, p.body) as is_recorded
        from audit.payload p where p.event_id = l.event_id and p.day between t.day - 1 and t.day + 1 limit 1) b on true
    cross join lateral (select case when b.is_recorded then public.as_jsonb(convert_from(b.body, 'UTF8')) end as json) v
    left join public.decision_search s on s.decision_id = l.event_id and b.is_recorded is not true
   where public.may_see_decision(
     coalesce(v.json #>> '{request,provider}', s.provider), coalesce(v.json #>> '{request,recipient}', s.recipient),
     coalesce(v.json #>> '{caller,org}', s.caller_org))
   order by i.n
$$;

revoke all on function audit.is_recorded(uuid, bytea, bytea, bytea), audit.altered_payloads(int, bigint, int), public.recorded_decisions(uuid[]) from public;
select public.grant_if_role('audit_reader', 'grant execute on function audit.altered_payloads(int, bigint, int) to audit_reader');
select public.grant_if_role('accord_app', 'grant execute on function public.recorded_decisions(uuid[]) to accord_app');
