-- 0013_erased_decisions.sql
--
-- What      A decision whose payload was erased stays in the search for those it is about: its codes say nothing of a person
-- Why       whoever erases a payload must not thereby hide a decision, least of all a broken glass, from those who review it
-- Phase     expand
-- Locks     share row exclusive on audit.payload for an instant
-- Needs     0009_audit_runtime.sql, 0010_decision_search.sql
-- Undo      forward only
-- Trust     as 0010: a row here proves nothing, the leaf does

-- Retention takes the row along (its time is over); an erasure takes request and answer, and leaves the codes.
create or replace function public.forget_decision() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(current_setting('accord.erasing', true), '') <> 'on' then
    delete from public.decision_search where decision_id = old.event_id;
  end if;
  return null;
end $$;

-- What has not been copied yet is copied first. Whoever is copying at this moment is waited for: the lock is not skipped here.
create function public.remember_decisions() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(current_setting('accord.erasing', true), '') = 'on' then
    perform from public.decision_search_progress order by log_id for update;
    while public.fill_decision_search(1000) > 0 loop end loop;
  end if;
  return null;
end $$;
create trigger payload_is_searchable_before_it_is_erased before delete on audit.payload
  for each statement execute function public.remember_decisions();

create or replace function audit.erase_payload(p_ids uuid[]) returns bigint
language plpgsql security definer set search_path = '' as $$
declare v_count bigint;
begin
  perform audit.refuse_held(p.day, p.day) from audit.payload p where p.event_id = any (p_ids);
  perform set_config('accord.erasing', 'on', true);
  delete from audit.payload where event_id = any (p_ids);
  get diagnostics v_count = row_count;
  perform set_config('accord.erasing', '', true);
  return v_count;
end $$;

-- As before; where the payload is gone, the search says whom the decision is about.
create or replace function public.decision_records(p_ids uuid[])
returns table (decision_id uuid, log_id int, idx bigint, leaf text, body text)
language sql stable security definer set search_path = '' as $$
  select l.event_id, l.log_id, l.idx, convert_from(l.leaf, 'UTF8'), convert_from(b.body, 'UTF8')
    from unnest(p_ids) with ordinality as i(id, n)
    join audit.leaf l on l.event_id = i.id and l.log_id in (select g.log_id from audit.log g where g.kind = 'decisions')
    cross join lateral (select (to_timestamp((convert_from(l.leaf, 'UTF8')::json ->> 'ts')::bigint / 1000.0) at time zone 'UTC')::date as day) t
    left join lateral (select p.body from audit.payload p where p.event_id = l.event_id and p.day between t.day - 1 and t.day + 1 limit 1) b on true
    cross join lateral (select public.as_jsonb(convert_from(b.body, 'UTF8')) as json) v
    left join public.decision_search s on s.decision_id = l.event_id and b.body is null
   where public.may_see_decision(
     coalesce(v.json #>> '{request,provider}', s.provider), coalesce(v.json #>> '{request,recipient}', s.recipient),
     coalesce(v.json #>> '{caller,org}', s.caller_org))
   order by i.n
$$;

-- create or replace keeps the rights that were granted; what is new is nobody's.
revoke all on function public.remember_decisions() from public;
